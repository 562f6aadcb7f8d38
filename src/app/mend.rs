//! Mending: what a killed run left behind is finished or undone before anything else.

use std::path::Path;

use crate::exec::{fault, publish, remove_tree};
use crate::git::{Repo, StatMemory, Unsynced, sync_file_system, write};
use crate::ledger::{AttemptLog, RunLock, holder};
use crate::run::{Project, RunError, now_ms, unfinished};

use super::error::AppError;

/// Finishes or undoes all that a killed run or a power cut left behind; gives what is worth a sentence.
/// Only for who holds the lock.
///
/// # Errors
/// When something cannot be read, moved or removed.
pub(super) fn mend(repo: &Repo) -> Result<Option<String>, AppError> {
    let state = repo.state_dir();
    crate::exec::recover(&state.join("work")).map_err(RunError::from)?;
    let staged = state.join("staged");
    if staged.is_dir() {
        let log = AttemptLog::read(&state.join("attempts.jsonl"))?;
        for publication in unfinished(repo, &staged, &log)? {
            if fault::planted("forget-staged") {
                continue;
            }
            publish(&publication).map_err(RunError::from)?;
        }
        remove_tree(&staged).map_err(RunError::from)?;
    }
    write::recover(&repo.place())?;
    match Unsynced::read(&state) {
        Some(noted) => settle_unsynced(repo, &noted),
        None => Ok(None),
    }
}

/// After a run that did not come to its sync: what a power cut tore is set aside, the rest made safe.
fn settle_unsynced(repo: &Repo, noted: &Unsynced) -> Result<Option<String>, AppError> {
    let (root, state) = (repo.root(), repo.state_dir());
    let mut said = None;
    if noted.was_cut() {
        let project = Project::open(root)?;
        let torn = project.torn()?;
        if !torn.is_empty() {
            let folder = project.set_aside(&torn, &state)?;
            said = Some(sentence(torn.len(), &folder, root));
        }
        StatMemory::forget(&state)?;
    }
    for path in [root, &state] {
        sync_file_system(path).map_err(|source| RunError::Io { path: path.display().to_string(), source })?;
    }
    Unsynced::end(&state).map_err(|source| RunError::Io { path: state.display().to_string(), source })?;
    Ok(said)
}

fn sentence(count: usize, folder: &Path, root: &Path) -> String {
    let files = crate::run::count(count, "file");
    let folder = folder.strip_prefix(root).unwrap_or(folder).display();
    format!(
        "the machine stopped before the last results were safe on its disk; {files} of torn results went to \
         `{folder}`, and their datums are made again"
    )
}

/// Finishes or undoes a commit that was cut off with git's index locked, and tells whether there was one.
/// For whoever only looks: does nothing while somebody is at work or where it may not write.
pub(super) fn free_index(repo: &Repo) -> bool {
    let (state, place) = (repo.state_dir(), repo.place());
    if !write::has_locked(&place) || !matches!(holder(&state), Ok(None)) {
        return false;
    }
    let Ok(_lock) = RunLock::acquire(&state, "mend", now_ms()) else { return false };
    write::recover(&place).is_ok()
}
