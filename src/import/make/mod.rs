//! Makefiles: each rule that makes files is a pipeline, a rule with `%` one that makes many.

mod along;
mod apart;
mod conditions;
mod expand;
mod exports;
mod family;
mod functions;
mod known;
mod last;
mod lines;
mod listed;
mod many;
mod needs;
mod own;
mod read;
mod recipe;
mod strays;
mod unsettled;
mod variables;
mod wanted;

use std::collections::BTreeMap;

use super::draft::{Command, Draft};
use super::error::ImportError;
use super::graph::{LeftOut, leave_out, order, sorted, told};
use super::paths::{evidence, named_files};
use super::pattern::with_each;
use super::report::{Imported, Moved, Place, Report};
use super::source::{Facts, Source, Wishes};
use super::words::{OF_PATHS, is_private};
pub(super) use family::{Extra, Task};
use family::{Family, families, is_none, of_tasks, settled};
use needs::{Around, Needs, Say, needs};
use read::{Makefile, read};
pub(super) use recipe::apart as each_apart;
use recipe::{Recipe, moved, recipe};

/// Brings in all rules.
///
/// # Errors
/// When a line cannot be understood, or a file is missing.
pub(super) fn import(source: &Source, facts: &dyn Facts, wishes: &Wishes) -> Result<Imported, ImportError> {
    if let Some(line) = source.text.lines().position(|line| line.contains(is_private)) {
        return Err(ImportError::new(&source.at(line + 1), "the line holds a character for private use"));
    }
    let mut report = Report::default();
    let mut makefile = read(source, facts, &mut report)?;
    last::keep_last(&mut makefile.rules, &mut report);
    along::take_along(&mut makefile.rules, &source.folder, facts);
    refuse_circles(&mut makefile, &mut report);
    let mut found = families(&makefile, &source.folder);
    apart::leave_out(&mut found, &source.folder, facts);
    let mut families = settled(&found, facts);
    own::settle(&makefile, &mut families, &source.folder, &mut report);
    for rule in &makefile.rules {
        tell(rule, &makefile, &mut families, &source.folder, &mut report);
    }
    let wanted = wanted::wanted(&makefile, &families, &source.folder);
    let shell = shell(&mut makefile, &mut report, source);
    let parts = Parts { families, makefile, wanted, folder: &source.folder, shell };
    Ok(parts.finish(facts, wishes, report))
}

/// Pipelines of tasks that another tool names with outputs, inputs and commands; their paths begin at a folder. The
/// report has what is known of them already.
pub(super) fn tasks(
    tasks: &[Task],
    folder: &str,
    facts: &dyn Facts,
    wishes: &Wishes,
    shell: &str,
    report: Report,
) -> Imported {
    let families = of_tasks(tasks, folder, facts);
    let makefile = Makefile::empty(facts, folder);
    let parts = Parts { families, makefile, wanted: BTreeMap::new(), folder, shell: vec![shell.to_owned()] };
    parts.finish(facts, wishes, report)
}

/// The files that a pattern of a shell takes, from a folder.
pub(super) fn wildcard(pattern: &str, folder: &str, facts: &dyn Facts) -> Vec<String> {
    expand::matching(pattern, folder, facts).unwrap_or_default()
}

/// All that the pipelines are made of.
struct Parts<'a> {
    families: Vec<Family>,
    makefile: Makefile<'a>,
    wanted: BTreeMap<usize, Vec<String>>,
    folder: &'a str,
    shell: Vec<String>,
}

impl Parts<'_> {
    fn finish(mut self, facts: &dyn Facts, wishes: &Wishes, mut report: Report) -> Imported {
        let (families, folder) = (&self.families, self.folder);
        let around = Around { families, makefile: &self.makefile, folder, wishes };
        let all: Vec<Needs> = families.iter().map(|family| needs(family, &around)).collect();
        let exported = self.makefile.exports.settled(&mut self.makefile.scope, &mut report);
        let mut imported = Imported::default();
        let (order, left_out) = in_order(families, &all, wishes, &mut report);
        for at in order {
            let family = &families[at];
            let one_shell = self.makefile.is_one_shell;
            let script = recipe(family, &all[at], &mut self.makefile.scope, one_shell);
            let name = wishes.placed(&family.name);
            let mut lower = Lower { family, facts, folder, report: &mut report, name: name.clone() };
            let mut draft = lower.draft(&all[at], script, &self.shell);
            exports::give(&exported, &family.rule.place, &name, &mut draft, lower.report);
            draft.misses(&left_out);
            draft.expected = self.wanted.get(&at).cloned();
            imported.pipelines.push(draft.finish(wishes, &mut report));
            imported.moved.extend(moved(family, &name).into_iter().map(|(old, new)| Moved { old, new }));
        }
        for name in &self.makefile.scope.circular {
            let place = self.makefile.set_at.get(name).cloned().unwrap_or_default();
            report.refused(&place, "", format!("`{name}` refers to itself, and make stops where it is used"));
        }
        imported.items = report.items;
        imported
    }
}

