//! `LedgerChange`: what a job changes in a pipeline's ledger, written so that a small one stays cheap.

use std::collections::BTreeSet;
use std::path::Path;

use super::layout::{keeps_shards, shard};
use super::works::WorkFields;
use super::{LedgerError, PipelineLedger, store};
use crate::model::{KnownResult, PipelineName, WorkId};

/// Lines that come and go in a pipeline's ledger.
#[derive(Clone, Debug, Default)]
pub struct LedgerChange {
    /// Lines that replace all lines of their keys.
    pub results: Vec<KnownResult>,
    /// Keys whose lines go.
    pub removed: BTreeSet<Box<str>>,
    /// The fields of the works that the lines name.
    pub works: Vec<(WorkId, WorkFields)>,
}

impl LedgerChange {
    /// Whether nothing comes or goes.
    pub fn is_empty(&self) -> bool {
        self.results.is_empty() && self.removed.is_empty()
    }

    /// The ledger `old` with this change.
    pub fn applied(&self, old: &PipelineLedger) -> PipelineLedger {
        old.updated(self.results.clone(), &self.removed, self.works.iter().cloned())
    }

    /// Writes what changes in the files of `old`, which stand in the work tree. Gives the paths from the root that
    /// changed or went.
    ///
    /// A ledger that was read from untidy files is written as a whole, so that all of them stand as a commit has
    /// them.
    ///
    /// # Errors
    /// When a file cannot be written or removed. What was written until then is whole.
    pub fn write(
        &self,
        root: &Path,
        name: &PipelineName,
        old: &PipelineLedger,
    ) -> Result<Vec<String>, LedgerError> {
        if old.is_untidy() || !keeps_shards(&store::standing(root, name)?, name, self.count_after(old)) {
            return store::write(root, name, &self.applied(old));
        }
        let shards: BTreeSet<u8> = self.keys().into_iter().map(shard).collect();
        let part = self.applied(&old.part(|key| shards.contains(&shard(key))));
        store::write_shards(root, name, &part, &shards)
    }

    fn keys(&self) -> BTreeSet<&str> {
        self.results.iter().map(|line| &*line.key).chain(self.removed.iter().map(AsRef::as_ref)).collect()
    }

    /// How many lines there are afterwards.
    fn count_after(&self, old: &PipelineLedger) -> usize {
        let replaced: usize = self.keys().into_iter().map(|key| old.lines_for(key).len()).sum();
        old.lines().len() - replaced + self.results.len()
    }
}
