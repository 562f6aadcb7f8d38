//! `Scan`: every file of the work tree, with its content id where git or our memory knows it.

use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

use rustix::fs::{Mode, OFlags};

use super::annex;
use super::attributes::Conversions;
use super::entered::Entered;
use super::hash::lstat;
use super::ignores::Ignores;
use super::index::{MODE_EXEC, MODE_GITLINK, MODE_LINK, Row, TrackedFiles};
use super::links::LinkFault;
use super::listing::stat_at;
use super::rare::Rare;
use super::walk::{Found, walk};
use super::{GitError, Repo, StatMemory};
use crate::model::Stat;
use crate::model::{ContentId, Entry, Kind, Oid, Tree, is_at_or_below};

/// One file of the work tree.
#[derive(Debug)]
pub(super) struct File {
    pub path: Arc<str>,
    /// All zero for subdatasets and for files that a sparse checkout leaves out.
    pub stat: Stat,
    /// The blob and mode in the index.
    pub recorded: Option<(Oid, u32)>,
    /// Whether the stat proves that the file is what the index records.
    pub is_clean: bool,
    /// Whether it may differ from the index; settled when its content is known.
    pub is_dirty: bool,
    /// What it is and contains, once that is known.
    pub content: Option<(Kind, ContentId)>,
}

/// Every file of the work tree that is tracked, or untracked and not ignored.
///
/// A scan is a picture of one moment. Reading it opens no file of the project: contents come from the
/// index and from the memory; what neither knows is read by [`Scan::resolve`], only where asked for.
#[derive(Debug)]
pub struct Scan {
    pub(super) root: PathBuf,
    /// The open root: files are looked at again from here, which is a shorter way for the kernel.
    place: Option<OwnedFd>,
    pub(super) files: Vec<File>,
    pub(super) deleted: Vec<Arc<str>>,
    pub(super) nested: Vec<Arc<str>>,
    pub(super) odd: Vec<String>,
    /// Folders that may not be read, with a slash at the end, and files.
    pub(super) closed: Vec<String>,
    /// Pipes, sockets and devices, in order.
    pub(super) special: Vec<Arc<str>>,
    /// Folders that hold `.gitignore`, with a slash at the end; empty for the root.
    pub(super) ruled: Vec<Box<str>>,
    unmerged: Vec<String>,
    pub(super) bad_links: BTreeMap<Arc<str>, LinkFault>,
    pub(super) targets: BTreeMap<Arc<str>, Vec<Arc<str>>>,
    /// The blob of each such link itself.
    pub(super) link_blobs: BTreeMap<Arc<str>, Oid>,
    pub(super) conversions: Conversions,
    pub(super) has_annex: bool,
    /// Files of subdatasets, as they were when somebody first asked.
    seen_inside: Mutex<BTreeMap<Box<str>, Stat>>,
    trusts_modes: bool,
    /// Subdatasets whose files are among these, by path.
    pub(super) entered: Vec<Entered>,
    /// What few files are, once somebody asked.
    pub(super) rare: OnceLock<Rare>,
}

impl Scan {
    /// Looks at every file of the work tree.
    ///
    /// # Errors
    /// When the index or a folder cannot be read.
    pub fn read(repo: &Repo, memory: &mut StatMemory) -> Result<Self, GitError> {
        Self::with_index(repo, TrackedFiles::read(&repo.index_path())?, memory)
    }

    /// Opens the memory of the work tree and looks at every file of it.
    ///
    /// # Errors
    /// As [`Scan::read`].
    pub fn open(repo: &Repo) -> Result<(Self, StatMemory), GitError> {
        let (index, mut memory) = index_and_memory(repo);
        let scan = Self::with_index(repo, index?, &mut memory)?;
        Ok((scan, memory))
    }

