//! Datums and reasons as data: for `datums`, `why` and targets.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::model::{DatumId, DatumState, KnownInput, KnownResult, PipelineName, Place, normal_path};
use crate::plan::{
    Alone, Planned as PlannedDatum, Reason, Standing, alone, known_inputs, source_path, standing_of, target,
};
use crate::run::{Annexed, Known, Made, Planned, Plans, Target};

use super::blamed::blamed;
use super::error::{AppError, ExitCode};
use super::live::Live;
use super::path_view::{PathView, key_view, path_view};
use super::progress::InHand;
use super::session::Session;

/// What is said of a datum that failed as what it is now.
pub const UNCHANGED: &str = "unchanged since then: the same would run again";

/// One datum, for people.
#[derive(Clone, Debug)]
pub struct DatumView {
    /// The pipeline.
    pub pipeline: String,
    /// The place.
    pub key: String,
    /// The work, in hexadecimal; empty for a leftover.
    pub id: String,
    /// Where it stands.
    pub state: DatumState,
    /// Why.
    pub reasons: Vec<Reason>,
    /// What it is made from.
    pub inputs: Vec<KnownInput>,
    /// How much of each input the annex keeps; empty where that was not asked.
    pub annexed: Vec<Annexed>,
    /// What stands for it: path from the root, and content.
    pub outputs: Vec<(String, String)>,
    /// Every attempt known here, newest last.
    pub attempts: Vec<Value>,
    /// Attempts at this place when it was made of something else, newest last; where one datum was asked for.
    pub earlier: Vec<Value>,
    /// Places with the same id, beside this one.
    pub twins: Vec<String>,
    /// The command, its words joined; empty for a match or a leftover.
    pub command: String,
    /// Files whose content is part of the work.
    pub code: Vec<String>,
    /// The attempt that a run has in its hands now.
    pub running: Option<InHand>,
    /// Where the command saw `/pfs` that made what the ledger has for it.
    pub place: Option<Place>,
    /// The image that the spec names, where the command did not run in it.
    pub without_image: Option<String>,
    /// Whether what stands was accepted by hand, so that no command made it.
    pub is_accepted: bool,
    /// What is said of one that the run that goes on has queued.
    pub queued: Option<String>,
    /// Whether the attempts are at what it was made of before, for none was made at what it is now.
    pub is_before: bool,
    /// Whether something stands that `accept` would take.
    pub is_acceptable: bool,
    /// Of one that was edited: the files at its outputs that differ from the last commit.
    pub changed: Vec<String>,
    /// Of a failure, the input files that its words name.
    pub blamed: Vec<String>,
}

impl DatumView {
    /// Marks it as running where a run has it in its hands now, and as queued where that run comes to it.
    pub fn mark(&mut self, live: &Live) {
        if let Some(hand) = live.hand(&self.pipeline, &self.key) {
            self.state = DatumState::Running;
            self.running = Some(hand.clone());
        }
        self.queued = live.queued(&self.pipeline, &self.key).filter(|_| self.state.is_open());
    }

    /// Whether it failed as what it is now, so that the same would run again.
    pub fn is_unchanged(&self) -> bool {
        self.reasons.iter().any(|why| matches!(why, Reason::Failed { .. } | Reason::Recovered { .. }))
    }

    /// The documented JSON of a datum.
    pub fn json(&self) -> Value {
        let inputs = self
            .inputs
            .iter()
            .map(|input| json!({"name": input.name, "path": input.path, "content": input.content}));
        let outputs = self.outputs.iter().map(|(path, content)| json!({"path": path, "content": content}));
        json!({
            "id": self.id,
            "key": self.key,
            "pipeline": self.pipeline,
            "state": self.state,
            "reason": self.reasons.iter().map(Reason::sentence).collect::<Vec<_>>().join("; "),
            "reasons": self.reasons,
            "inputs": inputs.collect::<Vec<_>>(),
            "outputs": outputs.collect::<Vec<_>>(),
            "attempts": self.attempts,
            "same_as": self.twins,
            "changed": self.changed,
            "command": self.command,
            "code": self.code,
            "accepted": self.is_accepted,
            "place": self.place,
            "without_image": self.without_image,
            "named_inputs": self.blamed,
            "queued": self.queued.is_some(),
            "running_since_ms": self.running.as_ref().map(|hand| hand.since_ms),
        })
    }
}

