//! Mending: what a killed run left behind is finished or undone before anything else.

use crate::exec::{fault, publish, remove_tree};
use crate::git::{Repo, write};
use crate::ledger::{AttemptLog, RunLock, holder};
use crate::run::{RunError, now_ms, unfinished};

use super::error::AppError;

/// Finishes or undoes all that a killed run left behind. Only for who holds the lock.
///
/// # Errors
/// When something cannot be read, moved or removed.
pub(super) fn mend(repo: &Repo) -> Result<(), AppError> {
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
    Ok(())
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
