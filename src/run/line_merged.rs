//! Results of which git merged the lines: bytes of no result, and nobody's work.

use std::collections::{BTreeMap, BTreeSet};

use crate::git::Merged;
use crate::model::{ContentId, Entry, KnownResult, Oid, PipelineName, Tree};
use crate::plan::{Memory as _, entries_of};

use super::memory::Known;

/// So many merges one after another, with no run between them, are looked through.
const MOST_MERGES: usize = 20;

impl Known<'_> {
    /// Whether all that stands where these results of one key were is of one or other of them, or what git made of the
    /// lines of some, and there is such a file.
    pub(super) fn has_merged_lines(&self, lines: &[KnownResult], base: &str, files: &Tree) -> bool {
        let Some(head) = self.head.filter(|_| lines.len() > 1) else { return false };
        let mut made = BTreeMap::<Box<str>, BTreeSet<ContentId>>::new();
        for file in lines.iter().filter_map(|line| self.files(line.id)).flatten() {
            made.entry(file.path).or_default().insert(file.content);
        }
        let folder = if base == "." { String::new() } else { format!("{base}/") };
        let made_at = |path: &str| {
            let relative = path.strip_prefix(files.prefix()).and_then(|path| path.strip_prefix(&*folder));
            made.get(relative?)
        };
        let standing = lines.iter().flat_map(|line| &line.outputs);
        let standing = standing.flat_map(|output| entries_of(files, &output.path));
        let open: BTreeMap<&str, &Entry> = standing
            .filter(|entry| !made_at(&entry.path).is_some_and(|made| made.contains(&entry.content)))
            .map(|entry| (&*entry.path, entry))
            .collect();
        !open.is_empty()
            && open.into_iter().all(|(path, entry)| {
                let ContentId::Git(object) = entry.content else { return false };
                let made = made_at(path).into_iter().flatten().filter_map(git_object).collect();
                self.is_of_lines(head, Merged { path, object, made: &made }, MOST_MERGES)
            })
    }

    /// Whether git made what a commit has at a path, or what stands there on top of it, of lines of results; a side may
    /// be what an earlier merge or pick made of lines.
    fn is_of_lines(&self, commit: Oid, file: Merged<'_>, most: usize) -> bool {
        let sides = self.merges.sides(self.repo, commit, file, self.of_several());
        sides.filter(|_| most > 0).is_some_and(|sides| {
            sides.into_iter().all(|side| {
                let file = Merged { object: side.object, ..file };
                file.made.contains(&side.object) || self.is_of_lines(side.commit, file, most - 1)
            })
        })
    }

    /// Paths that stand where keys with more than one result have theirs.
    fn of_several(&self) -> &BTreeSet<&str> {
        self.of_several.get_or_init(|| {
            let several = self.ledgers.iter().flat_map(|(name, ledger)| {
                let keys = ledger.lines().chunk_by(|one, other| one.key == other.key);
                let lines = keys.filter(|lines| lines.len() > 1).flatten();
                lines.flat_map(|line| &line.outputs).map(move |output| (name, &*output.path))
            });
            let standing = |(name, path): (&PipelineName, &str)| entries_of(self.tree, &name.path_of(path));
            several.flat_map(standing).map(|entry| &*entry.path).collect()
        })
    }
}

const fn git_object(content: &ContentId) -> Option<Oid> {
    match content {
        ContentId::Git(object) => Some(*object),
        _ => None,
    }
}