/// All datums of a pipeline, and what is left over, by key.
pub fn datum_views(session: &Session, known: &Known<'_>, planned: &Planned) -> Vec<DatumView> {
    let datums = &planned.plan.datums;
    let mut same: BTreeMap<DatumId, Vec<usize>> = BTreeMap::new();
    for (number, datum) in datums.iter().enumerate() {
        same.entry(datum.id).or_default().push(number);
    }
    let one = |number: usize| view(session, known, planned, number, &same[&datums[number].id]);
    let mut views: Vec<DatumView> = (0..datums.len()).map(one).collect();
    views.extend(leftover_views(session, planned));
    views.sort_by(|a, b| a.key.cmp(&b.key));
    views
}

/// One datum of a plan.
pub fn datum_view(session: &Session, known: &Known<'_>, planned: &Planned, number: usize) -> DatumView {
    let datums = &planned.plan.datums;
    let same: Vec<usize> = (0..datums.len()).filter(|other| datums[*other].id == datums[number].id).collect();
    view(session, known, planned, number, &same)
}

/// One datum of a plan; `same` are all that compute the same, with itself.
fn view(session: &Session, known: &Known<'_>, planned: &Planned, number: usize, same: &[usize]) -> DatumView {
    let datum = &planned.plan.datums[number];
    let twins = same.iter().filter(|other| **other != number).map(|other| &planned.plan.datums[*other]);
    let name = &planned.pipeline.name;
    let lines = holding(session, name, session.project.ledger(name).lines_for(&datum.key), datum.id);
    let unlisted = unlisted(known, datum);
    let line = lines.first().filter(|_| unlisted.is_none());
    let attempts = if datum.state == DatumState::Done { Vec::new() } else { attempts(known, datum.id) };
    let outputs = match &unlisted {
        Some(made) => placed(planned, &datum.key, made),
        None => outputs(name, &lines),
    };
    let reasons = session.reasons(known, planned, number);
    let words = reasons.iter().find_map(|reason| match reason {
        Reason::Failed { message, .. } | Reason::Recovered { message } => Some(message.as_str()),
        _ => None,
    });
    let blamed = words.map(|words| blamed(planned, number, words)).unwrap_or_default();
    DatumView {
        pipeline: planned.pipeline.name.to_string(),
        key: datum.key.to_string(),
        id: datum.id.to_string(),
        state: datum.state,
        reasons,
        blamed,
        inputs: known_inputs(&planned.plan, &planned.pipeline, number),
        annexed: Vec::new(),
        changed: changed(session, datum.state, &outputs),
        outputs,
        attempts,
        earlier: Vec::new(),
        twins: twins.map(|other| other.key.to_string()).collect(),
        command: planned
            .pipeline
            .transform
            .as_ref()
            .map(|transform| transform.cmd.join(" "))
            .unwrap_or_default(),
        code: planned.code.files.keys().cloned().collect(),
        running: None,
        queued: None,
        place: line.map(|line| line.place).or_else(|| unlisted.as_ref().map(|made| made.place)),
        without_image: line.filter(|line| line.id == datum.id).and_then(|line| missed(planned, line)),
        is_accepted: line.is_some_and(|line| line.is_accepted()),
        is_before: false,
        is_acceptable: session.project.is_acceptable(planned, number),
    }
}

/// The image that a result was made without, though its spec names it.
fn missed(planned: &Planned, line: &KnownResult) -> Option<String> {
    let is_elsewhere = matches!(line.place, Place::Env | Place::Sandbox);
    planned.pipeline.transform.as_ref()?.image.clone().filter(|_| is_elsewhere)
}

