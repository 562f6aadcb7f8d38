//! Displacing: where datums that share a folder make one file, the first in order has it, whichever ends first.

use std::collections::BTreeMap;

use crate::model::{DatumState, OutFile};

use super::datum_end::DatumEnd;
use super::engine::Engine;
use super::error::RunError;
use super::fault;
use super::job::{Job, Owned};

impl Engine<'_> {
    /// Takes away what later datums of this run placed where `files` belong, and counts them as failed. Whether
    /// any gave way.
    ///
    /// Without it, how fast commands run would decide which of two results stands. Nothing goes where this
    /// datum meets a result that may not give way: then the datum itself is refused.
    pub(super) fn displace(&mut self, at: usize, datum: usize, files: &[OutFile]) -> Result<bool, RunError> {
        let rivals = self.giving_way(at, datum, files).unwrap_or_default();
        let gave_way = !rivals.is_empty();
        for (rival, path) in rivals {
            let message = Self::clash(&self.jobs[at], rival, &path, Some(datum)).message;
            let instead_of = Some(self.withdraw(at, rival)?);
            fault::point("displace:withdrawn");
            self.report.summary.failed += 1;
            self.log_refusal(at, rival, &message)?;
            let end = DatumEnd { instead_of, ..DatumEnd::at_once(DatumState::Failed, Some(message)) };
            self.end_datum(at, rival, &end);
        }
        Ok(gave_way)
    }

    /// The datums in the way of `files`, each with a path it holds; nothing if one of them may stay.
    fn giving_way(&self, at: usize, datum: usize, files: &[OutFile]) -> Option<BTreeMap<usize, String>> {
        let job = &self.jobs[at];
        let met = files.iter().flat_map(|file| job.rivals(datum, &file.path));
        let gives_way = |(path, owned): (&str, &Owned)| {
            let rival = owned.datum.filter(|rival| *rival > datum && self.is_new(job, *rival))?;
            Some((rival, path.to_owned()))
        };
        met.map(gives_way).collect()
    }

    /// Whether a datum had no result before this run.
    fn is_new(&self, job: &Job, datum: usize) -> bool {
        let lines = self.project.ledger(job.name()).lines_for(&job.planned.plan.datums[datum].key);
        job.placed.contains_key(&datum) && lines.iter().all(|line| line.outputs.is_empty())
    }

    /// Removes what this run placed for a datum, as if it had not been; gives how that was told to have ended.
    fn withdraw(&mut self, at: usize, datum: usize) -> Result<DatumState, RunError> {
        let job = &mut self.jobs[at];
        let id = job.planned.plan.datums[datum].id;
        let files = job.placed.remove(&datum).unwrap_or_default();
        job.owners.retain(|_, owned| owned.datum != Some(datum));
        let was_known = job.made.remove(&datum).is_some();
        let end = self.uncount(was_known);
        self.memory.forget(id);
        self.remove_files(at, files.iter().map(|file| file.path.clone()).collect())?;
        Ok(end)
    }

    /// Takes one end back that was counted as a result put in place, if it was known before, or made; which that was.
    pub(super) fn uncount(&mut self, was_known: bool) -> DatumState {
        let summary = &mut self.report.summary;
        let (count, end) = if was_known {
            (&mut summary.restored, DatumState::Cached)
        } else {
            (&mut summary.ran, DatumState::Done)
        };
        *count = count.saturating_sub(1);
        end
    }
}
