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

/// What to say of a lock that stays.
pub(super) fn held(path: PathBuf) -> WriteError {
    let age = fs::symlink_metadata(&path).ok().and_then(|stat| stat.modified().ok()?.elapsed().ok());
    WriteError::IndexLocked { path, age_seconds: age.unwrap_or(PATIENCE).as_secs() }
}

/// What tells our lock from anybody else's: device, inode and time of writing.
pub(super) fn mark_of(path: &std::path::Path) -> Option<[i64; 4]> {
    let stat = fs::symlink_metadata(path).ok()?;
    Some([stat.dev().cast_signed(), stat.ino().cast_signed(), stat.mtime(), stat.mtime_nsec()])
}
