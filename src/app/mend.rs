//! Mending: what a killed run left behind is finished or undone before anything else.

use std::path::Path;

use crate::exec::{fault, publish, remove_tree};
use crate::git::write::{self, Place};
use crate::git::{Repo, StatMemory, Unsynced, sync_file_system};
use crate::ledger::{AttemptLog, RunLock, holder};
use crate::run::{
    Project, RunError, begun_annex, free_annex, io_error, now_ms, set_staged_aside, torn_folder, unfinished,
};

use super::error::AppError;
use super::take_back;

/// Finishes or undoes all that a killed run or a power cut left behind; gives what is worth a sentence.
/// Only for who holds the lock.
///
/// # Errors
/// When something cannot be read, moved or removed.
pub(super) fn mend(repo: &Repo) -> Result<Option<String>, AppError> {
    let state = repo.state_dir();
    let annex = begun_annex(repo);
    crate::exec::recover(&state.join("work")).map_err(RunError::from)?;
    annex.map_or(Ok(()), |since| free_annex(repo, since))?;
    // Looked at first: what a power cut tore must not take the place of anything.
    let noted = Unsynced::read(&state);
    let cut = noted.as_ref().is_some_and(Unsynced::was_cut).then(|| torn_folder(&state));
    let is_set_aside = finish_staged(repo, cut.as_deref())?;
    write::recover(&repo.place())?;
    write::fill_pointers(&repo.place(), &repo.pointers_left())?;
    free_below(repo, |_| true);
    super::replica::clear_replicas(&state);
    let mut said = take_back::settle(repo)?;
    if let Some(folder) = cut {
        let torn = set_torn_aside(repo, &folder)?;
        let told = sentence(torn, is_set_aside, folder.strip_prefix(repo.root()).unwrap_or(&folder));
        said = Some([said, told].into_iter().flatten().collect::<Vec<_>>().join("; "));
        said = said.filter(|said| !said.is_empty());
    }
    if noted.is_some() {
        make_safe(repo)?;
    }
    Ok(said)
}

/// Publishes what is logged and staged. After a power cut only what is whole, and sets the rest aside in
/// the folder `cut`; whether there was any.
fn finish_staged(repo: &Repo, cut: Option<&Path>) -> Result<bool, AppError> {
    let state = repo.state_dir();
    let staged = state.join("staged");
    // Mostly the folder is there and empty: then the log need not be read.
    if std::fs::remove_dir(&staged).is_ok() || !staged.is_dir() {
        return Ok(false);
    }
    let log = AttemptLog::read(&state.join("attempts.jsonl"))?;
    for publication in unfinished(repo, &staged, &log, cut.is_some())? {
        if fault::planted("forget-staged") {
            continue;
        }
        publish(&publication).map_err(RunError::from)?;
    }
    let is_set_aside = cut.map_or(Ok(false), |folder| set_staged_aside(&staged, folder))?;
    remove_tree(&staged).map_err(RunError::from)?;
    Ok(is_set_aside)
}

/// After a power cut: sets aside what it tore of results in their places; how many files that are.
fn set_torn_aside(repo: &Repo, folder: &Path) -> Result<usize, AppError> {
    let project = Project::open(repo.root())?;
    let torn = project.torn()?;
    project.set_aside(&torn, folder)?;
    StatMemory::forget(&repo.state_dir())?;
    Ok(torn.len())
}

/// After a run that did not come to its sync: makes all that stands now safe.
fn make_safe(repo: &Repo) -> Result<(), AppError> {
    let (root, state) = (repo.root(), repo.state_dir());
    for path in [root, &state] {
        sync_file_system(path).map_err(io_error(path))?;
    }
    Unsynced::end(&state).map_err(io_error(&state))?;
    Ok(())
}

/// What a power cut did, if it did anything.
fn sentence(torn: usize, is_staged_torn: bool, folder: &Path) -> Option<String> {
    let placed = (torn > 0).then(|| format!("{} of torn results", crate::run::count(torn, "file")));
    let staged = is_staged_torn.then(|| "what was not in its place yet".to_owned());
    let what = placed.into_iter().chain(staged).collect::<Vec<_>>().join(" and ");
    let text = format!(
        "the machine stopped before the last results were safe on its disk; {what} went to `{}`, and the datums \
         are made again",
        folder.display()
    );
    (!what.is_empty()).then_some(text)
}

/// Finishes or undoes a commit that was cut off with git's index locked, here or in a subdataset, or an undo, and tells
/// whether there was one. For whoever only looks: does nothing while somebody is at work or where it may not write.
pub(super) fn free_index(repo: &Repo) -> bool {
    let (state, place) = (repo.state_dir(), repo.place());
    let is_freed_below = free_below(repo, write::has_locked);
    if !(write::has_locked(&place) || take_back::is_cut(&state)) {
        return is_freed_below;
    }
    let freed = unless_at_work(&state, || write::recover(&place).is_ok() && take_back::settle(repo).is_ok());
    freed.unwrap_or(false) || is_freed_below
}

/// Does so for commits that were cut off in subdatasets and `is_meant` means; whether there was one. What cannot be mended
/// there is told by whoever commits there next.
fn free_below(repo: &Repo, is_meant: impl Fn(&Place) -> bool) -> bool {
    let begun = write::begun_below(repo.root()).into_iter();
    let places = begun.filter_map(|root| Some(Repo::open(&root).ok()?.place()));
    let freed = places.filter(is_meant).filter(|place| {
        unless_at_work(&place.state_dir(), || write::recover(place).is_ok()).unwrap_or(false)
    });
    freed.count() > 0
}

/// Ends the commands that go on though their run was killed; how many processes and containers these were.
///
/// # Errors
/// When somebody is at work, or nobody may write there.
pub fn end_left_over(state: &Path) -> Result<usize, AppError> {
    let _lock = RunLock::acquire(state, "cancel", now_ms()).map_err(RunError::from)?;
    Ok(crate::exec::recover(&state.join("work")).map_err(RunError::from)?)
}

/// Does something with the lock of a work tree, unless somebody has it.
fn unless_at_work<T>(state: &Path, mend: impl FnOnce() -> T) -> Option<T> {
    holder(state).ok().filter(Option::is_none)?;
    let _lock = RunLock::acquire(state, "mend", now_ms()).ok()?;
    Some(mend())
}
