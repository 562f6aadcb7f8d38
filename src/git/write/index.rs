//! The user's index as it should be after a commit, prepared in a file of our own.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use git2::{DiffDelta, Index, IndexEntry, IndexTime};
use sha1::{Digest as _, Sha1};

use crate::git::index::EMPTY_BLOB;
use crate::model::Oid;

use super::entries::{EXEC, Entry, FILE, from_git2, to_git2};
use super::objects::Stats;
use super::program::{git, output};
use super::{Place, TEMPORARY, WriteError};

/// One path whose entry changes.
#[derive(Clone, Debug)]
pub(super) struct Update {
    pub(super) path: String,
    /// What the parent's tree has.
    pub(super) before: Option<Entry>,
    /// What the new tree has.
    pub(super) after: Option<Entry>,
    /// Whether it replaces whatever the index has, conflicts included.
    pub(super) force: bool,
}

/// A refreshed index, not yet in place.
#[derive(Debug)]
pub(super) struct Prepared {
    /// Where it is, in the git folder.
    pub(super) file: PathBuf,
    /// What the index looked like when it was copied.
    pub(super) mark: Mark,
    /// Paths whose entries are the user's own and were left alone.
    pub(super) left: Vec<String>,
}

/// Tells one state of a file from another, since git replaces its index and never writes into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark(Option<(u64, u64, u64, [i64; 4])>);

impl Mark {
    /// The mark of a file that may be absent.
    pub(super) fn of(path: &Path) -> Result<Self, WriteError> {
        match fs::symlink_metadata(path) {
            Ok(stat) => {
                let times = [stat.mtime(), stat.mtime_nsec(), stat.ctime(), stat.ctime_nsec()];
                Ok(Self(Some((stat.dev(), stat.ino(), stat.len(), times))))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self(None)),
            Err(error) => Err(WriteError::io("look at", path)(error)),
        }
    }

    /// When the file was written, in whole seconds.
    fn seconds(self) -> Option<i64> {
        self.0.map(|(.., times)| times[0])
    }
}

/// The paths that differ between two commits.
pub(super) fn updates(
    repo: &git2::Repository,
    old: Option<Oid>,
    new: Oid,
) -> Result<Vec<Update>, WriteError> {
    let tree = |oid| repo.find_commit(to_git2(oid))?.tree();
    let before = old.map(tree).transpose()?;
    let after = tree(new)?;
    // A file where a link was is one change of a path, not two.
    let mut options = git2::DiffOptions::new();
    options.include_typechange(true);
    let diff = repo.diff_tree_to_tree(before.as_ref(), Some(&after), Some(&mut options))?;
    diff.deltas().map(|delta| update(&delta)).collect()
}

fn update(delta: &DiffDelta<'_>) -> Result<Update, WriteError> {
    let side = |file: git2::DiffFile<'_>| {
        let entry = Entry { mode: u32::from(file.mode()), oid: from_git2(file.id()) };
        (!file.id().is_zero()).then_some(entry)
    };
    let path = delta.new_file().path_bytes().or(delta.old_file().path_bytes()).unwrap_or_default();
    let path = std::str::from_utf8(path)
        .map_err(|_| WriteError::OddFile { path: String::from_utf8_lossy(path).into_owned() })?;
    let (before, after) = (side(delta.old_file()), side(delta.new_file()));
    Ok(Update { path: path.to_owned(), before, after, force: false })
}

/// Copies the user's index and brings `updates` into the copy.
pub(super) fn prepare(place: &Place, updates: &[Update], stats: &Stats) -> Result<Prepared, WriteError> {
    let users = place.git_dir.join("index");
    let file = temporary(place);
    let mark = Mark::of(&users)?;
    match fs::copy(&users, &file) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(WriteError::io("copy", &users)(error)),
    }
    let left = match refresh(place, &file, mark, updates, stats) {
        // A split or sparse index, or one without a checksum: only git itself can write it.
        Err(WriteError::Git(_)) => refresh_by_program(place, &file, updates),
        other => other,
    };
    match left {
        Ok(left) => Ok(Prepared { file, mark, left }),
        Err(error) => {
            drop(fs::remove_file(&file));
            Err(error)
        }
    }
}

fn temporary(place: &Place) -> PathBuf {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    place.git_dir.join(format!("{TEMPORARY}{}-{number}", std::process::id()))
}

