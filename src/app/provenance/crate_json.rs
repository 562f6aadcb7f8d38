//! Provenance as a Workflow Run RO-Crate: what was run on what, for archives and registries.
//!
//! The file follows RO-Crate 1.1 and the profiles Process Run Crate 0.5, Workflow Run Crate 0.5 and Workflow
//! RO-Crate 1.0. It describes the project's folder when it lies there as `ro-crate-metadata.json`.

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::{Provenance, Step, Thing, rfc3339};

/// What stands in an identifier as it is, beside letters and digits.
const ODD: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_').remove(b'~');

const CONTEXT: &str = "https://w3id.org/ro/crate/1.1/context";
const PROFILES: [(&str, &str, &str); 3] = [
    ("https://w3id.org/ro/wfrun/process/0.5", "Process Run Crate", "0.5"),
    ("https://w3id.org/ro/wfrun/workflow/0.5", "Workflow Run Crate", "0.5"),
    ("https://w3id.org/workflowhub/workflow-ro-crate/1.0", "Workflow RO-Crate", "1.0"),
];
const LANGUAGE: &str = "https://www.pachyderm.com/#pipeline-specification";

/// The crate's metadata: the root's license is named by `license`, an address or the name of a file.
pub fn ro_crate(found: &Provenance, license: &str) -> Value {
    let asked: Vec<&str> = found.asked.iter().map(|thing| found.things[*thing].path.as_str()).collect();
    let mut graph = vec![metadata(), root(found, &asked.join(", "), license)];
    graph.extend(PROFILES.map(
        |(id, name, version)| json!({"@id": id, "@type": "CreativeWork", "name": name, "version": version}),
    ));
    graph.push(json!({"@id": license, "@type": "CreativeWork", "name": "License", "description": "Terms of use of this project"}));
    graph.push(json!({"@id": LANGUAGE, "@type": "ComputerLanguage", "name": "Pachyderm pipeline specification", "url": LANGUAGE}));
    graph.extend(data(found));
    graph.extend(workflows(found));
    graph.extend(found.steps.iter().enumerate().map(|(number, step)| action(found, number, step)));
    graph.extend(people(found));
    json!({"@context": CONTEXT, "@graph": graph})
}

fn metadata() -> Value {
    json!({
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": [{"@id": "https://w3id.org/ro/crate/1.1"}, {"@id": PROFILES[2].0}],
    })
}

fn root(found: &Provenance, asked: &str, license: &str) -> Value {
    let last = found.commits.iter().map(|commit| commit.at).max().unwrap_or_default();
    let workflows = names(found);
    let parts = things(found).into_keys().chain(workflows.iter().cloned()).map(|id| json!({"@id": id}));
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
    // What was asked for is made by the first step that was found.
    if let Some(main) = found.steps.first() {
        root["mainEntity"] = json!({"@id": workflow(found, main)});
    }
    root
}

/// The identifier of a path: a folder's ends with a slash.
fn id(thing: &Thing) -> String {
    let path = utf8_percent_encode(&thing.path, ODD).to_string();
    if thing.content.starts_with("git:") || thing.content.starts_with("annex:") {
        path
    } else {
        format!("{path}/")
    }
}

/// Things by identifier: of one path at several moments, what was found first.
fn things(found: &Provenance) -> BTreeMap<String, &Thing> {
    let mut all = BTreeMap::new();
    for thing in &found.things {
        all.entry(id(thing)).or_insert(thing);
    }
    all
}

fn data(found: &Provenance) -> Vec<Value> {
    let workflows = names(found);
    let described = things(found).into_iter().filter(|(id, _)| !workflows.contains(id));
    let entity = |(id, thing): (String, &Thing)| {
        let kind = if id.ends_with('/') { "Dataset" } else { "File" };
        let mut entity = json!({"@id": id, "@type": kind, "name": thing.path, "identifier": thing.content});
        if let Some(commit) = thing.commit {
            entity["dateModified"] = rfc3339(found.commits[commit].at).into();
            entity["author"] =
                json!({"@id": person(&found.commits[commit].author, &found.commits[commit].email)});
        }
        if !thing.parts.is_empty() {
            entity["hasPart"] =
                thing.parts.iter().map(|part| json!({"@id": self::id(&found.things[*part])})).collect();
        }
        entity
    };
    described.map(entity).collect()
}

/// The spec of a step's pipeline; for other steps, the commit that recorded them.
fn workflow(found: &Provenance, step: &Step) -> String {
    step.pipeline
        .as_ref()
        .map_or_else(|| format!("#{}", found.commits[step.commit].id), |name| format!("{name}/spec.yml"))
}

fn names(found: &Provenance) -> BTreeSet<String> {
    found.steps.iter().map(|step| workflow(found, step)).collect()
}

fn workflows(found: &Provenance) -> Vec<Value> {
    let mut seen = BTreeSet::new();
    let steps = found.steps.iter().filter(|step| seen.insert(workflow(found, step)));
    let described = steps.map(|step| {
        let id = workflow(found, step);
        match &step.pipeline {
            Some(name) => json!({
                "@id": id,
                "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
                "name": format!("Pipeline {name}"),
                "programmingLanguage": {"@id": LANGUAGE},
            }),
            None => json!({
                "@id": id,
                "@type": ["SoftwareSourceCode", "ComputationalWorkflow"],
                "name": found.commits[step.commit].subject,
                "programmingLanguage": {"@id": LANGUAGE},
                "text": step.command,
            }),
        }
    });
    described.collect()
}

fn action_id(number: usize) -> String {
    format!("#step-{number}")
}

fn action(found: &Provenance, number: usize, step: &Step) -> Value {
    let commit = &found.commits[step.commit];
    let read =
        step.inputs.iter().map(|(_, thing)| thing).chain(&step.code).map(|thing| id(&found.things[*thing]));
    let read: BTreeSet<String> = read.collect();
    let made =
        found.things.iter().filter(|thing| thing.made_by.contains(&number)).map(id).collect::<BTreeSet<_>>();
    let list = |ids: BTreeSet<String>| ids.into_iter().map(|id| json!({"@id": id})).collect::<Vec<_>>();
    json!({
        "@id": action_id(number),
        "@type": "CreateAction",
        "name": found.name_of(step),
        "description": step.command,
        "endTime": rfc3339(commit.at),
        "actionStatus": "http://schema.org/CompletedActionStatus",
        "agent": {"@id": person(&commit.author, &commit.email)},
        "instrument": {"@id": workflow(found, step)},
        "object": list(read),
        "result": list(made),
        "identifier": commit.id,
    })
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
