//! Staging: taking a collected output out of its slot, so that the slot is free and the result is safe.

use std::path::{Path, PathBuf};

use rustix::fs::CWD;

use super::error::{ExecError, io};
use super::{fault, folder};

/// What stands in a staging folder.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Staged {
    /// The new output, not yet moved as a whole.
    New(PathBuf),
    /// The output that was exchanged for the new one.
    Old(PathBuf),
    /// Nothing: the new output was moved.
    Nothing,
}

/// Moves the folder `out` into the staging folder `staged`, which is made.
///
/// In it the output is named by its inode number. An exchange with the old output keeps the name, so
/// whoever finishes the work after a kill can tell the new output from the old one.
///
/// # Errors
/// When the folder cannot be made or moved; both must be on one file system.
pub fn stage(out: &Path, staged: &Path) -> Result<(), ExecError> {
    std::fs::create_dir_all(staged).map_err(|error| io("create", staged, error))?;
    fault::point("stage:folder");
    let from = folder::open(CWD, out).map_err(|error| io("open", out, error))?;
    let inode = rustix::fs::fstat(&from).map_err(|error| io("open", out, error))?.st_ino;
    let to = staged.join(inode.to_string());
    rustix::fs::rename(out, &to).map_err(|error| io("move", out, error))?;
    fault::point("stage:moved");
    Ok(())
}

/// Looks what stands in a staging folder; a missing one holds nothing.
pub(super) fn look(staged: &Path) -> Result<Staged, ExecError> {
    let failed = |error| io("read", staged, error);
    let folder = match folder::open(CWD, staged) {
        Err(rustix::io::Errno::NOENT) => return Ok(Staged::Nothing),
        other => other.map_err(failed)?,
    };
    for found in folder::list(&folder).map_err(failed)? {
        let name = folder::shown(&found.name);
        let Ok(inode) = name.parse::<u64>() else { continue };
        let stat = rustix::fs::statat(&folder, &*found.name, rustix::fs::AtFlags::SYMLINK_NOFOLLOW);
        let path = staged.join(name);
        return Ok(if stat.map_err(failed)?.st_ino == inode { Staged::New(path) } else { Staged::Old(path) });
    }
    Ok(Staged::Nothing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::RenameFlags;

    #[test]
    fn tells_new_from_old_after_an_exchange() {
        let dir = tempfile::tempdir().unwrap();
        let (out, staged, target) =
            (dir.path().join("out"), dir.path().join("staged/7"), dir.path().join("t"));
        std::fs::create_dir(&out).unwrap();
        std::fs::create_dir(&target).unwrap();
        assert_eq!(look(&staged).unwrap(), Staged::Nothing);
        stage(&out, &staged).unwrap();
        let Staged::New(new) = look(&staged).unwrap() else { panic!("not new") };
        rustix::fs::renameat_with(CWD, &new, CWD, &target, RenameFlags::EXCHANGE).unwrap();
        assert_eq!(look(&staged).unwrap(), Staged::Old(new));
    }
}
