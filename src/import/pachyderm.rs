//! Pachyderm specs, published ones or one's own: JSON or YAML, one or several in a file, each to a folder.

use std::collections::{BTreeMap, BTreeSet};

use super::emit::{Spec, Value};
use super::error::ImportError;
use super::graph::{leave_out, sorted};
use super::names::{folder, is_repo};
use super::report::{Class, Imported, NewPipeline, Place, Report};
use super::source::{Facts, Source, Wishes};
use super::yaml::{Node, Tree, documents};
use crate::spec::field_name;

/// Fields that mean something only in a cluster, and why they go.
const DROPPED: &[(&str, &str)] = &[
    ("egress", "nothing is pushed elsewhere; push the project, or add a pipeline that uploads"),
    ("scheduling_spec", "there is no cluster to choose nodes of"),
    ("tolerations", "there are no Kubernetes pods"),
    ("pod_spec", "there are no Kubernetes pods"),
    ("pod_patch", "there are no Kubernetes pods"),
    ("autoscaling", "nothing runs while there is nothing to do"),
    ("standby", "nothing runs while there is nothing to do"),
    ("determined", "there is no such integration"),
    ("output_branch", "results go into the work tree"),
    ("sidecar_resource_requests", "there is no storage sidecar"),
    ("sidecar_resource_limits", "there is no storage sidecar"),
    ("enable_stats", "times and logs of every attempt are always kept"),
    ("maximum_expected_uptime", "use `job_timeout`"),
    ("trigger", "a run looks at all inputs, every time"),
    ("propagation_spec", "a run looks at all inputs, every time"),
    ("commit", "inputs are read from the work tree"),
    ("update", "it is a flag of one request, not a part of the spec"),
    ("reprocess", "it is a flag of one request, not a part of the spec"),
    ("dry_run", "it is a flag of one request, not a part of the spec"),
    ("spec_commit", "it is a flag of one request, not a part of the spec"),
];

/// Fields without which the pipeline is something else.
const REFUSING: &[(&str, &str)] = &[
    ("spout", "a spout runs for ever; let its program write files into a folder, and read that"),
    ("service", "a service runs for ever; start it outside, on the pipeline's folder"),
    ("git", "there is no `git` input; clone the repository as a submodule and read its folder"),
    ("tf_job", "`tf_job` was never supported; call the program from `cmd`"),
];

/// Ways of reading and writing that need Pachyderm at the other end.
const PROTOCOLS: &[(&str, &str)] = &[
    ("datum_batching", "there is no `pachctl next datum`; the command is started once for each datum"),
    ("s3", "there is no S3 gateway; the files stand below `/pfs`"),
    ("s3_out", "there is no S3 gateway; results are written to `/pfs/out`"),
];

/// What `pfs` was called in the first Pachyderm.
const OLD_PFS: &str = "atom";

/// Fields that hold inputs.
const INPUTS: [&str; 5] = ["input", "cross", "union", "join", "group"];

/// One spec, before it is written.
struct Found<'a> {
    name: String,
    place: Place,
    node: &'a Node,
}

/// Brings in all specs of some files together, so that they find one another.
///
/// # Errors
/// When a file cannot be read, or a spec has no name.
pub(super) fn import(
    sources: &[&Source],
    facts: &dyn Facts,
    wishes: &Wishes,
) -> Result<Imported, ImportError> {
    let mut report = Report::default();
    let mut all = Vec::new();
    for source in sources {
        if is_template(source) {
            template(source, &mut report);
        } else {
            all.push((*source, documents(&source.path, &source.text)?));
        }
    }
    let mut found = Vec::new();
    for (source, nodes) in &all {
        for node in nodes.iter().flat_map(Node::each) {
            found.push(named(source, node)?);
        }
        if nodes.is_empty() {
            return Err(ImportError::new(&source.at(1), "the file holds no spec"));
        }
    }
    let found = distinct(found, &mut report);
    // One that is refused makes nothing that others could read.
    let is_made = |one: &&Found<'_>| refusing(one.node).is_none();
    let mut names = found.iter().filter(is_made).map(|one| one.name.clone()).collect();
    let order = in_order(&found, &mut names, wishes, &mut report);
    let mut pipelines = Vec::new();
    for at in order {
        let mut lower =
            Lower { facts, wishes, names: &names, report: &mut report, todos: Vec::new(), found: &found[at] };
        pipelines.extend(lower.pipeline());
    }
    Ok(Imported { pipelines, items: report.items, moved: Vec::new() })
}

