//! What a run is asked to do, and what a target on the command line means.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{DatumId, PipelineName, is_at_or_below, literal};
use crate::spec::{Unsound, nearest};

use super::planner::{Planned, Plans};
use super::project::Project;

/// What a person (or the UI) asks a run to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Targets as typed; none means everything.
    pub targets: Vec<String>,
    /// Run the targets even where they are done.
    pub force: bool,
    /// Also run what reads the targets.
    pub downstream: bool,
    /// Only datums whose last attempt failed.
    pub failed_only: bool,
    /// Let pipelines start on incomplete inputs.
    pub keep_going: bool,
    /// Datums at a time.
    pub jobs: usize,
    /// Whether to commit.
    pub commit: bool,
    /// Commit inputs, specs and code first.
    pub save: bool,
    /// Of these only those at or below these paths, if any is given.
    pub save_paths: Vec<String>,
    /// Of these only these files, if any is given; one that is a folder stops the run.
    pub save_files: Vec<String>,
}

impl Request {
    /// Everything that is needed for these targets (none: for all), with commits, so many datums at a time.
    pub fn new(targets: Vec<String>, jobs: usize) -> Self {
        Self {
            targets,
            force: false,
            downstream: false,
            failed_only: false,
            keep_going: false,
            jobs,
            commit: true,
            save: false,
            save_paths: Vec::new(),
            save_files: Vec::new(),
        }
    }
}

/// Which pipelines and datums a request means.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Pipelines to run; for each the keys to run, or all.
    pub pipelines: BTreeMap<PipelineName, Option<BTreeSet<String>>>,
    /// Pipelines named by the targets themselves (not merely needed by them).
    pub named: BTreeSet<PipelineName>,
    /// Pipelines that are meant too, but are not sound, so that they are left out.
    pub unsound: BTreeMap<String, Unsound>,
}

/// What one target means: a pipeline, or one place of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The pipeline.
    pub pipeline: PipelineName,
    /// One datum of it.
    pub key: Option<String>,
}

/// Why a target means nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// No such thing.
    #[error("`{text}` is no pipeline, datum, id or path of this project{}", near(.nearest.as_deref()))]
    Unknown {
        /// As typed.
        text: String,
        /// Something alike.
        nearest: Option<String>,
    },
    /// A file or folder that is no result.
    #[error("`{text}` is no result of a pipeline; `minipach why {}` tells who reads it", literal(text))]
    NoResult {
        /// As typed.
        text: String,
    },
    /// More than one thing.
    #[error("`{text}` may mean {}", listed(.choices))]
    Ambiguous {
        /// As typed.
        text: String,
        /// What it may mean.
        choices: Vec<String>,
    },
    /// A pipeline that is not sound.
    #[error("`{name}` is {}: {}", .unsound.word().replace('_', " "), .unsound.sentence())]
    Unsound {
        /// Its folder.
        name: String,
        /// Why not.
        unsound: Box<Unsound>,
    },
    /// A datum of a pipeline that cannot be planned.
    #[error("`{name}` cannot be planned: {why}")]
    Unplanned {
        /// Its folder.
        name: String,
        /// Why not.
        why: String,
    },
}

/// So many choices are named, and the rest counted.
const MOST_CHOICES: usize = 5;

/// The first of what something may mean, and how many more there are.
fn listed(choices: &[String]) -> String {
    let (first, more) = choices.split_at(choices.len().min(MOST_CHOICES));
    let first = first.join(" or ");
    if more.is_empty() { first } else { format!("{first}, and {} more", more.len()) }
}

fn near(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |nearest| format!("; did you mean `{nearest}`?"))
}

impl Project {
    /// Everything a target means: a name, an id, or a path, told from the root or from where the project was opened. An
    /// id may stand at several places, and a folder above pipelines means all of them.
    ///
    /// # Errors
    /// When it means nothing, or more than one pipeline.
    pub fn resolve_target(&self, plans: &Plans, text: &str) -> Result<Vec<Target>, TargetError> {
        let error = match self.resolve_name(plans, text) {
            Err(error @ (TargetError::Unknown { .. } | TargetError::NoResult { .. })) => error,
            found => return found,
        };
        let Some(path) = self.repo.from_here(text).filter(|_| !text.is_empty()) else { return Err(error) };
        match self.resolve_name(plans, &path) {
            Err(TargetError::Unknown { .. }) => self.all_in(&path).ok_or(error),
            Err(no_result @ TargetError::NoResult { .. }) => self.all_in(&path).ok_or(no_result),
            found => found,
        }
    }