/// The files at the outputs of an edited datum that differ from the last commit.
fn changed(session: &Session, state: DatumState, outputs: &[(String, String)]) -> Vec<String> {
    let Some(dirty) = (state == DatumState::Edited).then(|| session.project.dirty().ok()).flatten() else {
        return Vec::new();
    };
    let below = outputs.iter().flat_map(|(path, _)| dirty.below(path));
    below.map(str::to_owned).collect()
}

pub(super) fn attempts(known: &Known<'_>, id: DatumId) -> Vec<Value> {
    known.log().attempts(id).iter().filter_map(|attempt| serde_json::to_value(attempt).ok()).collect()
}

/// Of the lines of a key, of which a merge leaves several, the one whose result stands; else all, that of the wanted work
/// first.
fn holding<'a>(
    session: &Session,
    name: &PipelineName,
    lines: &'a [KnownResult],
    wanted: DatumId,
) -> Vec<&'a KnownResult> {
    let mut lines: Vec<&KnownResult> = lines.iter().collect();
    if lines.len() < 2 {
        return lines;
    }
    lines.sort_by_key(|line| line.id != wanted);
    let files = session.project.results.below(name.as_str());
    match lines.iter().find(|line| standing_of(line, &files) == Standing::Whole) {
        Some(whole) => vec![*whole],
        None => lines,
    }
}

/// Each path once, with what the first line that has it says of its content.
fn outputs(name: &PipelineName, lines: &[&KnownResult]) -> Vec<(String, String)> {
    let mut seen = BTreeSet::new();
    let outputs = lines.iter().flat_map(|line| &line.outputs).filter(|output| seen.insert(&*output.path));
    outputs.map(|output| (name.path_of(&output.path), output.content.to_string())).collect()
}

/// The result of a datum that is done though no ledger here has a line of it, as after a checkout of results alone.
fn unlisted(known: &Known<'_>, datum: &PlannedDatum) -> Option<Made> {
    (datum.state == DatumState::Done && datum.line.is_none()).then(|| known.made(datum.id)).flatten()
}

/// The files of a result at the place of a key, each with its content.
fn placed(planned: &Planned, key: &str, made: &Made) -> Vec<(String, String)> {
    let place = target(&planned.pipeline, key);
    made.files.iter().map(|file| (format!("{place}/{}", file.path), file.content.to_string())).collect()
}

pub(super) fn leftover_views<'a>(
    session: &'a Session,
    planned: &'a Planned,
) -> impl Iterator<Item = DatumView> + 'a {
    let lines = session.project.ledger(&planned.pipeline.name).lines();
    let is_any = !planned.plan.leftovers.is_empty();
    let used = if is_any { used_paths(planned) } else { BTreeSet::new() };
    let mut same: BTreeMap<DatumId, Vec<String>> = BTreeMap::new();
    for datum in planned.plan.datums.iter().filter(|_| is_any) {
        same.entry(datum.id).or_default().push(datum.key.to_string());
    }
    planned.plan.left_keys().map(move |left| {
        let line = &lines[left.line as usize];
        let outputs = outputs(&planned.pipeline.name, &[line]);
        DatumView {
            pipeline: planned.pipeline.name.to_string(),
            key: line.key.to_string(),
            id: line.id.to_string(),
            state: left.state,
            reasons: leftover_reasons(planned, left.state, line, &used),
            inputs: line.inputs.clone(),
            annexed: Vec::new(),
            changed: changed(session, left.state, &outputs),
            outputs,
            attempts: Vec::new(),
            earlier: Vec::new(),
            twins: same.get(&line.id).cloned().unwrap_or_default(),
            command: String::new(),
            code: Vec::new(),
            running: None,
            queued: None,
            place: Some(line.place),
            without_image: None,
            is_accepted: line.is_accepted(),
            is_before: false,
            is_acceptable: false,
            blamed: Vec::new(),
        }
    })
}

