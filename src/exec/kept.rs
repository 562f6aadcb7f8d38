//! `Kept`: a farm is emptied but for its folders, since the next datum of the pipeline wants most of them again, and
//! making and removing folders is the dearest part of a small farm.

use std::collections::BTreeSet;
use std::os::fd::OwnedFd;

use rustix::fs::FileType;
use rustix::io::Errno;

use super::aside::Aside;
use super::folder::{self, Found};
use super::remove;
use crate::model::is_at_or_below;

/// Folders nested deeper are made anew.
const DEPTH: usize = 8;

/// Empty folders of the last farm that the new one has not used yet, by path below it.
#[derive(Debug, Default)]
pub(super) struct Kept(BTreeSet<String>);

impl Kept {
    /// Empties a farm but for the folders that are as minipach made them; not those in `out`.
    pub(super) fn of_emptied(pfs: &OwnedFd, aside: &mut Aside) -> Result<Self, Errno> {
        let mut kept = Self::default();
        kept.empty(pfs, "", aside)?;
        Ok(kept)
    }

    fn empty(&mut self, at: &OwnedFd, path: &str, aside: &mut Aside) -> Result<(), Errno> {
        for found in folder::list(at)? {
            match staying(at, path, &found) {
                Some((inner, below)) => {
                    self.empty(&inner, &below, aside)?;
                    self.0.insert(below);
                }
                None if found.kind == FileType::Symlink => aside.put_link(at, &found.name)?,
                None => remove::remove_at(at, &found.name)?,
            }
        }
        Ok(())
    }

    /// Takes a folder, and those around it, into use; whether it stands.
    pub(super) fn take(&mut self, path: &str) -> bool {
        for (at, _) in path.match_indices('/') {
            self.0.remove(&path[..at]);
        }
        self.0.remove(path)
    }

    /// Removes the folder at `path`, if one was kept there, with those in it.
    pub(super) fn make_way(&mut self, pfs: &OwnedFd, path: &str, aside: &mut Aside) -> Result<(), Errno> {
        if !self.0.contains(path) {
            return Ok(());
        }
        let (goes, stays) =
            std::mem::take(&mut self.0).into_iter().partition(|kept| is_at_or_below(kept, path));
        self.0 = stays;
        Self(goes).remove_all(pfs, aside)
    }

    /// Removes the folders that nobody took.
    pub(super) fn remove_all(&self, pfs: &OwnedFd, aside: &mut Aside) -> Result<(), Errno> {
        // A folder comes before those in it.
        self.0.iter().rev().try_for_each(|path| aside.put_folder(pfs, path))
    }
}

/// The folder that was found, if it may stay, and its path.
fn staying(at: &OwnedFd, path: &str, found: &Found) -> Option<(OwnedFd, String)> {
    let name = found.name.to_str().ok()?;
    let below = if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
    if found.kind != FileType::Directory || below == "out" || below.matches('/').count() >= DEPTH {
        return None;
    }
    let inner = folder::open(at, &*found.name).ok()?;
    is_untouched(&inner).then_some((inner, below))
}

/// Whether a folder has the rights and the owner that minipach gave it.
fn is_untouched(folder: &OwnedFd) -> bool {
    let own = rustix::process::geteuid().as_raw();
    rustix::fs::fstat(folder)
        .is_ok_and(|stat| stat.st_uid == own && stat.st_mode & 0o7777 == 0o777 & !*folder::UMASK)
}