    /// The sound pipelines in a folder, if there is any.
    fn all_in(&self, folder: &str) -> Option<Vec<Target>> {
        let is_in = |name: &&PipelineName| folder.is_empty() || is_at_or_below(name.as_str(), folder);
        let found: Vec<Target> = (self.pipelines.keys().filter(is_in))
            .map(|name| Target { pipeline: name.clone(), key: None })
            .collect();
        if found.is_empty() { None } else { Some(found) }
    }

    /// What a name, an id, or a path from the root means.
    fn resolve_name(&self, plans: &Plans, text: &str) -> Result<Vec<Target>, TargetError> {
        let trimmed = text.trim_end_matches('/');
        if let Some(pipeline) = self.pipeline_named(trimmed)? {
            return Ok(vec![Target { pipeline, key: None }]);
        }
        if let Some(targets) = self.datums_named(plans, text)? {
            return Ok(targets);
        }
        let found = by_id(plans, text)?;
        if !found.is_empty() {
            return Ok(found);
        }
        let found = self.by_path(plans, trimmed);
        if !found.is_empty() {
            return Ok(found);
        }
        match self.unsound.keys().find(|name| is_at_or_below(trimmed, name)) {
            Some(name) => Err(self.unsound_target(name)),
            None => Err(self.unknown(plans, text)),
        }
    }

    /// A sound pipeline by its name or a unique end of it, of whole parts.
    ///
    /// # Errors
    /// When several pipelines end in it, or it is not sound.
    pub fn pipeline_named(&self, text: &str) -> Result<Option<PipelineName>, TargetError> {
        let is_end = |name: &&str| name.strip_suffix(text).is_some_and(|rest| rest.ends_with('/'));
        let exact: Vec<&str> = self.names().filter(|name| *name == text).collect();
        let found = if exact.is_empty() { self.names().filter(is_end).collect() } else { exact };
        match found.as_slice() {
            [] => Ok(None),
            [one] if self.unsound.contains_key(*one) => Err(self.unsound_target(one)),
            [one] => Ok(PipelineName::parse(one).ok()),
            many => Err(TargetError::Ambiguous {
                text: text.into(),
                choices: many.iter().map(|name| format!("`{name}`")).collect(),
            }),
        }
    }

    fn unsound_target(&self, name: &str) -> TargetError {
        TargetError::Unsound { name: name.into(), unsound: Box::new(self.unsound[name].clone()) }
    }

    /// `PIPELINE:KEY`, where the key may be the start of one, one expected no more, or one in a join or group.
    fn datums_named(&self, plans: &Plans, text: &str) -> Result<Option<Vec<Target>>, TargetError> {
        let Some((name, key)) = text.split_once(':') else { return Ok(None) };
        let Some(pipeline) = self.pipeline_named(name)? else { return Ok(None) };
        let planned = match plans.by_name.get(&pipeline) {
            Some(Ok(planned)) => planned,
            Some(Err(why)) => {
                let name = pipeline.to_string();
                return Err(TargetError::Unplanned { name, why: why.to_string() });
            }
            None => return Ok(None),
        };
        let Some(keys) = self.keys(plans, &pipeline) else { return Ok(None) };
        let target = |key: &str| Target { pipeline: pipeline.clone(), key: Some(key.to_owned()) };
        if keys.contains(key) {
            return Ok(Some(vec![target(key)]));
        }
        let gathered = gathered_by(planned, key);
        if !gathered.is_empty() {
            return Ok(Some(gathered.into_iter().map(target).collect()));
        }
        let starts: Vec<&&str> =
            keys.iter().filter(|known| known.starts_with(key) && !key.is_empty()).collect();
        match starts.as_slice() {
            [one] => Ok(Some(vec![target(one)])),
            [] => Err(TargetError::Unknown {
                text: text.into(),
                nearest: nearest(key, keys.iter().copied()).map(|key| format!("{name}:{key}")),
            }),
            many => Err(TargetError::Ambiguous {
                text: text.into(),
                choices: many.iter().map(|key| format!("`{name}:{key}`")).collect(),
            }),
        }
    }

    /// The keys of a pipeline, expected or remembered; `None` if it is not planned.
    pub(super) fn keys<'a>(&'a self, plans: &'a Plans, pipeline: &PipelineName) -> Option<BTreeSet<&'a str>> {
        let planned = plans.by_name.get(pipeline)?.as_ref().ok()?;
        let expected = planned.plan.datums.iter().map(|datum| &*datum.key);
        let remembered = self.ledger(pipeline).lines().iter().map(|line| &*line.key);
        Some(expected.chain(remembered).collect())
    }

