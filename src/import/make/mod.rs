//! Makefiles: each rule that makes files is a pipeline, a rule with `%` one that makes many.

mod expand;
mod family;
mod lines;
mod needs;
mod read;
mod recipe;
mod wanted;

use std::collections::BTreeMap;

use super::draft::{Command, Draft};
use super::error::ImportError;
use super::graph::{order, told};
use super::paths::{evidence, named_files};
use super::pattern::with_each;
use super::report::{Imported, Moved, Place, Report};
use super::source::{Facts, Source, Wishes};
use super::words::is_private;
use family::{Family, families, is_none};
use needs::{Around, Needs, Say, needs};
use read::{Makefile, read};
use recipe::{Recipe, moved, recipe};

/// Brings in all rules.
///
/// # Errors
/// When a line cannot be understood, a file is missing, or targets need one another in a circle.
pub(super) fn import(source: &Source, facts: &dyn Facts, wishes: &Wishes) -> Result<Imported, ImportError> {
    if let Some(line) = source.text.lines().position(|line| line.contains(is_private)) {
        return Err(ImportError::new(&source.at(line + 1), "the line holds a character for private use"));
    }
    let mut report = Report::default();
    let mut makefile = read(source, facts, &mut report)?;
    refuse_circles(&makefile)?;
    let families = families(&makefile, &source.folder);
    for rule in &makefile.rules {
        if let Some(why) = is_none(rule, &makefile) {
            report.refused(&rule.place, "", format!("{why}; it is no pipeline"));
        }
    }
    let around = Around { families: &families, makefile: &makefile, folder: &source.folder, wishes };
    let all: Vec<Needs> = families.iter().map(|family| needs(family, &around)).collect();
    let wanted = wanted::wanted(&makefile, &families, &source.folder);
    let sorted = sorted(&families, &all, wishes)?;
    let mut imported = Imported::default();
    let shell = shell(&mut makefile, &mut report, source);
    for at in sorted {
        let family = &families[at];
        let one_shell = makefile.is_one_shell;
        let script = recipe(family, &all[at], &mut makefile.scope, one_shell);
        let mut lower = Lower {
            family,
            facts,
            folder: &source.folder,
            report: &mut report,
            name: wishes.placed(&family.name),
        };
        let mut draft = lower.draft(&all[at], script, &shell);
        draft.expected = wanted.get(&at).cloned();
        imported.pipelines.push(draft.finish(wishes, &mut report));
        imported.moved.extend(
            moved(family, &wishes.placed(&family.name)).into_iter().map(|(old, new)| Moved { old, new }),
        );
    }
    imported.items = report.items;
    Ok(imported)
}

/// Targets that need one another: make would drop one of the edges and say so; here it is refused.
fn refuse_circles(makefile: &Makefile<'_>) -> Result<(), ImportError> {
    let mut needs: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for rule in &makefile.rules {
        for target in rule.targets.iter().filter(|target| !target.contains('%')) {
            let stem = rule.pattern.as_deref().and_then(|pattern| expand::stem(pattern, target));
            let need = |need: &String| stem.map_or_else(|| need.clone(), |stem| need.replacen('%', stem, 1));
            needs.entry(target.clone()).or_default().extend(rule.needs.iter().map(need));
        }
    }
    order(&needs).map(drop).map_err(|circle| {
        let has = |rule: &&read::Rule| circle.first().is_some_and(|first| rule.targets.contains(first));
        let place = makefile.rules.iter().find(has).map(|rule| rule.place.clone()).unwrap_or_default();
        ImportError::new(&place, format!("{}: neither can be made first", told(&circle)))
    })
}

/// The families, those first that others read.
fn sorted(families: &[Family], all: &[Needs], wishes: &Wishes) -> Result<Vec<usize>, ImportError> {
    let name = |family: &Family| wishes.placed(&family.name);
    let reads = |at: usize| -> Vec<String> {
        let repos = all[at].input.iter().flat_map(super::draft::Input::repos);
        repos.filter(|repo| families.iter().any(|family| name(family) == *repo)).collect()
    };
    let graph = families.iter().enumerate().map(|(at, family)| (name(family), reads(at))).collect();
    let find = |wanted: &String| families.iter().position(|family| name(family) == *wanted);
    match order(&graph) {
        Ok(order) => Ok(order.iter().filter_map(find).collect()),
        Err(circle) => {
            let place =
                circle.first().and_then(find).map(|at| families[at].rule.place.clone()).unwrap_or_default();
            let text =
                format!("{}: what these rules make cannot be kept apart from what they read", told(&circle));
            Err(ImportError::new(&place, text))
        }
    }
}

