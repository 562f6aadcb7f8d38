//! Snakefiles: rules whose inputs, outputs and shell commands are literals. It is Python, and none of it is run.

mod asked;
mod changes;
mod command;
mod constraints;
mod params;
mod printed;
mod read;
mod values;

use std::collections::BTreeMap;

use super::emit::Value;
use super::error::ImportError;
use super::make::{Task, tasks};
use super::paths::join;
use super::report::{Imported, Place, Report};
use super::source::{Facts, Source, Wishes};
use super::words::{is_private, wild};
use super::yaml::document;
use read::{Directive, Rule, commas, read, string};
use values::{Known, Named, Texts, marked};

/// Brings in all rules that say what they make.
///
/// # Errors
/// When it cannot be read.
pub(super) fn import(source: &Source, facts: &dyn Facts, wishes: &Wishes) -> Result<Imported, ImportError> {
    if let Some(line) = source.text.lines().position(|line| line.contains(is_private)) {
        return Err(ImportError::new(&source.at(line + 1), "the line holds a character for private use"));
    }
    let snakefile = read(source)?;
    let mut report = Report::default();
    let source = &Source { folder: called_from(source, &mut report), ..source.clone() };
    let mut known = Known::default();
    for statement in &snakefile.beside {
        beside(statement, source, facts, &mut known, &mut report)?;
    }
    for rule in &snakefile.rules {
        learn_files(rule, facts, &mut known);
    }
    let mut all = Vec::new();
    for rule in &snakefile.rules {
        let mut lower = Lower {
            rule,
            source,
            facts,
            known: &known,
            report: &mut report,
            task: Task::default(),
            unread: Vec::new(),
        };
        all.extend(lower.task().cloned());
    }
    let asked = asked::asked(&snakefile.rules, &known, facts);
    asked::narrow(&mut all, asked, &source.folder, facts, &mut report);
    // Lines of rules name their pipelines where these come to stand.
    for item in report.items.iter_mut().filter(|item| !item.target.is_empty()) {
        item.target = wishes.placed(&item.target);
    }
    Ok(tasks(&all, &source.folder, facts, wishes, "bash", report))
}

/// The folder that Snakemake is called from, where paths begin: of `workflow/Snakefile` and its rules the one around it.
fn called_from(source: &Source, report: &mut Report) -> String {
    let parts: Vec<&str> = source.folder.split('/').collect();
    let Some(at) = parts.iter().position(|part| *part == "workflow") else { return source.folder.clone() };
    let text = "paths begin where Snakemake is called, which is beside the folder `workflow`";
    report.assumed(&source.at(1), "", text);
    parts[..at].join("/")
}

/// Learns what a rule reads and makes, for rules after it that name its files.
fn learn_files(rule: &Rule, facts: &dyn Facts, known: &mut Known) {
    for directive in rule.directives.iter().filter(|one| one.key == "input" || one.key == "output") {
        let texts = |part: &String| {
            let (name, value) = named(part);
            Some((name, known.texts(value, facts).ok()?.all))
        };
        // Of a list in which one is not known, none has a known number.
        let all: Option<Named> = commas(&directive.text).iter().map(texts).collect();
        if let Some(all) = all {
            known.rules.insert(format!("{}.{}", rule.name, directive.key), all);
        }
    }
}

/// What stands beside rules: settings, lists, other Python.
fn beside(
    statement: &Directive,
    source: &Source,
    facts: &dyn Facts,
    known: &mut Known,
    report: &mut Report,
) -> Result<(), ImportError> {
    let place = source.at(statement.line);
    let first = statement.text.lines().next().unwrap_or_default();
    if statement.key == "configfile" {
        let path = string(&statement.text).and_then(|path| join(&source.folder, &path));
        let Some(text) = path.as_deref().and_then(|path| facts.read(path)) else {
            let text = format!(
                "the config file {first} is not there, so none of its values are known; import again when it is"
            );
            report.refused(&place, "", text);
            return Ok(());
        };
        known.take("", &document(&path.unwrap_or_default(), &text)?);
        report.assumed(&place, "", format!("configfile {first}: its values as they are now"));
    } else if statement.key == "include" {
        report.refused(&place, "", format!("`include: {first}`: it is not read; import that file too"));
    } else if statement.key == "wildcard_constraints" {
        known.constraints.extend(constraints::given(statement.line, &statement.text));
        report.exact(&place, "", "`wildcard_constraints:` holds for each rule, which tells of it");
    } else if !statement.key.is_empty() {
        report.refused(&place, "", format!("`{}:` has no meaning here", statement.key));
    } else if known.learn(&statement.text, facts) {
        report.exact(&place, "", format!("`{first}`"));
        if known.is_narrowed(&statement.text) {
            let text = format!(
                "`{first}`: the files that fit are listed as they are now: import again when they change"
            );
            report.assumed(&place, "", text);
        }
    } else {
        report.refused(&place, "", format!("`{first}`: Python that is not run"));
    }
    Ok(())
}