    /// Datums whose output folder or file a path lies in.
    fn by_path(&self, plans: &Plans, path: &str) -> Vec<Target> {
        let mut found = Vec::new();
        for (name, planned) in &plans.by_name {
            let Some(relative) = path.strip_prefix(name.as_str()).and_then(|rest| rest.strip_prefix('/'))
            else {
                continue;
            };
            let Ok(planned) = planned else { continue };
            let holds = |output: &str| output == "." || is_at_or_below(relative, output);
            let lines = self.ledger(name).lines();
            let made = lines.iter().filter(|line| line.outputs.iter().any(|output| holds(&output.path)));
            let mut keys: BTreeSet<&str> = made.map(|line| &*line.key).collect();
            keys.extend(
                planned.plan.datums.iter().map(|datum| &*datum.key).filter(|key| *key != "." && holds(key)),
            );
            found
                .extend(keys.into_iter().map(|key| Target { pipeline: name.clone(), key: Some(key.into()) }));
        }
        found
    }

    fn unknown(&self, plans: &Plans, text: &str) -> TargetError {
        let path = text.trim_start_matches("./").trim_end_matches('/');
        if self.scan.contains(path) || self.scan.has_folder(path) {
            return TargetError::NoResult { text: text.into() };
        }
        let datums = plans.by_name.iter().filter_map(|(name, planned)| Some((name, planned.as_ref().ok()?)));
        let keys: Vec<String> = datums
            .flat_map(|(name, planned)| {
                planned.plan.datums.iter().map(move |datum| format!("{name}:{}", datum.key))
            })
            .collect();
        let is_own =
            |key: &str| key == text || key.strip_suffix(text).is_some_and(|rest| rest.ends_with('/'));
        let own_key = keys.iter().find(|key| key.split_once(':').is_some_and(|(_, key)| is_own(key)));
        if let Some(key) = own_key {
            return TargetError::Unknown { text: text.into(), nearest: Some(key.clone()) };
        }
        let folders = self.scan.folders();
        let paths = self.scan.paths().chain(folders.iter().map(String::as_str));
        let all = self.names().chain(keys.iter().map(String::as_str)).chain(paths);
        let nearest = nearest(text, all).map(str::to_owned);
        TargetError::Unknown { text: text.into(), nearest }
    }
}

impl Selection {
    /// Takes what one target means.
    pub(super) fn add(&mut self, target: Target) {
        self.named.insert(target.pipeline.clone());
        match (self.pipelines.get_mut(&target.pipeline), target.key) {
            (Some(Some(keys)), Some(key)) => {
                keys.insert(key);
            }
            (Some(keys), None) => *keys = None,
            (Some(None), Some(_)) => {}
            (None, key) => {
                self.pipelines.insert(target.pipeline, key.map(|key| BTreeSet::from([key])));
            }
        }
    }
}

/// Keys of the datums that a join or group made for its key `key`, or that read this path of their repo.
fn gathered_by<'a>(planned: &'a Planned, key: &str) -> Vec<&'a str> {
    let plan = &planned.plan;
    let leaves = planned.pipeline.input.leaves();
    let has_key = |at: &u32| {
        let found = &plan.formed.matches[*at as usize];
        let leaf = leaves[usize::from(found.leaf)];
        (*found.path == *key && !key.is_empty())
            || leaf.join_on.iter().chain(&leaf.group_by).any(|template| template.expand(found) == key)
    };
    let made = plan.formed.datums.iter().zip(&plan.datums);
    made.filter(|(datum, _)| datum.matches.iter().any(has_key)).map(|(_, planned)| &*planned.key).collect()
}

/// Places whose id starts with `text`, given as at least four hexadecimal digits.
fn by_id(plans: &Plans, text: &str) -> Result<Vec<Target>, TargetError> {
    if text.len() < 4 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(Vec::new());
    }
    let text = text.to_ascii_lowercase();
    let mut ids: BTreeMap<DatumId, Vec<Target>> = BTreeMap::new();
    for (name, planned) in &plans.by_name {
        let Ok(planned) = planned else { continue };
        for datum in planned.plan.datums.iter().filter(|datum| datum.id.to_string().starts_with(&text)) {
            let target = Target { pipeline: name.clone(), key: Some(datum.key.to_string()) };
            ids.entry(datum.id).or_default().push(target);
        }
    }
    if ids.len() > 1 {
        let choices = ids.keys().map(|id| format!("`{}`", &id.to_string()[..12])).collect();
        return Err(TargetError::Ambiguous { text, choices });
    }
    Ok(ids.into_values().next().unwrap_or_default())
}
