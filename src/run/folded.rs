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
        let lines = self.project.ledger(self.name()).lines();
        let leftovers = self.planned.plan.leftovers.iter();
        let orphans = leftovers.filter(|left| left.state == DatumState::Orphaned);
        let outputs = orphans.flat_map(|left| &lines[left.line as usize].outputs);
        let removed: BTreeSet<&str> = outputs
            .flat_map(|output| entries_of(&files, &output.path))
            .map(|entry| &*entry.path)
            .filter(|path| std::fs::symlink_metadata(self.project.repo.root().join(path)).is_err())
            .collect();
        if removed.is_empty() {
            return None;
        }
        let left = files.entries().iter().filter(|entry| !removed.contains(&*entry.path)).cloned();
        let left = Tree::new(files.prefix(), left.collect());
        (standing_of(line, &left) == Standing::Whole).then_some(left)
    }

    /// Whether two lines tell of one result, whose files are named one by one by the one and as a folder by the other.
    pub(super) fn is_folded_anew(&self, old: &KnownResult, new: &KnownResult) -> bool {
        let Some(files) = self.files_with(new) else { return false };
        let paths = |line: &KnownResult| -> BTreeSet<String> {
            let entries = line.outputs.iter().flat_map(|output| entries_of(&files, &output.path));
            entries.map(|entry| entry.path.to_string()).collect()
        };
        let is_same = KnownResult { outputs: new.outputs.clone(), ..old.clone() } == *new;
        is_same && standing_of(old, &files) == Standing::Whole && paths(old) == paths(new)
    }
}
