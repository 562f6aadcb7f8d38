//! Keeping: a result that is about to be replaced and that no commit holds is kept under a ref of our own.

use std::collections::BTreeSet;

use crate::git::write;
use crate::model::DatumState;
use crate::plan::{Standing, entries_of, standing_of};

use super::clock::now_seconds;
use super::engine::Engine;
use super::error::RunError;

/// The ref that holds replaced results.
const KEPT: &str = "refs/minipach/kept";

impl Engine<'_> {
    /// Keeps the results that a job will replace or remove, as far as HEAD does not have them.
    pub(super) fn keep_replaced(&mut self, at: usize) -> Result<(), RunError> {
        let doomed = self.doomed(at);
        if doomed.is_empty() {
            return Ok(());
        }
        let dirty = self.dirty()?;
        let is_loose = |path: &&String| !dirty.is_clean_below(path);
        let loose: Vec<&String> = doomed.iter().filter(is_loose).collect();
        if loose.is_empty() {
            return Ok(());
        }
        let loose: Vec<String> = loose.into_iter().cloned().collect();
        write::keep(&self.project.repo.place(), KEPT, &loose, now_seconds())?;
        Ok(())
    }

    /// Files of whole results that will be replaced or removed.
    fn doomed(&self, at: usize) -> BTreeSet<String> {
        let job = &self.jobs[at];
        let plan = &job.planned.plan;
        let files = self.project_files(at);
        let ledger = self.project.ledger(job.name());
        let goes = |state: DatumState| {
            matches!(
                state,
                DatumState::Stale | DatumState::Cached | DatumState::Failed | DatumState::Recovered
            )
        };
        let replaced = plan
            .datums
            .iter()
            .filter(|datum| goes(datum.state))
            .flat_map(|datum| ledger.lines_for(&datum.key));
        let orphaned = plan
            .leftovers
            .iter()
            .filter(|left| left.state == DatumState::Orphaned)
            .map(|left| &ledger.lines()[left.line as usize]);
        let whole = replaced.chain(orphaned).filter(|line| standing_of(line, &files) == Standing::Whole);
        let outputs = whole.flat_map(|line| &line.outputs);
        outputs
            .flat_map(|output| entries_of(&files, &output.path))
            .map(|entry| entry.path.to_string())
            .collect()
    }
}
