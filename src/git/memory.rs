//! `StatMemory`: contents read before, remembered by stat, so that nothing is read twice.
//!
//! It only saves time: a lost or damaged file is an empty memory.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::iter::once;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::GitError;
use super::frozen::{Freezer, Frozen};
use super::listing::Listing;
use super::unsynced::Unsynced;
use crate::model::{ContentId, Oid};
use crate::model::{Stamp, Stat};

/// First bytes of the file; the number is the version of its layout.
const MAGIC: &[u8] = b"minipach stat 4\n";

/// A file's content as it was read once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Remembered {
    stat: Stat,
    taken: Stamp,
    content: Packed,
}

/// A content id in few bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Packed {
    Git([u8; 20]),
    Annex(Arc<str>),
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Pages {
    pointers: BTreeMap<[u8; 20], Option<Arc<str>>>,
    conversion: [u8; 32],
}

/// What was read before: contents of files by stat, and which git blobs are annex links or pointers.
#[derive(Debug)]
pub struct StatMemory {
    folder: PathBuf,
    pages: Pages,
    /// Files by path, as they were in the file.
    files: Frozen,
    /// Files that were read since.
    fresh_files: BTreeMap<Box<str>, Remembered>,
    /// Listings of folders by path, as they were in the file.
    listings: Frozen,
    /// Listings that are newer.
    fresh: BTreeMap<Box<str>, Listing>,
    /// What it would cost to learn again all that is not saved, in bytes read.
    unsaved_bytes: u64,
}

/// What opening one file or folder costs, in bytes read.
const OPENING_BYTES: u64 = 4096;
/// Less than this is learned again faster than it is saved.
const WORTH_BYTES: u64 = 1 << 20;

impl StatMemory {
    /// Opens the memory kept in `state_dir`; an absent or damaged file is an empty memory, and so is any
    /// after a power cut: bytes may be lost where the stat is as it was.
    pub fn open(state_dir: &Path) -> Self {
        let is_cut = Unsynced::read(state_dir).is_some_and(|noted| noted.was_cut());
        let bytes = if is_cut { None } else { fs::read(state_dir.join("stat")).ok() };
        let found = bytes.and_then(decode);
        let (pages, files, listings) = found.unwrap_or_default();
        let (fresh_files, fresh) = (BTreeMap::new(), BTreeMap::new());
        Self { folder: state_dir.to_owned(), pages, files, fresh_files, listings, fresh, unsaved_bytes: 0 }
    }

    /// Whether no file is remembered.
    pub fn is_empty(&self) -> bool {
        self.files.len() == 0 && self.fresh_files.is_empty()
    }

    /// What the file at `path` contains, if it was read before and its stat proves that it still does.
    pub fn content(&self, path: &str, stat: &Stat) -> Option<ContentId> {
        self.content_near(path, stat, &mut 0)
    }

    /// As [`StatMemory::content`], fast for paths that come in order: `near` is where the last one stood.
    pub(super) fn content_near(&self, path: &str, stat: &Stat, near: &mut usize) -> Option<ContentId> {
        if let Some(known) = self.fresh_files.get(path) {
            return known.proven_by(stat);
        }
        let at = self.files.find(path.as_bytes(), *near)?;
        *near = at + 1;
        postcard::from_bytes::<Remembered>(self.files.value(at)).ok()?.proven_by(stat)
    }

    /// Remembers what a file contained that had `stat` before and after it was read, from `taken` on.
    pub fn remember(&mut self, path: &str, stat: Stat, taken: Stamp, content: &ContentId) {
        let Some(content) = Packed::new(content) else { return };
        self.unsaved_bytes += OPENING_BYTES + stat.size_bytes;
        self.fresh_files.insert(path.into(), Remembered { stat, taken, content });
    }

