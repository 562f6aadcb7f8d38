//! Provenance as a Workflow Run RO-Crate: what was run on what, for archives and registries.
//!
//! The file follows RO-Crate 1.1 and the profiles Process Run Crate 0.5, Workflow Run Crate 0.5 and Workflow
//! RO-Crate 1.0. It describes the project's folder when it lies there as `ro-crate-metadata.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::{Provenance, Step, Thing, rfc3339};
use crate::app::error::AppError;
use crate::model::show;

/// What stands in an identifier as it is, beside letters and digits.
const ODD: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_').remove(b'~');

const CONTEXT: &str = "https://w3id.org/ro/crate/1.1/context";
const PROFILES: [(&str, &str, &str); 3] = [
    ("https://w3id.org/ro/wfrun/process/0.5", "Process Run Crate", "0.5"),
    ("https://w3id.org/ro/wfrun/workflow/0.5", "Workflow Run Crate", "0.5"),
    ("https://w3id.org/workflowhub/workflow-ro-crate/1.0", "Workflow RO-Crate", "1.0"),
];
const LANGUAGE: &str = "https://www.pachyderm.com/#pipeline-specification";
/// What a command is written in that was run by hand.
const SHELL: &str = "#shell";

/// How files with terms of use begin, those first that are taken first.
const TERMS: [&str; 4] = ["license", "licence", "copying", "unlicense"];

/// The crate's metadata: the root's license is named by `license`, an address or a file of the project; else it is such a
/// file that stands there, or none. Only what stands in the project's folder is part of the crate; anything else is
/// told of, and is no data of it.
///
/// # Errors
/// When `license` is neither.
pub fn ro_crate(found: &Provenance, license: Option<&str>) -> Result<Value, AppError> {
    let license = terms(&found.root, license)?;
    let paths = found.things.iter().map(|thing| thing.path.clone());
    let specs = found.steps.iter().filter_map(|step| step.pipeline.as_ref().map(|name| spec_of(name)));
    let here = paths.chain(specs).filter(|path| found.root.join(path).exists()).collect();
    let ids = Ids { found, here };
    let asked: Vec<&str> = found.asked.iter().map(|thing| found.things[*thing].path.as_str()).collect();
    let mut graph = vec![metadata(), root(&ids, &asked.join(", "), &license["@id"])];
    graph.extend(PROFILES.map(
        |(id, name, version)| json!({"@id": id, "@type": "CreativeWork", "name": name, "version": version}),
    ));
    graph.push(license);
    graph.push(json!({"@id": LANGUAGE, "@type": "ComputerLanguage", "name": "Pachyderm pipeline specification", "url": LANGUAGE}));
    if found.steps.iter().any(|step| step.pipeline.is_none()) {
        graph.push(json!({"@id": SHELL, "@type": "ComputerLanguage", "name": "Shell command"}));
    }
    graph.extend(data(&ids));
    graph.extend(workflows(&ids));
    graph.extend(found.steps.iter().enumerate().map(|(number, step)| action(&ids, number, step)));
    graph.extend(people(found));
    Ok(json!({"@context": CONTEXT, "@graph": graph}))
}

/// What a crate says of the terms of use, which it has to name.
fn terms(root: &Path, asked: Option<&str>) -> Result<Value, AppError> {
    let id = match asked {
        Some(address) if address.contains(':') => Some(address.to_owned()),
        Some(file) if root.join(file).is_file() => Some(utf8_percent_encode(file, ODD).to_string()),
        Some(other) => {
            let message = format!("`{}` is neither an address nor a file of the project", show(other));
            return Err(AppError::usage(message)
                .hint("give its address, as https://spdx.org/licenses/CC-BY-4.0, or the path of a file"));
        }
        None => file_of_terms(root).map(|file| utf8_percent_encode(&file, ODD).to_string()),
    };
    let (id, name, description) = match id {
        Some(id) => (id, "License", "Terms of use of this project"),
        None => {
            ("#no-license".into(), "No license", "This project does not say on what terms it may be used")
        }
    };
    Ok(json!({"@id": id, "@type": "CreativeWork", "name": name, "description": description}))
}

