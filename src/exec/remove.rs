//! Deleting folders that a command may have left in any shape: deep, locked, full of links.

use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType};
use rustix::io::Errno;

use super::error::{ExecError, io, missing_is_fine};
use super::folder::Found;
use super::{fault, folder};

/// Folders nested deeper are first moved to the top, so that open files stay few.
const DEPTH: usize = 60;

/// Files of one folder that are unlinked at a time, at most.
const AT_A_TIME: usize = 8;

/// So many of them are not worth a thread.
const FEW: usize = 64;

/// Removes a file, a link, or a folder with all that is in it; what is not there is fine.
///
/// Links are never followed, and folders without rights are unlocked first.
///
/// # Errors
/// The system call that failed, with the path given.
pub fn remove_tree(path: &Path) -> Result<(), ExecError> {
    let text =
        std::ffi::CString::new(path.as_os_str().as_bytes()).map_err(|_| io("remove", path, Errno::INVAL))?;
    remove_at(CWD, &text).map_err(|error| io("remove", path, error))
}

/// Removes a file or link below `root`, and the folders around it that are empty then; what is not there is fine.
///
/// # Errors
/// What the system says of the file.
pub fn remove_with_folders(root: &Path, file: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let folders = file.ancestors().skip(1).take_while(|folder| *folder != root);
    // One that is not empty stays, and so do those around it.
    let _left = folders.into_iter().find(|folder| std::fs::remove_dir(folder).is_err());
    Ok(())
}

/// Removes `name` of `at`, whatever it is.
pub(super) fn remove_at(at: impl AsFd, name: &CStr) -> Result<(), Errno> {
    match rustix::fs::unlinkat(&at, name, AtFlags::empty()) {
        Err(Errno::ISDIR | Errno::PERM) => {
            clear(folder::open_forced(&at, name)?)?;
            missing_is_fine(rustix::fs::unlinkat(at, name, AtFlags::REMOVEDIR))
        }
        other => missing_is_fine(other),
    }
}

/// Removes everything inside `folder`.
pub(super) fn clear(folder: impl AsFd) -> Result<(), Errno> {
    let mut clearing = Clearing { top: folder.as_fd(), parked: 0 };
    loop {
        let before = clearing.parked;
        clearing.empty(folder.as_fd(), 0)?;
        if clearing.parked == before {
            return Ok(());
        }
    }
}

struct Clearing<'top> {
    top: BorrowedFd<'top>,
    parked: u64,
}

impl Clearing<'_> {
    fn empty(&mut self, folder: BorrowedFd<'_>, depth: usize) -> Result<(), Errno> {
        let is_folder = |found: &Found| found.kind == FileType::Directory;
        let (folders, files): (Vec<_>, Vec<_>) = folder::list(folder)?.into_iter().partition(is_folder);
        unlink_all(folder, &files)?;
        folders.iter().try_for_each(|found| self.remove_folder(folder, &found.name, depth))
    }

    fn remove_folder(&mut self, at: BorrowedFd<'_>, name: &CStr, depth: usize) -> Result<(), Errno> {
        let child = folder::open_forced(at, name)?;
        if depth >= DEPTH {
            return self.park(at, name);
        }
        self.empty(child.as_fd(), depth + 1)?;
        missing_is_fine(rustix::fs::unlinkat(at, name, AtFlags::REMOVEDIR))
    }

    /// Moves a deep folder to the top under a free name; the next pass removes it from there.
    fn park(&mut self, at: BorrowedFd<'_>, name: &CStr) -> Result<(), Errno> {
        loop {
            self.parked += 1;
            let free = format!(".minipach-parked-{}", self.parked);
            match rustix::fs::renameat(at, name, self.top, free.as_str()) {
                Err(Errno::EXIST | Errno::NOTEMPTY | Errno::NOTDIR) => {}
                other => return other,
            }
        }
    }
}

/// Unlinks files of a folder. Many are shared out: a disk that discards what is freed, or a server, lets one wait at each.
fn unlink_all(folder: BorrowedFd<'_>, files: &[Found]) -> Result<(), Errno> {
    let mut shares = files.chunks(files.len().div_ceil(AT_A_TIME).max(FEW));
    let own = shares.next().unwrap_or_default();
    std::thread::scope(|scope| {
        let begin = |share| {
            let begun = std::thread::Builder::new().spawn_scoped(scope, move || unlink(folder, share));
            begun.map_err(|_| share)
        };
        let begun: Vec<_> = shares.map(begin).collect();
        let own = unlink(folder, own);
        let others = begun.into_iter().map(|share| match share {
            Ok(thread) => thread.join().expect("unlinking does not panic"),
            Err(share) => unlink(folder, share),
        });
        others.fold(own, Result::and)
    })
}

fn unlink(folder: BorrowedFd<'_>, files: &[Found]) -> Result<(), Errno> {
    files.iter().try_for_each(|found| {
        missing_is_fine(rustix::fs::unlinkat(folder, &*found.name, AtFlags::empty()))?;
        fault::point("remove:entry");
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removes_each_of_many_files_and_tells_of_one_that_stays() {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().join("top");
        std::fs::create_dir_all(top.join("inner")).unwrap();
        let write = |number: usize| std::fs::write(top.join(number.to_string()), "").unwrap();
        (0..=5 * FEW).for_each(write);
        std::fs::write(top.join("inner/one"), "").unwrap();
        let folder = folder::open(CWD, &top).unwrap();
        let found = folder::list(&folder).unwrap();
        assert_eq!(found.len(), 5 * FEW + 2);
        // A folder among them, in whichever share, is told: it is no file.
        assert!(matches!(unlink_all(folder.as_fd(), &found), Err(Errno::ISDIR | Errno::PERM)));
        remove_tree(&top).unwrap();
        assert!(!top.exists());
    }

    #[test]
    fn removes_deep_and_locked_folders_but_nothing_behind_links() {
        let dir = tempfile::tempdir().unwrap();
        let outside = dir.path().join("outside");
        std::fs::write(&outside, "kept").unwrap();
        let top = dir.path().join("top");
        std::fs::create_dir(&top).unwrap();
        std::os::unix::fs::symlink("..", top.join("up")).unwrap();
        let mut at = folder::open(CWD, &top).unwrap();
        for _ in 0..1500 {
            at = folder::make(&at, "deeper").unwrap();
        }
        rustix::fs::fchmod(&at, rustix::fs::Mode::empty()).unwrap();
        remove_tree(&top).unwrap();
        assert!(!top.exists());
        assert_eq!(std::fs::read_to_string(&outside).unwrap(), "kept");
        remove_tree(&top).unwrap();
    }
}
