//! Old outputs: taken out of a pipeline's folder, each in one step, and deleted where nobody looks.

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, OFlags};
use rustix::io::Errno;

use super::error::ExecError;
use super::{fault, folder, remove, remove_tree, stage};

/// What one publication removes.
pub(super) struct OldOutputs<'a> {
    staged: &'a Path,
    /// Folders that were moved beside `staged`.
    away: Vec<PathBuf>,
}

impl<'a> OldOutputs<'a> {
    /// Nothing yet; folders will be moved beside the staged path.
    pub(super) const fn new(staged: &'a Path) -> Self {
        Self { staged, away: Vec::new() }
    }

    /// Removes an old output and the folders above it that are empty then, up to the pipeline's own.
    pub(super) fn remove(&mut self, pipeline: BorrowedFd<'_>, path: &str) -> Result<(), Errno> {
        let (mut parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        let at = match folder::open_beneath(pipeline, parent, OFlags::RDONLY | OFlags::DIRECTORY) {
            // Gone already, or something else stands there now, which is not the old output.
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => return Ok(()),
            other => other?,
        };
        let name = CString::new(name).map_err(|_| Errno::INVAL)?;
        let is_folder = folder::kind_of(pipeline, path).is_ok_and(|kind| kind == FileType::Directory);
        if !is_folder || !self.take_away(at.as_fd(), &name) {
            remove::remove_at(at.as_fd(), &name)?;
        }
        while !parent.is_empty() {
            if rustix::fs::unlinkat(pipeline, parent, AtFlags::REMOVEDIR).is_err() {
                break;
            }
            parent = parent.rsplit_once('/').map_or("", |(above, _)| above);
        }
        Ok(())
    }

    /// Moves a folder into the staging folder, so that nobody sees half of it while it is deleted.
    /// `false` where that cannot be: on another file system, or for a folder that may not be written.
    fn take_away(&mut self, at: BorrowedFd<'_>, name: &CStr) -> bool {
        for number in self.away.len().. {
            let away = stage::rest(self.staged, &format!(".gone-{number}"));
            match rustix::fs::renameat(at, name, CWD, &away) {
                Ok(()) => self.away.push(away),
                // Left by a publication that was cut short.
                Err(Errno::EXIST | Errno::NOTEMPTY) => continue,
                Err(_) => return false,
            }
            fault::point("publish:away");
            return true;
        }
        false
    }

    /// Deletes what was moved.
    pub(super) fn delete(&self) -> Result<(), ExecError> {
        self.away.iter().try_for_each(|folder| remove_tree(folder))
    }
}
