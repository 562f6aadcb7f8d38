//! Others: git-annex and git programs that somebody else runs in a repository.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use rustix::fs::{FlockOperation, fcntl_lock};

use super::WriteError;

/// How often to look.
const PAUSE: Duration = Duration::from_millis(20);

/// Commands of git's that go on beside others, and write no branch.
const READING: [&str; 5] = ["cat-file", "check-attr", "check-ignore", "hash-object", "fsmonitor--daemon"];

/// Does something while no git-annex writes to its branch, which it does under its journal's lock, and no git works in the
/// repository. Where that does not come to be in time, or nobody can tell, nothing is done. Whether it was done.
pub(super) fn while_nobody_works(
    repo: &git2::Repository,
    patience: Duration,
    then: impl FnOnce() -> Result<(), WriteError>,
) -> Result<bool, WriteError> {
    if repo.config().is_ok_and(|config| config.get_bool("annex.pidlock").unwrap_or(false)) {
        return Ok(false);
    }
    let journal = repo.commondir().join("annex/journal.lck");
    let Ok(journal) = File::options().write(true).create(true).truncate(false).open(journal) else {
        return Ok(false);
    };
    let mut waited = Duration::ZERO;
    // Closing the file gives the lock back.
    while fcntl_lock(&journal, FlockOperation::NonBlockingLockExclusive).is_err() || has_git(repo) {
        if waited >= patience {
            return Ok(false);
        }
        sleep(PAUSE);
        waited += PAUSE;
    }
    then().map(|()| true)
}

/// Whether a program of git's runs in the repository, or one of somebody else's may.
fn has_git(repo: &git2::Repository) -> bool {
    let places = repo.workdir().into_iter().chain([repo.path(), repo.commondir()]);
    let places: Vec<PathBuf> = places.filter_map(|place| place.canonicalize().ok()).collect();
    let Ok(processes) = fs::read_dir("/proc") else { return true };
    processes.flatten().any(|process| is_git_in(&process.path(), &places))
}

fn is_git_in(process: &Path, places: &[PathBuf]) -> bool {
    let name = fs::read_to_string(process.join("comm")).unwrap_or_default();
    let name = name.trim_end();
    // git-annex itself has the journal's lock while it writes.
    let is_git = name == "git" || name.starts_with("git-") && name != "git-annex";
    is_git
        && !only_reads(process)
        && match fs::read_link(process.join("cwd")) {
            Ok(folder) => places.iter().any(|place| folder.starts_with(place)),
            // It is somebody else's, or over by now.
            Err(error) => error.kind() == std::io::ErrorKind::PermissionDenied,
        }
}

/// Whether it is one of those that stay for long and write no branch.
fn only_reads(process: &Path) -> bool {
    let words = fs::read(process.join("cmdline")).unwrap_or_default();
    let mut words = words.split(|byte| *byte == 0);
    words.any(|word| READING.iter().any(|reading| reading.as_bytes() == word))
}