    /// The annex key that a git blob names as link or pointer: `None` if that was never looked up,
    /// `Some(None)` if it is ordinary content.
    pub fn pointer(&self, blob: Oid) -> Option<Option<Arc<str>>> {
        self.pages.pointers.get(&blob.0).cloned()
    }

    /// Remembers whether a git blob is an annex link or pointer.
    pub fn remember_pointer(&mut self, blob: Oid, key: Option<Arc<str>>) {
        self.unsaved_bytes += OPENING_BYTES;
        self.pages.pointers.insert(blob.0, key);
    }

    /// Where the listing of the folder `prefix` (with a slash at its end) is remembered; fast if that
    /// is at or soon after `near`.
    pub(super) fn place(&self, prefix: &str, near: usize) -> Option<usize> {
        self.listings.find(prefix.as_bytes(), near)
    }

    /// Whether the names in the folder `prefix` are remembered, so that its stat is worth taking before it is read.
    pub(super) fn has_listing(&self, prefix: &str, place: Option<usize>) -> bool {
        place.is_some() || self.fresh.contains_key(prefix)
    }

    /// The names in the folder `prefix`, whose [`StatMemory::place`] is given, if its stat proves them.
    pub(super) fn listing(&self, prefix: &str, place: Option<usize>, stat: &Stat) -> Option<&str> {
        if let Some(listing) = self.fresh.get(prefix) {
            return listing.is_proven_by(stat).then_some(&listing.names);
        }
        let listing: Listing<&str> = postcard::from_bytes(self.listings.value(place?)).ok()?;
        listing.is_proven_by(stat).then_some(listing.names)
    }

    /// Remembers folders that a walk has read; `kept` others it found as they were remembered.
    pub(super) fn remember_listings(&mut self, listings: Vec<(Box<str>, Listing)>, kept: usize) {
        self.unsaved_bytes += OPENING_BYTES * listings.len() as u64;
        let standing = kept + listings.len();
        self.fresh.extend(listings);
        if self.listings.len() > 2 * standing + 100 {
            // Mostly folders that are gone; those that are not will be read once more.
            self.listings = Frozen::default();
            self.unsaved_bytes += WORTH_BYTES;
        }
    }

    /// Forgets all files if git converts contents by other rules than when they were read.
    pub(super) fn expect_conversion(&mut self, digest: [u8; 32]) {
        if self.pages.conversion != digest {
            self.pages.conversion = digest;
            self.files = Frozen::default();
            self.fresh_files.clear();
            self.unsaved_bytes += WORTH_BYTES;
        }
    }

    /// Whether anything was learned that is not saved.
    const fn is_changed(&self) -> bool {
        self.unsaved_bytes > 0
    }

    /// The present moment by the clock of the file system that the memory stands on; see [`clock`].
    ///
    /// # Errors
    /// When the state folder cannot be written.
    pub fn now(&self) -> Result<Stamp, GitError> {
        clock(&self.folder)
    }

    /// Writes the memory if learning it again would take longer, but for files of which `stands` says no.
    ///
    /// # Errors
    /// As [`StatMemory::save`].
    pub fn save_if_worth(&mut self, stands: impl Fn(&str) -> bool) -> Result<(), GitError> {
        if self.unsaved_bytes < WORTH_BYTES { Ok(()) } else { self.save(stands) }
    }

    /// Removes the file of a memory, so that the next one opened is empty.
    ///
    /// # Errors
    /// When the file stands and cannot be removed.
    pub fn forget(state_dir: &Path) -> Result<(), GitError> {
        let path = state_dir.join("stat");
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(GitError::io(&path)(error)),
            _ => Ok(()),
        }
    }

    /// Writes the memory if it changed, but for files of which `stands` says no; the old file stands until the new one is whole.
    ///
    /// # Errors
    /// When the state folder cannot be written.
    pub fn save(&mut self, stands: impl Fn(&str) -> bool) -> Result<(), GitError> {
        if !self.is_changed() {
            return Ok(());
        }
        fs::create_dir_all(&self.folder).map_err(GitError::io(&self.folder))?;
        let target = self.folder.join("stat");
        let written = tempfile::NamedTempFile::new_in(&self.folder).and_then(|mut file| {
            self.write(file.as_file_mut(), &stands)?;
            file.persist(&target).map_err(|error| error.error)
        });
        drop(written.map_err(GitError::io(&target))?);
        self.unsaved_bytes = 0;
        Ok(())
    }
}