/// The shell of recipes, with its options.
fn shell(makefile: &mut Makefile<'_>, report: &mut Report, source: &Source) -> Vec<String> {
    let set = makefile.scope.variables.contains_key("SHELL");
    let path = if set { makefile.scope.plain("$(SHELL)") } else { "sh".to_owned() };
    let name = path.rsplit('/').next().unwrap_or("sh").trim().to_owned();
    let mut words = vec![if name.is_empty() { "sh".to_owned() } else { name }];
    if makefile.scope.variables.contains_key(".SHELLFLAGS") {
        let flags = makefile.scope.plain("$(.SHELLFLAGS)");
        words.extend(
            flags
                .split_whitespace()
                .filter(|flag| *flag != "-c")
                .map(|flag| flag.trim_end_matches('c').to_owned())
                .filter(|flag| flag != "-"),
        );
    }
    if set {
        report.exact(&source.at(1), "", format!("SHELL: recipes run by `{}`", words.join(" ")));
    }
    words
}

struct Lower<'a> {
    family: &'a Family,
    facts: &'a dyn Facts,
    folder: &'a str,
    report: &'a mut Report,
    name: String,
}

impl Lower<'_> {
    fn draft(&mut self, needs: &Needs, recipe: Recipe, shell: &[String]) -> Draft {
        let place = self.family.rule.place.clone();
        let mut draft = Draft::new(&self.family.name, place.clone());
        let targets: Vec<String> = self.family.targets.iter().map(|target| with_each(target, "%")).collect();
        self.report.exact(&place, &self.name, format!("rule for `{}`", targets.join(" ")));
        draft.input.clone_from(&needs.input);
        for (say, text) in &needs.said {
            match say {
                Say::Exact => self.report.exact(&place, &self.name, text.clone()),
                Say::Assumed => self.report.assumed(&place, &self.name, text.clone()),
                Say::Todo => draft.todo(&place, text.clone()),
            }
        }
        self.shape(needs, &place, &mut draft);
        self.recipe(&recipe, &mut draft);
        draft.command = Command::Script(shell.to_vec(), recipe.script);
        if !self.folder.is_empty() {
            draft.transform.push(("working_dir", super::emit::Value::text(self.folder)));
        }
        draft
    }

    fn shape(&mut self, needs: &Needs, place: &Place, draft: &mut Draft) {
        let family = self.family;
        if family.merged > 1 {
            let text =
                format!("{} rules of the same shape are one pipeline with a datum for each", family.merged);
            self.report.assumed(place, &self.name, text);
        }
        if family.is_map() && needs.lines.is_empty() {
            draft.todo(place, "input: no prerequisite with `%` says which files there are");
        }
        if !family.rule.order_only.is_empty() {
            let text = format!(
                "`| {}`: what must only be there before is left out",
                family.rule.order_only.join(" ")
            );
            self.report.assumed(place, &self.name, text);
        }
        if family.folder != family.name {
            let from = if family.folder.is_empty() { "the project's root" } else { family.folder.as_str() };
            let text = format!("results go to `{}` and no longer to {}", self.name, quoted(from));
            self.report.assumed(place, &self.name, text);
        }
    }

    fn recipe(&mut self, recipe: &Recipe, draft: &mut Draft) {
        let path = self.family.rule.place.path.clone();
        let at = |line: usize| Place::new(&path, line);
        for (line, text) in &recipe.unknown {
            draft.todo(
                &at(*line),
                format!("cmd: only running something tells what `{text}` is; write its value"),
            );
        }
        for (line, text) in &recipe.said {
            if *text == recipe::CONTAINER || *text == recipe::AGAIN {
                draft.todo(&at(*line), *text);
            } else {
                self.report.exact(&at(*line), &self.name, *text);
            }
        }
        for name in &recipe.unset {
            let text = format!(
                "`$({name})` is set nowhere, so it is empty; make would take it from the environment"
            );
            self.report.assumed(&self.family.rule.place, &self.name, text);
        }
        let scripts = named_files(&recipe.text, self.folder, self.facts);
        for (old, new) in &recipe.unnamed {
            let old = with_each(old, "%");
            let at = evidence(&scripts, &old, self.facts).map(|at| format!(" ({at})")).unwrap_or_default();
            let text = format!(
                "cmd: no line names `{old}`, so a script must{at}; let it write `{}`",
                with_each(new, "$stem")
            );
            draft.todo(&self.family.rule.place, text);
        }
        let first = self.family.rule.recipe.first().map_or(self.family.rule.place.line, |(line, _)| *line);
        self.report.exact(&at(first), &self.name, "recipe, with new paths in place of old ones");
    }
}

fn quoted(text: &str) -> String {
    if text.contains(' ') { text.to_owned() } else { format!("`{text}`") }
}

#[cfg(test)]
mod tests;
