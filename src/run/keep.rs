//! Keeping: a result that is about to be replaced and that no commit holds is kept under a ref of our own.

use std::collections::BTreeMap;

use crate::model::{ContentId, DatumState, Kind};
use crate::plan::Standing::Whole;
use crate::plan::{entries_of, standing_of};

use super::engine::Engine;
use super::error::RunError;

/// So many paths are looked up in HEAD one by one; for more all of HEAD is compared.
const FEW: usize = 100;

/// What stands at a path.
type Standing = (Kind, ContentId);

impl Engine<'_> {
    /// Begins to keep the results that a job will replace or remove, as far as HEAD does not have them.
    pub(super) fn keep_replaced(&mut self, at: usize) -> Result<(), RunError> {
        let doomed = self.doomed(at);
        let loose = self.not_in_head(doomed)?;
        self.begin_ahead(at, &loose)
    }

    /// The paths that do not stand in HEAD as they do here.
    fn not_in_head(&mut self, doomed: BTreeMap<String, Standing>) -> Result<Vec<String>, RunError> {
        let is_annexed = |standing: &Standing| matches!(standing.1, ContentId::Annex(_));
        if doomed.len() > FEW || doomed.values().any(is_annexed) {
            let (against, _) = self.against()?;
            return Ok(doomed.into_keys().filter(|path| !against.dirty.is_clean_below(path)).collect());
        }
        let mut loose = Vec::new();
        let head = if doomed.is_empty() { None } else { self.project.repo.head()?.commit() };
        for (path, (kind, content)) in doomed {
            let committed = self.memory.known().committed(head, &path)?;
            if committed.map(|(oid, kind)| (kind, ContentId::Git(oid))) != Some((kind, content)) {
                loose.push(path);
            }
        }
        Ok(loose)
    }

    /// Files of whole results that will be replaced or removed.
    fn doomed(&self, at: usize) -> BTreeMap<String, Standing> {
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
        let whole = replaced.chain(orphaned).filter(|line| standing_of(line, &files) == Whole);
        let outputs = whole.flat_map(|line| &line.outputs);
        outputs
            .flat_map(|output| entries_of(&files, &output.path))
            .map(|entry| (entry.path.to_string(), (entry.kind, entry.content.clone())))
            .collect()
    }
}