fn named<'a>(source: &Source, node: &'a Node) -> Result<Found<'a>, ImportError> {
    let place = source.at(node.line);
    if !node.is_map() {
        return Err(ImportError::new(&place, "a spec is a map of fields, and this is none"));
    }
    let name = node.get("pipeline").and_then(|pipeline| pipeline.text_of("name"));
    match name {
        Some(name) if !name.is_empty() => Ok(Found { name: name.to_owned(), place, node }),
        _ => Err(ImportError::new(&place, "the spec has no `pipeline.name`").help("name the pipeline")),
    }
}

/// The specs without those whose folder an earlier one has; these are told.
fn distinct<'a>(found: Vec<Found<'a>>, report: &mut Report) -> Vec<Found<'a>> {
    let mut kept: BTreeMap<String, Place> = BTreeMap::new();
    let mut is_first = |one: &Found<'_>| {
        let Some(other) = kept.get(&folder(&one.name)) else {
            kept.insert(folder(&one.name), one.place.clone());
            return true;
        };
        let text = format!(
            "two pipelines are called `{}`; the one at {other} stands, this one is left out",
            one.name
        );
        report.refused(&one.place, "", text);
        false
    };
    found.into_iter().filter(|one| is_first(one)).collect()
}

/// The specs, those first whose results others read. A circle is left out, and makes nothing that others could read.
fn in_order(
    found: &[Found<'_>],
    names: &mut BTreeSet<String>,
    wishes: &Wishes,
    report: &mut Report,
) -> Vec<usize> {
    let repos = |one: &Found<'_>| {
        let mut repos = Vec::new();
        collect_repos(one.node.get("input"), &mut repos);
        repos.retain(|repo| names.contains(repo));
        repos
    };
    let sorted = sorted(found.iter().map(|one| (one.name.clone(), repos(one))).collect());
    let find = |name: &str| found.iter().position(|one| one.name == name);
    let known = |name: &str| Some((wishes.placed(&folder(name)), found[find(name)?].place.clone()));
    let why = "none of these pipelines could ever run; the pipeline is left out";
    leave_out(&sorted.circles, why, known, report);
    names.retain(|name| !sorted.circles.iter().flatten().any(|other| other == name));
    sorted.order.iter().filter_map(|name| find(name)).collect()
}

fn collect_repos(input: Option<&Node>, repos: &mut Vec<String>) {
    let Some(input) = input else { return };
    for (key, node) in input.entries() {
        if key == "pfs" || key == OLD_PFS {
            repos.extend(node.text_of("repo").map(str::to_owned));
        } else {
            node.each().iter().for_each(|child| collect_repos(Some(child), repos));
        }
    }
}

struct Lower<'a> {
    facts: &'a dyn Facts,
    wishes: &'a Wishes,
    names: &'a BTreeSet<String>,
    report: &'a mut Report,
    todos: Vec<(Place, String)>,
    found: &'a Found<'a>,
}

