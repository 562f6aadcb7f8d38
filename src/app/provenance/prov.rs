//! Provenance as PROV-JSON, the W3C's form: entities, activities and agents.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{Commit, Provenance, Step, StepKind, Thing, rfc3339};

/// The document of the [PROV-JSON serialization](https://www.w3.org/submissions/prov-json/).
pub fn prov_json(found: &Provenance) -> Value {
    let people = people(found);
    let agent_of = |commit: &Commit| {
        let number = people.iter().position(|person| *person == (&*commit.author, &*commit.email));
        agent(number.unwrap_or_default())
    };
    let agents = found.commits.iter().map(agent_of).collect();
    let mut document = Document { records: Map::new(), agents };
    for (number, (author, email)) in people.iter().enumerate() {
        let person = json!({"$": "prov:Person", "type": "prov:QUALIFIED_NAME"});
        let facts = json!({"prov:type": person, "prov:label": author, "mp:email": email});
        document.add("agent", &agent(number), facts);
    }
    for (number, thing) in found.things.iter().enumerate() {
        document.thing(number, thing);
    }
    for (number, step) in found.steps.iter().enumerate() {
        document.step(number, step, found);
    }
    document.whole()
}

/// The authors of all commits by name and address, each once, in the order of their first commits.
fn people(found: &Provenance) -> Vec<(&str, &str)> {
    let mut seen = BTreeSet::new();
    let all = found.commits.iter().map(|commit| (&*commit.author, &*commit.email));
    all.filter(|person| seen.insert(*person)).collect()
}

fn agent(number: usize) -> String {
    format!("mp:agent{number}")
}

fn entity(number: usize) -> String {
    format!("mp:thing{number}")
}

fn activity(number: usize) -> String {
    format!("mp:step{number}")
}

const fn kind(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Datum => "datum",
        StepKind::Match => "match",
        StepKind::Accepted => "accepted",
        StepKind::DataladRun => "datalad run",
    }
}

/// A document in the making.
struct Document {
    /// Kinds of records, each by id.
    records: Map<String, Value>,
    /// The agent behind each commit.
    agents: Vec<String>,
}

impl Document {
    fn thing(&mut self, number: usize, thing: &Thing) {
        let id = entity(number);
        self.add("entity", &id, json!({"prov:label": thing.path, "mp:content": thing.content}));
        for step in &thing.made_by {
            self.relate("wasGeneratedBy", json!({"prov:entity": id, "prov:activity": activity(*step)}));
        }
        if let Some(commit) = thing.commit {
            self.relate("wasAttributedTo", json!({"prov:entity": id, "prov:agent": self.agents[commit]}));
        }
        for part in &thing.parts {
            self.relate("hadMember", json!({"prov:collection": id, "prov:entity": entity(*part)}));
        }
    }

    fn step(&mut self, number: usize, step: &Step, found: &Provenance) {
        let (id, commit) = (activity(number), &found.commits[step.commit]);
        let mut facts = json!({
            "prov:label": found.name_of(step),
            "prov:endTime": rfc3339(commit.at),
            "mp:commit": commit.id,
            "mp:kind": kind(step.kind),
        });
        if !step.command.is_empty() {
            facts["mp:command"] = step.command.as_str().into();
        }
        if let Some(image) = &step.image {
            facts["mp:image"] = image.as_str().into();
        }
        self.add("activity", &id, facts);
        let agent = &self.agents[step.commit];
        self.relate("wasAssociatedWith", json!({"prov:activity": id, "prov:agent": agent}));
        let inputs = step.inputs.iter().map(|(name, thing)| (name.as_str(), *thing));
        for (role, thing) in inputs.chain(step.code.iter().map(|thing| ("code", *thing))) {
            let mut used = json!({"prov:activity": id, "prov:entity": entity(thing)});
            if !role.is_empty() {
                used["prov:role"] = role.into();
            }
            self.relate("used", used);
        }
    }

    fn add(&mut self, kind: &str, id: &str, facts: Value) {
        let records = self.records.entry(kind).or_insert_with(|| json!({}));
        records[id] = facts;
    }

    fn relate(&mut self, kind: &str, facts: Value) {
        let count = self.records.get(kind).and_then(Value::as_object).map_or(0, Map::len);
        self.add(kind, &format!("_:{kind}{count}"), facts);
    }

    fn whole(mut self) -> Value {
        self.records.insert("prefix".into(), json!({"mp": "urn:minipach:"}));
        Value::Object(self.records)
    }
}
