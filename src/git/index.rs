//! The git index, read once: what git last recorded about each tracked path.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::GitError;
use super::index_file::{RawEntry, each_entry};
use crate::model::Oid;
use crate::model::{Stamp, Stat};

/// The id of the blob without bytes.
pub(super) const EMPTY_BLOB: Oid = Oid([
    0xe6, 0x9d, 0xe2, 0x9b, 0xb2, 0xd1, 0xd6, 0x43, 0x4b, 0x8b, 0x29, 0xae, 0x77, 0x5a, 0xd8, 0xc2, 0xe4,
    0x8c, 0x53, 0x91,
]);

/// What git recorded about one tracked path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// Path from the root.
    pub path: Arc<str>,
    /// The blob, or the subdataset's commit.
    pub oid: Oid,
    /// git's file mode.
    pub mode: u32,
    /// Whether a sparse checkout leaves it out of the work tree.
    pub is_skipped: bool,
    /// Whether a merge left it unsettled.
    pub is_unmerged: bool,
    mtime: (u32, u32),
    ctime: (u32, u32),
    ino: u32,
    size_bytes: u32,
}

/// Bytes of an entry with a path of common length.
const LIKELY_ENTRY_BYTES: usize = 88;

/// All rows, in byte order of path, each path once.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct TrackedFiles {
    /// The rows.
    pub rows: Vec<Row>,
    /// Tracked names that are not UTF-8.
    pub odd: Vec<Vec<u8>>,
    /// Paths that a merge left unsettled, in lossy form.
    pub unmerged: Vec<String>,
    written: Stamp,
}

/// git's mode of a symbolic link.
pub(super) const MODE_LINK: u32 = 0o120_000;
/// git's mode of a subdataset.
pub const MODE_GITLINK: u32 = 0o160_000;
/// git's mode of an executable file.
pub(super) const MODE_EXEC: u32 = 0o100_755;

impl TrackedFiles {
    /// Reads the index at `path`; an absent one has no rows.
    pub(super) fn read(path: &Path) -> Result<Self, GitError> {
        // The stamp is taken first: if git replaces the file meanwhile, an older stamp only means
        // that more files are looked into.
        let Ok(stat) = rustix::fs::stat(path) else { return Ok(Self::default()) };
        let written = Stat::new(&stat).mtime;
        let bytes = fs::read(path).map_err(GitError::io(path))?;
        match Self::parse(&bytes) {
            Some(found) => Ok(Self { written, ..found }),
            None => Self::read_slowly(path).map(|found| Self { written, ..found }),
        }
    }

    /// What an index file says, if all of it is understood.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut found = Self::default();
        found.rows.reserve(bytes.len() / LIKELY_ENTRY_BYTES);
        each_entry(bytes, |entry| found.add(&entry))?;
        Some(found)
    }

    /// Lets libgit2 read the file, which knows more forms of it.
    fn read_slowly(path: &Path) -> Result<Self, GitError> {
        let broken = |source| GitError::index(path, source);
        let index = git2::Index::open(path).map_err(broken)?;
        let mut found = Self::default();
        found.rows.reserve(index.len());
        for entry in index.iter() {
            let extended = git2::IndexEntryExtendedFlag::from_bits_truncate(entry.flags_extended);
            found.add(&RawEntry {
                path: &entry.path,
                oid: oid_of(entry.id),
                mode: entry.mode,
                ino: entry.ino,
                size_bytes: entry.file_size,
                mtime: (seconds(entry.mtime), entry.mtime.nanoseconds()),
                ctime: (seconds(entry.ctime), entry.ctime.nanoseconds()),
                stage: entry.flags >> 12 & 3,
                is_skipped: extended.is_skip_worktree(),
            });
        }
        Ok(found)
    }

    fn add(&mut self, entry: &RawEntry<'_>) {
        let is_unmerged = entry.stage != 0;
        if is_unmerged {
            let path = String::from_utf8_lossy(entry.path);
            if self.unmerged.last().is_none_or(|last| **last != *path) {
                self.unmerged.push(path.into_owned());
            }
        }
        match std::str::from_utf8(entry.path) {
            Err(_) => self.odd.push(entry.path.to_vec()),
            Ok(path) if self.rows.last().is_some_and(|row| *row.path == *path) => {}
            Ok(path) => self.rows.push(Row {
                path: path.into(),
                oid: entry.oid,
                mode: entry.mode,
                is_skipped: entry.is_skipped,
                is_unmerged,
                mtime: entry.mtime,
                ctime: entry.ctime,
                ino: entry.ino,
                size_bytes: entry.size_bytes,
            }),
        }
    }

    /// Whether `stat` proves that the file holds exactly the bytes and mode of `row`.
    pub(super) fn is_clean(&self, row: &Row, stat: &Stat) -> bool {
        row.is_same(stat)
            && stat.mtime.is_clearly_before(self.written)
            && stat.ctime.is_clearly_before(self.written)
    }
}