/// Says what becomes of a rule that is no pipeline of its own.
fn tell(
    rule: &read::Rule,
    makefile: &Makefile<'_>,
    families: &mut [Family],
    folder: &str,
    report: &mut Report,
) {
    if let Some(why) = is_none(rule, makefile) {
        report.refused(&rule.place, "", format!("{why}; it is no pipeline"));
        return;
    }
    for target in &rule.targets {
        let path = super::paths::join(folder, target);
        let is_literal =
            || makefile.rules.iter().any(|other| !other.recipe.is_empty() && other.targets.contains(target));
        let makes = |path: &String| families.iter().position(|family| family.makes(path).is_some());
        let made = path.as_ref().and_then(makes).filter(|_| !rule.needs.is_empty());
        match (path, made) {
            (None, _) => report.refused(
                &rule.place,
                "",
                format!("`{target}` lies outside of the project, where no pipeline writes"),
            ),
            (Some(_), _) if !rule.recipe.is_empty() => {}
            (Some(_), _) if is_literal() => {
                report.exact(&rule.place, "", format!("`{target}`: what it needs, for its rule"));
            }
            (Some(_), Some(at)) => {
                let text = format!(
                    "input: `{target}` needs `{}` beside what others of its rule need; give it a pipeline of its own, or let all read it",
                    rule.needs.join(" ")
                );
                families[at].extra.todos.push((rule.place.line, text));
            }
            (Some(_), None) => {
                report.refused(&rule.place, "", format!("`{target}` only names others; it is no pipeline"));
            }
        }
    }
}

/// Leaves out targets that need one another: make would drop one of the edges and say so.
fn refuse_circles(makefile: &mut Makefile<'_>, report: &mut Report) {
    while let Err(circle) = order(&needs_of(makefile)) {
        let is_of = |target: &String| circle.contains(target);
        for rule in makefile.rules.iter().filter(|rule| rule.targets.iter().any(is_of)) {
            let text = format!("{}: neither can be made first; the rule is left out", told(&circle));
            report.refused(&rule.place, "", text);
        }
        makefile.rules.retain_mut(|rule| {
            rule.targets.retain(|target| !is_of(target));
            !rule.targets.is_empty()
        });
    }
}

/// What each target needs.
fn needs_of(makefile: &Makefile<'_>) -> BTreeMap<String, Vec<String>> {
    let mut needs: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for rule in &makefile.rules {
        for target in rule.targets.iter().filter(|target| !target.contains('%')) {
            let stem = rule.pattern.as_deref().and_then(|pattern| functions::stem(pattern, target));
            let need = |need: &String| stem.map_or_else(|| need.clone(), |stem| need.replacen('%', stem, 1));
            needs.entry(target.clone()).or_default().extend(rule.needs.iter().map(need));
        }
    }
    needs
}