    fn with_index(repo: &Repo, mut index: TrackedFiles, memory: &mut StatMemory) -> Result<Self, GitError> {
        let mut found = walk(repo.root(), &index, Ignores::of(repo), memory)?;
        memory.remember_listings(std::mem::take(&mut found.listings), found.remembered);
        let conversions = Conversions::of(repo, &found.attributes);
        memory.expect_conversion(conversions.digest());
        let mut scan = Self {
            root: repo.root().to_owned(),
            place: open_folder(repo.root()),
            files: Vec::with_capacity(index.rows.len() + found.untracked.len()),
            deleted: Vec::new(),
            nested: std::mem::take(&mut found.nested),
            odd: odd_texts(&mut index.odd, &mut found.odd),
            closed: std::mem::take(&mut found.closed),
            special: std::mem::take(&mut found.special),
            ruled: std::mem::take(&mut found.ruled),
            unmerged: std::mem::take(&mut index.unmerged),
            bad_links: BTreeMap::new(),
            targets: BTreeMap::new(),
            link_blobs: BTreeMap::new(),
            conversions,
            has_annex: repo.has_annex(),
            seen_inside: Mutex::default(),
            trusts_modes: repo.setting("core.filemode", true),
            entered: Vec::new(),
            rare: OnceLock::new(),
        };
        scan.nested.sort_unstable();
        scan.closed.sort_unstable();
        scan.special.sort_unstable();
        scan.merge(&mut index, found);
        scan.recall(memory);
        Ok(scan)
    }

    /// Joins the index's rows with what was found in the work tree.
    fn merge(&mut self, index: &mut TrackedFiles, mut found: Found) {
        let mut stats = vec![None; index.rows.len()];
        for (row, stat) in found.tracked {
            stats[row as usize] = Some(stat);
        }
        found.untracked.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let mut untracked = found.untracked.into_iter().peekable();
        let clean: Vec<_> =
            index.rows.iter().zip(&stats).map(|(row, stat)| is_clean(index, row, *stat)).collect();
        for ((row, stat), is_clean) in std::mem::take(&mut index.rows).into_iter().zip(stats).zip(clean) {
            while let Some((path, stat)) = untracked.next_if(|(path, _)| **path < *row.path) {
                self.files.push(File::untracked(path, stat));
            }
            self.add_tracked(row, stat, is_clean);
        }
        self.files.extend(untracked.map(|(path, stat)| File::untracked(path, stat)));
    }

    fn add_tracked(&mut self, row: Row, stat: Option<Stat>, is_clean: bool) {
        let recorded = Some((row.oid, row.mode));
        let is_link = row.mode == MODE_GITLINK && stat.is_none() && lstat(&self.root, &row.path).is_ok();
        if is_link {
            let content = Some((Kind::Gitlink, ContentId::Git(row.oid)));
            let (path, stat, is_dirty) = (row.path, Stat::default(), row.is_unmerged);
            self.files.push(File { path, stat, recorded, is_clean: true, is_dirty, content });
        } else if stat.is_none() && !row.is_skipped {
            self.deleted.push(row.path);
        } else {
            let is_dirty = !is_clean || row.is_unmerged;
            let stat = stat.unwrap_or_default();
            self.files.push(File { path: row.path, stat, recorded, is_clean, is_dirty, content: None });
        }
    }

    /// Fills in the contents that need no reading.
    pub(super) fn recall(&mut self, memory: &StatMemory) {
        let mut near = 0;
        for at in 0..self.files.len() {
            let file = &self.files[at];
            let content = match file.recorded {
                _ if file.content.is_some() => None,
                Some((oid, mode)) if file.is_clean => self.recorded_content(memory, oid, mode),
                _ if file.is_link() => None,
                _ => memory.content_near(&file.path, &file.stat, &mut near),
            };
            if let Some(content) = content {
                self.settle(at, content, memory);
            }
        }
    }

    fn recorded_content(&self, memory: &StatMemory, oid: Oid, mode: u32) -> Option<ContentId> {
        if mode != MODE_LINK && !self.has_annex {
            return Some(ContentId::Git(oid));
        }
        match memory.pointer(oid)? {
            Some(key) => Some(ContentId::Annex(key)),
            // What an ordinary link stands for depends on its target.
            None => (mode != MODE_LINK).then_some(ContentId::Git(oid)),
        }
    }