fn refresh(
    place: &Place,
    file: &Path,
    mark: Mark,
    updates: &[Update],
    stats: &Stats,
) -> Result<Vec<String>, WriteError> {
    let mut index = Index::open(file)?;
    keep_doubts(place, &mut index, mark)?;
    // Asked once: it looks at every entry.
    let conflicts = index.has_conflicts();
    let (ours, left) = divide(updates, |path| current(&index, path, conflicts));
    let (gone, stand): (Vec<&Update>, Vec<&Update>) =
        ours.into_iter().partition(|update| update.after.is_none());
    for update in gone {
        take_out(&mut index, update)?;
    }
    for update in stand {
        if update.force {
            take_out(&mut index, update)?;
        }
        if let Some(entry) = update.after {
            index.add(&index_entry(place, &update.path, entry, stats.get(&update.path)))?;
        }
    }
    index.write()?;
    Ok(left)
}

/// Files as young as the user's index may have been edited since without a trace in their stat; git compares their
/// bytes as long as the index is no younger. Ours will be, so those whose bytes differ are marked as git itself
/// marks them when it writes an index: size 0, which makes it look again.
fn keep_doubts(place: &Place, index: &mut Index, mark: Mark) -> Result<(), git2::Error> {
    const STAGE: u16 = 0x3000;
    let Some(written) = mark.seconds() else { return Ok(()) };
    let is_young = |entry: &IndexEntry| {
        i64::from(entry.mtime.seconds()) >= written && entry.file_size != 0 && entry.flags & STAGE == 0
    };
    let is_edited = |entry: &IndexEntry| {
        let path = place.root.join(std::ffi::OsStr::from_bytes(&entry.path));
        stat_if_same(&path, from_git2(entry.id)).is_none()
    };
    let doubtful: Vec<IndexEntry> =
        index.iter().filter(|entry| is_young(entry) && is_edited(entry)).collect();
    doubtful.into_iter().try_for_each(|entry| index.add(&IndexEntry { file_size: 0, ..entry }))
}

/// What the index has at one path.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Current {
    Entry(Option<Entry>),
    Conflict,
}

fn current(index: &Index, path: &str, conflicts: bool) -> Current {
    let at = |stage| index.get_path(path.as_ref(), stage);
    match at(0) {
        Some(found) => Current::Entry(Some(Entry { mode: found.mode, oid: from_git2(found.id) })),
        None if conflicts && (1..=3).any(|stage| at(stage).is_some()) => Current::Conflict,
        None => Current::Entry(None),
    }
}

/// Parts the updates that are ours to make from the paths where the user staged something else.
fn divide(updates: &[Update], current: impl Fn(&str) -> Current) -> (Vec<&Update>, Vec<String>) {
    let (mut ours, mut left) = (Vec::new(), Vec::new());
    for update in updates {
        let now = current(&update.path);
        let is_as_known = now == Current::Entry(update.before) || now == Current::Entry(update.after);
        if update.force || is_as_known || (update.before.is_none() && holds_nothing(now)) {
            ours.push(update);
        } else {
            left.push(update.path.clone());
        }
    }
    (ours, left)
}

/// Whether nothing is lost with an entry: it has no content, as where git was only told of a file (`git add -N`).
fn holds_nothing(now: Current) -> bool {
    matches!(now, Current::Entry(Some(Entry { mode: FILE | EXEC, oid })) if oid == EMPTY_BLOB)
}

fn take_out(index: &mut Index, update: &Update) -> Result<(), git2::Error> {
    for stage in 0..=3 {
        if index.get_path(update.path.as_ref(), stage).is_some() {
            index.remove(update.path.as_ref(), stage)?;
        }
    }
    Ok(())
}

