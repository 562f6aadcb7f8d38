//! Publishing: moving a staged output into the pipeline's folder.
//!
//! Every step can be repeated, so a publication that was cut short is finished by publishing again.

use std::os::fd::{AsFd as _, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags};
use rustix::io::Errno;

use super::error::{ExecError, PublishError, io, missing_is_fine};
use super::old::OldOutputs;
use super::stage::{self, Staged};
use super::{fault, folder, localise, remove_tree};
use crate::model::{OutFile, is_at_or_below};

/// One collected and staged output and where it belongs.
#[derive(Clone, Debug)]
pub struct Publication {
    /// The path that [`super::stage()`] or [`super::stage_own()`] gave; gone when publishing is over. To finish a publication, any
    /// path of its attempt in the staging folder will do, and each should be published.
    pub staged: PathBuf,
    /// The pipeline's folder: absolute, real, never removed.
    pub pipeline: PathBuf,
    /// The folder the output becomes or is merged into, relative to `pipeline`; `"."` for itself.
    pub target: Box<str>,
    /// Whether the datum owns the target alone, so that it is replaced as a whole; not for `"."`.
    pub whole: bool,
    /// What was collected, relative to `target`.
    pub files: Vec<OutFile>,
    /// Old outputs that were not made again, files or folders, relative to `pipeline`. A folder in which
    /// the new output has files is left alone: name the old files in it.
    pub remove: Vec<Box<str>>,
    /// Whether somebody may have begun to publish it before, so that rests of that are looked for.
    pub is_begun: bool,
}

/// Moves the output into place, removes old outputs, and removes the staging folder.
///
/// Whether what stands at the target may be replaced was decided by the caller. No link is followed
/// below the pipeline's folder. When staging was finished before and is gone, only `remove` is done.
///
/// # Errors
/// When something is in the way or a move fails; the rest stays staged and may be published again.
pub fn publish(publication: &Publication) -> Result<(), PublishError> {
    fault::point("publish:start");
    let pipeline =
        folder::open(CWD, &publication.pipeline).map_err(|error| io("open", &publication.pipeline, error))?;
    let staged = publication.stands_staged()?;
    let old = OldOutputs::new(&publication.staged);
    let mut publishing = Publishing { publication, pipeline, staged, rests: Vec::new(), old, is_gone: false };
    publishing.place()?;
    fault::point("publish:moved");
    for path in publication.remove.iter().filter(|path| !publication.makes(path)) {
        publishing.remove(path)?;
    }
    fault::point("publish:removed");
    publishing.clear()?;
    fault::point("publish:cleared");
    Ok(())
}

impl Publication {
    /// Where its output is staged now.
    fn stands_staged(&self) -> Result<PathBuf, ExecError> {
        if self.is_begun { localise::current(self) } else { Ok(self.staged.clone()) }
    }

    /// A collected path, relative to the pipeline's folder.
    fn placed(&self, file: &str) -> String {
        if &*self.target == "." { file.to_owned() } else { format!("{}/{file}", self.target) }
    }

    /// Whether `path` is a file of the new output or a folder that holds some.
    fn makes(&self, path: &str) -> bool {
        self.files.iter().any(|file| {
            let placed = self.placed(&file.path);
            is_at_or_below(&placed, path)
        })
    }

    /// Whether an old output at `path` has the place of a new file's folder, or lies below a new file.
    fn clashes(&self, path: &str) -> bool {
        let above =
            |short: &str, long: &str| long.strip_prefix(short).is_some_and(|rest| rest.starts_with('/'));
        self.files
            .iter()
            .map(|file| self.placed(&file.path))
            .any(|new| above(path, &new) || above(&new, path))
    }
}

struct Publishing<'a> {
    publication: &'a Publication,
    pipeline: OwnedFd,
    /// Where the output is staged now: where the caller says, or copied to the pipeline's file system.
    staged: PathBuf,
    /// What tells of the publication when its output is gone from the staging folder; goes last.
    rests: Vec<PathBuf>,
    old: OldOutputs<'a>,
    /// Whether nothing is left of it but its place, since it was moved there in one step.
    is_gone: bool,
}

