//! `Unsynced`: a small file that stands while results are in place which a power cut could still take.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use serde::{Deserialize, Serialize};

/// What a run notes, safe on the disk, before it places results that are not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Unsynced {
    /// The boot of the machine, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    boot: Option<String>,
    /// How long the attempt log was: what it tells from there on may be told of results that are gone.
    pub log_bytes: u64,
    /// When all was safe last, or else when the run began, in milliseconds since the Unix epoch.
    pub since_ms: u64,
}

impl Unsynced {
    /// What is noted in `state_dir`, if anything. A file that cannot be understood tells of any result.
    pub fn read(state_dir: &Path) -> Option<Self> {
        let bytes = fs::read(path(state_dir)).ok()?;
        Some(serde_json::from_slice(&bytes).unwrap_or_default())
    }

    /// Notes, safe on the disk, that from now on results are placed which are not.
    ///
    /// # Errors
    /// When the file cannot be written or synced.
    pub fn begin(state_dir: &Path, log_bytes: u64, since_ms: u64) -> io::Result<()> {
        let text = serde_json::to_vec(&Self { boot: this_boot(), log_bytes, since_ms })?;
        fs::create_dir_all(state_dir)?;
        let mut file = tempfile::NamedTempFile::new_in(state_dir)?;
        file.write_all(&text)?;
        file.as_file().sync_all()?;
        file.persist(path(state_dir)).map_err(|error| error.error)?;
        File::open(state_dir)?.sync_all()
    }

    /// Notes that all is safe on the disk.
    ///
    /// # Errors
    /// When the file stands and cannot be removed.
    pub fn end(state_dir: &Path) -> io::Result<()> {
        match fs::remove_file(path(state_dir)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Whether the machine started anew since, as far as that can be known: then bytes may be lost.
    pub fn was_cut(&self) -> bool {
        self.boot.is_none() || self.boot != this_boot()
    }
}

fn path(state_dir: &Path) -> PathBuf {
    state_dir.join("unsynced")
}

/// The boot of the machine, where that is known.
pub fn this_boot() -> Option<String> {
    let text = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(text.trim().to_owned())
}

/// Makes all that was written to the file system of `path` survive a power cut.
///
/// # Errors
/// When the system cannot.
pub fn sync_file_system(path: &Path) -> io::Result<()> {
    if is_scratch(path) {
        return Ok(());
    }
    Ok(rustix::fs::syncfs(File::open(path)?)?)
}

/// Folders whose content need outlive no power cut.
static SCRATCH: RwLock<Vec<PathBuf>> = RwLock::new(Vec::new());

/// From now on this process syncs nothing for the sake of what lies in a folder: it is thrown away.
pub fn mark_scratch(folder: &Path) {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.into());
    SCRATCH.write().unwrap_or_else(PoisonError::into_inner).push(folder);
}

/// The folder is gone, or is one like any other again.
pub fn unmark_scratch(folder: &Path) {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.into());
    SCRATCH.write().unwrap_or_else(PoisonError::into_inner).retain(|known| *known != folder);
}

fn is_scratch(path: &Path) -> bool {
    let known = SCRATCH.read().unwrap_or_else(PoisonError::into_inner);
    let path = || path.canonicalize().unwrap_or_else(|_| path.into());
    !known.is_empty() && known.iter().any(|folder| path().starts_with(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stands_from_begin_to_end() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Unsynced::read(dir.path()), None);
        Unsynced::begin(dir.path(), 7, 9).unwrap();
        let noted = Unsynced::read(dir.path()).unwrap();
        assert_eq!((noted.log_bytes, noted.since_ms), (7, 9));
        assert_eq!(noted.was_cut(), this_boot().is_none());
        Unsynced::end(dir.path()).unwrap();
        Unsynced::end(dir.path()).unwrap();
        assert_eq!(Unsynced::read(dir.path()), None);
    }

    #[test]
    fn what_is_thrown_away_is_not_synced() {
        let dir = tempfile::tempdir().unwrap();
        let inside = dir.path().join("not there");
        mark_scratch(dir.path());
        assert!(sync_file_system(&inside).is_ok(), "it is not looked at");
        unmark_scratch(dir.path());
        assert!(sync_file_system(&inside).is_err());
        assert!(sync_file_system(dir.path()).is_ok());
    }

    #[test]
    fn another_boot_or_a_damaged_file_is_a_cut() {
        let dir = tempfile::tempdir().unwrap();
        for text in ["", "{", "{\"log_bytes\":3}", "{\"boot\":\"another\",\"log_bytes\":3}"] {
            fs::write(path(dir.path()), text).unwrap();
            assert!(Unsynced::read(dir.path()).unwrap().was_cut(), "{text}");
        }
    }
}
