//! The walk through an output folder: what stands in it, judged, hashed and with its rights normalised.
//!
//! Nothing is followed, nothing but regular files, folders and harmless links is taken, and rights
//! are brought to what a checkout would give.

use std::collections::BTreeSet;
use std::ffi::CStr;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::error::{CollectError, ExecError, io};
use super::{folder, hash};
use crate::model::{ContentId, Kind, OutFile};

/// Longer paths cannot be opened in one call, by us or by git.
const PATH_BYTES: usize = 4000;
/// From this length on a file must not be almost all hole: reading it would take for ever.
const SPARSE_BYTES: u64 = 256 << 30;

/// At most so much of a file is read at a time.
const PIECE_BYTES: usize = 64 << 10;

/// Tells the content of a file that is an input, by its real path.
pub type InputLookup<'a> = dyn Fn(&Path) -> Option<(Option<ContentId>, Kind)> + 'a;

/// What collecting must know about the datum.
pub struct Collector<'a> {
    /// Other names under which the command knew its farm: `/pfs` in a sandbox.
    pub known_as: &'a [PathBuf],
    /// The content of a file outside the farm, by its real path, if it is an input of this datum; none where git may store
    /// other bytes than stand there.
    pub inputs: &'a InputLookup<'a>,
    /// The real file that an empty one in the farm stands for (`empty_files`), by its path below `/pfs`.
    pub shown_empty: &'a dyn Fn(&str) -> Option<PathBuf>,
    /// Why a path below the output folder is not allowed, as a fragment that follows it; else `None`.
    pub forbidden: &'a dyn Fn(&str) -> Option<String>,
}

pub(super) fn refused(path: &str, reason: impl Into<String>) -> CollectError {
    CollectError::Refused { path: path.to_owned(), reason: reason.into() }
}

/// The walk through one output folder.
pub(super) struct Walk<'a> {
    pub(super) out: OwnedFd,
    pub(super) real: PathBuf,
    pub(super) collector: &'a Collector<'a>,
    pub(super) files: Vec<OutFile>,
    pub(super) links: Vec<String>,
    folders: Vec<String>,
    buffer: Vec<u8>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(out: OwnedFd, real: PathBuf, collector: &'a Collector<'a>) -> Self {
        let (files, links, folders, buffer) = Default::default();
        Self { out, real, collector, files, links, folders, buffer }
    }

    /// Names the place of a failed system call.
    pub(super) fn failed(
        &self,
        action: &'static str,
        path: &str,
        error: impl Into<std::io::Error>,
    ) -> ExecError {
        io(action, self.real.join(path), error)
    }

    pub(super) fn folders(&mut self) -> Result<(), CollectError> {
        let mut waiting = vec![String::new()];
        while let Some(path) = waiting.pop() {
            let at = folder::open_beneath(&self.out, &path, OFlags::RDONLY | OFlags::DIRECTORY)
                .map_err(|error| self.failed("open", &path, error))?;
            let found = folder::list(&at).map_err(|error| self.failed("read", &path, error))?;
            for found in found {
                let path = self.judge(&path, &found.name)?;
                match found.kind {
                    FileType::Directory => {
                        self.unlock_folder(&at, &found.name, &path)?;
                        self.folders.push(path.clone());
                        waiting.push(path);
                    }
                    FileType::RegularFile => self.file(&at, &found.name, path)?,
                    FileType::Symlink => {
                        let stat = rustix::fs::statat(&at, &*found.name, AtFlags::SYMLINK_NOFOLLOW);
                        if let Ok(stat) = stat {
                            folder::take_over(&at, &found.name, stat.st_uid);
                        }
                        self.links.push(path);
                    }
                    other => return Err(refused(&path, not_kept(other))),
                }
            }
        }
        Ok(())
    }

    /// The path of a name below the output folder, if it may stand there.
    pub(super) fn judge(&self, folder: &str, name: &CStr) -> Result<String, CollectError> {
        let join = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        let Ok(text) = name.to_str() else {
            return Err(refused(&join(&folder::shown(name)), "has a name that is not UTF-8; rename it"));
        };
        let path = join(text);
        if text.eq_ignore_ascii_case(".git") {
            return Err(refused(&path, "is a name that git keeps for itself"));
        }
        if path.len() > PATH_BYTES {
            return Err(refused(&path, format!("has a path of more than {PATH_BYTES} bytes")));
        }
        (self.collector.forbidden)(&path).map_or(Ok(path.clone()), |reason| Err(refused(&path, reason)))
    }

    fn unlock_folder(&self, at: &OwnedFd, name: &CStr, path: &str) -> Result<(), ExecError> {
        let failed = |error| self.failed("open", path, error);
        let child = folder::open_forced(at, name).map_err(failed)?;
        let stat = rustix::fs::fstat(&child).map_err(failed)?;
        folder::take_over(at, name, stat.st_uid);
        let mode = stat.st_mode & 0o7777;
        let want = 0o777 & !*folder::UMASK;
        if mode == want {
            return Ok(());
        }
        rustix::fs::fchmod(&child, Mode::from_raw_mode(want)).map_err(failed)
    }

    fn file(&mut self, at: &OwnedFd, name: &CStr, path: String) -> Result<(), CollectError> {
        let mut file = open_file(at, name).map_err(|error| self.failed("open", &path, error))?;
        let mut stat = rustix::fs::fstat(&file).map_err(|error| self.failed("read", &path, error))?;
        if is_all_hole(&stat) {
            let text = format!("claims {} bytes but holds hardly any: a sparse file", stat.st_size);
            return Err(refused(&path, text));
        }
        if stat.st_nlink > 1 {
            // The other name may be an input: changing its rights, or keeping both, would join them.
            file = unshare(at, name, file, &stat).map_err(|error| self.failed("copy", &path, error))?;
            stat = rustix::fs::fstat(&file).map_err(|error| self.failed("read", &path, error))?;
        }
        folder::take_over(at, name, stat.st_uid);
        let kind = if stat.st_mode & 0o100 == 0 { Kind::File } else { Kind::Exec };
        normalise(&file, stat.st_mode, kind)
            .map_err(|error| self.failed("change the rights of", &path, error))?;
        let content = self.hash(&file, &path)?;
        self.files.push(OutFile { path: path.into(), kind, content });
        Ok(())
    }

    /// The blob id of an open file, which must not change meanwhile.
    pub(super) fn hash(&mut self, file: &File, path: &str) -> Result<ContentId, CollectError> {
        let length = file.metadata().map_err(|error| self.failed("read", path, error))?.len();
        // Small files are many: clearing more than they need would take longer than to read them.
        let wanted = usize::try_from(length).unwrap_or(PIECE_BYTES).saturating_add(1).min(PIECE_BYTES);
        self.buffer.resize(self.buffer.len().max(wanted), 0);
        let hashed = hash::blob_of(file, length, &mut self.buffer);
        let hashed = hashed.map_err(|error| self.failed("read", path, error))?;
        hashed.ok_or_else(|| refused(path, "changed while it was read: something still writes to it"))
    }

    /// Removes folders without files, which git cannot keep.
    pub(super) fn prune(&mut self) -> Result<(), CollectError> {
        // A folder's path sorts before those of the folders in it.
        self.folders.sort_unstable();
        let has_files: BTreeSet<&str> = self
            .files
            .iter()
            .filter_map(|file| file.path.rsplit_once('/'))
            .map(|(folder, _)| folder)
            .collect();
        for path in self.folders.iter().rev().filter(|path| !has_files.contains(path.as_str())) {
            match rustix::fs::unlinkat(&self.out, path.as_str(), AtFlags::REMOVEDIR) {
                Ok(()) | Err(Errno::NOTEMPTY | Errno::EXIST) => {}
                Err(error) => return Err(self.failed("remove", path, error).into()),
            }
        }
        Ok(())
    }
}

