//! What a killed git left: locks of references, and reports of its crash.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use super::WriteError;
use super::objects::UNNAMED;

/// How old a lock is that only a dead git can hold: a live one takes milliseconds.
const DEAD: Duration = Duration::from_secs(1);
/// How often to look.
const PAUSE: Duration = Duration::from_millis(20);

/// Removes locks that a git of ours took, once it must be dead: one that outlived us for a moment is
/// waited for, so that what it moves has been moved.
pub(super) fn release(locks: impl IntoIterator<Item = PathBuf>) -> Result<(), WriteError> {
    for lock in locks {
        let mut waited = Duration::ZERO;
        while waited < DEAD && is_young(&lock) {
            sleep(PAUSE);
            waited += PAUSE;
        }
        match fs::remove_file(&lock) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(WriteError::io("remove", lock)(error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether the lock stands, and not for long.
fn is_young(lock: &Path) -> bool {
    let stat = fs::symlink_metadata(lock);
    stat.is_ok_and(|stat| stat.modified().is_ok_and(|time| time.elapsed().is_ok_and(|age| age < DEAD)))
}

/// Whether a file is the crash report of a `git fast-import` whose input ended because we were killed.
pub(super) fn is_crash_report(path: &Path) -> bool {
    let is_named =
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("fast_import_crash_"));
    is_named && fs::read_to_string(path).is_ok_and(|text| text.contains(UNNAMED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_lock_goes_and_a_missing_one_is_fine() {
        let dir = tempfile::tempdir().unwrap();
        let lock = dir.path().join("main.lock");
        fs::write(&lock, "").unwrap();
        release([lock.clone(), dir.path().join("none.lock")]).unwrap();
        assert!(!lock.exists());
    }

    #[test]
    fn only_our_crash_reports_are_ours() {
        let dir = tempfile::tempdir().unwrap();
        let (ours, theirs) = (dir.path().join("fast_import_crash_1"), dir.path().join("fast_import_crash_2"));
        fs::write(&ours, format!("fatal: stream ends early\n{UNNAMED}1-0\n")).unwrap();
        fs::write(&theirs, "fatal: stream ends early\nrefs/heads/main\n").unwrap();
        assert!(is_crash_report(&ours) && !is_crash_report(&theirs));
    }
}
