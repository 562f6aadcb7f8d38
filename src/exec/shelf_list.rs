//! `List`: what is written down about a large farm on the shelf, and what proves that it still stands so.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, OFlags};
use rustix::io::Errno;

use super::error::missing_is_fine;
use super::{folder, remove};
use crate::model::{Stamp, Stat};

/// So many folders are looked at, or made, by two threads.
pub(super) const MANY: usize = 500;
/// First bytes of a list; the number is the version of its layout.
const MAGIC: &[u8] = b"minipach farm 2\n";

/// The shelf in a work folder.
pub(super) fn farms(work: &Path) -> PathBuf {
    work.join("farms")
}

/// The place on the shelf of the farm kept under `name`.
pub(super) fn place(work: &Path, name: &str) -> PathBuf {
    farms(work).join(&blake3::hash(name.as_bytes()).to_hex()[..16])
}

/// The links of one folder: name to text.
pub(super) type Links = BTreeMap<Box<str>, Box<[u8]>>;

/// One folder of a farm, as it was left.
#[derive(Debug)]
pub(super) struct Laid {
    pub(super) stat: Stat,
    pub(super) taken: Stamp,
    pub(super) links: Links,
}

/// The folders of a farm by path below `pfs`; a folder comes before those in it.
pub(super) type Folders = BTreeMap<Box<str>, Laid>;

/// What was written down about a farm on the shelf.
#[derive(Default)]
pub(super) struct List<'a> {
    /// Names what was to stand in it.
    pub(super) digest: [u8; 32],
    /// How each folder was left, in order of path.
    folders: Vec<(&'a str, Stat, Stamp)>,
    /// The links of each folder, not yet read.
    links: &'a [u8],
}

impl<'a> List<'a> {
    pub(super) fn read(shelf: &Path) -> Vec<u8> {
        fs::read(shelf.join("list")).unwrap_or_default()
    }

    /// Reads all but the links; nothing if the list is damaged, so that everything is looked into.
    pub(super) fn decode(bytes: &'a [u8]) -> Option<Self> {
        let (sum, body) = bytes.strip_prefix(MAGIC)?.split_first_chunk::<32>()?;
        if blake3::hash(body).as_bytes() != sum {
            return None;
        }
        let ((digest, folders), links) = postcard::take_from_bytes(body).ok()?;
        Some(Self { digest, folders, links })
    }

    pub(super) fn write(shelf: &Path, digest: [u8; 32], laid: &Folders) -> std::io::Result<()> {
        let folders: Vec<_> = laid.iter().map(|(path, laid)| (path, laid.stat, laid.taken)).collect();
        let links: Vec<&Links> = laid.values().map(|laid| &laid.links).collect();
        let encode = |failed: postcard::Error| std::io::Error::other(failed);
        let mut body = postcard::to_stdvec(&(digest, folders)).map_err(encode)?;
        body.extend(postcard::to_stdvec(&links).map_err(encode)?);
        let file = tempfile::NamedTempFile::new_in(shelf)?;
        fs::write(file.path(), [MAGIC, blake3::hash(&body).as_bytes(), &body].concat())?;
        file.persist(shelf.join("list")).map_err(|error| error.error)?;
        Ok(())
    }

    /// Removes everything at the top of a farm but the list's own folders.
    pub(super) fn keep_tops(&self, pfs: &OwnedFd) -> Result<(), Errno> {
        let paths = self.folders.iter().map(|(path, ..)| *path);
        let tops: BTreeSet<&str> = paths.filter(|path| !path.contains('/')).collect();
        keep_only(pfs, |name, kind| kind == FileType::Directory && tops.contains(name))
    }

    /// Whether all folders prove that they are as they were left. Each one above proves the way to those in it.
    pub(super) fn is_proven(&self, pfs: &OwnedFd) -> bool {
        let paths: Vec<&str> = self.folders.iter().map(|(path, ..)| *path).collect();
        let seen = stats(pfs, &paths);
        self.folders
            .iter()
            .zip(seen)
            .all(|((_, stat, taken), seen)| seen == Some(*stat) && stat.is_settled_at(*taken))
    }

    /// The whole list.
    pub(super) fn laid(&self) -> Folders {
        let links: Vec<Links> = postcard::from_bytes(self.links).unwrap_or_default();
        let laid = |(path, stat, taken): &(&str, Stat, Stamp), links| {
            (Box::from(*path), Laid { stat: *stat, taken: *taken, links })
        };
        self.folders.iter().zip(links).map(|(folder, links)| laid(folder, links)).collect()
    }
}

/// Does something with some folders, by two threads where that pays; what came of each part, in order.
pub(super) fn by_halves<T: Send>(paths: &[&str], act: impl Fn(&[&str]) -> T + Sync) -> Vec<T> {
    if paths.len() < MANY {
        return vec![act(paths)];
    }
    let (left, right) = paths.split_at(paths.len() / 2);
    std::thread::scope(|scope| {
        let right = scope.spawn(|| act(right));
        vec![act(left), right.join().expect("looking at folders does not panic")]
    })
}

/// The stats of folders. Those in one top folder are looked at from there, which is a shorter way for the kernel.
pub(super) fn stats(pfs: &OwnedFd, paths: &[&str]) -> Vec<Option<Stat>> {
    let look = |paths: &[&str]| {
        let in_one_top = paths.chunk_by(|one, next| top(one) == top(next));
        in_one_top.flat_map(|paths| stats_in(pfs, top(paths[0]), paths)).collect::<Vec<_>>()
    };
    by_halves(paths, look).concat()
}

/// The stats of folders that all are `top` or below.
fn stats_in(pfs: &OwnedFd, top: &str, paths: &[&str]) -> Vec<Option<Stat>> {
    let open = folder::open_beneath(pfs, top, OFlags::PATH | OFlags::DIRECTORY).ok();
    let below = |path: &&str| match path.split_once('/') {
        Some((_, below)) => stat(open.as_ref()?, below),
        None => stat(pfs, path),
    };
    paths.iter().map(below).collect()
}

/// The first part of a path.
fn top(path: &str) -> &str {
    path.split_once('/').map_or(path, |(top, _)| top)
}

fn stat(at: &OwnedFd, path: &str) -> Option<Stat> {
    rustix::fs::statat(at, path, AtFlags::SYMLINK_NOFOLLOW).ok().map(|stat| Stat::new(&stat))
}

/// Removes everything in a folder but what `stays`.
pub(super) fn keep_only(at: &OwnedFd, mut stays: impl FnMut(&str, FileType) -> bool) -> Result<(), Errno> {
    for found in folder::list(at)? {
        if !found.name.to_str().is_ok_and(|name| stays(name, found.kind)) {
            missing_is_fine(remove::remove_at(at.as_fd(), &found.name))?;
        }
    }
    Ok(())
}
