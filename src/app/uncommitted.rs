//! What is not committed: files that `save` would look at, and pipelines whose results wait, with the reason.

use std::collections::BTreeMap;

use crate::git::Dirty;
use crate::ledger::{shard_folder, single_path};
use crate::model::{DatumState, PipelineName, is_at_or_below};
use crate::run::{Planned, Plans, Project};

use super::choice::{Choice, FileChange, Take, is_offered};
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
    let Ok(dirty) = project.scan.dirty(&project.repo) else { return Uncommitted::default() };
    let mut found = Uncommitted::default();
    let is_result =
        |path: &str| path.starts_with(".minipach/") || project.is_result(path) || is_offered(plans, path);
    let own = dirty.own_paths().filter(|path| !is_result(path));
    found.files = own.map(|path| (path.to_owned(), change(project, path))).collect();
    for (name, planned) in in_order(project, plans) {
        let is_clean = [single_path(name), shard_folder(name)].iter().all(|path| dirty.is_clean_below(path));
        if let (Ok(planned), false) = (planned, is_clean) {
            let why = reason(project, planned, name, &dirty, &found.held);
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
    let Ok(dirty) = project.scan.dirty(&project.repo) else { return Vec::new() };
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

/// What the results of a pipeline wait for.
fn reason(
    project: &Project,
    planned: &Planned,
    name: &PipelineName,
    dirty: &Dirty,
    held: &BTreeMap<String, String>,
) -> String {
    let leaves = planned.pipeline.input.leaves();
    if let Some(leaf) = leaves.iter().find(|leaf| held.contains_key(leaf.repo.as_str())) {
        return format!("results of `{}`, which it reads, are not committed", leaf.repo.as_str());
    }
    let is_output = |path: &str| project.names().any(|name| is_at_or_below(path, name));
    let lines = project.ledger(name).lines().iter().flat_map(|line| &line.inputs);
    let inputs = lines.map(|input| &*input.path).filter(|path| !is_output(path));
    let (spec, config) = (planned.pipeline.spec_path(), "minipach.yml".to_owned());
    let code = planned.code.files.keys();
    let used = [&spec, &config].into_iter().chain(code).map(String::as_str).chain(inputs);
    let mut used = used.filter_map(|path| dirty.first_below(path));
    match used.next() {
        Some(path) => format!("`{path}` has changes that are not committed"),
        None => "all that they were made of is committed: saving commits them".into(),
    }
}