fn index_entry(place: &Place, path: &str, entry: Entry, stat: Option<&fs::Metadata>) -> IndexEntry {
    let looked = if stat.is_none() { stat_if_same(&place.root.join(path), entry.oid) } else { None };
    let stat = stat.or(looked.as_ref());
    // git keeps the low 32 bits of each. Zeros make it compare the bytes once.
    #[expect(clippy::cast_possible_truncation, reason = "the index format holds 32 bits")]
    let low = |value: fn(&fs::Metadata) -> u64| stat.map_or(0, |stat| value(stat) as u32);
    #[expect(clippy::cast_possible_truncation, reason = "the index format holds 32 bits")]
    let time = |seconds: fn(&fs::Metadata) -> i64, nanoseconds: fn(&fs::Metadata) -> i64| {
        let (seconds, nanoseconds) = stat.map_or((0, 0), |stat| (seconds(stat) as i32, nanoseconds(stat)));
        IndexTime::new(seconds, u32::try_from(nanoseconds).unwrap_or(0))
    };
    IndexEntry {
        ctime: time(MetadataExt::ctime, MetadataExt::ctime_nsec),
        mtime: time(MetadataExt::mtime, MetadataExt::mtime_nsec),
        dev: low(MetadataExt::dev),
        ino: low(MetadataExt::ino),
        mode: entry.mode,
        uid: low(|stat| u64::from(stat.uid())),
        gid: low(|stat| u64::from(stat.gid())),
        file_size: low(MetadataExt::size),
        id: to_git2(entry.oid),
        flags: 0,
        flags_extended: 0,
        path: path.as_bytes().to_vec(),
    }
}

/// The stat of a file or link, taken before its bytes were read, if these make the blob `oid`.
fn stat_if_same(path: &Path, oid: Oid) -> Option<fs::Metadata> {
    let stat = fs::symlink_metadata(path).ok()?;
    let bytes = if stat.is_symlink() {
        fs::read_link(path).ok()?.as_os_str().as_bytes().to_vec()
    } else if stat.is_file() {
        fs::read(path).ok()?
    } else {
        return None;
    };
    let hash = Sha1::new_with_prefix(format!("blob {}\0", bytes.len())).chain_update(&bytes).finalize();
    (Oid(hash.into()) == oid).then_some(stat)
}

fn refresh_by_program(place: &Place, file: &Path, updates: &[Update]) -> Result<Vec<String>, WriteError> {
    let with_index = |args: &[&str]| {
        let mut command = git(place, args);
        command.env("GIT_INDEX_FILE", file);
        command
    };
    let listing = output(with_index(&["ls-files", "-s", "-z"]), "git ls-files", b"")?;
    let entries = parse_listing(&String::from_utf8_lossy(&listing));
    let (ours, left) = divide(updates, |path| entries.get(path).copied().unwrap_or(Current::Entry(None)));
    let mut input = Vec::new();
    for update in &ours {
        if update.force || update.after.is_none() {
            input.extend_from_slice(format!("0 {}\t{}\0", Oid([0; 20]), update.path).as_bytes());
        }
        if let Some(Entry { mode, oid }) = update.after {
            input.extend_from_slice(format!("{mode:o} {oid}\t{}\0", update.path).as_bytes());
        }
    }
    output(with_index(&["update-index", "-z", "--index-info"]), "git update-index", &input)?;
    Ok(left)
}

/// Reads `mode oid stage<TAB>path`, NUL after each.
fn parse_listing(listing: &str) -> BTreeMap<String, Current> {
    let mut entries = BTreeMap::new();
    for line in listing.split('\0') {
        let Some((facts, path)) = line.split_once('\t') else { continue };
        let facts: Vec<&str> = facts.split(' ').collect();
        let [mode, oid, stage] = facts[..] else { continue };
        let entry = match (u32::from_str_radix(mode, 8), oid.parse(), stage) {
            (Ok(mode), Ok(oid), "0") => Current::Entry(Some(Entry { mode, oid })),
            _ => Current::Conflict,
        };
        entries.insert(path.to_owned(), entry);
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_user_staged_is_left() {
        let entry = |n| Some(Entry { mode: 0o100_644, oid: Oid([n; 20]) });
        let update = Update { path: "a".into(), before: entry(1), after: entry(2), force: false };
        let divided = |now| divide(std::slice::from_ref(&update), |_| now).1.len();
        assert_eq!(divided(Current::Entry(entry(1))), 0);
        assert_eq!(divided(Current::Entry(entry(2))), 0);
        assert_eq!(divided(Current::Entry(entry(3))), 1);
        assert_eq!(divided(Current::Entry(None)), 1);
        assert_eq!(divided(Current::Conflict), 1);
        let empty = Current::Entry(Some(Entry { mode: FILE, oid: EMPTY_BLOB }));
        assert_eq!(divided(empty), 1, "somebody emptied it");
        let added = Update { before: None, ..update.clone() };
        assert_eq!(divide(&[added], |_| empty).1.len(), 0, "git was only told of it");
        let forced = Update { force: true, ..update };
        assert_eq!(divide(&[forced], |_| Current::Conflict).1.len(), 0);
    }
}
