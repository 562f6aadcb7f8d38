//! Folders by file descriptor: opened without following links, listed, made.
//!
//! A command may leave anything in its folders, so no path made of strings is ever walked.

use std::ffi::{CStr, CString, OsStr};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::sync::LazyLock;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawDir, ResolveFlags, SeekFrom};
use rustix::io::Errno;
use rustix::path::Arg;

/// One name in a folder.
pub(super) struct Found {
    /// The name; any bytes but `/` and NUL.
    pub(super) name: CString,
    /// What stands there, links not followed.
    pub(super) kind: FileType,
}

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
const ALL_OF_OWNER: Mode = Mode::RWXU;
const NEW_FOLDER: Mode = Mode::from_raw_mode(0o777);

/// Opens the folder `name` of `at`; a link is refused (`NOTDIR` or `LOOP`).
pub(super) fn open(at: impl AsFd, name: impl Arg) -> Result<OwnedFd, Errno> {
    rustix::fs::openat(at, name, FOLDER, Mode::empty())
}

/// Opens the folder `name` of `at`, giving its owner back all rights if a command took them away.
pub(super) fn open_forced(at: impl AsFd, name: &CStr) -> Result<OwnedFd, Errno> {
    let folder = match open(&at, name) {
        Err(Errno::ACCESS) => {
            unlock(&at, name, ALL_OF_OWNER)?;
            open(&at, name)?
        }
        other => other?,
    };
    let mode = Mode::from_raw_mode(rustix::fs::fstat(&folder)?.st_mode);
    if !mode.contains(ALL_OF_OWNER) {
        rustix::fs::fchmod(&folder, mode.union(ALL_OF_OWNER))?;
    }
    Ok(folder)
}

/// Gives `name` the rights `mode`, whatever rights it has; a link is not followed.
pub(super) fn unlock(at: impl AsFd, name: &CStr, mode: Mode) -> Result<(), Errno> {
    let handle =
        rustix::fs::openat(at, name, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
    rustix::fs::chmod(format!("/proc/self/fd/{}", handle.as_raw_fd()), mode)
}

/// Gives `name` to who runs minipach, if that is the administrator and another user made it, in a container. A link is not
/// followed.
pub(super) fn take_over(at: impl AsFd, name: &CStr, owner: u32) {
    let own = rustix::process::geteuid();
    if own.is_root() && owner != own.as_raw() {
        let group = rustix::process::getegid();
        // Where that is not allowed, what is there can be used all the same.
        let _ = rustix::fs::chownat(at, name, Some(own), Some(group), AtFlags::SYMLINK_NOFOLLOW);
    }
}

/// Opens `path` below `root` without following any link on the way; `""` is the root itself.
pub(super) fn open_beneath(root: impl AsFd, path: &str, flags: OFlags) -> Result<OwnedFd, Errno> {
    let path = if path.is_empty() { "." } else { path };
    let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    match rustix::fs::openat2(&root, path, flags, Mode::empty(), resolve) {
        // Old kernels and strict containers lack openat2.
        Err(Errno::NOSYS | Errno::PERM) => open_stepwise(root, path, flags),
        other => other,
    }
}

fn open_stepwise(root: impl AsFd, path: &str, flags: OFlags) -> Result<OwnedFd, Errno> {
    let Some((first, mut rest)) = path.split_once('/') else {
        return rustix::fs::openat(root, path, flags, Mode::empty());
    };
    let mut folder = open(root, first)?;
    while let Some((next, below)) = rest.split_once('/') {
        folder = open(&folder, next)?;
        rest = below;
    }
    rustix::fs::openat(&folder, rest, flags, Mode::empty())
}

/// All names in a folder, in no order, without `.` and `..`.
pub(super) fn list(folder: impl AsFd) -> Result<Vec<Found>, Errno> {
    rustix::fs::seek(&folder, SeekFrom::Start(0))?;
    let mut buffer = [MaybeUninit::uninit(); 8192];
    let mut found = Vec::new();
    let mut names = RawDir::new(&folder, &mut buffer);
    while let Some(entry) = names.next() {
        let entry = entry?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let kind = match entry.file_type() {
            FileType::Unknown => kind_of(&folder, name)?,
            known => known,
        };
        found.push(Found { name: name.to_owned(), kind });
    }
    Ok(found)
}

/// What stands at `name`, links not followed.
pub(super) fn kind_of(at: impl AsFd, name: impl Arg) -> Result<FileType, Errno> {
    let stat = rustix::fs::statat(at, name, AtFlags::SYMLINK_NOFOLLOW)?;
    Ok(FileType::from_raw_mode(stat.st_mode))
}

/// Makes the folder `name` of `at` unless it is there, and opens it.
pub(super) fn make(at: impl AsFd, name: impl Arg + Copy) -> Result<OwnedFd, Errno> {
    ensure(&at, name)?;
    open(at, name)
}

/// Makes the folder `name` of `at` unless something stands there; whether it is new.
pub(super) fn ensure(at: impl AsFd, name: impl Arg) -> Result<bool, Errno> {
    match rustix::fs::mkdirat(&at, name, NEW_FOLDER) {
        Err(Errno::EXIST) => Ok(false),
        made => made.map(|()| true),
    }
}

/// Makes all folders of `path` below `root` and opens the last; `""` is a new handle to the root.
pub(super) fn make_all(root: impl AsFd, path: &str) -> Result<OwnedFd, Errno> {
    if path.is_empty() {
        return open(&root, ".");
    }
    let mut names = path.split('/');
    let mut folder = make(&root, names.next().unwrap_or(path))?;
    for name in names {
        folder = make(&folder, name)?;
    }
    Ok(folder)
}

/// Removes the folder `name` of `at` if there is no file in it, at any depth.
pub(super) fn remove_empty(at: impl AsFd, name: impl Arg + Copy) -> Result<(), Errno> {
    match rustix::fs::unlinkat(&at, name, AtFlags::REMOVEDIR) {
        Err(Errno::NOTEMPTY | Errno::EXIST) => {
            let folder = open(&at, name)?;
            for found in list(&folder)? {
                remove_empty(folder.as_fd(), &*found.name)?;
            }
            rustix::fs::unlinkat(at, name, AtFlags::REMOVEDIR)
        }
        removed => removed,
    }
}

/// The name as text for messages.
pub(super) fn shown(name: &CStr) -> String {
    OsStr::from_bytes(name.to_bytes()).to_string_lossy().into_owned()
}

/// The process's umask, read without changing it, since other threads make files meanwhile.
pub(super) static UMASK: LazyLock<u32> = LazyLock::new(|| {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("Umask:"));
    // A umask that hides files from their owner would make results nobody can read.
    line.and_then(|text| u32::from_str_radix(text.trim(), 8).ok()).unwrap_or(0o022) & 0o077
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beneath_refuses_links_and_parents() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("a/b")).unwrap();
        std::os::unix::fs::symlink("a", dir.path().join("link")).unwrap();
        let root = open(rustix::fs::CWD, dir.path()).unwrap();
        assert!(open_beneath(&root, "a/b", FOLDER).is_ok());
        assert!(open_stepwise(&root, "a/b", FOLDER).is_ok());
        for bad in ["link/b", "link"] {
            assert!(open_beneath(&root, bad, FOLDER).is_err(), "{bad}");
            assert!(open_stepwise(&root, bad, FOLDER).is_err(), "{bad}");
        }
        assert!(open_beneath(&root, "../x", FOLDER).is_err());
    }
}
