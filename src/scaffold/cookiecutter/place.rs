//! Brings a project to its place: written beside it, hooks run there, then moved in one step.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::error::{CookieError, refused};
use super::into;
use super::order::Occupied;
use super::strayed;
use super::walk::Entry;

/// A project's folder that is not in its place yet; it goes if it never gets there.
pub(super) struct Staged {
    holder: tempfile::TempDir,
    folder: PathBuf,
    target: PathBuf,
    /// Goes after the holder.
    _parents: Parents,
}

/// Folders that were made on the way to a place; those that are empty in the end go again.
struct Parents(Vec<PathBuf>);

impl Parents {
    fn of(folder: &Path) -> Result<Self, CookieError> {
        let missing = folder.ancestors().take_while(|one| one.symlink_metadata().is_err());
        let made = Self(missing.map(Path::to_owned).collect());
        fs::create_dir_all(folder).map_err(refused(folder))?;
        Ok(made)
    }
}

impl Drop for Parents {
    fn drop(&mut self) {
        // The innermost first; one that holds something stays.
        self.0.iter().for_each(|folder| drop(fs::remove_dir(folder)));
    }
}

/// Refuses a place where something stands, unless it is a folder that is to be filled.
pub(super) fn refuse_taken(target: &Path, occupied: Occupied) -> Result<(), CookieError> {
    let Ok(about) = target.symlink_metadata() else { return Ok(()) };
    if about.is_dir() && occupied != Occupied::Refuse {
        return Ok(());
    }
    let way = if about.is_dir() { ", or write into it with `--overwrite-if-exists`" } else { "" };
    Err(CookieError::Source(format!(
        "nothing was written, because `{}` stands in the way; move it, choose another folder with `--output-dir`{way}",
        target.display()
    )))
}

impl Staged {
    /// An empty folder beside the target.
    pub(super) fn begin(target: &Path) -> Result<Self, CookieError> {
        let parent = target.parent().unwrap_or(Path::new("."));
        let parents = Parents::of(parent)?;
        let holder = tempfile::Builder::new()
            .prefix(".minipach-new-")
            .tempdir_in(parent)
            // Of the folder's own error, the temporary name is nobody's business.
            .map_err(|error| refused(parent)(error.kind().into()))?;
        let folder = holder.path().join(target.file_name().unwrap_or_default());
        fs::create_dir(&folder).map_err(refused(&folder))?;
        Ok(Self { holder, folder, target: target.to_owned(), _parents: parents })
    }

    /// The folder as it is now.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Refuses what hooks made that would be lost; gives the files that name this folder.
    pub(super) fn refuse_strayed(&self) -> Result<Vec<String>, CookieError> {
        strayed::refuse(self.holder.path(), &self.folder)
    }

    /// Writes all entries.
    pub(super) fn fill(&self, entries: &BTreeMap<String, Entry>) -> Result<(), CookieError> {
        for (path, entry) in entries {
            let place = self.folder.join(path);
            match entry {
                Entry::Folder => fs::create_dir_all(&place).map_err(refused(&place))?,
                Entry::File { bytes, mode } => {
                    fs::write(&place, bytes).map_err(refused(&place))?;
                    fs::set_permissions(&place, fs::Permissions::from_mode(*mode))
                        .map_err(refused(&place))?;
                }
            }
        }
        Ok(())
    }

    /// Moves the folder to its place; where a folder stands and may be filled, what is in it goes there, all of it or
    /// nothing.
    pub(super) fn finish(self, occupied: Occupied) -> Result<(), CookieError> {
        if occupied != Occupied::Refuse && self.target.is_dir() {
            return into::move_into(&self.folder, &self.target, occupied, &self.holder.path().join("before"));
        }
        renameat_with(CWD, &self.folder, CWD, &self.target, RenameFlags::NOREPLACE)
            .map_err(|error| refused(&self.target)(error.into()))?;
        drop(self.holder);
        Ok(())
    }
}