fn not_kept(kind: FileType) -> &'static str {
    match kind {
        FileType::Fifo => "is a named pipe; only files, folders and links can be kept",
        FileType::Socket => "is a socket; only files, folders and links can be kept",
        _ => "is a device; only files, folders and links can be kept",
    }
}

#[expect(clippy::cast_sign_loss, reason = "lengths and block counts of files are never negative")]
const fn is_all_hole(stat: &Stat) -> bool {
    let (length, held) = (stat.st_size as u64, stat.st_blocks as u64 * 512);
    length >= SPARSE_BYTES && held < length / 100
}

fn open_file(at: &OwnedFd, name: &CStr) -> Result<File, Errno> {
    // Without NONBLOCK a file swapped for a named pipe would hang us.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    match rustix::fs::openat(at, name, flags, Mode::empty()) {
        Err(Errno::ACCESS) => {
            folder::unlock(at, name, Mode::from_raw_mode(0o600))?;
            rustix::fs::openat(at, name, flags, Mode::empty()).map(File::from)
        }
        other => other.map(File::from),
    }
}

/// Replaces a hard-linked file by a copy of its own.
fn unshare(at: &OwnedFd, name: &CStr, mut shared: File, stat: &Stat) -> std::io::Result<File> {
    let free = c".minipach-copy";
    let mut copy = create(at, free, stat.st_mode & 0o777)?;
    std::io::copy(&mut shared, &mut copy)?;
    rustix::fs::renameat(at, free, at, name)?;
    Ok(open_file(at, name)?)
}

pub(super) fn create(at: &OwnedFd, name: &CStr, mode: u32) -> Result<File, Errno> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(at, name, flags, Mode::from_raw_mode(mode)).map(File::from)
}

/// Sets the rights a checkout would give; set-id and sticky bits go.
pub(super) fn normalise(file: &File, mode: u32, kind: Kind) -> Result<(), Errno> {
    let want = if kind == Kind::Exec { 0o777 } else { 0o666 } & !*folder::UMASK;
    if mode & 0o7777 == want { Ok(()) } else { rustix::fs::fchmod(file, Mode::from_raw_mode(want)) }
}
