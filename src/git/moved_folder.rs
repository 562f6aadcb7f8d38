//! Where a folder went that is gone: found by the files that it held in the last commit that has it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::{Repo, Scan};
use crate::model::{ContentId, Entry, Oid};

/// So many commits are looked at for one that has the folder.
const COMMITS: usize = 1000;

/// So many files of the folder are looked for.
const FILES: usize = 500;

impl Repo {
    /// The folder in which most of the files stand now that stood in `folder`, below the same names and with the same
    /// content; nothing if that is no single folder, or one that was there already.
    pub fn moved_to(&self, scan: &Scan, folder: &str) -> Option<String> {
        let commit = self.last_with(folder)?;
        let mut files = self.tree_files(commit, folder).ok()?;
        let size = files.len();
        let empty = super::blob_id(b"");
        files.retain(|file| file.content != ContentId::Git(empty));
        files.truncate(FILES);
        let tree = scan.tree("");
        let is_new = |now: &str| self.folder_of(commit, now).is_ok_and(|before| before.is_none());
        let held = held(tree.entries(), &files, folder).into_iter().filter(|(now, _)| is_new(now));
        // Copies hold as many, and mostly something else too.
        let rank = |(now, count)| (count, Reverse(tree.below(now).entries().len().abs_diff(size)), now);
        let mut found: Vec<_> = held.map(rank).collect();
        found.sort_unstable();
        let (count, other, now) = found.pop()?;
        let is_alone =
            found.pop().is_none_or(|(count_of, other_of, _)| (count_of, other_of) < (count, other));
        (is_alone && count * 2 > files.len()).then(|| now.to_owned())
    }

    /// The newest commit on the first line of ancestors of `HEAD` that has a folder.
    fn last_with(&self, folder: &str) -> Option<Oid> {
        let mut next = self.head().ok()?.commit();
        for _ in 0..COMMITS {
            let commit = next?;
            if self.folder_of(commit, folder).ok()?.is_some() {
                return Some(commit);
            }
            next = self.parent_of(commit);
        }
        None
    }
}

/// Folders that hold files of `old` now, each with how many of them.
fn held<'a>(now: &'a [Entry], old: &[Entry], folder: &str) -> BTreeMap<&'a str, usize> {
    let mut inside: BTreeMap<&ContentId, BTreeSet<&str>> = BTreeMap::new();
    for file in old {
        inside.entry(&file.content).or_default().insert(&file.path[folder.len()..]);
    }
    let mut found = BTreeMap::new();
    for entry in now {
        for inside in inside.get(&entry.content).into_iter().flatten() {
            if let Some(above) = entry.path.strip_suffix(inside) {
                *found.entry(above).or_insert(0) += 1;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Kind;

    #[test]
    fn files_are_known_by_their_names_inside_and_their_content() {
        let file = |path: &str, byte: u8| Entry {
            path: path.into(),
            kind: Kind::File,
            content: ContentId::Git(Oid([byte; 20])),
        };
        let old = [file("fs/spec.yml", 1), file("fs/a/x", 2), file("fs/b/x", 2)];
        let now = [file("proc/a/x", 2), file("proc/b/x", 3), file("proc/spec.yml", 1), file("other/c/x", 2)];
        assert_eq!(held(&now, &old, "fs"), BTreeMap::from([("proc", 2)]));
    }
}
