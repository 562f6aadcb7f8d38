//! From the texts of all specs to pipelines, or to findings that say what is wrong with them.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::fields::{PIPELINE, PROJECT};
use super::rules::{BAD_NAME, YAML_SYNTAX};
use super::spans::SpecSpans;
use super::typed::Typed;
use super::unsettled::unsettled;
use super::{pipeline, shape, yaml};
use crate::model::{
    CheckConfig, Config, ContainerMode, Finding, Named, Pipeline, PipelineName, RecordUnit, RepoPath,
    SandboxMode, Severity,
};

/// One file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Path from the project's root: `fs/spec.yml`.
    pub path: String,
    /// Its bytes.
    pub text: Vec<u8>,
}

/// All files that say what a project is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// `minipach.yml`, if there is one.
    pub config: Option<SourceFile>,
    /// Every `spec.yml`.
    pub specs: Vec<SourceFile>,
    /// Paths of specs that could not be read, with the reason in a sentence.
    pub unread: BTreeMap<String, String>,
}

impl Sources {
    /// Takes a text in place of the one that the file at its path has, or as one more; what is no spec and no project
    /// file is passed over.
    pub fn put(&mut self, file: SourceFile) {
        if file.path == "minipach.yml" {
            self.config = Some(file);
            return;
        }
        if !file.path.ends_with("/spec.yml") {
            return;
        }
        self.unread.remove(&file.path);
        match self.specs.iter_mut().find(|known| known.path == file.path) {
            Some(known) => *known = file,
            None => self.specs.push(file),
        }
    }
}

/// A pipeline with what it was made of.
#[derive(Clone, Debug)]
pub struct LoadedPipeline {
    /// The pipeline.
    pub pipeline: Pipeline,
    /// The spec with the project's defaults merged in, in `snake_case`, as Pachyderm would show it.
    pub effective: Json,
    /// Where its fields stand.
    pub spans: SpecSpans,
}

/// What the files of a project say.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// The project's settings; defaults if `minipach.yml` cannot be read.
    pub config: Config,
    /// All of `minipach.yml` in `snake_case`, for `engines` and `check`; null if it cannot be read.
    pub settings: Json,
    /// The pipelines without errors, by name. None if `minipach.yml` has errors, as every spec
    /// may mean something else without it.
    pub pipelines: Vec<LoadedPipeline>,
    /// Folders (from the project's root) of the specs with errors, each with the first of them.
    pub broken: BTreeMap<String, Option<Finding>>,
    /// Whether it is `minipach.yml` that has errors.
    pub is_config_broken: bool,
    /// All problems, by file and place.
    pub findings: Vec<Finding>,
}

impl Loaded {
    /// The pipeline of a name.
    pub fn get(&self, name: &PipelineName) -> Option<&LoadedPipeline> {
        self.pipelines
            .binary_search_by(|loaded| loaded.pipeline.name.cmp(name))
            .ok()
            .map(|at| &self.pipelines[at])
    }
}

/// Reads all files of a project. Never fails: problems are findings.
pub fn load(sources: &Sources) -> Loaded {
    let mut findings = Vec::new();
    let project = load_config(sources.config.as_ref(), &mut findings);
    let config = project.as_ref().map(config_of).unwrap_or_default();
    let defaults = project.as_ref().and_then(|project| project.get("defaults"));
    let config_error = findings.iter().find(|finding| finding.is_error()).cloned();
    let mut pipelines = BTreeMap::new();
    let mut broken = BTreeMap::new();
    for source in &sources.specs {
        if !source.path.contains('/') {
            findings.push(at_root(source));
            continue;
        }
        let mut own = Vec::new();
        let loaded = load_spec(source, &config, defaults, &mut own);
        let error = config_error.clone().or_else(|| first_error(&own, &source.path));
        findings.append(&mut own);
        match loaded.filter(|_| error.is_none()) {
            Some(loaded) => {
                pipelines.insert(loaded.pipeline.name.clone(), loaded);
            }
            None => {
                broken.insert(folder_of(&source.path).to_owned(), error);
            }
        }
    }
    for (path, why) in &sources.unread {
        let finding = YAML_SYNTAX.on(path, why.clone());
        findings.push(finding.clone());
        broken.insert(folder_of(path).to_owned(), config_error.clone().or(Some(finding)));
    }
    let findings = arrange(findings);
    let settings = project.as_ref().map(Typed::to_json).unwrap_or_default();
    let is_config_broken = config_error.is_some();
    let pipelines = pipelines.into_values().collect();
    Loaded { config, settings, pipelines, broken, is_config_broken, findings }
}

/// The first error by its place; those in the file itself come first.
fn first_error(findings: &[Finding], path: &str) -> Option<Finding> {
    let errors = findings.iter().filter(|finding| finding.is_error());
    errors.min_by_key(|finding| (finding.path != path, finding.span)).cloned()
}

/// Sorts findings by place and drops doubles, such as one in the defaults seen from each spec.
pub(super) fn arrange(mut findings: Vec<Finding>) -> Vec<Finding> {
    let place = |finding: &Finding| {
        let start = finding.span.map_or(0, |span| span.start);
        (finding.path.clone(), start, finding.code, finding.message.clone())
    };
    findings.sort_by_cached_key(place);
    findings.dedup();
    findings
}

