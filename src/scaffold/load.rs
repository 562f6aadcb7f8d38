//! Reads a scaffold: its manifest, the files it names, what it extends; and refuses one that cannot work.

use std::collections::BTreeSet;

use regex_automata::meta::Regex;

use super::paths::refusal;
use super::{Manifest, Question, QuestionKind};

/// The name of the manifest in a scaffold's folder.
pub(super) const MANIFEST: &str = "scaffold.yml";

/// Reads a file of the scaffold's folder by its path there.
pub(super) type Files<'a> = &'a dyn Fn(&str) -> Result<Vec<u8>, String>;

/// Reads a scaffold; `base` finds what it extends. Errors: a sentence that says what is wrong with it.
pub(super) fn load(
    files: Files<'_>,
    base: &dyn Fn(&str) -> Result<Manifest, String>,
) -> Result<Manifest, String> {
    let bytes = files(MANIFEST)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| format!("`{MANIFEST}` is no UTF-8"))?;
    let mut manifest: Manifest =
        serde_saphyr::from_str(text).map_err(|error| format!("`{MANIFEST}`: {}", error.without_snippet()))?;
    is_new_enough(&manifest)?;
    let mut hash = blake3::Hasher::new();
    hash.update(&bytes);
    for rule in &mut manifest.files {
        if let Some(why) = refusal(&rule.src) {
            return Err(format!("`{MANIFEST}` names a file `{}` that {why}", rule.src));
        }
        rule.bytes = files(&rule.src)?;
        manifest.id.clone_into(&mut rule.scaffold);
        hash.update(&(rule.src.len() as u64).to_le_bytes()).update(rule.src.as_bytes());
        hash.update(&(rule.bytes.len() as u64).to_le_bytes()).update(&rule.bytes);
    }
    let manifest = match manifest.extends.clone() {
        Some(id) => {
            let base = base(&id)?;
            hash.update(base.content.as_bytes());
            extend(base, manifest)
        }
        None => manifest,
    };
    sound(&manifest)?;
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

/// Refuses a manifest whose questions cannot be asked.
fn sound(manifest: &Manifest) -> Result<(), String> {
    let mut names = BTreeSet::new();
    for question in &manifest.questions {
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
        can_be_answered(question)?;
    }
    super::migration::sound(&manifest.migrations, &manifest.version, &names)?;
    let rules = manifest.files.iter().flat_map(|rule| rule.when.names());
    let actions = manifest.actions.iter().flat_map(|action| action.when.names());
    match rules.chain(actions).find(|name| !names.contains(name)) {
        Some(name) => Err(format!("a `when` names `{name}`, which is no question")),
        None => Ok(()),
    }
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
            .map_err(|error| format!("the pattern of question `{name}` is wrong: {error}"))?;
    }
    Ok(())
}
