//! Results of which git merged the lines: bytes of no result, and nobody's work.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{ContentId, Entry, KnownResult, Tree};
use crate::plan::{Memory as _, entries_of};

use super::memory::Known;

impl Known<'_> {
    /// Whether all that stands where these results of one key were is of one or other of them, or what git made of the
    /// lines of two, and there is such a file.
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
        if open.is_empty() {
            return false;
        }
        let merged = self.merges.made(self.repo, head, &open.keys().copied().collect());
        open.into_iter().all(|(path, entry)| {
            merged.get(path).is_some_and(|of| {
                entry.content == ContentId::Git(of.object)
                    && of.sides.iter().all(|side| is_made(path, ContentId::Git(*side)))
            })
        })
    }
}
