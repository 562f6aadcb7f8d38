//! `write_atomic`: replaces a file in one step, so no reader ever sees half of it.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::{Builder, NamedTempFile};

use super::LedgerError;

/// How the name of an unfinished file begins; one left by a kill is removed by the next write.
const TEMP_PREFIX: &str = ".minipach-tmp-";

/// What a write must survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// The end of the process, at any instant.
    Process,
    /// A power cut: the file and its folder are synced.
    Power,
}

/// Replaces the file at `path` by `bytes`: a new file beside it, then a rename. Makes its folder.
///
/// # Errors
/// When the folder cannot be made or written, or a folder stands at `path`.
pub fn write_atomic(path: &Path, bytes: &[u8], durability: Durability) -> Result<(), LedgerError> {
    let folder = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder).map_err(LedgerError::io("make the folder", folder))?;
    replace(folder, path, bytes, durability).map_err(LedgerError::io("write", path))
}

fn replace(folder: &Path, path: &Path, bytes: &[u8], durability: Durability) -> io::Result<()> {
    let mut temp = new_temp(folder)?;
    temp.write_all(bytes)?;
    if durability == Durability::Power {
        temp.as_file().sync_all()?;
    }
    temp.persist(path).map_err(|refused| refused.error)?;
    if durability == Durability::Power {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Temporary files are private by default; this one becomes an ordinary file of the project.
#[cfg(unix)]
fn new_temp(folder: &Path) -> io::Result<NamedTempFile> {
    use std::os::unix::fs::PermissionsExt as _;
    Builder::new().prefix(TEMP_PREFIX).permissions(fs::Permissions::from_mode(0o666)).tempfile_in(folder)
}

#[cfg(not(unix))]
fn new_temp(folder: &Path) -> io::Result<NamedTempFile> {
    Builder::new().prefix(TEMP_PREFIX).tempfile_in(folder)
}

/// Removes unfinished files that a killed process left in `folder`.
pub(super) fn remove_leftovers(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(TEMP_PREFIX) {
            // A leftover that stays harms nobody: it is never read.
            drop(fs::remove_file(entry.path()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_whole_files_and_leaves_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b.jsonl");
        for (bytes, durability) in [(&b"one"[..], Durability::Process), (b"two", Durability::Power)] {
            write_atomic(&path, bytes, durability).unwrap();
            assert_eq!(fs::read(&path).unwrap(), bytes);
        }
        assert_eq!(fs::read_dir(dir.path().join("a")).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn others_may_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let (ours, plain) = (dir.path().join("ours"), dir.path().join("plain"));
        write_atomic(&ours, b"", Durability::Process).unwrap();
        fs::write(&plain, b"").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&ours), mode(&plain));
    }

    #[test]
    fn a_folder_in_its_place_is_an_error_that_names_it() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("x/y")).unwrap();
        let refused = write_atomic(&dir.path().join("x"), b"z", Durability::Process).unwrap_err();
        assert!(refused.to_string().contains("/x`"), "{refused}");
    }

    #[test]
    fn leftovers_go_and_other_files_stay() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(".minipach-tmp-abc"), b"").unwrap();
        fs::write(dir.path().join("fs.jsonl"), b"").unwrap();
        remove_leftovers(dir.path());
        let left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left, ["fs.jsonl"]);
    }
}