/// Why a result is left over; where all upstream is complete, also which inputs it lost.
fn leftover_reasons(
    planned: &Planned,
    state: DatumState,
    line: &KnownResult,
    used: &BTreeSet<String>,
) -> Vec<Reason> {
    let first = planned.plan.leftover_reason(state);
    if state == DatumState::Blocked {
        return vec![first];
    }
    let lost = line.inputs.iter().filter(|input| !used.contains(&*input.path));
    let lost = lost.map(|input| Reason::Input {
        name: input.name.to_string(),
        path: input.path.to_string(),
        old: input.content.as_ref().map(ToString::to_string),
        new: None,
    });
    std::iter::once(first).chain(lost).collect()
}

/// Paths from the root of everything that datums are made of.
fn used_paths(planned: &Planned) -> BTreeSet<String> {
    let plan = &planned.plan;
    let path = |at: &u32| {
        let found = &plan.formed.matches[*at as usize];
        source_path(&plan.trees[usize::from(found.leaf)], found)
    };
    plan.formed.datums.iter().flat_map(|datum| &datum.matches).map(path).collect()
}

/// What a target of `why` is.
pub enum Explained {
    /// Datums and leftovers; of a whole pipeline also what found no partner, of a path also what it is to
    /// those who read it.
    Datums(Vec<DatumView>, Vec<Alone>, Option<PathView>),
    /// A path that is no result, or a key that is no datum's.
    Path(PathView),
}

/// What a target of `why` is.
///
/// # Errors
/// When it means nothing, or its pipeline cannot be planned.
pub fn explain(
    session: &Session,
    plans: &Plans,
    known: &Known<'_>,
    text: &str,
) -> Result<Explained, AppError> {
    let path = path_meant(session, text);
    let unknown = match find_datums(session, plans, known, text) {
        Ok(views) => return Ok(datums_of(session, plans, views, (text, &path))),
        Err(error) if error.code != ExitCode::Usage => return Err(error),
        Err(error) => error,
    };
    let view = key_view(plans, text).or_else(|| path_view(session, plans, &path));
    view.map(Explained::Path).ok_or(unknown)
}

/// A target read as a path from the root: as typed where that stands, else from where the project was opened.
fn path_meant(session: &Session, text: &str) -> String {
    let repo = &session.project.repo;
    let typed = text.trim_end_matches('/');
    let stands = normal_path(typed).is_some() && repo.root().join(typed).symlink_metadata().is_ok();
    let is_plain = stands && !typed.starts_with(['.', '/']);
    let here = || repo.from_here(typed);
    if is_plain { None } else { here() }.unwrap_or_else(|| typed.to_owned())
}

fn datums_of(
    session: &Session,
    plans: &Plans,
    views: Vec<DatumView>,
    (text, path): (&str, &str),
) -> Explained {
    let project = &session.project;
    let pipeline = [text.trim_end_matches('/'), path]
        .iter()
        .find_map(|name| project.pipeline_named(name).ok().flatten());
    let planned = pipeline.as_ref().and_then(|name| plans.by_name.get(name)?.as_ref().ok());
    let alone = planned.map(|planned| alone(&planned.plan, &planned.pipeline)).unwrap_or_default();
    let path = if pipeline.is_some() { None } else { path_view(session, plans, path) };
    Explained::Datums(views, alone, path.filter(PathView::is_of_use))
}

/// The datums that targets mean, in order and without doubles; a pipeline means all its datums.
///
/// # Errors
/// When a target means nothing, or its pipeline cannot be planned.
///
/// # Panics
/// When a target names a pipeline without a plan: a bug.
pub fn find_datums(
    session: &Session,
    plans: &Plans,
    known: &Known<'_>,
    text: &str,
) -> Result<Vec<DatumView>, AppError> {
    let mut found = Vec::new();
    for Target { pipeline, key } in session.project.resolve_target(plans, text)? {
        let planned = plans.by_name.get(&pipeline).expect("targets are planned pipelines");
        let planned = planned.as_ref().map_err(AppError::from)?;
        match key {
            None => found.extend(datum_views(session, known, planned)),
            Some(key) => match planned.plan.datums.iter().position(|datum| *datum.key == *key) {
                Some(number) => found.push(datum_view(session, known, planned, number)),
                None => found.extend(leftover_views(session, planned).filter(|view| view.key == key)),
            },
        }
    }
    Ok(found)
}