/// The file at the root that says on what terms the project may be used.
fn file_of_terms(root: &Path) -> Option<String> {
    let files = std::fs::read_dir(root).ok()?.flatten().filter(|entry| entry.path().is_file());
    let names = files.filter_map(|entry| entry.file_name().into_string().ok());
    let rank = |name: &String| TERMS.iter().position(|term| name.to_ascii_lowercase().starts_with(term));
    names.filter_map(|name| Some((rank(&name)?, name))).min().map(|(_, name)| name)
}

fn metadata() -> Value {
    json!({
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": [{"@id": "https://w3id.org/ro/crate/1.1"}, {"@id": PROFILES[2].0}],
    })
}

fn root(ids: &Ids<'_>, asked: &str, license: &Value) -> Value {
    let found = ids.found;
    let last = found.commits.iter().map(|commit| commit.at).max().unwrap_or_default();
    let data = ids.things().into_iter().filter(|(_, thing)| ids.is_here(thing)).map(|(id, _)| id);
    let parts: BTreeSet<String> = data.chain(ids.workflows()).collect();
    let parts = parts.into_iter().map(|id| json!({"@id": id}));
    let actions = (0..found.steps.len()).map(|number| json!({"@id": action_id(number)}));
    let mut root = json!({
        "@id": "./",
        "@type": "Dataset",
        "name": found.project,
        "description": format!("How {asked} came about, as commit {} has it", found.at),
        "datePublished": rfc3339(last),
        "license": {"@id": license},
        "conformsTo": PROFILES.map(|(id, ..)| json!({"@id": id})),
        "hasPart": parts.collect::<Vec<_>>(),
        "mentions": actions.collect::<Vec<_>>(),
    });
    // What was asked for is made by the first step that was found; a command that somebody typed is no workflow where there
    // is one.
    let mut pipelines = found.steps.iter().filter(|step| step.pipeline.is_some());
    if let Some(main) = pipelines.next().or(found.steps.first()) {
        root["mainEntity"] = json!({"@id": ids.workflow(main)});
    }
    root
}

/// What is told of, under the identifiers of a crate.
struct Ids<'a> {
    found: &'a Provenance,
    /// Paths that stand in the folder.
    here: BTreeSet<String>,
}

impl Ids<'_> {
    /// Whether a thing can be data of the crate. A path that only stood there once is none.
    fn is_here(&self, thing: &Thing) -> bool {
        self.here.contains(&thing.path)
    }

    /// The identifier of a path: a folder's ends with a slash, that of what is not here begins as of nothing in the folder.
    fn of(&self, thing: &Thing) -> String {
        let path = utf8_percent_encode(&thing.path, ODD).to_string();
        let is_file = thing.content.starts_with("git:") || thing.content.starts_with("annex:");
        let path = if is_file { path } else { format!("{path}/") };
        if self.is_here(thing) { path } else { format!("#absent/{path}") }
    }

    /// Things by identifier: of one path at several moments, what was found first.
    fn things(&self) -> BTreeMap<String, &Thing> {
        let mut all = BTreeMap::new();
        for thing in &self.found.things {
            all.entry(self.of(thing)).or_insert(thing);
        }
        all
    }

    /// The spec of a step's pipeline; for other steps, the commit that recorded them.
    fn workflow(&self, step: &Step) -> String {
        let Some(name) = &step.pipeline else { return format!("#{}", self.found.commits[step.commit].id) };
        let spec = spec_of(name);
        if self.here.contains(&spec) { spec } else { format!("#absent/{spec}") }
    }

    fn workflows(&self) -> BTreeSet<String> {
        self.found.steps.iter().map(|step| self.workflow(step)).collect()
    }
}

fn spec_of(pipeline: &str) -> String {
    format!("{pipeline}/spec.yml")
}