/// A `spec.yml` at the root is no pipeline. It is an error if it was meant as one.
fn at_root(source: &SourceFile) -> Finding {
    let is_meant = match yaml::parse(&source.path, &source.text, &mut Vec::new()) {
        Ok(Some(yaml::Node { value: yaml::Value::Map(entries), .. })) => {
            entries.iter().any(|entry| ["input", "transform", "pipeline"].contains(&entry.key.as_str()))
        }
        _ => false,
    };
    let message = "a `spec.yml` stands at the project's root, but a pipeline is a folder";
    let mut finding = BAD_NAME.on(&source.path, message).help("move it into a folder of the pipeline's name");
    if !is_meant {
        finding.severity = Severity::Warning;
    }
    finding
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn load_config(source: Option<&SourceFile>, findings: &mut Vec<Finding>) -> Option<Typed> {
    let source = source?;
    match yaml::parse(&source.path, &source.text, findings) {
        Ok(root) => Some(shape::check(root?, PROJECT, findings)),
        Err(finding) => {
            findings.push(*finding);
            None
        }
    }
}

fn config_of(project: &Typed) -> Config {
    let sandbox = match project.text_of("sandbox") {
        Some("always") => SandboxMode::Always,
        Some("never") => SandboxMode::Never,
        _ => SandboxMode::Auto,
    };
    let record = if project.text_of("record") == Some("datum") { RecordUnit::Datum } else { RecordUnit::Job };
    Config {
        name: project.text_of("name").map(str::to_owned),
        sandbox,
        container: project.text_of("container").and_then(ContainerMode::of).unwrap_or_default(),
        record,
        commit: project.bool_of("commit"),
        keep_going: project.is_true("keep_going"),
        check: project.get("check").map(check_of).unwrap_or_default(),
    }
}

/// What the project file says of `minipach check`.
fn check_of(check: &Typed) -> CheckConfig {
    let named = |typed: &Typed| Some(Named { rule: typed.text()?.to_owned(), span: typed.spot.span });
    let names = |typed: &Typed| typed.items().iter().filter_map(named).collect::<Vec<_>>();
    let map = |field: &str| check.get(field).into_iter().flat_map(Typed::entries).collect::<Vec<_>>();
    let severity = |(rule, typed): (&str, &Typed)| {
        let span = typed.key_spot.span;
        Some((Named { rule: rule.to_owned(), span }, severity_of(typed.text()?)?))
    };
    CheckConfig {
        select: check.get("select").map(names).unwrap_or_default(),
        ignore: check.get("ignore").map(names).unwrap_or_default(),
        per_file_ignores: map("per_file_ignores")
            .into_iter()
            .map(|(pattern, typed)| (pattern.to_owned(), names(typed)))
            .collect(),
        severity: map("severity").into_iter().filter_map(severity).collect(),
        fail_on: check.text_of("fail_on").and_then(severity_of),
        baseline: check.text_of("baseline").map(str::to_owned),
    }
}

fn severity_of(word: &str) -> Option<Severity> {
    match word {
        "error" => Some(Severity::Error),
        "warning" => Some(Severity::Warning),
        "info" => Some(Severity::Info),
        _ => None,
    }
}

fn load_spec(
    source: &SourceFile,
    config: &Config,
    defaults: Option<&Typed>,
    findings: &mut Vec<Finding>,
) -> Option<LoadedPipeline> {
    let name = pipeline::name_of(&source.path, findings);
    findings.extend(unsettled(&source.path, &source.text));
    let root = match yaml::parse(&source.path, &source.text, findings) {
        Ok(Some(root)) => root,
        Ok(None) => {
            let finding = YAML_SYNTAX.on(&source.path, "the spec is empty");
            findings.push(
                finding.help("say at least what it reads with `input` and what it runs with `transform`"),
            );
            return None;
        }
        Err(finding) => {
            findings.push(*finding);
            return None;
        }
    };
    let own = shape::check(root, PIPELINE, findings);
    if own.is_bad() {
        return None;
    }
    let merged = match defaults {
        Some(defaults) => own.clone().over(defaults),
        None => own.clone(),
    };
    let (pipeline, spans) = pipeline::lower(&name?, &own, &merged, config, findings)?;
    let effective = effective(&merged, &pipeline);
    Some(LoadedPipeline { pipeline, effective, spans })
}

/// The merged spec with names filled in.
fn effective(merged: &Typed, pipeline: &Pipeline) -> Json {
    let mut json = merged.to_json();
    if let Json::Object(fields) = &mut json {
        let name = fields.entry("pipeline").or_insert_with(|| Json::Object(serde_json::Map::new()));
        name["name"] = pipeline.name.last().into();
        if pipeline.transform.is_none() {
            fields.remove("transform");
        }
        if let Some(input) = fields.get_mut("input") {
            fill_names(input);
        }
    }
    json
}

fn fill_names(input: &mut Json) {
    let Json::Object(kinds) = input else { return };
    for (kind, value) in kinds {
        match value {
            Json::Array(children) => children.iter_mut().for_each(fill_names),
            Json::Object(leaf) if kind == "pfs" && !leaf.contains_key("name") => {
                let repo = leaf.get("repo").and_then(Json::as_str);
                if let Some(repo) = repo.and_then(|repo| RepoPath::parse(repo).ok()) {
                    leaf.insert("name".into(), repo.last().into());
                }
            }
            _ => {}
        }
    }
}