impl Publishing<'_> {
    /// Moves the new output, first copying it here when it lies on another file system.
    fn place(&mut self) -> Result<(), PublishError> {
        if self.publication.is_begun && stage::look(&self.staged)? == Staged::Rest {
            return Ok(());
        }
        if self.publication.whole && !self.publication.remove.is_empty() {
            self.mark()?;
        }
        if fault::planted("torn") {
            self.tear();
        }
        let mut moved = self.move_output();
        if matches!(moved, Err(PlaceError::OtherFileSystem)) && self.staged == self.publication.staged {
            let (copy, rest) = localise::copy(self.publication)?;
            self.staged = copy;
            self.rests.push(rest);
            moved = self.move_output();
        }
        moved.map_err(|error| error.plain(&self.publication.pipeline))
    }

    /// A planted bug: the first file is seen empty for a while before the output is moved.
    fn tear(&self) {
        if let Some(file) = self.publication.files.first() {
            let path = self.publication.pipeline.join(self.publication.placed(&file.path));
            drop(path.parent().map(std::fs::create_dir_all));
            drop(std::fs::write(path, ""));
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    /// Removes all that is staged; what tells of the publication goes last.
    fn clear(&self) -> Result<(), ExecError> {
        self.old.delete()?;
        if !self.is_gone {
            remove_tree(&stage::rest(&self.staged, ".old"))?;
            localise::remove(self.publication)?;
            remove_tree(&self.publication.staged)?;
            remove_tree(&self.staged)?;
        }
        self.rests.iter().try_for_each(|rest| remove_tree(rest))
    }

    /// Leaves a rest in the staging folder: once the output is moved as a whole, only that tells
    /// whoever comes after a kill that old outputs are still to be removed.
    fn mark(&mut self) -> Result<(), ExecError> {
        let rest = stage::rest(&self.publication.staged, ".rest");
        match std::fs::create_dir(&rest) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                return Err(io("create", rest, error));
            }
            _ => self.rests.push(rest),
        }
        Ok(())
    }

    fn move_output(&mut self) -> Result<(), PlaceError> {
        if self.publication.whole && &*self.publication.target != "." {
            self.move_whole()
        } else {
            self.move_files()
        }
    }

    /// Removes old outputs where new files need a folder, or that lie where a new file belongs.
    fn make_way(&mut self) -> Result<(), PublishError> {
        let publication = self.publication;
        for path in publication.remove.iter().filter(|path| publication.clashes(path)) {
            if !publication.makes(path) || !self.is_folder(path) {
                self.remove(path)?;
            }
        }
        Ok(())
    }

    fn move_whole(&mut self) -> Result<(), PlaceError> {
        self.make_way()?;
        let target = &*self.publication.target;
        if self.publication.files.is_empty() {
            return Ok(self.remove(target)?);
        }
        let (made, name) = self.parent_of(target)?;
        let parent = made.as_ref().unwrap_or(&self.pipeline);
        let moved = rustix::fs::renameat_with(CWD, &*self.staged, parent, name, RenameFlags::NOREPLACE);
        self.is_gone = moved.is_ok() && !self.publication.is_begun && self.rests.is_empty();
        let moved = match moved {
            Err(Errno::EXIST) => {
                self.staged = stage::named_by_inode(&self.staged).map_err(PublishError::from)?;
                rustix::fs::renameat_with(CWD, &*self.staged, parent, name, RenameFlags::EXCHANGE)
            }
            other => other,
        };
        match moved {
            // NFS and some FUSE file systems know neither flag.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => self.move_aside(parent, name),
            other => other.map_err(|error| self.failed(target, error)),
        }
    }

    /// Without an exchange the old output is moved beside the new one first.
    fn move_aside(&self, parent: &OwnedFd, name: &str) -> Result<(), PlaceError> {
        let target = &*self.publication.target;
        let (new, old) = (&*self.staged, stage::rest(&self.staged, ".old"));
        remove_tree(&old).map_err(PublishError::from)?;
        let moved = missing_is_fine(rustix::fs::renameat(parent, name, CWD, &old));
        moved
            .and_then(|()| rustix::fs::renameat(CWD, new, parent, name))
            .map_err(|error| self.failed(target, error))
    }

    fn move_files(&mut self) -> Result<(), PlaceError> {
        self.make_way()?;
        let publication = self.publication;
        let from =
            folder::open(CWD, &*self.staged).map_err(|error| self.failed(&publication.target, error))?;
        let mut last: Option<(String, Option<OwnedFd>)> = None;
        for file in &publication.files {
            let placed = publication.placed(&file.path);
            let (parent, name) = placed.rsplit_once('/').unwrap_or(("", &placed));
            if last.as_ref().is_none_or(|(path, _)| path != parent) {
                last = Some((parent.to_owned(), self.folder(parent)?));
            }
            let parent = last.as_ref().and_then(|(_, made)| made.as_ref()).unwrap_or(&self.pipeline);
            self.move_file(&from, &file.path, parent, name, &placed)?;
            fault::point("publish:file");
        }
        Ok(())
    }

    fn move_file(
        &self,
        from: &OwnedFd,
        path: &str,
        parent: &OwnedFd,
        name: &str,
        placed: &str,
    ) -> Result<(), PlaceError> {
        match rustix::fs::renameat(from, path, parent, name) {
            // It was moved before the last publication was cut short.
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(Errno::ISDIR | Errno::NOTEMPTY | Errno::EXIST) => folder::remove_empty(parent, name)
                .and_then(|()| rustix::fs::renameat(from, path, parent, name))
                .map_err(|_| self.in_the_way(placed, "it is a folder that holds other files").into()),
            Err(error) => Err(self.failed(placed, error)),
        }
    }

    /// Opens the parent of `path`, making it where needed, and gives the last name.
    fn parent_of<'p>(&self, path: &'p str) -> Result<(Option<OwnedFd>, &'p str), PlaceError> {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        Ok((self.folder(parent)?, name))
    }

    /// Opens a folder, making it where needed; nothing for the pipeline's own.
    fn folder(&self, path: &str) -> Result<Option<OwnedFd>, PlaceError> {
        if path.is_empty() {
            return Ok(None);
        }
        folder::make_all(&self.pipeline, path).map(Some).map_err(|error| match error {
            Errno::NOTDIR | Errno::LOOP => {
                self.in_the_way(path, "it, or a part of its path, is no folder").into()
            }
            error => self.failed(path, error),
        })
    }

    fn is_folder(&self, path: &str) -> bool {
        folder::kind_of(&self.pipeline, path).is_ok_and(|kind| kind == rustix::fs::FileType::Directory)
    }

    fn remove(&mut self, path: &str) -> Result<(), PublishError> {
        let removed = self.old.remove(self.pipeline.as_fd(), path);
        Ok(removed.map_err(|error| io("remove", self.publication.pipeline.join(path), error))?)
    }

    fn in_the_way(&self, path: &str, reason: &'static str) -> PublishError {
        PublishError::InTheWay { path: self.publication.pipeline.join(path), reason }
    }

    fn failed(&self, path: &str, error: Errno) -> PlaceError {
        if error == Errno::XDEV {
            return PlaceError::OtherFileSystem;
        }
        PublishError::from(io("publish", self.publication.pipeline.join(path), error)).into()
    }
}

/// Why a move failed; another file system is no failure the first time.
enum PlaceError {
    OtherFileSystem,
    Publish(PublishError),
}

impl PlaceError {
    fn plain(self, pipeline: &Path) -> PublishError {
        match self {
            Self::OtherFileSystem => io("publish to", pipeline, Errno::XDEV).into(),
            Self::Publish(error) => error,
        }
    }
}

impl From<PublishError> for PlaceError {
    fn from(error: PublishError) -> Self {
        Self::Publish(error)
    }
}
