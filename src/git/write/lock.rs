//! git's own `index.lock`, taken with our prepared index already in it.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;

use super::{Place, WriteError};

/// How long to wait for another program to release the index.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often to look.
const PAUSE: Duration = Duration::from_millis(50);

/// The lock's path.
pub(super) fn lock_path(place: &Place) -> PathBuf {
    place.git_dir.join("index.lock")
}

/// Makes `file` the index lock, in one step, waiting while another program holds it.
pub(super) fn take(place: &Place, file: &std::path::Path) -> Result<(), WriteError> {
    let lock = lock_path(place);
    let mut waited = Duration::ZERO;
    loop {
        match fs::hard_link(file, &lock) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(WriteError::io("lock the index by", lock)(error));
            }
            Err(_) if waited >= PATIENCE => return Err(held(lock)),
            Err(_) => {}
        }
        sleep(PAUSE);
        waited += PAUSE;
    }
}

/// Waits until none of some locks is there any more.
pub(super) fn wait_for(locks: &[PathBuf]) -> Result<(), WriteError> {
    let mut waited = Duration::ZERO;
    while let Some(lock) = locks.iter().find(|lock| fs::symlink_metadata(lock).is_ok()) {
        if waited >= PATIENCE {
            return Err(held(lock.clone()));
        }
        sleep(PAUSE);
        waited += PAUSE;
    }
    Ok(())
}

/// What to say of a lock that stays.
pub(super) fn held(path: PathBuf) -> WriteError {
    let age = fs::symlink_metadata(&path).ok().and_then(|stat| stat.modified().ok()?.elapsed().ok());
    WriteError::Locked { path, age_seconds: age.unwrap_or(PATIENCE).as_secs() }
}

/// A lock that a program stumbled over, where that is what it said.
pub(super) fn or_locked(error: WriteError) -> WriteError {
    let WriteError::Failed { message, .. } = &error else { return error };
    let stood_in_the_way = |text: &str| {
        let (path, _) = text.split_once("Unable to create '")?.1.split_once(".lock': File exists")?;
        Some(PathBuf::from(format!("{path}.lock")))
    };
    stood_in_the_way(message).map_or(error, held)
}

/// What tells our lock from anybody else's: device, inode and time of writing.
pub(super) fn mark_of(path: &std::path::Path) -> Option<[i64; 4]> {
    let stat = fs::symlink_metadata(path).ok()?;
    Some([stat.dev().cast_signed(), stat.ino().cast_signed(), stat.mtime(), stat.mtime_nsec()])
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_lock_in_the_way_is_told_as_one() {
        let said = "fatal: cannot lock ref 'refs/heads/git-annex': Unable to create '/a b/.git/refs/heads/git-annex.lock': File exists.; Another git";
        let failed =
            |message: &str| WriteError::Failed { program: "git annex add".into(), message: message.into() };
        let is_lock = |path: &Path| path == Path::new("/a b/.git/refs/heads/git-annex.lock");
        assert!(matches!(or_locked(failed(said)), WriteError::Locked { path, .. } if is_lock(&path)));
        assert!(matches!(or_locked(failed("no space left")), WriteError::Failed { .. }));
    }
}
