//! Reasons: why a datum is in its state, down to the field that changed, with old and new value.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::model::{ContentId, DatumState, KnownInput, KnownResult, Pipeline};

use super::decide::Failure;
use super::layout::source_path;
use super::pipeline::PipelinePlan;

/// One cause of a datum's state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reason {
    /// No result was ever made for this place.
    New,
    /// An input entry came, went or changed.
    Input {
        /// Input name.
        name: String,
        /// Its path from the project's root.
        path: String,
        /// Content before; absent when the entry is new.
        old: Option<String>,
        /// Content now; absent when the entry is gone.
        new: Option<String>,
    },
    /// A code file came, went or changed.
    Code {
        /// Its path.
        path: String,
        /// Content before.
        old: Option<String>,
        /// Content now.
        new: Option<String>,
    },
    /// A field of the spec changed.
    Field {
        /// `cmd`, `stdin`, `env`, `image`, …
        field: String,
        /// Value before.
        old: Option<Value>,
        /// Value now.
        new: Option<Value>,
    },
    /// The work differs, but nothing tells how: what the old id was made of is not recorded.
    OtherWork,
    /// The result is known, but its files are not in place.
    Missing,
    /// The result's files are gone and cannot be had back.
    Lost,
    /// The files hold bytes that match no known result.
    Edited,
    /// A file that belongs to no result stands in the place.
    InTheWay,
    /// The last attempt failed.
    Failed {
        /// What happened, in one sentence.
        message: String,
    },
    /// The last attempt failed and its error command succeeded.
    Recovered {
        /// What happened, in one sentence.
        message: String,
    },
    /// Upstream pipelines are not complete.
    Upstream {
        /// Their names.
        pipelines: Vec<String>,
    },
    /// It was made from inputs that are not complete.
    Partial {
        /// The incomplete upstream pipelines.
        pipelines: Vec<String>,
    },
    /// The spec says `reprocess_spec: every_job`.
    EveryJob,
    /// No input makes this datum any more.
    Vanished,
    /// Its id is known and its files stand unmodified.
    Current,
    /// The same, but no command made them: a person accepted them.
    Accepted,
}

/// Why datum `number` of a plan is in its state. `line` is the newest ledger line of its key, `work` the fields behind
/// the line's and the plan's work id.
pub fn reasons(
    plan: &PipelinePlan,
    pipeline: &Pipeline,
    number: usize,
    line: Option<&KnownResult>,
    work: (Option<&Map<String, Value>>, &Map<String, Value>),
    failure: Option<Failure>,
) -> Vec<Reason> {
    let datum = &plan.datums[number];
    let mut found = Vec::new();
    match datum.state {
        DatumState::Done => return done(plan, line.is_some_and(KnownResult::is_accepted)),
        DatumState::Edited => found.push(Reason::Edited),
        DatumState::InTheWay => found.push(Reason::InTheWay),
        DatumState::Blocked => {
            let pipelines = plan.incomplete.iter().map(ToString::to_string).collect();
            found.push(Reason::Upstream { pipelines });
        }
        _ => {}
    }
    if let Some(failure) = failure {
        let message = failure.message;
        found.push(if failure.recovered {
            Reason::Recovered { message }
        } else {
            Reason::Failed { message }
        });
    }
    if pipeline.every_job {
        found.push(Reason::EveryJob);
    }
    match line {
        None if found.is_empty() && datum.state != DatumState::Cached => found.push(Reason::New),
        Some(line) if line.id == datum.id && found.is_empty() => {
            found.push(if datum.state == DatumState::Cached { Reason::Missing } else { Reason::Lost });
        }
        Some(line) if line.id != datum.id => found.extend(differences(plan, pipeline, number, line, work)),
        _ => {}
    }
    if datum.state == DatumState::Cached && !found.contains(&Reason::Missing) {
        found.push(Reason::Missing);
    }
    found
}

/// Why a datum is done.
fn done(plan: &PipelinePlan, is_accepted: bool) -> Vec<Reason> {
    let pipelines: Vec<String> = plan.incomplete.iter().map(ToString::to_string).collect();
    let accepted = is_accepted.then_some(Reason::Accepted);
    let partial = (!pipelines.is_empty()).then_some(Reason::Partial { pipelines });
    let found: Vec<Reason> = accepted.into_iter().chain(partial).collect();
    if found.is_empty() { vec![Reason::Current] } else { found }
}

fn differences(
    plan: &PipelinePlan,
    pipeline: &Pipeline,
    number: usize,
    line: &KnownResult,
    (old_work, new_work): (Option<&Map<String, Value>>, &Map<String, Value>),
) -> Vec<Reason> {
    let mut found = input_differences(&line.inputs, &known_inputs(plan, pipeline, number));
    if line.work != plan.work {
        match old_work {
            Some(old) => found.extend(work_differences(old, new_work)),
            None => found.push(Reason::OtherWork),
        }
    }
    if found.is_empty() {
        found.push(Reason::OtherWork);
    }
    found
}

