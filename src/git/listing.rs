//! `Listing`: the names in a folder, as they were read once, trusted while the folder's stat proves them.

use std::cmp::Ordering;
use std::mem::MaybeUninit;

use rustix::fd::{AsFd as _, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawDir};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use crate::model::{Stamp, Stat};

/// The names in a folder, read at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Listing<T = Box<str>> {
    pub stat: Stat,
    pub taken: Stamp,
    /// For each name a letter for its type, the name, and a NUL.
    pub names: T,
}

/// So many bytes of entries are read at a time.
const BUFFER_BYTES: usize = 16 * 1024;

/// A folder just read.
pub(super) struct Opened {
    fd: OwnedFd,
    /// As in [`Listing`].
    pub names: String,
    /// Names that are not UTF-8.
    pub odd: Vec<Vec<u8>>,
    pub stat: Stat,
}

impl Listing {
    /// What was read from `opened` by a walk that began at `taken`, if it can ever be trusted.
    pub(super) fn new(opened: &Opened, taken: Stamp) -> Option<Self> {
        let is_lasting = opened.odd.is_empty() && opened.stat.is_settled_at(taken);
        is_lasting.then(|| Self { stat: opened.stat, taken, names: opened.names.as_str().into() })
    }
}

impl<T> Listing<T> {
    /// Whether a folder that has `stat` now must still hold just these names.
    pub(super) fn is_proven_by(&self, stat: &Stat) -> bool {
        self.stat == *stat && stat.is_settled_at(self.taken)
    }
}

impl Opened {
    /// Reads the folder at `path` below `root`.
    pub(super) fn read(root: &OwnedFd, path: &str) -> Result<Self, Errno> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let fd = rustix::fs::openat(root, path, flags, Mode::empty())?;
        // Before the names: a name that comes later changes the stat.
        let stat = Stat::new(&rustix::fs::fstat(&fd)?);
        let (mut names, mut odd) = (String::new(), Vec::new());
        let mut buffer = [MaybeUninit::uninit(); BUFFER_BYTES];
        let mut entries = RawDir::new(&fd, &mut buffer);
        while let Some(entry) = entries.next() {
            let entry = entry?;
            add(&mut names, &mut odd, entry.file_name().to_bytes(), entry.file_type());
        }
        Ok(Self { names: sorted(&names), odd, stat, fd })
    }

    /// The folder itself.
    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Adds an entry of a folder to its `names`, or to the `odd` ones.
fn add(names: &mut String, odd: &mut Vec<Vec<u8>>, name: &[u8], kind: FileType) {
    if matches!(name, b"." | b"..") {
        return;
    }
    let Ok(name) = std::str::from_utf8(name) else { return odd.push(name.to_vec()) };
    names.push(match kind {
        FileType::Directory => 'd',
        FileType::RegularFile | FileType::Symlink => 'f',
        // Pipes, sockets and devices: git does not see them, but they may be in the way.
        _ => '?',
    });
    names.push_str(name);
    names.push('\0');
}

/// The order of two names in the index: a folder counts as if it ended with a slash.
fn index_order(one: &str, other: &str) -> Ordering {
    let (a, b) = (&one.as_bytes()[1..one.len() - 1], &other.as_bytes()[1..other.len() - 1]);
    let both = a.len().min(b.len());
    let next = |entry: &str, name: &[u8]| match name.get(both) {
        None if entry.starts_with('d') => Some(b'/'),
        next => next.copied(),
    };
    a[..both].cmp(&b[..both]).then_with(|| next(one, a).cmp(&next(other, b)))
}

/// The names of a listing in the order in which the index has their paths.
fn sorted(names: &str) -> String {
    let mut all: Vec<&str> = names.split_inclusive('\0').collect();
    all.sort_unstable_by(|one, other| index_order(one, other));
    all.concat()
}

/// The names of a listing, each with whether it is surely a folder.
pub(super) fn each_name(names: &str) -> impl Iterator<Item = (bool, &str)> {
    names.split_terminator('\0').map(|name| (name.starts_with('d'), &name[1..]))
}

/// What a folder holds that concerns git, and whether it holds many names.
#[derive(Default)]
pub(super) struct Traits {
    pub(super) has_git: bool,
    pub(super) has_attributes: bool,
    pub(super) has_ignore: bool,
    pub(super) has_many: bool,
}

impl Traits {
    /// Of the names of a listing; more than `many` are many.
    pub(super) fn of(names: &str, many: usize) -> Self {
        let mut traits = Self::default();
        let mut count = 0;
        for (_, name) in each_name(names) {
            count += 1;
            if let Some(rest) = name.strip_prefix(".git") {
                traits.has_git |= rest.is_empty();
                traits.has_attributes |= rest == "attributes";
                traits.has_ignore |= rest == "ignore";
            }
        }
        traits.has_many = count > many;
        traits
    }
}

/// Whether the file system stamps folders whenever their names change.
pub(super) fn stamps_folders(root: &OwnedFd) -> bool {
    rustix::fs::fstatfs(root)
        .is_ok_and(|found| u64::try_from(found.f_type).is_ok_and(crate::model::stamps_folders))
}

/// The stat of what stands at `path` below `folder`.
pub(super) fn stat_at(folder: BorrowedFd<'_>, path: &str) -> Result<Stat, Errno> {
    rustix::fs::statat(folder, path, AtFlags::SYMLINK_NOFOLLOW).map(|stat| Stat::new(&stat))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_holds_only_for_an_equal_settled_stat() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("sub")).unwrap();
        std::fs::write(folder.path().join("file"), "x").unwrap();
        let root = rustix::fs::open(folder.path(), OFlags::RDONLY, Mode::empty()).unwrap();
        std::fs::write(folder.path().join("sub-a"), "x").unwrap();
        let opened = Opened::read(&root, ".").unwrap();
        let names: Vec<_> = each_name(&opened.names).collect();
        assert_eq!(names, [(false, "file"), (false, "sub-a"), (true, "sub")], "`-` is before `/`");

        let later = |seconds| Stamp { seconds: opened.stat.ctime.seconds + seconds, nanos: 1 };
        assert_eq!(Listing::new(&opened, opened.stat.ctime), None, "a name may yet come within this tick");
        let listing = Listing::new(&opened, later(10)).unwrap();
        assert_eq!(*listing.names, opened.names);
        assert!(listing.is_proven_by(&opened.stat));
        assert!(!listing.is_proven_by(&Stat { ctime: later(5), ..opened.stat }));
    }
}
