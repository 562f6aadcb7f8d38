//! A git-annex that adds files for minipach: noted, so that the next run ends it should it outlive this one.

use std::time::{Duration, SystemTime};

use crate::exec::{Noted, forget_noted, noted_since};
use crate::git::Repo;
use crate::git::write;

use super::error::RunError;

/// How long whoever else works in the repository is waited for.
const OTHERS: Duration = Duration::from_secs(10);

/// The name under which a git-annex is noted that adds files.
const ANNEX: &str = "annex";

/// Notes that git-annex is going to add files, so that the next run ends it if it outlives this one.
///
/// # Errors
/// When the note cannot be written.
pub fn noted_annex(repo: &Repo) -> Result<Noted, RunError> {
    Ok(Noted::new(&repo.state_dir().join("work"), ANNEX)?)
}

/// When a git-annex began that a killed run or save had started; nothing if none did.
pub fn begun_annex(repo: &Repo) -> Option<SystemTime> {
    noted_since(&repo.state_dir().join("work"), ANNEX)
}

/// Removes what such a git-annex had locked. Only for who holds the lock, once the program is ended.
///
/// # Errors
/// When a lock cannot be removed.
pub fn free_annex(repo: &Repo, since: SystemTime) -> Result<(), RunError> {
    // What could not be removed now is tried again by the next run.
    if write::free_annex_branch(repo.root(), since, OTHERS)? {
        forget_noted(&repo.state_dir().join("work"), ANNEX);
    }
    Ok(())
}