impl Remembered {
    /// What the file contains if it has `stat` now and that proves it.
    fn proven_by(&self, stat: &Stat) -> Option<ContentId> {
        (self.stat == *stat && stat.is_settled_at(self.taken)).then(|| self.content.unpack())
    }
}

impl Packed {
    fn new(content: &ContentId) -> Option<Self> {
        match content {
            ContentId::Git(oid) => Some(Self::Git(oid.0)),
            ContentId::Annex(key) => Some(Self::Annex(Arc::clone(key))),
            ContentId::Folder(_) => None,
        }
    }

    fn unpack(&self) -> ContentId {
        match self {
            Self::Git(oid) => ContentId::Git(Oid(*oid)),
            Self::Annex(key) => ContentId::Annex(Arc::clone(key)),
        }
    }
}

impl StatMemory {
    /// Writes the file: a digest of the rest, then pages, files and listings, each after its size.
    fn write(&self, file: &mut fs::File, stands: impl Fn(&str) -> bool) -> std::io::Result<()> {
        let is_kept = |path: &[u8]| std::str::from_utf8(path).is_ok_and(&stands);
        let pages = postcard::to_stdvec(&self.pages).expect(PLAIN);
        let files = merged(&self.files, &self.fresh_files, is_kept);
        let listings = merged(&self.listings, &self.fresh, |_| true);
        let sections: [&[&[u8]]; 3] = [&[&pages], &files.pieces(), &listings.pieces()];
        let sizes = sections.map(|pieces| pieces.iter().map(|piece| piece.len() as u64).sum::<u64>());
        let sizes = sizes.map(u64::to_le_bytes);
        let body = sizes
            .iter()
            .zip(sections)
            .flat_map(|(size, pieces)| once(&size[..]).chain(pieces.iter().copied()));
        let mut digest = blake3::Hasher::new();
        for piece in body.clone() {
            digest.update(piece);
        }
        file.write_all(MAGIC)?;
        file.write_all(digest.finalize().as_bytes())?;
        body.into_iter().try_for_each(|piece| file.write_all(piece))
    }
}

const PLAIN: &str = "plain values have an encoding";

/// A map as a file has it: old entries with newer ones in their place, those that are kept.
fn merged<T: Serialize>(
    old: &Frozen,
    newer: &BTreeMap<Box<str>, T>,
    is_kept: impl Fn(&[u8]) -> bool,
) -> Freezer {
    let mut freezer = Freezer::default();
    let mut old = old.iter().filter(|(path, _)| is_kept(path)).peekable();
    for (path, value) in newer.iter().filter(|(path, _)| is_kept(path.as_bytes())) {
        while let Some((before, value)) = old.next_if(|(before, _)| *before < path.as_bytes()) {
            freezer.add(before, |bytes| extended(bytes, value));
        }
        let _replaced = old.next_if(|(same, _)| *same == path.as_bytes());
        freezer.add(path.as_bytes(), |bytes| postcard::to_extend(value, bytes).expect(PLAIN));
    }
    old.for_each(|(path, value)| freezer.add(path, |bytes| extended(bytes, value)));
    freezer
}

fn extended(mut bytes: Vec<u8>, more: &[u8]) -> Vec<u8> {
    bytes.extend_from_slice(more);
    bytes
}

