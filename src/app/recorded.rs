//! `Recordings`: which edited results the run record of a commit made, as `datalad rerun` does: looked up once for each
//! pipeline.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::git::Origin;
use crate::ledger::{shard_folder, single_path};
use crate::model::{DatumState, Oid};
use crate::plan::Reason;
use crate::plan::record::{Record, Recorded};
use crate::run::{Planned, Project};

use super::provenance::sidecar;

/// By pipeline and key: the start of the id of the commit whose record made what stands there.
#[derive(Default)]
pub(super) struct Recordings {
    known: Mutex<BTreeMap<String, BTreeMap<String, String>>>,
}

impl Recordings {
    /// Reasons, where those that say "by hand" of what a run record made name its commit.
    pub(super) fn with(
        &self,
        project: &Project,
        planned: &Planned,
        number: usize,
        mut reasons: Vec<Reason>,
    ) -> Vec<Reason> {
        let Some(edited) = reasons.iter_mut().find(|reason| matches!(reason, Reason::Edited)) else {
            return reasons;
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let name = planned.pipeline.name.to_string();
        let found = known.entry(name).or_insert_with(|| found(project, planned).unwrap_or_default());
        if let Some(commit) = found.get(&*planned.plan.datums[number].key) {
            *edited = Reason::Recorded { commit: commit.clone() };
        }
        reasons
    }
}

/// What records made of a pipeline's edited results, by key. What cannot be read was made by none.
fn found(project: &Project, planned: &Planned) -> Option<BTreeMap<String, String>> {
    let head = project.repo.head().ok()?.commit()?;
    let paths = committed_paths(project, planned);
    let all: Vec<&str> = paths.values().flatten().map(String::as_str).collect();
    if all.is_empty() {
        return None;
    }
    let origins = project.repo.origins(head, &all).ok()?;
    let mut records = BTreeMap::new();
    let made = paths.iter().filter_map(|(key, paths)| {
        let commits: Option<Vec<Oid>> =
            paths.iter().map(|path| maker(project, &mut records, path, origins.get(path)?)).collect();
        let commits =
            commits.filter(|commits| !commits.iter().any(|commit| wrote_ledger(project, planned, *commit)));
        let commit: String = commits?.first()?.to_string().chars().take(7).collect();
        Some((key.clone(), commit))
    });
    Some(made.collect())
}

/// The paths of the results of edited datums that stand as they were committed, by key.
fn committed_paths(project: &Project, planned: &Planned) -> BTreeMap<String, Vec<String>> {
    let Ok(dirty) = project.dirty() else { return BTreeMap::new() };
    let name = &planned.pipeline.name;
    let ledger = project.ledger(name);
    let edited = planned.plan.datums.iter().filter(|datum| datum.state == DatumState::Edited);
    let paths = edited.filter_map(|datum| {
        let line = ledger.lines_for(&datum.key).last()?;
        let paths: Vec<String> = line.outputs.iter().map(|output| name.path_of(&output.path)).collect();
        let is_committed = paths.iter().all(|path| dirty.first_at(path).is_none());
        is_committed.then(|| (datum.key.to_string(), paths))
    });
    paths.collect()
}

/// Whether a commit changed a pipeline's ledger, as those of minipach do, also once git put them on top of others and merged
/// lines of their results: its record does not tell of these files.
fn wrote_ledger(project: &Project, planned: &Planned, commit: Oid) -> bool {
    let (repo, name) = (&project.repo, &planned.pipeline.name);
    let ledger = |commit: Oid| {
        let single = repo.object_of(commit, &single_path(name)).ok().flatten();
        (single, repo.folder_of(commit, &shard_folder(name)).ok().flatten())
    };
    let parent = repo.commit_facts(commit).ok().and_then(|facts| facts.parent);
    parent.is_none_or(|parent| ledger(parent) != ledger(commit))
}

/// The commit that made a path what it is, if its record says so.
fn maker(
    project: &Project,
    records: &mut BTreeMap<Oid, Option<Recorded>>,
    path: &str,
    origin: &Origin,
) -> Option<Oid> {
    let repo = &project.repo;
    let record = records.entry(origin.commit).or_insert_with(|| {
        let facts = repo.commit_facts(origin.commit).ok()?;
        match sidecar::record_of(repo, origin.commit, &facts.message)? {
            Record::Inline(record) => Some(record),
            Record::Sidecar(_) | Record::Broken(_) => None,
        }
    });
    sidecar::names(repo, origin.commit, record.as_ref()?, path).then_some(origin.commit)
}
