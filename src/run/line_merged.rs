//! Results of which git merged the lines: bytes of no result, and nobody's work.

use std::collections::{BTreeMap, BTreeSet};

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
        let made: BTreeSet<(Box<str>, ContentId)> = lines
            .iter()
            .filter_map(|line| self.files(line.id))
            .flatten()
            .map(|file| (file.path, file.content))
            .collect();
        let folder = if base == "." { String::new() } else { format!("{base}/") };
        let is_made = |path: &str, content: ContentId| {
            let relative = path.strip_prefix(files.prefix()).and_then(|path| path.strip_prefix(&*folder));
            relative.is_some_and(|relative| made.contains(&(relative.into(), content)))
        };
        let standing = lines.iter().flat_map(|line| &line.outputs);
        let standing = standing.flat_map(|output| entries_of(files, &output.path));
        let open: BTreeMap<&str, &Entry> = standing
            .filter(|entry| !is_made(&entry.path, entry.content.clone()))
            .map(|entry| (&*entry.path, entry))
            .collect();
        !open.is_empty()
            && open.into_iter().all(|(path, entry)| {
                let ContentId::Git(object) = entry.content else { return false };
                let is_made = |object| is_made(path, ContentId::Git(object));
                self.is_of_lines(head, (path, object), &is_made, MOST_MERGES)
            })
    }

    /// Whether a merge made what a commit has at a path, or what stands there on top of it, of lines of results; a side may
    /// be what an earlier merge made of lines.
    fn is_of_lines(
        &self,
        commit: Oid,
        file: (&str, Oid),
        is_made: &dyn Fn(Oid) -> bool,
        most: usize,
    ) -> bool {
        let several = self.of_several();
        let sides = self.merges.sides(self.repo, commit, file, several);
        sides.filter(|_| most > 0).is_some_and(|sides| {
            sides.into_iter().all(|side| {
                is_made(side.object)
                    || self.is_of_lines(side.commit, (file.0, side.object), is_made, most - 1)
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
