//! `StatMemory`: contents read before, remembered by stat, so that nothing is read twice.
//!
//! It only saves time: a lost or damaged file is an empty memory.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::GitError;
use super::frozen::Frozen;
use super::listing::Listing;
use super::unsynced::Unsynced;
use crate::model::{ContentId, Oid};
use crate::model::{Stamp, Stat};

/// First bytes of the file; the number is the version of its layout.
const MAGIC: &[u8] = b"minipach stat 2\n";

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
    files: BTreeMap<Box<str>, Remembered>,
    pointers: BTreeMap<[u8; 20], Option<Arc<str>>>,
    conversion: [u8; 32],
}

/// What was read before: contents of files by stat, and which git blobs are annex links or pointers.
#[derive(Debug)]
pub struct StatMemory {
    folder: PathBuf,
    pages: Pages,
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
        let (pages, listings) = found.unwrap_or_default();
        Self { folder: state_dir.to_owned(), pages, listings, fresh: BTreeMap::new(), unsaved_bytes: 0 }
    }

    /// Number of files remembered.
    pub fn len(&self) -> usize {
        self.pages.files.len()
    }

    /// Whether no file is remembered.
    pub fn is_empty(&self) -> bool {
        self.pages.files.is_empty()
    }

    /// What the file at `path` contains, if it was read before and its stat proves that it still does.
    pub fn content(&self, path: &str, stat: &Stat) -> Option<ContentId> {
        let known = self.pages.files.get(path)?;
        let is_same = known.stat == *stat && stat.is_settled_at(known.taken);
        is_same.then(|| known.content.unpack())
    }

    /// Remembers what a file contained that had `stat` before and after it was read, from `taken` on.
    pub fn remember(&mut self, path: &str, stat: Stat, taken: Stamp, content: &ContentId) {
        let Some(content) = Packed::new(content) else { return };
        self.unsaved_bytes += OPENING_BYTES + stat.size_bytes;
        self.pages.files.insert(path.into(), Remembered { stat, taken, content });
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
            self.pages.files.clear();
            self.unsaved_bytes += WORTH_BYTES;
        }
    }

    /// Whether anything was learned that is not saved.
    pub(super) const fn is_changed(&self) -> bool {
        self.unsaved_bytes > 0
    }

    /// Forgets files for which `stands` says no.
    pub fn retain(&mut self, mut stands: impl FnMut(&str) -> bool) {
        self.pages.files.retain(|path, _| stands(path));
    }

    /// The present moment by the clock of the file system that the memory stands on, which is the
    /// one that stamps the project's files.
    ///
    /// # Errors
    /// When the state folder cannot be written.
    pub fn now(&self) -> Result<Stamp, GitError> {
        let path = self.folder.join("clock");
        fs::create_dir_all(&self.folder).map_err(GitError::io(&self.folder))?;
        let file = fs::File::create(&path).map_err(GitError::io(&path))?;
        let touched = rustix::io::write(&file, b"\n").and_then(|_| rustix::fs::fstat(&file));
        let stat = touched.map_err(|error| GitError::io(&path)(error.into()))?;
        Ok(Stat::new(&stat).mtime)
    }

    /// Writes the memory if learning it again would take longer.
    ///
    /// # Errors
    /// As [`StatMemory::save`].
    pub fn save_if_worth(&mut self) -> Result<(), GitError> {
        if self.unsaved_bytes < WORTH_BYTES { Ok(()) } else { self.save() }
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

    /// Writes the memory if it changed; the old file stands until the new one is whole.
    ///
    /// # Errors
    /// When the state folder cannot be written.
    pub fn save(&mut self) -> Result<(), GitError> {
        if !self.is_changed() {
            return Ok(());
        }
        fs::create_dir_all(&self.folder).map_err(GitError::io(&self.folder))?;
        let target = self.folder.join("stat");
        let written = tempfile::NamedTempFile::new_in(&self.folder).and_then(|file| {
            fs::write(file.path(), self.encode())?;
            file.persist(&target).map_err(|error| error.error)
        });
        drop(written.map_err(GitError::io(&target))?);
        self.unsaved_bytes = 0;
        Ok(())
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
    /// The file: a digest of the rest, the size of the pages, the pages, and the listings.
    fn encode(&self) -> Vec<u8> {
        const PLAIN: &str = "plain values have an encoding";
        let pages = postcard::to_stdvec(&self.pages).expect(PLAIN);
        let fresh: Vec<_> = self
            .fresh
            .iter()
            .map(|(path, listing)| (path, postcard::to_stdvec(listing).expect(PLAIN)))
            .collect();
        let fresh = fresh.iter().map(|(path, listing)| (path.as_bytes(), &**listing));
        let listings = Frozen::encode(&self.listings.iter().chain(fresh).collect());
        let body = [&(pages.len() as u64).to_le_bytes()[..], &pages, &listings].concat();
        [MAGIC, blake3::hash(&body).as_bytes(), &body].concat()
    }
}

fn decode(bytes: Vec<u8>) -> Option<(Pages, Frozen)> {
    let (digest, body) = bytes.strip_prefix(MAGIC)?.split_first_chunk::<32>()?;
    if blake3::hash(body).as_bytes() != digest {
        return None;
    }
    let (size, rest) = body.split_first_chunk()?;
    let size = usize::try_from(u64::from_le_bytes(*size)).ok()?;
    let pages = postcard::from_bytes(rest.get(..size)?).ok()?;
    let start = bytes.len() - rest.len() + size;
    Some((pages, Frozen::new(bytes, start)?))
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
        memory.save().unwrap();
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
        memory.save().unwrap();
        Unsynced::begin(folder.path(), 0, 0).unwrap();
        assert_eq!(StatMemory::open(folder.path()).len(), 1);
        fs::write(folder.path().join("unsynced"), r#"{"boot":"another","log_bytes":0}"#).unwrap();
        assert!(StatMemory::open(folder.path()).is_empty());
        Unsynced::end(folder.path()).unwrap();
        assert_eq!(StatMemory::open(folder.path()).len(), 1);
    }

    #[test]
    fn a_damaged_file_is_an_empty_memory() {
        let folder = tempfile::tempdir().unwrap();
        let mut memory = StatMemory::open(folder.path());
        memory.remember("a", stat(10), Stamp { seconds: 20, nanos: 1 }, &ContentId::Annex("K--x".into()));
        memory.save().unwrap();
        let path = folder.path().join("stat");
        let whole = fs::read(&path).unwrap();
        for cut in 0..whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            assert!(StatMemory::open(folder.path()).is_empty(), "cut at {cut}");
        }
    }
}
