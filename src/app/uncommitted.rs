//! What is not committed: files that `save` would look at, and pipelines whose results wait, with the reason.

use std::collections::{BTreeMap, BTreeSet};

use crate::git::Dirty;
use crate::ledger::{shard_folder, single_path};
use crate::model::{DatumState, PipelineName, show_some};
use crate::plan::Planned as PlannedDatum;
use crate::run::{Known, Planned, Plans, Previews, Project, Request};

use super::choice::FileChange;
use super::scrap::is_scrap;
use super::session::{Session, in_order};

/// Why results are not committed yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// In words.
    pub why: String,
    /// What is to happen to them.
    pub wait: Wait,
    /// Whether nothing keeps the next run from committing them.
    pub is_ready: bool,
}

impl Waiting {
    /// Whether results wait for a commit; else the next run puts the ledger right without one.
    pub fn is_held(&self) -> bool {
        match self.wait {
            Wait::Listed | Wait::Unlisted => true,
            Wait::Damaged => self.is_ready,
            Wait::Behind => false,
        }
    }
}

/// What results that are not as HEAD has them wait for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wait {
    /// A run or `save` commits them.
    #[default]
    Listed,
    /// No ledger has them yet, as after a kill or an undo: the next run commits them, `save` does not.
    Unlisted,
    /// The ledger that stands is lost or damaged: the next run writes it anew, and commits that where HEAD needs it.
    Damaged,
    /// HEAD has them, and only the ledger that stands does not: the next run puts that right, without a commit.
    Behind,
}

/// What is said of results that no ledger has.
const UNLISTED: &str =
    "no ledger has them yet, as after an undo or a run that was killed: the next run commits them";

/// What is said of a ledger that tells nothing of results that git's tells of.
const LOST: &str = "the ledger does not tell of them, as it is gone or cannot be read, and git's history does: the next run writes it anew";

/// What is said of results that are committed, and not in the ledger that stands.
const BEHIND: &str =
    "the ledger that stands here does not have them, unlike HEAD's: the next run puts that right";

/// What is said of results whose ledger has them at another place, or not in the annex.
const RETOLD: &str =
    "the ledger does not have them as they stand since they were moved or saved: the next run commits that";

/// Pipelines whose results, or removals of results, are not committed yet, by name. What git cannot tell is nothing.
pub fn waiting(project: &Project, plans: &Plans) -> BTreeMap<String, Waiting> {
    let mut found = BTreeMap::new();
    if has_nothing_yet(project, plans) {
        return found;
    }
    let Ok(dirty) = project.dirty() else { return found };
    let mut held = BTreeSet::new();
    for (name, planned) in in_order(project, plans) {
        let Ok(planned) = planned else { continue };
        if let Some(waiting) = waiting_of(project, planned, &dirty, &held) {
            if waiting.is_held() {
                held.insert(name.clone());
            }
            found.insert(name.to_string(), waiting);
        }
    }
    found
}

/// Whether no result was ever known here: no ledger stands, HEAD has none, and no datum is done. What differs from HEAD then
/// need not be found out, which takes longer than all else in the first plan of very many files.
fn has_nothing_yet(project: &Project, plans: &Plans) -> bool {
    let is_fresh = |datum: &PlannedDatum| !matches!(datum.state, DatumState::Done | DatumState::Cached);
    let in_head = project.head.map(|head| project.repo.folder_of(head, ".minipach"));
    in_head.is_none_or(|folder| matches!(folder, Ok(None)))
        && in_order(project, plans).all(|(name, planned)| {
            let plan = planned.as_ref().ok().map(|planned| &planned.plan);
            project.ledger(name).lines().is_empty()
                && plan.is_none_or(|plan| plan.leftovers.is_empty() && plan.datums.iter().all(is_fresh))
        })
}

/// Why results of a pipeline are not committed, if any are not; `held` are those above it that wait.
fn waiting_of(
    project: &Project,
    planned: &Planned,
    dirty: &Dirty,
    held: &BTreeSet<PipelineName>,
) -> Option<Waiting> {
    let name = &planned.pipeline.name;
    let is_untouched = [single_path(name), shard_folder(name)].iter().all(|path| dirty.is_clean_below(path));
    // What is staged beside a ledger that stands as HEAD has it is put right by the next run or save.
    let is_clean = is_untouched || project.has_ledger_of_head(name);
    let lost = if is_clean { project.unrecorded(planned).unwrap_or_default() } else { Vec::new() };
    let is_open = project.config().commit != Some(false) && project.repo.operation().is_none();
    let unlisted = |why: &str| Waiting { why: why.to_owned(), wait: Wait::Unlisted, is_ready: is_open };
    if let Some(why) = damage(project, name) {
        let is_news = || is_clean || project.has_news(planned).unwrap_or(false);
        let holds = project.held_because(planned, held).ok().flatten();
        let is_ready = is_open && holds.is_none() && is_news();
        return Some(Waiting { why, wait: Wait::Damaged, is_ready });
    }
    if !is_clean && is_behind(project, planned) {
        return Some(Waiting { why: BEHIND.to_owned(), wait: Wait::Behind, is_ready: false });
    }
    if is_clean && lost.is_empty() {
        let is_retold = || project.is_recognised(name) && project.has_news(planned).unwrap_or(false);
        let why =
            if is_unlisted(project, planned, dirty) { Some(UNLISTED) } else { is_retold().then_some(RETOLD) };
        return why.map(unlisted);
    }
    let holds = project.held_because(planned, held).ok().flatten();
    let is_ready = is_open && holds.is_none();
    let why = holds
        .or_else(|| lost_from_git(name, &lost))
        .unwrap_or_else(|| "all that they were made of is committed: saving commits them".into());
    Some(Waiting { why, wait: Wait::Listed, is_ready })
}