    /// Sets the content of a file that is no plain link, and whether the index records the same.
    pub(super) fn settle(&mut self, at: usize, content: ContentId, memory: &StatMemory) {
        let trusts_modes = self.trusts_modes;
        let file = &mut self.files[at];
        let is_executable = match file.recorded {
            Some((_, mode)) if file.is_sparse() || !trusts_modes => mode == MODE_EXEC,
            _ => file.stat.is_executable(),
        };
        let is_annexed = matches!(content, ContentId::Annex(_));
        if !file.is_clean
            && let Some((oid, mode)) = file.recorded
        {
            let recorded = memory.pointer(oid).flatten().map_or(ContentId::Git(oid), ContentId::Annex);
            let has_mode = file.is_link() == (mode == MODE_LINK)
                && (is_annexed || is_executable == (mode == MODE_EXEC))
                && mode != MODE_GITLINK;
            file.is_dirty = recorded != content || !has_mode;
        }
        let kind = if is_executable && !is_annexed { Kind::Exec } else { Kind::File };
        file.content = Some((kind, content));
    }

    /// The files below `folder` (`""` for all), or the one file of that path.
    ///
    /// Only files whose content is known have entries: [`Scan::resolve`] the folder first.
    pub fn tree(&self, folder: &str) -> Tree {
        let range = self.rows_below(folder);
        let entries = self.files[range].iter().filter_map(|file| {
            let (kind, content) = file.content.clone()?;
            Some(Entry { path: file.path.clone(), kind, content })
        });
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        Tree::new(&prefix, entries.collect())
    }

    /// What stands at `path`, if it is a file whose content is known.
    pub fn entry(&self, path: &str) -> Option<Entry> {
        let file = &self.files[self.row(path)?];
        let (kind, content) = file.content.clone()?;
        Some(Entry { path: file.path.clone(), kind, content })
    }

    /// Whether the repository has an annex: else no file of it is annexed.
    pub const fn has_annex(&self) -> bool {
        self.has_annex
    }

    /// The annex key of the file at `path`, if it is annexed.
    pub fn annex_key(&self, path: &str) -> Option<Arc<str>> {
        let row = self.has_annex.then(|| self.row(path))??;
        match &self.files[row].content {
            Some((_, ContentId::Annex(key))) => Some(Arc::clone(key)),
            _ => None,
        }
    }

    /// The annex key that a file names as it stands now, by its link or as a pointer without content.
    pub fn annex_key_now(&self, path: &str) -> Option<Arc<str>> {
        let stat = self.has_annex.then(|| self.stat_now(path))??;
        let file = self.root.join(path);
        if stat.file_type() == rustix::fs::FileType::Symlink {
            let target = std::fs::read_link(file).ok()?;
            return annex::key_of_link(target.as_os_str().as_encoded_bytes());
        }
        let bytes = (stat.size_bytes <= annex::POINTER_MAX_BYTES).then(|| std::fs::read(file).ok())??;
        annex::key_of_pointer(&bytes)
    }

    /// The stat of the file at `path`.
    pub fn stat(&self, path: &str) -> Option<&Stat> {
        Some(&self.files[self.row(path)?].stat)
    }

    /// Whether a file or subdataset stands at `path`.
    pub fn contains(&self, path: &str) -> bool {
        self.row(path).is_some() || self.entered_at(path).is_some()
    }