/// The families, those first that others read; and those that are left out.
fn in_order(
    families: &[Family],
    all: &[Needs],
    wishes: &Wishes,
    report: &mut Report,
) -> (Vec<usize>, LeftOut) {
    let name = |family: &Family| wishes.placed(&family.name);
    let reads = |at: usize| -> Vec<String> {
        let repos = all[at].input.iter().flat_map(super::draft::Input::repos);
        repos.filter(|repo| families.iter().any(|family| name(family) == *repo)).collect()
    };
    let sorted = sorted(families.iter().enumerate().map(|(at, family)| (name(family), reads(at))).collect());
    let find = |wanted: &str| families.iter().position(|family| name(family) == wanted);
    let known = |name: &str| Some((name.to_owned(), families[find(name)?].rule.place.clone()));
    let why = "what these rules make cannot be kept apart from what they read; the rule is left out";
    let left_out = leave_out(&sorted.circles, why, known, report);
    (sorted.order.iter().filter_map(|name| find(name)).collect(), left_out)
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
        self.shape(&place, &mut draft);
        self.recipe(&recipe, &mut draft);
        if !self.family.rule.recipe.is_empty() {
            draft.command = Command::Script(shell.to_vec(), recipe.script);
        }
        if !self.folder.is_empty() {
            draft.transform.push(("working_dir", super::emit::Value::text(self.folder)));
        }
        draft
    }

    fn shape(&mut self, place: &Place, draft: &mut Draft) {
        let family = self.family;
        if family.merged > 1 {
            let text =
                format!("{} rules of the same shape are one pipeline with a datum for each", family.merged);
            self.report.assumed(place, &self.name, text);
        }
        if family.targets.len() > 1 && !family.rule.is_grouped && family::is_one_run(&family.rule) {
            let text = "one run of the recipe makes all targets; make runs it once for each of them";
            self.report.assumed(place, &self.name, text);
        }
        if let Some(spec) = family.targets.iter().find(|target| family.inside(target) == "spec.yml") {
            draft.todo(
                place,
                format!("cmd: `{spec}`: the pipeline's own spec has that name; make another file"),
            );
        }
        for (line, text) in &family.extra.todos {
            draft.todo(&Place::new(&place.path, *line), text.clone());
        }
        draft.fields.extend(family.extra.fields.iter().cloned());
        draft.transform.extend(family.extra.transform.iter().cloned());
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
            let text = if text.starts_with("$|") || text.starts_with("$(|") {
                format!(
                    "input: `{text}` reads what must only be there before; add it to the input, and write its path below /pfs in the command"
                )
            } else if text.starts_with("$(call ") || text.starts_with("${call ") {
                format!("cmd: `{text}` is not worked out by an import; write what it comes to")
            } else {
                format!("cmd: only running something tells what `{text}` is; write its value")
            };
            draft.todo(&at(*line), text);
        }
        for (line, text) in &recipe.said {
            if recipe::OPEN.contains(text) {
                draft.todo(&at(*line), *text);
            } else {
                self.report.exact(&at(*line), &self.name, *text);
            }
        }
        self.beside(recipe, draft);
        self.unnamed(recipe, draft);
        let lines = &self.family.rule.recipe;
        let Some((first, _)) = lines.first() else { return };
        let is_open = self.family.extra.todos.iter().any(|(_, text)| text.starts_with("cmd:"));
        match (recipe.is_whole() && !is_open, recipe.names_inputs) {
            (true, false) => self.report.exact(&at(*first), &self.name, "recipe"),
            (true, true) => self.report.assumed(&at(*first), &self.name, format!("recipe: {OF_PATHS}")),
            (false, _) => {
                let text = "recipe, with new paths in place of old ones, but for what other lines say of it";
                self.report.assumed(&at(*first), &self.name, text);
            }
        }
    }

    /// What a recipe reads, writes or lists beside its prerequisites and targets.
    fn beside(&mut self, recipe: &Recipe, draft: &mut Draft) {
        let path = self.family.rule.place.path.clone();
        let at = |line: usize| Place::new(&path, line);
        for text in &recipe.strays {
            draft.todo(&self.family.rule.place, text.clone());
        }
        for name in &recipe.unset {
            self.report.assumed(&self.family.rule.place, &self.name, read::unset(name));
        }
        for (line, text) in &recipe.writes {
            draft.todo(&at(*line), text.clone());
        }
        for line in &recipe.frozen {
            let text =
                "the files that a variable lists are taken as they are now: import again when they change";
            self.report.assumed(&at(*line), &self.name, text);
        }
        for (line, folder) in &recipe.goes {
            let text = format!("`cd {}`: paths after it are left as they are", with_each(folder, "%"));
            self.report.assumed(&at(*line), &self.name, text);
        }
    }

    /// Targets that no line names.
    fn unnamed(&self, recipe: &Recipe, draft: &mut Draft) {
        let scripts = named_files(&recipe.text, self.folder, self.facts);
        let lines = &self.family.rule.recipe;
        for (old, new) in recipe.unnamed.iter().filter(|_| !lines.is_empty()) {
            let old = with_each(old, "%");
            let at = evidence(&scripts, &old, self.facts).map(|at| format!(" ({at})")).unwrap_or_default();
            let text = format!(
                "cmd: no line names `{old}`, so a script must{at}; let it write `{}`",
                with_each(new, "$stem")
            );
            draft.todo(&self.family.rule.place, text);
        }
    }
}

fn quoted(text: &str) -> String {
    if text.contains(' ') { text.to_owned() } else { format!("`{text}`") }
}

#[cfg(test)]
mod tests;
