//! Reads a scaffold: its manifest, the files it names, what it extends; and refuses one that cannot work.

use std::collections::BTreeSet;

use regex_automata::meta::{BuildError, Regex};

use super::lines::{Lines, at};
use super::paths::refusal;
use super::{Condition, Manifest, Question, QuestionKind};

/// The name of the manifest in a scaffold's folder.
pub(super) const MANIFEST: &str = "scaffold.yml";

/// Reads a file of the scaffold's folder by its path there.
pub(super) type Files<'a> = &'a dyn Fn(&str) -> Result<Vec<u8>, String>;

/// Reads a manifest: `y` and `n` are texts, as in YAML 1.2; where a truth value is wanted, `yes` is one nevertheless.
fn read(text: &str) -> Result<Manifest, String> {
    const FORM: &str =
        concat!("; its form: ", env!("CARGO_PKG_REPOSITORY"), "/blob/main/scaffolds/README.md");
    let has_text = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    if !text.lines().any(has_text) {
        return Err(format!("`{MANIFEST}` is empty: it needs `id`, `title` and `description`{FORM}"));
    }
    let strict = serde_saphyr::options! { strict_booleans: true };
    let manifest =
        serde_saphyr::from_str_with_options(text, strict).or_else(|_| serde_saphyr::from_str(text));
    manifest.map_err(|error| format!("`{MANIFEST}`: {}", error.without_snippet()) + FORM)
}

/// Reads a scaffold; `base` finds what it extends. Errors: a sentence that says what is wrong with it.
pub(super) fn load(
    files: Files<'_>,
    base: &dyn Fn(&str) -> Result<Manifest, String>,
) -> Result<Manifest, String> {
    let bytes = files(MANIFEST)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| format!("`{MANIFEST}` is no UTF-8"))?;
    let mut manifest = read(text)?;
    is_new_enough(&manifest)?;
    let lines = Lines::of(text);
    let mut hash = blake3::Hasher::new();
    hash.update(&bytes);
    for (number, rule) in manifest.files.iter_mut().enumerate() {
        if let Some(why) = refusal(&rule.src) {
            return Err(at(lines.src(number), &format!("it names a file `{}` that {why}", rule.src)));
        }
        rule.bytes = files(&rule.src).map_err(|why| at(lines.src(number), &why))?;
        rule.line = lines.dest(number);
        manifest.id.clone_into(&mut rule.scaffold);
        hash.update(&(rule.src.len() as u64).to_le_bytes()).update(rule.src.as_bytes());
        hash.update(&(rule.bytes.len() as u64).to_le_bytes()).update(&rule.bytes);
    }
    let own = (manifest.files.len(), manifest.actions.len());
    let manifest = match manifest.extends.clone() {
        Some(id) => {
            let base = base(&id)?;
            hash.update(base.content.as_bytes());
            extend(base, manifest)
        }
        None => manifest,
    };
    sound(&manifest, &lines)?;
    conditions_sound(&manifest, own, &lines)?;
    Ok(Manifest { content: hash.finalize().to_hex().to_string(), ..manifest })
}

fn extend(base: Manifest, own: Manifest) -> Manifest {
    let is_mine = |dest: &str| own.files.iter().any(|mine| mine.dest == dest);
    let files = base.files.into_iter().filter(|rule| !is_mine(&rule.dest)).collect::<Vec<_>>();
    let is_asked = |name: &str| own.questions.iter().any(|mine| mine.name == name);
    let questions = base.questions.into_iter().filter(|question| !is_asked(&question.name));
    let questions = questions.collect::<Vec<_>>();
    Manifest {
        files: [files, own.files].concat(),
        questions: [questions, own.questions].concat(),
        actions: [base.actions, own.actions].concat(),
        ..own
    }
}

/// Whether this minipach is as new as the scaffold wants.
fn is_new_enough(manifest: &Manifest) -> Result<(), String> {
    let Some(wanted) = &manifest.min_minipach else { return Ok(()) };
    let own = env!("CARGO_PKG_VERSION");
    let wanted_numbers =
        numbers(wanted).ok_or_else(|| format!("`min_minipach: {wanted}` is no version like `{own}`"))?;
    if numbers(own) < Some(wanted_numbers) {
        return Err(format!("it needs minipach {wanted} or newer, and this is {own}"));
    }
    Ok(())
}

fn numbers(version: &str) -> Option<Vec<u64>> {
    version.split('.').map(|part| part.parse().ok()).collect()
}

/// Refuses a manifest whose questions cannot be asked, or whose migrations cannot be followed.
fn sound(manifest: &Manifest, lines: &Lines) -> Result<(), String> {
    let mut names = BTreeSet::new();
    for question in &manifest.questions {
        asked_once(question, &mut names).map_err(|why| at(lines.question(&question.name), &why))?;
    }
    manifest.migrations.iter().try_for_each(|migration| {
        let sound = migration.sound(&manifest.version, &names);
        sound.map_err(|why| at(lines.migration(&migration.to), &why))
    })
}

fn asked_once<'a>(question: &'a Question, names: &mut BTreeSet<&'a str>) -> Result<(), String> {
    let name = &question.name;
    let is_word = |text: &str| text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    if name.is_empty() || !is_word(name) {
        return Err(format!("question `{name}` has no name of letters, digits and `_`"));
    }
    if let Some(other) = question.when.names().find(|other| !names.contains(*other)) {
        return Err(format!("`when` of question `{name}` names `{other}`, which is not asked before it"));
    }
    if !names.insert(name.as_str()) {
        return Err(format!("question `{name}` is asked twice"));
    }
    can_be_answered(question)
}

/// Refuses conditions about what is not asked; of the files and actions so many at the end are the manifest's `own`.
fn conditions_sound(manifest: &Manifest, own: (usize, usize), lines: &Lines) -> Result<(), String> {
    let is_asked = |name: &str| manifest.questions.iter().any(|question| question.name == name);
    let odd = |when: &Condition, line: Option<u64>| match when.names().find(|name| !is_asked(name)) {
        Some(name) => Err(at(line, &format!("a `when` names `{name}`, which is no question"))),
        None => Ok(()),
    };
    let inherited = (manifest.files.len() - own.0, manifest.actions.len() - own.1);
    for (number, rule) in manifest.files.iter().enumerate() {
        odd(&rule.when, number.checked_sub(inherited.0).and_then(|number| lines.file_when(number)))?;
    }
    for (number, action) in manifest.actions.iter().enumerate() {
        odd(&action.when, number.checked_sub(inherited.1).and_then(|number| lines.action_when(number)))?;
    }
    Ok(())
}

fn can_be_answered(question: &Question) -> Result<(), String> {
    let name = &question.name;
    let is_chosen = matches!(question.kind, QuestionKind::Choice | QuestionKind::Multi);
    if is_chosen && question.choices.is_empty() {
        return Err(format!("question `{name}` has no `choices`"));
    }
    if question.choices.iter().any(|choice| choice.value.trim() != choice.value || choice.value.contains(','))
    {
        return Err(format!("question `{name}` has a choice with a comma, or with spaces around it"));
    }
    if let Some(validate) = &question.validate {
        Regex::new(&validate.pattern)
            .map_err(|error| format!("the pattern of question `{name}` is wrong: {}", told(&error)))?;
    }
    Ok(())
}

/// What is wrong with a pattern, in a few words.
fn told(error: &BuildError) -> String {
    let text = error.syntax_error().map_or_else(|| error.to_string(), ToString::to_string);
    let last = text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    last.trim().trim_start_matches("error: ").to_owned()
}