    /// Paths of all files, subdatasets among them, in byte order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| &*file.path)
    }

    /// Paths of all specs: what is named `spec.yml` in a folder that is not hidden. Where that is a folder or a pipe by
    /// mistake, its path is given too.
    pub fn specs(&self) -> Vec<String> {
        let special = self.special.iter().map(AsRef::as_ref);
        let mut specs: Vec<String> =
            self.paths().chain(special).filter_map(spec_in).map(str::to_owned).collect();
        if !self.special.is_empty() {
            specs.sort_unstable();
        }
        specs.dedup();
        specs
    }

    /// All folders that hold a file, at any depth, and all subdatasets.
    pub fn folders(&self) -> BTreeSet<String> {
        let mut folders = BTreeSet::new();
        for file in &self.files {
            let mut rest = &*file.path;
            if matches!(file.content, Some((Kind::Gitlink, _))) {
                folders.insert(rest.to_owned());
            }
            while let Some((folder, _)) = rest.rsplit_once('/') {
                if !folders.insert(folder.to_owned()) {
                    break;
                }
                rest = folder;
            }
        }
        folders
    }

    /// Whether `folder` is one of [`Scan::folders`].
    pub fn has_folder(&self, folder: &str) -> bool {
        !folder.is_empty() && (!self.rows_below(folder).is_empty() || self.gitlink(folder).is_some())
    }

    /// Whether `folder` is one of these, or may be a folder of a subdataset: it is there, or lies in one that is not
    /// installed; or nobody knows, as it may not be read.
    pub fn may_have_folder(&self, folder: &str) -> bool {
        if self.closed_around(folder).is_some() {
            return true;
        }
        if self.has_folder(folder) || !self.is_in_subdataset(folder) {
            return self.has_folder(folder);
        }
        let is_empty = |path: &Path| path.read_dir().is_ok_and(|mut names| names.next().is_none());
        let full = self.root.join(folder);
        let standing = full.ancestors().find(|path| path.is_dir());
        standing.is_some_and(|path| path == full || is_empty(path))
    }

    /// Names that are not UTF-8, as paths from the root, in lossy form.
    pub fn odd_names(&self) -> &[String] {
        &self.odd
    }

    /// The first file at or below a path that a sparse checkout leaves out of the work tree.
    pub fn left_out_below(&self, path: &str) -> Option<&str> {
        let start = self.files.partition_point(|file| *file.path < *path);
        let below = self.files[start..].iter().take_while(|file| file.path.starts_with(path));
        let is_meant = |file: &&File| file.is_sparse() && is_at_or_below(&file.path, path);
        below.filter(is_meant).map(|file| &*file.path).next()
    }

    /// Paths that a merge left unsettled, sorted; names that are not UTF-8 in lossy form.
    pub fn unmerged(&self) -> Vec<&str> {
        self.unmerged.iter().map(String::as_str).collect()
    }

    /// Links that stand for no file of the project, with the reason; complete below resolved folders.
    pub const fn bad_links(&self) -> &BTreeMap<Arc<str>, LinkFault> {
        &self.bad_links
    }

    /// Untracked repositories inside the work tree, whose files do not count.
    pub fn nested_repositories(&self) -> &[Arc<str>] {
        &self.nested
    }

    /// The commit that the project records for the subdataset at `path`, if there is one.
    pub fn gitlink(&self, path: &str) -> Option<Oid> {
        let Some(row) = self.row(path) else {
            return self.entered_at(path).map(|entered| entered.recorded);
        };
        match &self.files[row].content {
            Some((Kind::Gitlink, ContentId::Git(commit))) => Some(*commit),
            _ => None,
        }
    }

    /// Whether the file at `path` still has the stat of this scan (and, for a link, its target too).
    /// Where the scan saw nothing, whether there is still nothing.
    pub fn unchanged(&self, path: &str) -> bool {
        self.stands(path) && self.behind(path).iter().all(|target| self.stands(target))
    }

    /// As [`Scan::unchanged`], of one file or of each that the scan saw below a folder.
    pub fn unchanged_below(&self, path: &str) -> bool {
        let inside = &self.files[self.rows_below(path)];
        if inside.is_empty() {
            return self.unchanged(path);
        }
        inside.iter().all(|file| self.unchanged(&file.path))
    }

    /// What lstat says of a path now, if anything stands there.
    pub fn stat_now(&self, path: &str) -> Option<Stat> {
        match &self.place {
            Some(place) => stat_at(place.as_fd(), path).ok(),
            None => lstat(&self.root, path).ok(),
        }
    }

    /// The links that stand for another file, each with the blob it is itself (never links into the annex).
    pub fn kept_links(&self) -> impl Iterator<Item = (&str, Oid)> {
        self.link_blobs.iter().map(|(path, oid)| (&**path, *oid))
    }

    /// What the link at `path` leads through; nothing for other files.
    pub(super) fn behind(&self, path: &str) -> &[Arc<str>] {
        self.targets.get(path).map_or(&[], Vec::as_slice)
    }

    fn stands(&self, path: &str) -> bool {
        let now = self.stat_now(path);
        let Some(row) = self.row(path) else {
            return if self.is_in_subdataset(path) { self.stands_inside(path, now) } else { now.is_none() };
        };
        let file = &self.files[row];
        if file.content.as_ref().is_some_and(|(kind, _)| *kind == Kind::Gitlink) {
            return now.is_some();
        }
        now.map_or(file.is_sparse(), |now| now == file.stat)
    }

    /// Whether a path lies in a subdataset, of which the scan saw only the commit.
    pub fn is_in_subdataset(&self, path: &str) -> bool {
        let is_link = |row: usize| matches!(self.files[row].content, Some((Kind::Gitlink, _)));
        path.match_indices('/').any(|(at, _)| self.row(&path[..at]).is_some_and(is_link))
    }

    /// Whether a file of a subdataset is as it was when somebody first asked.
    fn stands_inside(&self, path: &str, now: Option<Stat>) -> bool {
        let Some(now) = now else { return false };
        let mut seen = self.seen_inside.lock().unwrap_or_else(PoisonError::into_inner);
        *seen.entry(path.into()).or_insert(now) == now
    }

    /// The row of the file at `path`.
    pub(super) fn row(&self, path: &str) -> Option<usize> {
        self.files.binary_search_by(|file| (*file.path).cmp(path)).ok()
    }

    /// The rows of the files below `folder` (`""` for all).
    pub(super) fn rows_below(&self, folder: &str) -> std::ops::Range<usize> {
        if folder.is_empty() {
            return 0..self.files.len();
        }
        let prefix = format!("{folder}/");
        let low = self.files.partition_point(|file| *file.path < *prefix);
        let count = self.files[low..].partition_point(|file| file.path.starts_with(&prefix));
        low..low + count
    }
}