/// The inputs of datum `number`, as the ledger records them.
pub fn known_inputs(plan: &PipelinePlan, pipeline: &Pipeline, number: usize) -> Vec<KnownInput> {
    let leaves = plan.leaves(pipeline);
    let known = |&at: &u32| {
        let matched = &plan.formed.matches[at as usize];
        let (leaf, tree, _) = leaves[usize::from(matched.leaf)];
        KnownInput {
            name: leaf.name.clone(),
            path: source_path(tree, matched).into(),
            content: plan.contents[at as usize].clone(),
        }
    };
    plan.formed.datums[number].matches.iter().map(known).collect()
}

fn input_differences(old: &[KnownInput], new: &[KnownInput]) -> Vec<Reason> {
    type ByPlace<'a> = BTreeMap<(&'a str, &'a str), &'a Option<ContentId>>;
    fn index(inputs: &[KnownInput]) -> ByPlace<'_> {
        inputs.iter().map(|input| ((&*input.name, &*input.path), &input.content)).collect()
    }
    let (old, new) = (index(old), index(new));
    let places: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).copied().collect();
    let text = |content: Option<&&Option<ContentId>>| {
        content.map(|content| content.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string))
    };
    let differs = |place: &(&str, &str)| old.get(place) != new.get(place);
    places
        .into_iter()
        .filter(differs)
        .map(|place| Reason::Input {
            name: place.0.to_owned(),
            path: place.1.to_owned(),
            old: text(old.get(&place)),
            new: text(new.get(&place)),
        })
        .collect()
}

fn work_differences(old: &Map<String, Value>, new: &Map<String, Value>) -> Vec<Reason> {
    let fields: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let mut found = Vec::new();
    for field in fields.into_iter().filter(|field| *field != "work") {
        let (before, now) = (old.get(field), new.get(field));
        if before == now {
            continue;
        }
        if field == "code" {
            found.extend(code_differences(before, now));
        } else {
            found.push(Reason::Field { field: field.clone(), old: before.cloned(), new: now.cloned() });
        }
    }
    found
}

fn code_differences(old: Option<&Value>, new: Option<&Value>) -> Vec<Reason> {
    let empty = Map::new();
    let files =
        |value: Option<&'_ Value>| value.and_then(Value::as_object).cloned().unwrap_or_else(|| empty.clone());
    let (old, new) = (files(old), files(new));
    let paths: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    paths
        .into_iter()
        .filter(|path| old.get(*path) != new.get(*path))
        .map(|path| Reason::Code { path: path.clone(), old: text(old.get(path)), new: text(new.get(path)) })
        .collect()
}

impl Reason {
    /// The reason as a fragment of a sentence, names in backticks.
    pub fn sentence(&self) -> String {
        match self {
            Self::New => "no result was made for it yet".into(),
            Self::Input { path, old: None, .. } => format!("`{path}` is a new input"),
            Self::Input { path, new: None, .. } => format!("`{path}` is no input any more"),
            Self::Input { path, .. } => format!("`{path}` changed"),
            Self::Code { path, old: None, .. } => format!("`{path}` became part of the code"),
            Self::Code { path, new: None, .. } => format!("`{path}` is no part of the code any more"),
            Self::Code { path, .. } => format!("code changed: `{path}`"),
            Self::Field { field, .. } => format!("`{field}` changed in the spec"),
            Self::OtherWork => "the result was made by other work; what it was is not recorded".into(),
            Self::Missing => "its result is known and will be put in place".into(),
            Self::Lost => "its result is gone and no copy is known".into(),
            Self::Edited => "its files were changed by hand and match no known result".into(),
            Self::InTheWay => "a file that no pipeline made stands in its place".into(),
            Self::Failed { message } => format!("the last attempt failed: {message}"),
            Self::Recovered { message } => format!("its error command stepped in: {message}"),
            Self::Upstream { pipelines } => format!("waits for `{}`", pipelines.join("`, `")),
            Self::Partial { pipelines } => format!("made from an incomplete `{}`", pipelines.join("`, `")),
            Self::EveryJob => "`reprocess_spec: every_job` runs it every time".into(),
            Self::Vanished => "no input makes it any more".into(),
            Self::Current => "its work is known and its files stand unmodified".into(),
            Self::Accepted => {
                "it was accepted by hand as the result of this work, and its files stand unmodified".into()
            }
        }
    }

    /// Old and new value as short text, where the reason has them.
    pub fn values(&self) -> Option<(String, String)> {
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".into());
        match self {
            Self::Input { old, new, .. } | Self::Code { old, new, .. } => Some((shown(old), shown(new))),
            Self::Field { old, new, .. } => {
                let shown =
                    |value: &Option<Value>| value.as_ref().map_or_else(|| "-".into(), Value::to_string);
                Some((shown(old), shown(new)))
            }
            _ => None,
        }
    }
}
