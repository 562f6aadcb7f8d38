//! `Tree`: the files of one repo, sorted by path, each with its content id.

use std::ops::Range;
use std::sync::Arc;

use super::{ContentId, FolderHasher, Kind};

/// One file of the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Path from the project's root, `/` between components, no leading slash, UTF-8.
    pub path: Arc<str>,
    /// What stands there.
    pub kind: Kind,
    /// What it contains.
    pub content: ContentId,
}

/// A folder whose files are kept in one: they are entries of the tree, but only `file` stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// The folder, from the project's root, with a trailing slash.
    pub folder: Box<str>,
    /// What has their bytes.
    pub file: Entry,
}

/// The files of one repo: a run of entries that share a prefix, in byte order of path.
///
/// Cheap to clone. Paths seen through a tree are relative to the repo's root.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    prefix: Box<str>,
    entries: Arc<[Entry]>,
    range: Range<usize>,
    /// In order of folder; none lies in another.
    packed: Arc<[Packed]>,
    /// Folders of which only the ids are known, with a trailing slash, in order.
    closed: Arc<[(Box<str>, ContentId)]>,
}

impl Tree {
    /// A tree of all `entries`, which must be sorted by path and lie below `prefix`
    /// (`""`, or a folder with a trailing slash).
    pub fn new(prefix: &str, entries: Arc<[Entry]>) -> Self {
        debug_assert!(entries.is_sorted_by(|a, b| a.path < b.path));
        debug_assert!(entries.iter().all(|entry| entry.path.starts_with(prefix)));
        let range = 0..entries.len();
        Self { prefix: prefix.into(), entries, range, packed: Arc::default(), closed: Arc::default() }
    }

    /// This tree, in which these folders (with a trailing slash) have these ids, and nobody knows what is in them: each
    /// has one entry, [`Tree::inside_closed`].
    #[must_use]
    pub fn with_closed(mut self, mut closed: Vec<(Box<str>, ContentId)>) -> Self {
        closed.sort_unstable();
        self.closed = closed.into();
        self
    }

    /// The entry in a folder (no trailing slash) that nobody knows: a name that git lets no file have.
    pub fn inside_closed(folder: &str) -> Arc<str> {
        format!("{folder}/.git").into()
    }

    /// This tree, in which the files of these folders are kept in one each.
    #[must_use]
    pub fn with_packed(mut self, mut packed: Vec<Packed>) -> Self {
        packed.sort_unstable_by(|a, b| a.folder.cmp(&b.folder));
        self.packed = packed.into();
        self
    }

    /// The folders of which the files are kept in one.
    pub fn packed(&self) -> &[Packed] {
        &self.packed
    }

    /// The folder that a path lies in of which the files are kept in one.
    pub fn packed_above(&self, path: &str) -> Option<&Packed> {
        let after = self.packed.partition_point(|packed| *packed.folder <= *path);
        self.packed[..after].last().filter(|packed| path.starts_with(&*packed.folder))
    }

    /// The file that has the bytes of an entry of this tree: mostly itself.
    pub fn keeper<'a>(&'a self, entry: &'a Entry) -> &'a Entry {
        self.packed_above(&entry.path).map_or(entry, |packed| &packed.file)
    }

    /// The part of this tree below a folder given from the project's root (no trailing slash).
    pub fn below(&self, folder: &str) -> Self {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let all = &self.entries[self.range.clone()];
        let low = all.partition_point(|entry| *entry.path < *prefix);
        let count = all[low..].partition_point(|entry| entry.path.starts_with(&prefix));
        let start = self.range.start + low;
        let (entries, packed) = (Arc::clone(&self.entries), Arc::clone(&self.packed));
        let closed = Arc::clone(&self.closed);
        Self { prefix: prefix.into(), entries, range: start..start + count, packed, closed }
    }

    /// Number of files.
    pub fn len(&self) -> usize {
        self.range.len()
    }

