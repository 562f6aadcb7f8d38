//! Keeping: a result that is about to be replaced and that no commit holds, or that cannot be placed yet, is kept under a
//! ref of our own.

use std::collections::BTreeMap;
use std::path::Path;
use std::slice::from_ref;
use std::sync::Arc;

use crate::git::write;
use crate::ledger::ResultRecord;
use crate::model::{ContentId, DatumState, Kind, OutFile};
use crate::plan::Standing::Whole;
use crate::plan::{Planned, entries_of, standing_of, target};

use super::clock::now_seconds;
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

    /// Keeps what a datum's work made, in `staged`, while something is in its way: once that is gone it is placed, and
    /// nothing runs again.
    pub(super) fn keep_made(
        &mut self,
        at: usize,
        datum: usize,
        files: &Arc<[OutFile]>,
        staged: &Path,
    ) -> Result<(), RunError> {
        let planned = Arc::clone(&self.jobs[at].planned);
        let Planned { id, key, .. } = &planned.plan.datums[datum];
        if self.memory.made(*id).is_some_and(|made| *made.files == **files) {
            return Ok(());
        }
        let is_lost = |file: &&OutFile| !self.memory.known().can_be_had(from_ref(*file));
        let lost: Vec<&str> = files.iter().filter(is_lost).map(|file| &*file.path).collect();
        if !lost.is_empty() {
            self.end_ahead()?;
            let (place, to) = (self.project.repo.place(), target(&planned.pipeline, key));
            write::copy_from(&place, (staged, &to), &lost, now_seconds())?.keep()?;
        }
        let record = ResultRecord { publish: None, ..self.record(at, datum, files, "") };
        self.log.results([(&record, &planned.fields)])?;
        Ok(())
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