impl Row {
    /// Whether the stat that git recorded is this one, in the bits that the index keeps.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the index keeps the low 32 bits"
    )]
    fn is_same(&self, stat: &Stat) -> bool {
        let low = |stamp: Stamp| (stamp.seconds as u32, stamp.nanos);
        // git writes size 0 for entries that it could not prove clean.
        let is_smudged = self.size_bytes == 0 && self.oid != EMPTY_BLOB;
        !is_smudged
            && !self.is_unmerged
            && self.mtime == low(stat.mtime)
            && self.ctime == low(stat.ctime)
            && self.ino == stat.ino as u32
            && self.size_bytes == stat.size_bytes as u32
            && self.has_type(stat)
    }

    fn has_type(&self, stat: &Stat) -> bool {
        let is_link = stat.file_type() == rustix::fs::FileType::Symlink;
        is_link == (self.mode == MODE_LINK)
    }
}

/// Our form of a libgit2 object id.
pub(super) fn oid_of(oid: git2::Oid) -> Oid {
    Oid(oid.as_bytes().try_into().expect("repositories with SHA-256 objects are refused when opened"))
}

#[expect(clippy::cast_sign_loss, reason = "the index keeps 32 bits of it")]
fn seconds(time: git2::IndexTime) -> u32 {
    time.seconds() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: i64, nanos: u32) -> Stamp {
        Stamp { seconds, nanos }
    }

    /// A file of three bytes from second 10, and the row and index that git would write for it at 20.
    fn settled() -> (Stat, TrackedFiles) {
        let stat =
            Stat { ino: 7, size_bytes: 3, mtime: at(10, 5), ctime: at(10, 5), mode: 0o100_644, dev: 1 };
        let row = Row {
            path: "a".into(),
            oid: Oid([1; 20]),
            mode: 0o100_644,
            is_skipped: false,
            is_unmerged: false,
            mtime: (10, 5),
            ctime: (10, 5),
            ino: 7,
            size_bytes: 3,
        };
        (stat, TrackedFiles { rows: vec![row], odd: Vec::new(), unmerged: Vec::new(), written: at(20, 5) })
    }

    #[test]
    fn only_an_equal_settled_stat_is_clean() {
        let (stat, index) = settled();
        assert!(index.is_clean(&index.rows[0], &stat));
        for other in [
            Stat { mtime: at(10, 6), ..stat },
            Stat { ctime: at(10, 6), ..stat },
            Stat { ino: 8, ..stat },
            Stat { size_bytes: 4, ..stat },
            Stat { mode: 0o120_777, ..stat },
        ] {
            assert!(!index.is_clean(&index.rows[0], &other), "{other:?}");
        }
    }

    #[test]
    fn an_index_as_young_as_the_file_proves_nothing() {
        let (stat, mut index) = settled();
        index.written = at(10, 30_000_000);
        assert!(!index.is_clean(&index.rows[0], &stat));
        index.written = at(10, 60_000_000);
        assert!(index.is_clean(&index.rows[0], &stat));
        // An old time stamp was restored: only the ctime is young.
        let (mut stat, mut index) = settled();
        stat.ctime = at(19, 990_000_000);
        index.rows[0].ctime = (19, 990_000_000);
        assert!(!index.is_clean(&index.rows[0], &stat));
    }

    #[test]
    fn git_marks_doubt_with_size_zero() {
        let (stat, mut index) = settled();
        let stat = Stat { size_bytes: 0, ..stat };
        index.rows[0].size_bytes = 0;
        assert!(!index.is_clean(&index.rows[0], &stat));
        index.rows[0].oid = EMPTY_BLOB;
        assert!(index.is_clean(&index.rows[0], &stat));
    }

    fn git(folder: &Path, args: &[&str]) -> bool {
        use crate::git::process::{Access, git};
        let program = git(folder, Access::Write).args(["-c", "user.name=t", "-c", "user.email=t@t"]);
        program.args(args).output().is_ok()
    }

    /// Whether our reading of the index equals libgit2's.
    fn check(root: &Path, has_unmerged: bool, what: &str) {
        let index = root.join(".git/index");
        let ours = TrackedFiles::parse(&fs::read(&index).unwrap()).expect(what);
        assert_eq!(ours, TrackedFiles::read_slowly(&index).unwrap(), "{what}");
        assert!(ours.rows.len() >= 6 && ours.unmerged.is_empty() != has_unmerged, "{what}: {ours:?}");
    }

    /// A repository with a commit of some files, one of them with an odd name.
    fn world() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let long = format!("{}/{}/f", "d".repeat(200), "e".repeat(20)).repeat(10);
        for path in ["a", "a-b", "b/c", "b/d", "ä", &long] {
            fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            fs::write(root.join(path), path).unwrap();
        }
        let odd: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(b"x\xff");
        fs::write(root.join(odd), "").unwrap();
        assert!(git(root, &["init", "-q", "-b", "main"]) && git(root, &["add", "."]));
        assert!(git(root, &["commit", "-qm", "one"]));
        folder
    }

    #[test]
    fn indexes_are_read_as_libgit2_reads_them() {
        let folder = world();
        let root = folder.path();
        // Longer than the twelve bits that the entry has for a name's length.
        let entry = format!("100644,e69de29bb2d1d6434b8b29ae775ad8c2e48c5391,{}z", "y".repeat(5000));
        assert!(git(root, &["update-index", "--add", "--cacheinfo", &entry]));
        check(root, false, "version 2");
        assert!(git(root, &["rm", "-q", "--cached", "y*z"]));
        assert!(git(root, &["update-index", "--skip-worktree", "a-b"]));
        fs::write(root.join("new"), "").unwrap();
        assert!(git(root, &["add", "-N", "new"]));
        check(root, false, "version 3");
        assert!(git(root, &["update-index", "--index-version", "4"]));
        check(root, false, "version 4");
        assert!(git(root, &["update-index", "--split-index"]));
        let split = fs::read(root.join(".git/index")).unwrap();
        assert_eq!(TrackedFiles::parse(&split), None, "a split index");
    }

    #[test]
    fn unsettled_merges_are_read_as_libgit2_reads_them() {
        let folder = world();
        let root = folder.path();
        assert!(git(root, &["checkout", "-qb", "other"]));
        for (text, branch) in [("theirs", "main"), ("ours", "main")] {
            fs::write(root.join("b/c"), text).unwrap();
            assert!(git(root, &["commit", "-qam", text]) && git(root, &["checkout", "-q", branch]));
        }
        assert!(!git(root, &["merge", "-q", "other"]));
        for version in ["2", "4"] {
            assert!(git(root, &["update-index", "--index-version", version]));
            check(root, true, version);
        }
    }
}
