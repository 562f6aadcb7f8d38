//! `Farm`: the files one attempt sees, laid out in its slot's `pfs` folder.

use std::borrow::Cow;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;

use super::aside::Aside;
use super::error::{ExecError, io, missing_is_fine};
use super::folder;
use super::kept::Kept;
use super::tar::Part;

/// One file of a farm.
#[derive(Clone, Debug)]
pub struct FarmFile<'a> {
    /// Where it appears, below `/pfs`: `t1/sub-1/a.nii.gz`.
    pub to: Cow<'a, str>,
    /// What appears there.
    pub from: Source<'a>,
}

/// What a farm file shows.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// The bytes of a file, by its absolute path: a file of the project, or an annex object.
    File(&'a Path),
    /// A part of a packed result, always copied.
    Part {
        /// The tar file.
        tar: &'a Path,
        /// Which part of it.
        part: &'a Part,
    },
    /// Nothing: an empty file under the name (`empty_files`).
    Empty,
    /// A tracked symbolic link with this text.
    LinkText(&'a str),
}

/// A farm while it is laid out; remembers the last parent folder, since files come in path order.
pub(super) struct Farm<'slot> {
    pfs: OwnedFd,
    parent: Option<(String, OwnedFd)>,
    reflinks: &'slot mut bool,
    aside: &'slot mut Aside,
    copy: bool,
    kept: Kept,
}

pub(super) enum AddError {
    BadPath,
    System(std::io::Error),
    Source(std::io::Error),
}

impl AddError {
    /// The error with the place in the farm whose path is `pfs`, or with the source's.
    pub(super) fn at(self, pfs: &Path, file: &FarmFile<'_>) -> ExecError {
        match (self, file.from) {
            (Self::BadPath, _) => ExecError::BadFarmPath { path: file.to.clone().into_owned() },
            (Self::Source(error), Source::File(path) | Source::Part { tar: path, .. }) => {
                io("read", path, error)
            }
            (Self::System(error) | Self::Source(error), _) => io("create", pfs.join(&*file.to), error),
        }
    }
}

impl<E: Into<std::io::Error>> From<E> for AddError {
    fn from(error: E) -> Self {
        Self::System(error.into())
    }
}

impl<'slot> Farm<'slot> {
    /// A farm in the folder `pfs`, in which there is nothing but what is `kept`.
    pub(super) const fn new(
        pfs: OwnedFd,
        kept: Kept,
        (reflinks, aside): (&'slot mut bool, &'slot mut Aside),
        copy: bool,
    ) -> Self {
        Self { pfs, parent: None, reflinks, aside, copy, kept }
    }

    /// Adds one file.
    pub(super) fn add(&mut self, file: &FarmFile<'_>) -> Result<(), AddError> {
        let (parent, name) = file.to.rsplit_once('/').ok_or(AddError::BadPath)?;
        if file.to.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return Err(AddError::BadPath);
        }
        if self.parent.as_ref().is_none_or(|(path, _)| path != parent) {
            self.parent = Some((parent.to_owned(), self.folder(parent)?));
        }
        self.kept.make_way(&self.pfs, &file.to, self.aside)?;
        match file.from {
            Source::File(path) => self.show(path, name),
            Source::Part { tar, part } => self.unpack(tar, part, name),
            Source::Empty => self.create(name, 0o666).map(|_| ()),
            Source::LinkText(text) => Ok(rustix::fs::symlinkat(text, self.parent(), name)?),
        }
    }

    /// Removes the folders that no file needed.
    pub(super) fn remove_unused(&mut self) -> Result<(), Errno> {
        self.kept.remove_all(&self.pfs, self.aside)
    }

    /// Opens a folder of the farm, making it where it was not kept.
    fn folder(&mut self, path: &str) -> Result<OwnedFd, Errno> {
        if self.kept.take(path) {
            return folder::open_beneath(&self.pfs, path, OFlags::RDONLY | OFlags::DIRECTORY);
        }
        folder::make_all(&self.pfs, path)
    }

    fn parent(&self) -> &OwnedFd {
        &self.parent.as_ref().expect("a file's parent is opened before the file").1
    }

    fn create(&self, name: &str, mode: u32) -> Result<File, AddError> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        Ok(rustix::fs::openat(self.parent(), name, flags, Mode::from_raw_mode(mode))?.into())
    }

    fn show(&mut self, path: &Path, name: &str) -> Result<(), AddError> {
        if self.copy {
            let mut source = File::open(path).map_err(AddError::Source)?;
            let mut target = self.create(name, mode_of(&source)?)?;
            std::io::copy(&mut source, &mut target)?;
            return Ok(());
        }
        if *self.reflinks && self.reflink(path, name)? {
            return Ok(());
        }
        Ok(rustix::fs::symlinkat(path, self.parent(), name)?)
    }

    fn unpack(&self, tar: &Path, part: &Part, name: &str) -> Result<(), AddError> {
        if let Some(text) = &part.link {
            return Ok(rustix::fs::symlinkat(text.as_str(), self.parent(), name)?);
        }
        let mut source = File::open(tar).map_err(AddError::Source)?;
        source.seek(SeekFrom::Start(part.at)).map_err(AddError::Source)?;
        let mut target = self.create(name, if part.is_exec { 0o777 } else { 0o666 })?;
        std::io::copy(&mut source.take(part.size), &mut target)?;
        Ok(())
    }

    /// Tries a reflink; where the file system cannot, no other is tried in this slot.
    fn reflink(&mut self, path: &Path, name: &str) -> Result<bool, AddError> {
        let source = File::open(path).map_err(AddError::Source)?;
        let target = self.create(name, mode_of(&source)?)?;
        if rustix::fs::ioctl_ficlone(&target, &source).is_ok() {
            return Ok(true);
        }
        *self.reflinks = false;
        missing_is_fine(rustix::fs::unlinkat(self.parent(), name, AtFlags::empty()))?;
        Ok(false)
    }
}

/// Read and write for all, as the umask lets, and the source's executable bit.
fn mode_of(source: &File) -> std::io::Result<u32> {
    let executable = rustix::fs::fstat(source)?.st_mode & 0o100 != 0;
    Ok(if executable { 0o777 } else { 0o666 })
}
