//! Staging: taking a collected output out of its slot, so that the slot is free and the result is safe.

use std::path::{Path, PathBuf};

use rustix::io::Errno;

use super::error::{ExecError, io};
use super::fault;

/// Stands for the inode number in the name of an output that is put together in the staging folder itself.
const OWN: &str = "own";

/// What a staged path holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Staged {
    /// The new output, not yet moved as a whole.
    New,
    /// Something to be removed: what the new output was exchanged for, or what is left of it.
    Rest,
}

/// Moves the folder `out` into the folder `staged` as `<attempt>-<inode number>`, and gives that path.
///
/// An exchange with an old output keeps the name but not the inode, so whoever finishes the work
/// after a kill can tell the new output from the old one. `attempt` holds no `-`.
///
/// # Errors
/// When the folder cannot be moved; both must be on one file system.
pub fn stage(out: &Path, staged: &Path, attempt: &str) -> Result<PathBuf, ExecError> {
    let inode = rustix::fs::lstat(out).map_err(|error| io("open", out, error))?.st_ino;
    let to = staged.join(format!("{attempt}-{inode}"));
    fault::point("stage:start");
    let moved = match rustix::fs::rename(out, &to) {
        Err(Errno::NOENT) => {
            std::fs::create_dir_all(staged).map_err(|error| io("create", staged, error))?;
            rustix::fs::rename(out, &to)
        }
        other => other,
    };
    moved.map_err(|error| io("move", out, error))?;
    fault::point("stage:moved");
    Ok(to)
}

/// Makes an empty folder in the folder `staged` for an output that is put together there, and gives its path.
///
/// Nothing is ever exchanged for what has this name, so it needs no inode number, and no second move.
///
/// # Errors
/// When it cannot be made.
pub fn stage_own(staged: &Path, attempt: &str) -> Result<PathBuf, ExecError> {
    let path = staged.join(format!("{attempt}-{OWN}"));
    let made = match std::fs::create_dir(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            std::fs::create_dir_all(staged).and_then(|()| std::fs::create_dir(&path))
        }
        other => other,
    };
    made.map_err(|error| io("create", &path, error))?;
    Ok(path)
}

/// Gives a staged output the name by which it is known after an exchange; what has it already keeps it.
pub(super) fn named_by_inode(staged: &Path) -> Result<PathBuf, ExecError> {
    match (attempt_of(staged), staged.parent()) {
        (Some(attempt), Some(folder)) if suffix_of(staged) == Some(OWN) => stage(staged, folder, attempt),
        _ => Ok(staged.to_owned()),
    }
}

/// The attempt whose output, or a rest of it, stands at a path in the staging folder.
pub fn attempt_of(staged: &Path) -> Option<&str> {
    Some(staged.file_name()?.to_str()?.split_once('-')?.0)
}

/// What follows the attempt in the name of a staged path.
fn suffix_of(staged: &Path) -> Option<&str> {
    Some(staged.file_name()?.to_str()?.split_once('-')?.1)
}

/// A path beside `staged` for something that is to be removed with it.
pub(super) fn rest(staged: &Path, name: &str) -> PathBuf {
    let mut path = staged.as_os_str().to_owned();
    path.push(name);
    path.into()
}

/// Looks what stands at a staged path.
pub(super) fn look(staged: &Path) -> Result<Staged, ExecError> {
    let is_new =
        |inode: u64| suffix_of(staged).is_some_and(|suffix| suffix == OWN || suffix.parse() == Ok(inode));
    match rustix::fs::lstat(staged) {
        Ok(stat) if is_new(stat.st_ino) => Ok(Staged::New),
        Ok(_) | Err(Errno::NOENT) => Ok(Staged::Rest),
        Err(error) => Err(io("read", staged, error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{CWD, RenameFlags};

    #[test]
    fn tells_new_from_old_after_an_exchange() {
        let dir = tempfile::tempdir().unwrap();
        let (out, target) = (dir.path().join("out"), dir.path().join("target"));
        std::fs::create_dir(&out).unwrap();
        std::fs::create_dir(&target).unwrap();
        let staged = stage(&out, &dir.path().join("staged"), "7").unwrap();
        assert_eq!(attempt_of(&staged), Some("7"));
        assert_eq!(look(&staged).unwrap(), Staged::New);
        rustix::fs::renameat_with(CWD, &staged, CWD, &target, RenameFlags::EXCHANGE).unwrap();
        assert_eq!(look(&staged).unwrap(), Staged::Rest);
        assert_eq!(look(&rest(&staged, ".old")).unwrap(), Staged::Rest);
        assert_eq!(attempt_of(&rest(&staged, ".old")), Some("7"));
    }

    #[test]
    fn an_output_put_together_there_has_its_full_name_before_an_exchange() {
        let dir = tempfile::tempdir().unwrap();
        let own = stage_own(&dir.path().join("staged"), "7").unwrap();
        assert_eq!((attempt_of(&own), look(&own).unwrap()), (Some("7"), Staged::New));
        assert_eq!(look(&rest(&own, ".old")).unwrap(), Staged::Rest);
        let named = named_by_inode(&own).unwrap();
        assert_eq!((look(&own).unwrap(), look(&named).unwrap()), (Staged::Rest, Staged::New));
        assert_eq!(named_by_inode(&named).unwrap(), named);
    }
}