fn data(ids: &Ids<'_>) -> Vec<Value> {
    let (found, workflows) = (ids.found, ids.workflows());
    let described = ids.things().into_iter().filter(|(id, _)| !workflows.contains(id));
    let entity = |(id, thing): (String, &Thing)| {
        let kind = match (ids.is_here(thing), id.ends_with('/')) {
            (false, _) => "CreativeWork",
            (true, true) => "Dataset",
            (true, false) => "File",
        };
        let mut entity = json!({"@id": id, "@type": kind, "name": thing.path, "identifier": thing.content});
        if !ids.is_here(thing) {
            entity["description"] =
                "Was there when it was used; is not in this folder under that name".into();
        }
        if let Some(commit) = thing.commit {
            entity["dateModified"] = rfc3339(found.commits[commit].at).into();
            entity["author"] =
                json!({"@id": person(&found.commits[commit].author, &found.commits[commit].email)});
        }
        if !thing.parts.is_empty() {
            entity["hasPart"] =
                thing.parts.iter().map(|part| json!({"@id": ids.of(&found.things[*part])})).collect();
        }
        entity
    };
    described.map(entity).collect()
}

fn workflows(ids: &Ids<'_>) -> Vec<Value> {
    let (found, mut seen) = (ids.found, BTreeSet::new());
    let steps = found.steps.iter().filter(|step| seen.insert(ids.workflow(step)));
    let described = steps.map(|step| {
        let id = ids.workflow(step);
        let kinds = ["File", "SoftwareSourceCode", "ComputationalWorkflow"];
        match &step.pipeline {
            Some(name) => json!({
                "@id": id,
                "@type": &kinds[usize::from(id.starts_with('#'))..],
                "name": format!("Pipeline {name}"),
                "programmingLanguage": {"@id": LANGUAGE},
            }),
            None => json!({
                "@id": id,
                "@type": ["SoftwareSourceCode", "ComputationalWorkflow"],
                "name": found.commits[step.commit].subject,
                "programmingLanguage": {"@id": SHELL},
                "text": step.command,
            }),
        }
    });
    described.collect()
}

fn action_id(number: usize) -> String {
    format!("#step-{number}")
}

fn action(ids: &Ids<'_>, number: usize, step: &Step) -> Value {
    let found = ids.found;
    let commit = &found.commits[step.commit];
    let read = step
        .inputs
        .iter()
        .map(|(_, thing)| thing)
        .chain(&step.code)
        .map(|thing| ids.of(&found.things[*thing]));
    let read: BTreeSet<String> = read.collect();
    let made = found
        .things
        .iter()
        .filter(|thing| thing.made_by.contains(&number))
        .map(|thing| ids.of(thing))
        .collect::<BTreeSet<_>>();
    let list = |ids: BTreeSet<String>| ids.into_iter().map(|id| json!({"@id": id})).collect::<Vec<_>>();
    json!({
        "@id": action_id(number),
        "@type": "CreateAction",
        "name": found.name_of(step),
        "description": description(step),
        "endTime": rfc3339(commit.at),
        "actionStatus": "http://schema.org/CompletedActionStatus",
        "agent": {"@id": person(&commit.author, &commit.email)},
        "instrument": {"@id": ids.workflow(step)},
        "object": list(read),
        "result": list(made),
        "identifier": commit.id,
    })
}

/// The command, and what it ran in.
fn description(step: &Step) -> String {
    match &step.image {
        Some(image) => format!("{} (in the image {image})", step.command),
        None => step.command.clone(),
    }
}

fn person(name: &str, email: &str) -> String {
    format!("#person-{}", utf8_percent_encode(&format!("{name}-{email}"), ODD))
}

fn people(found: &Provenance) -> Vec<Value> {
    let all: BTreeMap<String, &str> = found
        .commits
        .iter()
        .map(|commit| (person(&commit.author, &commit.email), commit.author.as_str()))
        .collect();
    all.into_iter().map(|(id, name)| json!({"@id": id, "@type": "Person", "name": name})).collect()
}