impl File {
    pub(super) const fn untracked(path: Arc<str>, stat: Stat) -> Self {
        Self { path, stat, recorded: None, is_clean: false, is_dirty: true, content: None }
    }

    /// Whether a symbolic link stands here.
    pub(super) fn is_link(&self) -> bool {
        match self.recorded {
            Some((_, mode)) if self.is_sparse() => mode == MODE_LINK,
            _ => self.stat.file_type() == rustix::fs::FileType::Symlink,
        }
    }

    /// Whether nothing stands here because a sparse checkout leaves it out. A subdataset that stands here has no stat either.
    pub(super) fn is_sparse(&self) -> bool {
        self.stat == Stat::default() && !self.is_gitlink()
    }
}

/// Holds a folder without being able to read it; nothing if no more files can be opened.
fn open_folder(path: &Path) -> Option<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::open(path, flags, Mode::empty()).ok()
}

/// Reads both files at once.
fn index_and_memory(repo: &Repo) -> (Result<TrackedFiles, GitError>, StatMemory) {
    let path = repo.index_path();
    thread::scope(|scope| {
        let index = scope.spawn(|| TrackedFiles::read(&path));
        let memory = StatMemory::open(&repo.state_dir());
        (index.join().expect("reading an index does not panic"), memory)
    })
}

/// Whether a tracked path needs no reading: its stat proves it, or a sparse checkout leaves it out.
fn is_clean(index: &TrackedFiles, row: &Row, stat: Option<Stat>) -> bool {
    stat.map_or(row.is_skipped, |stat| index.is_clean(row, &stat))
}

fn odd_texts(tracked: &mut Vec<Vec<u8>>, found: &mut Vec<Vec<u8>>) -> Vec<String> {
    let all: BTreeSet<Vec<u8>> = tracked.drain(..).chain(found.drain(..)).collect();
    all.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect()
}

/// The part of a path that is a spec, or a folder in the place of one.
fn spec_in(path: &str) -> Option<&str> {
    // Names have few points, so that this looks at little of all paths.
    let is_folder =
        |(at, _): &(usize, &str)| path[*at..].starts_with(".yml/") && path[..*at].ends_with("/spec");
    let folder = path.match_indices('.').find(is_folder).map(|(at, _)| &path[..at + ".yml".len()]);
    let spec = folder.or_else(|| path.ends_with("/spec.yml").then_some(path))?;
    spec.split('/').all(|part| !part.starts_with('.')).then_some(spec)
}