/// Pipelines of which a run that commits would commit results that stand already, among those that it looks after.
pub(super) fn caught_up(session: &Session, request: &Request, jobs: &Previews) -> BTreeSet<PipelineName> {
    let project = &session.project;
    let (mut found, mut held) = (BTreeSet::new(), BTreeSet::new());
    let Ok(dirty) = project.dirty() else { return found };
    for (name, job) in jobs.iter().filter(|_| request.commit) {
        let planned = job.as_ref().ok().map(|job| &*job.planned);
        let waiting = planned.and_then(|planned| waiting_of(project, planned, &dirty, &held));
        if let Some(waiting) = waiting.filter(Waiting::is_held) {
            if waiting.is_ready { &mut found } else { &mut held }.insert(name.clone());
        }
    }
    found
}

/// What is wrong with the ledger that stands, if anything is, and what puts it right.
fn damage(project: &Project, name: &PipelineName) -> Option<String> {
    if project.has_lost_ledger(name) {
        return Some(LOST.to_owned());
    }
    let damage = project.ledger(name).damage();
    let what = match (damage.conflict_markers, damage.foreign) {
        (0, 0) => return None,
        (0, 1) => "a line that says nothing".to_owned(),
        (0, lines) => format!("{lines} lines that say nothing"),
        _ => "marks of a conflict".to_owned(),
    };
    Some(format!(
        "the ledger has {what} (`minipach check` shows where): the next run writes it anew with all that can be read"
    ))
}

/// That somebody took results from git, if there are any.
fn lost_from_git(name: &PipelineName, lost: &[String]) -> Option<String> {
    let keys: Vec<String> = lost.iter().map(|key| format!("{name}:{key}")).collect();
    let was = if keys.len() > 1 { "were" } else { "was" };
    let what = show_some(&keys.iter().map(String::as_str).collect::<Vec<_>>(), 1);
    (!keys.is_empty()).then(|| {
        format!("{what} {was} taken from git, though the ledger tells of them: saving commits them again")
    })
}

/// Whether somebody put an older ledger in the place of HEAD's (`git checkout OLD -- .minipach`): it lacks results that stand,
/// and has none that HEAD's lacks.
fn is_behind(project: &Project, planned: &Planned) -> bool {
    project.repo.operation().is_none()
        && has_unwritten(project, planned)
        && !project.has_news(planned).unwrap_or(true)
        && project.is_in_head(planned).unwrap_or(false)
}

/// Whether results are done that the ledger does not have: after a kill, or as what they are made of came back.
fn has_unwritten(project: &Project, planned: &Planned) -> bool {
    let ledger = project.ledger(&planned.pipeline.name);
    // A result is mostly known by a line of its own, which needs no search.
    let has_line = |datum: &PlannedDatum| {
        let line = datum.line.and_then(|line| ledger.lines().get(line as usize));
        line.is_some_and(|line| line.id == datum.id && line.key == datum.key)
    };
    let is_written =
        |datum: &PlannedDatum| ledger.lines_for(&datum.key).iter().any(|line| line.id == datum.id);
    let mut done = planned.plan.datums.iter().filter(|datum| datum.state == DatumState::Done);
    done.any(|datum| !has_line(datum) && !is_written(datum))
}

/// Whether results stand, or are gone, that no ledger has so yet.
pub(super) fn is_unlisted(project: &Project, planned: &Planned, dirty: &Dirty) -> bool {
    let name = &planned.pipeline.name;
    let ledger = project.ledger(name);
    let orphans = planned.plan.leftovers.iter().filter(|left| left.state == DatumState::Orphaned);
    let mut outputs = orphans.flat_map(|left| &ledger.lines()[left.line as usize].outputs);
    let is_gone = |output: &str| dirty.gone_below(&format!("{name}/{output}")).next().is_some();
    has_unwritten(project, planned)
        || !dirty.is_clean_below(name.as_str()) && outputs.any(|output| is_gone(&output.path))
}

/// Files that are no results and not as HEAD has them, by path. What git cannot tell is nothing.
pub(super) fn changed_files(
    project: &Project,
    plans: &Plans,
    known: &Known<'_>,
) -> Vec<(String, FileChange)> {
    let Ok(dirty) = project.dirty() else { return Vec::new() };
    let unlisted = project.unlisted_results(plans, known);
    let is_ours = |path: &str| project.is_result(path) || project.was_result(path) || unlisted.contains(path);
    let is_meant =
        |path: &str| !path.starts_with(".minipach/") && !is_scrap(project, plans, path) && !is_ours(path);
    let own = dirty.own_paths().filter(|path| is_meant(path));
    own.map(|path| (path.to_owned(), change(project, path))).collect()
}

/// How many files differ from HEAD in the folders of pipelines and in the ledger, beside those that `save` takes.
pub(super) fn changed_results(
    project: &Project,
    plans: &Plans,
    uncommitted: &[(String, FileChange)],
) -> usize {
    let Ok(dirty) = project.dirty() else { return 0 };
    let changed: BTreeSet<&str> = uncommitted.iter().map(|(path, _)| path.as_str()).collect();
    let all = dirty.own_paths().chain(dirty.inner_paths());
    all.filter(|path| !changed.contains(path) && !is_scrap(project, plans, path)).count()
}

pub(super) fn change(project: &Project, path: &str) -> FileChange {
    if !project.scan.contains(path) {
        return FileChange::Removed;
    }
    let head = project.head.filter(|_| project.scan.is_tracked(path));
    match head.map(|head| project.repo.object_of(head, path)) {
        Some(Ok(Some(_))) => FileChange::Changed,
        _ => FileChange::New,
    }
}