    /// Whether there is no file at all; such a repo has not even a root to match.
    pub fn is_empty(&self) -> bool {
        self.range.is_empty()
    }

    /// The prefix that all paths share: `""`, or a folder with a trailing slash.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// All entries, with paths from the project's root.
    pub fn entries(&self) -> &[Entry] {
        &self.entries[self.range.clone()]
    }

    /// The path of entry `index`, relative to the repo's root.
    pub fn relative(&self, index: usize) -> &str {
        &self.entries()[index].path[self.prefix.len()..]
    }

    /// The entry at a path from the project's root.
    pub fn get(&self, path: &str) -> Option<&Entry> {
        let all = self.entries();
        all.binary_search_by(|entry| (*entry.path).cmp(path)).ok().map(|at| &all[at])
    }

    /// The id of the folder made of the entries in `range`, whose paths all begin with the folder's, which is
    /// `length` bytes long (from the project's root, with its trailing slash).
    pub fn folder_id(&self, range: Range<usize>, length: usize) -> ContentId {
        if let Some(id) = self.closed_id(&range, length) {
            return id;
        }
        let mut hasher = FolderHasher::new();
        for entry in &self.entries()[range] {
            hasher.add(&entry.path[length..], entry.kind, &entry.content);
        }
        hasher.finish()
    }

    /// The id of that folder, if nobody knows what is in it.
    fn closed_id(&self, range: &Range<usize>, length: usize) -> Option<ContentId> {
        let first = self.entries()[range.clone()].first().filter(|_| !self.closed.is_empty())?;
        let at = self.closed.binary_search_by(|(folder, _)| (**folder).cmp(&first.path[..length])).ok()?;
        Some(self.closed[at].1.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Oid;

    fn tree(paths: &[&str]) -> Tree {
        let entry = |path: &&str| Entry {
            path: (*path).into(),
            kind: Kind::File,
            content: ContentId::Git(Oid([0; 20])),
        };
        Tree::new("", paths.iter().map(entry).collect())
    }

    #[test]
    fn below_takes_exactly_the_folder() {
        let all = tree(&["a-b/x", "a/x", "a/y/z", "a0", "b"]);
        let a = all.below("a");
        assert_eq!(a.len(), 2);
        assert_eq!((a.relative(0), a.relative(1)), ("x", "y/z"));
        assert!(all.below("c").is_empty());
        assert!(a.get("a/x").is_some() && a.get("b").is_none());
    }

    #[test]
    fn a_closed_folder_has_the_id_that_it_is_given() {
        let id = |byte| ContentId::Folder([byte; 32]);
        let all = tree(&["in/a/.git", "in/b/x"]);
        let closed = all.clone().with_closed(vec![("in/a/".into(), id(1))]).below("in");
        assert_eq!(closed.folder_id(0..1, "in/a/".len()), id(1));
        assert_eq!(closed.folder_id(1..2, "in/b/".len()), all.folder_id(1..2, "in/b/".len()));
        assert_eq!(&*Tree::inside_closed("in/a"), "in/a/.git");
    }

    #[test]
    fn a_packed_folder_has_its_bytes_in_one_file() {
        let all = tree(&["fs/a-b/x", "fs/a/x", "fs/a0/x", "fs/b/x"]);
        let file = |path: &str| Entry { path: path.into(), ..all.entries()[0].clone() };
        let packed = |name: &str| Packed {
            folder: format!("fs/{name}/").into(),
            file: file(&format!("fs/{name}/minipach.tar")),
        };
        let all = all.clone().with_packed(vec![packed("b"), packed("a")]).below("fs");
        let keepers: Vec<&str> = all.entries().iter().map(|entry| &*all.keeper(entry).path).collect();
        assert_eq!(keepers, ["fs/a-b/x", "fs/a/minipach.tar", "fs/a0/x", "fs/b/minipach.tar"]);
        assert!(all.packed_above("fs/a").is_none());
    }
}