struct Lower<'a> {
    rule: &'a Rule,
    source: &'a Source,
    facts: &'a dyn Facts,
    known: &'a Known,
    report: &'a mut Report,
    task: Task,
    /// `input` and `output`, where not all of their files are known.
    unread: Vec<String>,
}

/// Files of `input` or `output`: their names in the rule, and their paths.
type Files = Vec<(Option<String>, Vec<String>)>;

impl Lower<'_> {
    fn find(&self, key: &str) -> Option<Directive> {
        self.rule.directives.iter().find(|directive| directive.key == key).cloned()
    }

    fn at(&self, line: usize) -> Place {
        self.source.at(line)
    }

    fn todo(&mut self, line: usize, text: String) {
        self.task.extra.todos.push((line, text));
    }

    fn task(&mut self) -> Option<&Task> {
        let rule = self.rule;
        let place = self.at(rule.line);
        if self.find("output").is_none() {
            self.report.refused(
                &place,
                "",
                format!("rule `{}` makes nothing by itself; it is no pipeline", rule.name),
            );
            return None;
        }
        self.task = Task { place: place.clone(), name: Some(rule.name.clone()), ..Task::default() };
        if rule.kind == "checkpoint" {
            self.todo(
                rule.line,
                "input: a checkpoint decides what comes after it as it runs; say which results are read"
                    .into(),
            );
        }
        let mut wildcards = Vec::new();
        let outputs = self.files("output", &mut wildcards);
        let inputs = self.files("input", &mut wildcards);
        self.task.targets = outputs.iter().flat_map(|(_, paths)| paths).cloned().collect();
        self.task.needs = inputs.iter().flat_map(|(_, paths)| paths).cloned().collect();
        self.task.variables.clone_from(&wildcards);
        if self.task.targets.is_empty() {
            self.report.refused(
                &place,
                "",
                format!("rule `{}`: what it makes is only known by running Python", rule.name),
            );
            return None;
        }
        self.constraints(&wildcards);
        self.command(&inputs, &outputs, &wildcards);
        self.params(&wildcards);
        self.resources();
        self.others();
        Some(&self.task)
    }

    fn files(&mut self, key: &str, wildcards: &mut Vec<String>) -> Files {
        let Some(directive) = self.find(key) else { return Vec::new() };
        let mut found = Vec::new();
        for part in commas(&directive.text) {
            let (name, value) = named(&part);
            match self.known.texts(value, self.facts) {
                Ok(texts) => {
                    self.wrapped(&texts, directive.line);
                    self.task.is_open |= texts.is_open && key == "input";
                    let paths: Option<Vec<String>> =
                        texts.all.iter().map(|text| marked(text, wildcards)).collect();
                    if let Some(paths) = paths {
                        found.push((name, paths));
                    } else {
                        self.unread.push(key.to_owned());
                        self.todo(directive.line, format!("{key}: `{value}` was not understood"));
                    }
                }
                Err(text) => {
                    self.unread.push(key.to_owned());
                    self.todo(directive.line, format!("{key}: only running Python tells what `{text}` is"));
                }
            }
        }
        found
    }

    fn wrapped(&mut self, texts: &Texts, line: usize) {
        for wrapper in &texts.wrapped {
            let text = format!("`{wrapper}(…)` is left out; the path in it stays");
            self.report.assumed(&self.source.at(line), &self.rule.name, text);
        }
    }

    fn resources(&mut self) {
        let mut asked: BTreeMap<&str, Value> = BTreeMap::new();
        if let Some(threads) = self.find("threads") {
            if let Some(count) = self.whole(&threads.text) {
                drop(asked.insert("cpu", Value::Bare(count.to_string())));
                let text = "threads: `resource_requests.cpu`";
                let place = self.at(threads.line);
                self.report.exact(&place, &self.rule.name, text);
                if self.find("shell").is_some_and(|shell| shell.text.contains("{threads}")) {
                    let text = format!(
                        "threads: `{{threads}}` is always {count}; Snakemake gives no more than it may use (`-c`)"
                    );
                    self.report.assumed(&place, &self.rule.name, text);
                }
            } else {
                let text = "threads: only running Python tells how many; write `resource_requests.cpu`";
                self.todo(threads.line, text.into());
            }
        }
        if let Some(directive) = self.find("resources") {
            for part in commas(&directive.text) {
                let place = self.at(directive.line);
                if let Some(field) = self.resource(&part, &mut asked) {
                    self.report.exact(&place, &self.rule.name, format!("resources: `{part}`: `{field}`"));
                } else {
                    let text = format!("resources: `{part}` is left out");
                    self.report.refused(&place, &self.rule.name, text);
                }
            }
        }
        if !asked.is_empty() {
            let asked = asked.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
            self.task.extra.fields.push(("resource_requests", Value::Map(asked)));
        }
    }

    /// The whole number that an expression comes to.
    fn whole(&self, text: &str) -> Option<u32> {
        match self.known.texts(text, self.facts).ok()?.all.as_slice() {
            [number] => number.parse().ok(),
            _ => None,
        }
    }

    /// Takes one resource; gives the field that has its meaning here.
    fn resource(&mut self, part: &str, asked: &mut BTreeMap<&str, Value>) -> Option<&'static str> {
        let (name, value) = named(part);
        let number = value.parse::<u64>().ok()?;
        let megabytes = || Value::text(format!("{number}M"));
        match name.as_deref() {
            Some("mem_mb") => drop(asked.insert("memory", megabytes())),
            Some("disk_mb") => drop(asked.insert("disk", megabytes())),
            Some("runtime") => {
                let seconds = format!("{}s", number.saturating_mul(60));
                self.task.extra.fields.push(("datum_timeout", Value::text(seconds)));
                return Some("datum_timeout");
            }
            Some("gpu" | "gpus") => {
                let count = Value::Bare(number.to_string());
                let gpu = [("type", Value::text("nvidia.com/gpu")), ("number", count)];
                let gpu = gpu.map(|(key, value)| (key.to_owned(), value)).to_vec();
                asked.insert("gpu", Value::Map(gpu));
            }
            _ => return None,
        }
        Some("resource_requests")
    }

    /// How often a rule is tried once more.
    fn retries(&mut self, directive: &Directive) {
        let place = self.at(directive.line);
        match self.whole(&directive.text).and_then(|again| again.checked_add(1)) {
            Some(tries) => {
                self.task.extra.fields.push(("datum_tries", Value::Bare(tries.to_string())));
                self.report.exact(
                    &place,
                    &self.rule.name,
                    "retries: `datum_tries`, which counts the first one",
                );
            }
            None => self.report.refused(&place, &self.rule.name, "`retries` is left out"),
        }
    }

    /// Directives that say something about how a rule is run.
    fn others(&mut self) {
        for directive in &self.rule.directives {
            let place = self.at(directive.line);
            match directive.key.as_str() {
                "container" | "singularity" => match string(&directive.text) {
                    Some(image) => {
                        let image = image.trim_start_matches("docker://").to_owned();
                        self.task.extra.transform.push(("image", Value::text(image)));
                        self.report.exact(&place, &self.rule.name, "container: `transform.image`");
                    }
                    None => self.task.extra.todos.push((
                        directive.line,
                        "transform: the container is no literal; write `image`".into(),
                    )),
                },
                "conda" => {
                    let file = string(&directive.text).unwrap_or_else(|| directive.text.clone());
                    let text =
                        format!("transform: the programs of `{file}` must be on the path, or in an image");
                    self.task.extra.todos.push((directive.line, text));
                }
                "retries" => self.retries(directive),
                "log" | "benchmark" => self.report.assumed(
                    &place,
                    &self.rule.name,
                    format!("{}: left out; logs are kept by themselves", directive.key),
                ),
                "input"
                | "output"
                | "shell"
                | "params"
                | "threads"
                | "resources"
                | "run"
                | "script"
                | "notebook"
                | "wrapper"
                | "wildcard_constraints" => {}
                key => self.report.refused(&place, &self.rule.name, format!("`{key}` is left out")),
            }
        }
    }
}

/// The name before `=`, and the value.
fn named(part: &str) -> (Option<String>, &str) {
    let found = part.split_once('=').filter(|(name, _)| {
        let name = name.trim();
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    });
    match found {
        Some((name, value)) => (Some(name.trim().to_owned()), value.trim()),
        None => (None, part),
    }
}

#[cfg(test)]
mod tests;
