//! What is not committed: files that `save` would look at, and pipelines whose results wait, with the reason.

use std::collections::{BTreeMap, BTreeSet};

use crate::ledger::{shard_folder, single_path};
use crate::model::{DatumState, PipelineName};
use crate::run::{Planned, Plans, Project};

use super::choice::{Choice, FileChange, Take};
use super::session::{Session, in_order};

/// What HEAD does not have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Uncommitted {
    /// Files that are no results, by path.
    pub files: Vec<(String, FileChange)>,
    /// Why results of pipelines are not committed yet, by name.
    pub held: BTreeMap<String, String>,
}

/// Looks at all that differs from HEAD. What git cannot tell is nothing.
pub(super) fn uncommitted(session: &Session, plans: &Plans) -> Uncommitted {
    let project = &session.project;
    let Ok(dirty) = project.dirty() else { return Uncommitted::default() };
    let mut found = Uncommitted::default();
    let is_ours = |path: &str| project.is_result(path) || project.was_result(path);
    let is_result = |path: &str| path.starts_with(".minipach/") || is_ours(path);
    let own = dirty.own_paths().filter(|path| !is_result(path));
    found.files = own.map(|path| (path.to_owned(), change(project, path))).collect();
    let mut held = BTreeSet::new();
    for (name, planned) in in_order(project, plans) {
        let is_clean = [single_path(name), shard_folder(name)].iter().all(|path| dirty.is_clean_below(path));
        if let (Ok(planned), false) = (planned, is_clean) {
            let why = project.held_because(planned, &held).ok().flatten();
            let why =
                why.unwrap_or_else(|| "all that they were made of is committed: saving commits them".into());
            held.insert(name.clone());
            found.held.insert(name.to_string(), why);
        } else if let Ok(planned) = planned
            && !dirty.is_clean_below(name.as_str())
            && is_left_by_a_kill(project, planned, name)
        {
            let why = "a run ended before it could commit them: the next run does".to_owned();
            found.held.insert(name.to_string(), why);
        }
    }
    found
}

/// Whether results stand that no ledger has yet, as a killed run leaves them.
fn is_left_by_a_kill(project: &Project, planned: &Planned, name: &PipelineName) -> bool {
    let ledger = project.ledger(name);
    let is_written = |key: &str, id| ledger.lines_for(key).iter().any(|line| line.id == id);
    let mut done = planned.plan.datums.iter().filter(|datum| datum.state == DatumState::Done);
    done.any(|datum| !is_written(&datum.key, datum.id))
}

/// Files that are to be committed before a run of some pipelines, so that their results do not wait: all that `save`
/// takes, if one of them is used by these pipelines; else none.
pub fn unsaved(session: &Session, plans: &Plans, names: &[&str]) -> Vec<String> {
    let project = &session.project;
    let Ok(dirty) = project.dirty() else { return Vec::new() };
    let used = in_order(project, plans).filter(|(name, _)| names.contains(&name.as_str()));
    let is_used = used.into_iter().any(|(_, planned)| {
        let Ok(planned) = planned else { return false };
        let pipeline = &planned.pipeline;
        let repos = pipeline.input.leaves().into_iter().map(|leaf| leaf.repo.to_string());
        let raw = repos.filter(|repo| !project.names().any(|name| name == repo));
        let own = [pipeline.spec_path(), "minipach.yml".to_owned()];
        let mut used = own.into_iter().chain(raw).chain(planned.code.files.keys().cloned());
        used.any(|path| !dirty.is_clean_below(&path))
    });
    let choice = is_used.then(|| Choice::make(project, &Take::Used).ok()).flatten().unwrap_or_default();
    choice.files.into_iter().map(|(path, _)| path).collect()
}

fn change(project: &Project, path: &str) -> FileChange {
    if !project.scan.contains(path) {
        return FileChange::Removed;
    }
    let head = project.head.filter(|_| project.scan.is_tracked(path));
    match head.map(|head| project.repo.object_of(head, path)) {
        Some(Ok(Some(_))) => FileChange::Changed,
        _ => FileChange::New,
    }
}
