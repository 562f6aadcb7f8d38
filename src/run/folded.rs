//! Results named file by file or as a folder: where the datums beside one went, its folder is its own as a whole.

use std::collections::BTreeSet;

use crate::model::{DatumState, KnownResult, Tree};
use crate::plan::{Standing, entries_of, standing_of};

use super::news::Committing;

impl Committing<'_> {
    /// The pipeline's files where a line's result stands unmodified among them: as they were read, or without what this
    /// run removed of vanished datums, since a folder that they had a part in is then another's as a whole.
    pub(super) fn files_with(&self, line: &KnownResult) -> Option<Tree> {
        let files = self.project.results.below(self.name().as_str());
        if standing_of(line, &files) == Standing::Whole {
            return Some(files);
        }
        let removed = self.removed.get_or_init(|| self.removed_from(&files));
        if removed.is_empty() {
            return None;
        }
        let left = files.entries().iter().filter(|entry| !removed.contains(&*entry.path)).cloned();
        let left = Tree::new(files.prefix(), left.collect());
        (standing_of(line, &left) == Standing::Whole).then_some(left)
    }

    fn removed_from(&self, files: &Tree) -> BTreeSet<Box<str>> {
        let lines = self.project.ledger(self.name()).lines();
        let leftovers = self.planned.plan.leftovers.iter();
        let orphans = leftovers.filter(|left| left.state == DatumState::Orphaned);
        let outputs = orphans.flat_map(|left| &lines[left.line as usize].outputs);
        let paths = outputs.flat_map(|output| entries_of(files, &output.path)).map(|entry| &*entry.path);
        let is_gone = |path: &&str| self.project.repo.root().join(path).symlink_metadata().is_err();
        paths.filter(is_gone).map(Into::into).collect()
    }

    /// Whether two lines tell of one result, whose files are named one by one by the one and as a folder by the other.
    pub(super) fn is_folded_anew(&self, old: &KnownResult, new: &KnownResult) -> bool {
        if (KnownResult { outputs: new.outputs.clone(), ..old.clone() }) != *new {
            return false;
        }
        let Some(files) = self.files_with(new) else { return false };
        let paths = |line: &KnownResult| -> BTreeSet<String> {
            let entries = line.outputs.iter().flat_map(|output| entries_of(&files, &output.path));
            entries.map(|entry| entry.path.to_string()).collect()
        };
        standing_of(old, &files) == Standing::Whole && paths(old) == paths(new)
    }
}