fn decode(bytes: Vec<u8>) -> Option<(Pages, Frozen, Frozen)> {
    let (digest, body) = bytes.strip_prefix(MAGIC)?.split_first_chunk::<32>()?;
    if blake3::hash(body).as_bytes() != digest {
        return None;
    }
    let start = bytes.len() - body.len();
    let bytes = Arc::new(bytes);
    let (pages, start) = section(&bytes, start)?;
    let (files, start) = section(&bytes, start)?;
    let (listings, _) = section(&bytes, start)?;
    let pages = postcard::from_bytes(&bytes[pages]).ok()?;
    Some((pages, Frozen::new(&bytes, files)?, Frozen::new(&bytes, listings)?))
}

/// The section that begins with its size at `start`, and where the next one begins.
fn section(bytes: &[u8], start: usize) -> Option<(Range<usize>, usize)> {
    let size = usize::try_from(u64::from_le_bytes(*bytes.get(start..)?.first_chunk()?)).ok()?;
    let begin = start + 8;
    let end = begin.checked_add(size).filter(|end| *end <= bytes.len())?;
    Some((begin..end, end))
}

/// The present moment by the clock of the file system that the state stands on, which is the one that stamps the
/// project's files.
///
/// # Errors
/// When the state folder cannot be written.
pub fn clock(state_dir: &Path) -> Result<Stamp, GitError> {
    let path = state_dir.join("clock");
    fs::create_dir_all(state_dir).map_err(GitError::io(state_dir))?;
    let file = fs::File::create(&path).map_err(GitError::io(&path))?;
    let touched = rustix::io::write(&file, b"\n").and_then(|_| rustix::fs::fstat(&file));
    let stat = touched.map_err(|error| GitError::io(&path)(error.into()))?;
    Ok(Stat::new(&stat).mtime)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stat(seconds: i64) -> Stat {
        let stamp = Stamp { seconds, nanos: 1 };
        Stat { ino: 7, size_bytes: 3, mtime: stamp, ctime: stamp, ..Stat::default() }
    }

    #[test]
    fn trusts_only_settled_equal_stats() {
        let folder = tempfile::tempdir().unwrap();
        let mut memory = StatMemory::open(folder.path());
        let content = ContentId::Git(Oid([5; 20]));
        memory.remember("a", stat(10), Stamp { seconds: 20, nanos: 1 }, &content);
        memory.remember("racy", stat(10), Stamp { seconds: 10, nanos: 9 }, &content);
        memory.save(|_| true).unwrap();
        let memory = StatMemory::open(folder.path());
        assert_eq!(memory.content("a", &stat(10)), Some(content));
        assert_eq!(memory.content("a", &stat(11)), None);
        assert_eq!(memory.content("racy", &stat(10)), None);
    }

    #[test]
    fn after_a_power_cut_nothing_is_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let mut memory = StatMemory::open(folder.path());
        memory.remember("a", stat(10), Stamp { seconds: 20, nanos: 1 }, &ContentId::Git(Oid([5; 20])));
        memory.save(|_| true).unwrap();
        Unsynced::begin(folder.path(), 0, 0).unwrap();
        assert!(!StatMemory::open(folder.path()).is_empty());
        fs::write(folder.path().join("unsynced"), r#"{"boot":"another","log_bytes":0}"#).unwrap();
        assert!(StatMemory::open(folder.path()).is_empty());
        Unsynced::end(folder.path()).unwrap();
        assert!(!StatMemory::open(folder.path()).is_empty());
    }

    #[test]
    fn a_damaged_file_is_an_empty_memory() {
        let folder = tempfile::tempdir().unwrap();
        let mut memory = StatMemory::open(folder.path());
        memory.remember("a", stat(10), Stamp { seconds: 20, nanos: 1 }, &ContentId::Annex("K--x".into()));
        memory.save(|_| true).unwrap();
        let path = folder.path().join("stat");
        let whole = fs::read(&path).unwrap();
        for cut in 0..whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            assert!(StatMemory::open(folder.path()).is_empty(), "cut at {cut}");
        }
    }
}