impl Lower<'_> {
    fn at(&self, node: &Node) -> Place {
        Place::new(&self.found.place.path, node.line)
    }

    fn target(&self) -> String {
        self.wishes.placed(&folder(&self.found.name))
    }

    fn pipeline(&mut self) -> Option<NewPipeline> {
        let found = self.found;
        if let Some((node, why)) = refusing(found.node) {
            let place = self.at(node);
            self.report.refused(&place, &found.name, format!("pipeline `{}`: {why}", found.name));
            return None;
        }
        let name = self.target();
        let mut fields = self.map(found.node, &mut Vec::new());
        fields.retain(|(key, _)| key != "pipeline");
        let rank = |key: &str| {
            ["description", "input", "output", "transform"].iter().position(|k| *k == key).unwrap_or(9)
        };
        fields.sort_by_key(|(key, _)| rank(key));
        self.whole(&fields);
        for (place, text) in &self.todos {
            self.report.say(Class::Todo, place, &name, text.clone());
        }
        let todos = self.todos.iter().map(|(_, text)| text.clone()).collect();
        let spec = Spec { from: vec![found.place.clone()], todos, fields, ..Spec::default() };
        let said = format!("pipeline `{}`", found.name);
        if folder(&found.name) == found.name {
            self.report.exact(&found.place, &name, said);
        } else {
            self.report.assumed(&found.place, &name, format!("{said}, whose folder cannot have that name"));
        }
        Some(NewPipeline { name, from: found.place.clone(), spec: spec.text(), expected: None })
    }

    /// What a spec must say as a whole.
    fn whole(&mut self, fields: &[(String, Value)]) {
        let place = self.found.place.clone();
        match fields.iter().find(|(key, _)| key == "input") {
            None => self.todos.push(self.no_input()),
            Some((_, input)) if is_hollow(input) => {
                let text =
                    "input: a part of it has no meaning here and is left out; say which folder is read";
                self.todos.push((place.clone(), text.into()));
            }
            Some(_) => {}
        }
        let transform = self.found.node.get("transform");
        let cmd = transform.and_then(|transform| transform.get("cmd")).map(Node::items).unwrap_or_default();
        if cmd.is_empty() {
            self.todos.push((
                place.clone(),
                "transform: `cmd` is empty, so nothing would run; say what does".into(),
            ));
        }
        let has = |key: &str| transform.is_some_and(|transform| transform.get(key).is_some());
        if !has("image") && !has("dockerfile") {
            let text = "no image: the command runs with the programs of this machine";
            self.report.assumed(&transform.map_or(place, |node| self.at(node)), &self.target(), text);
        }
    }

    /// What is to be settled where no input is set, and where.
    fn no_input(&self) -> (Place, String) {
        let Some(old) = self.found.node.get("inputs") else {
            return (self.found.place.clone(), "input: the spec sets none; say which folder it reads".into());
        };
        let name = |node: &Node| {
            let repo = node.get("repo")?;
            repo.text().or_else(|| repo.text_of("name")).map(|name| format!("`{name}`"))
        };
        let names: Vec<String> = old.each().iter().filter_map(name).collect();
        let text = format!(
            "input: `inputs` names {}, as Pachyderm had it before 1.6; write each as `pfs` with `repo` and `glob`, several below `cross`",
            names.join(", ")
        );
        (self.at(old), text)
    }

    /// The fields of a map that have a meaning here, in one spelling. `way` is where it stands.
    fn map(&mut self, node: &Node, way: &mut Vec<String>) -> Vec<(String, Value)> {
        let mut fields = Vec::new();
        for (key, value) in node.entries() {
            if value.is_null() || (way.is_empty() && key == "$schema") {
                continue;
            }
            let key = self.current(key, value, way);
            let steps: Vec<&str> = way.iter().map(String::as_str).collect();
            let name = field_name(&steps, key).map_or_else(|| snake(key), str::to_owned);
            let is_known = field_name(&steps, key).is_some();
            if self.is_set_aside(&name, is_known, value, way) {
                continue;
            }
            if name == "cron" && way.last().is_some_and(|last| INPUTS.contains(&last.as_str())) {
                self.cron(value);
            }
            way.push(name.clone());
            let value = if name == "pfs" { self.leaf(value, way) } else { self.value(value, way) };
            way.pop();
            fields.push((name, value));
        }
        fields
    }

    /// Leaves to be settled who makes the ticks.
    fn cron(&mut self, node: &Node) {
        let own = || format!("{}_{}", self.target(), node.text_of("name").unwrap_or_default());
        let repo = node.text_of("repo").map_or_else(own, str::to_owned);
        let text = format!(
            "input: `cron` makes no ticks here, and without one there is no datum: each file put into the folder `{repo}` is a tick; put one there each time, or take `cron` out"
        );
        self.todos.push((self.at(node), text));
    }

    /// The name that a field has today.
    fn current<'k>(&mut self, key: &'k str, node: &Node, way: &[String]) -> &'k str {
        let is_input = way.last().is_some_and(|last| INPUTS.contains(&last.as_str()));
        if key != OLD_PFS || !is_input {
            return key;
        }
        let (place, target) = (self.at(node), self.target());
        self.report.exact(
            &place,
            &target,
            format!("`{OLD_PFS}`: `pfs`, as it is called since Pachyderm 1.8"),
        );
        "pfs"
    }

    fn value(&mut self, node: &Node, way: &mut Vec<String>) -> Value {
        match &node.tree {
            Tree::Scalar { text, is_plain } => scalar(text, *is_plain),
            Tree::List(items) => Value::List(items.iter().map(|item| self.value(item, way)).collect()),
            Tree::Map(entries) if is_free(way) => {
                let entry = |(key, node): &(String, Node)| {
                    (key.clone(), Value::text(node.text().unwrap_or_default()))
                };
                Value::Map(entries.iter().filter(|(_, node)| !node.is_null()).map(entry).collect())
            }
            Tree::Map(_) => Value::Map(self.map(node, way)),
        }
    }

    /// Whether a field goes, and why; what must be settled in its place.
    fn is_set_aside(&mut self, name: &str, is_known: bool, node: &Node, way: &[String]) -> bool {
        let place = self.at(node);
        let target = self.target();
        if name == "branch" && ["master", "main"].contains(&node.text().unwrap_or_default()) {
            return true;
        }
        let why =
            |table: &[(&str, &'static str)]| table.iter().find(|(key, _)| *key == name).map(|(_, why)| *why);
        if name == "project" && !way.is_empty() {
            self.report.assumed(&place, &target, "`project`: there is one project, and its name is left out");
            return true;
        }
        if let Some(why) = why(PROTOCOLS) {
            if node.is_true() {
                self.report.refused(&place, &target, format!("`{name}`: {why}"));
                self.todos.push((place, format!("transform: the command relies on `{name}`; {why}")));
            }
            return true;
        }
        if name == "secrets" || name == "image_pull_secrets" {
            self.todos.push((place, secrets(name, node)));
            return true;
        }
        let why = match name {
            "branch" => Some("inputs are read from the work tree; check out the branch that is meant"),
            _ => why(DROPPED),
        };
        let gone = match why {
            Some(why) => format!("`{name}`: {why}"),
            None if !is_known => format!("`{name}` is no field of a spec"),
            None => return false,
        };
        self.report.refused(&place, &target, format!("{gone}; it is left out"));
        true
    }

    fn leaf(&mut self, node: &Node, way: &mut Vec<String>) -> Value {
        let mut fields = self.map(node, way);
        let Some(repo) = node.text_of("repo") else { return Value::Map(fields) };
        let new = self.repo(repo, node);
        let repo = if is_repo(repo) { repo.to_owned() } else { folder(repo).replace('/', "_") };
        let is_renamed = new.rsplit('/').next() != Some(repo.as_str());
        for (key, value) in &mut fields {
            if key == "repo" {
                *value = Value::text(&new);
            }
        }
        if is_renamed && !fields.iter().any(|(key, _)| key == "name") {
            let at = fields.iter().position(|(key, _)| key == "repo").map_or(0, |at| at + 1);
            fields.insert(at, ("name".into(), Value::text(&repo)));
        }
        Value::Map(fields)
    }

    /// The folder that a repo is.
    fn repo(&mut self, repo: &str, node: &Node) -> String {
        let (place, target) = (self.at(node), self.target());
        if self.names.contains(repo) {
            self.report.exact(&place, &target, format!("input: results of `{repo}`"));
            return self.wishes.placed(&folder(repo));
        }
        let new = self.wishes.mapped(repo);
        if !is_repo(repo) {
            let text = format!("input: no repo can be called `{repo}`; say which folder is read");
            self.todos.push((place, text));
            return if new == repo { folder(repo) } else { new };
        }
        if self.facts.has_folder(&new) || self.facts.has(&format!("{new}/spec.yml")) {
            self.report.assumed(&place, &target, format!("input: repo `{repo}` is the folder `{new}`"));
        } else {
            let text = format!(
                "input: there is no folder `{new}`; put the data of repo `{repo}` there, or import with `--map {repo}=FOLDER`"
            );
            self.todos.push((place, text));
        }
        new
    }
}

/// Maps whose keys are names that people chose.
fn is_free(way: &[String]) -> bool {
    matches!(way.last().map(String::as_str), Some("env" | "annotations" | "labels" | "node_selector"))
}

/// Whether an input says nothing, or one within it.
fn is_hollow(input: &Value) -> bool {
    match input {
        Value::Map(fields) => fields.is_empty() || fields.iter().any(|(_, value)| is_hollow(value)),
        Value::List(items) => items.is_empty() || items.iter().any(is_hollow),
        _ => false,
    }
}

fn refusing(node: &Node) -> Option<(&Node, &'static str)> {
    for (key, value) in node.entries() {
        let why = REFUSING.iter().find(|(refused, _)| *refused == snake(key) && !value.is_null());
        if let Some((_, why)) = why {
            return Some((value, why));
        }
        let inside = INPUTS.contains(&key.as_str());
        if let Some(found) = value.each().iter().filter(|_| inside).find_map(refusing) {
            return Some(found);
        }
    }
    None
}

fn secrets(name: &str, node: &Node) -> String {
    let one = |node: &Node| {
        let name = node.text().or_else(|| node.text_of("name")).unwrap_or("one without a name").to_owned();
        let variable = node.text_of("env_var").or_else(|| node.text_of("envVar"));
        let folder = node.text_of("mount_path").or_else(|| node.text_of("mountPath"));
        match (variable, folder) {
            (Some(variable), _) => format!("`{name}` as the variable `{variable}`"),
            (None, Some(folder)) => format!("`{name}` in `{folder}`"),
            (None, None) => format!("`{name}`"),
        }
    };
    let all: Vec<String> = node.each().iter().map(one).collect();
    format!(
        "{name}: the command wants {}; secrets are not handed out: pass it with `pass_env` or a file outside the project",
        all.join(", ")
    )
}

/// A scalar as it was meant: numbers and truth values stay such.
fn scalar(text: &str, is_plain: bool) -> Value {
    let is_number = text.parse::<i64>().is_ok() || text.parse::<f64>().is_ok_and(f64::is_finite);
    let is_plain_number = is_number && text.chars().all(|c| c.is_ascii_digit() || ".-".contains(c));
    match text.to_ascii_lowercase().as_str() {
        word @ ("true" | "false") if is_plain => Value::Bare(word.to_owned()),
        _ if is_plain && is_plain_number => Value::Bare(text.to_owned()),
        _ => Value::text(text),
    }
}

/// `joinOn` as `join_on`.
fn snake(key: &str) -> String {
    let mut out = String::new();
    for c in key.chars() {
        if c.is_ascii_uppercase()
            && !out.is_empty()
            && !out.ends_with(|c: char| c == '_' || c.is_ascii_uppercase())
        {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

fn is_template(source: &Source) -> bool {
    source.path.ends_with(".jsonnet") || source.text.trim_start().starts_with("function")
}

/// A template cannot be filled in without running it; its parameters are named.
fn template(source: &Source, report: &mut Report) {
    let line = source.text.lines().position(|line| line.contains("function")).map_or(1, |at| at + 1);
    let inside = source.text.split_once("function").and_then(|(_, rest)| rest.split_once('('));
    let names = inside.and_then(|(_, rest)| rest.split_once(')')).map_or("", |(names, _)| names);
    let names: Vec<String> =
        names.split(',').map(|name| name.trim().replace('\n', " ")).filter(|name| !name.is_empty()).collect();
    let takes =
        if names.is_empty() { "no parameters".to_owned() } else { format!("`{}`", names.join("`, `")) };
    let text = format!(
        "a Jsonnet template that takes {takes}: fill it in with `jsonnet --tla-str NAME=VALUE`, and import what comes out"
    );
    report.say(Class::Todo, &source.at(line), "", text);
}

#[cfg(test)]
#[path = "pachyderm_test.rs"]
mod tests;
