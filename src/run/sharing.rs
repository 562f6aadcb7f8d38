//! Sharing: equal work of several pipelines is computed once in a run; the others place its result, and wait for it where
//! it is in hand.

use crate::model::DatumId;

use super::engine::Engine;
use super::error::RunError;
use super::job::Job;
use super::work::Task;

impl Engine<'_> {
    /// The next datum set of a job: tasks that one slot performs one after another. None where all that is left waits for
    /// what another job has in hand, or was placed.
    ///
    /// # Errors
    /// When a result cannot be placed.
    pub(super) fn next_set(&mut self, at: usize) -> Result<Vec<Task>, RunError> {
        let mut units = Vec::new();
        let mut left = self.jobs[at].queue.len();
        while units.is_empty() && left > 0 && !self.jobs[at].queue.is_empty() {
            let next = self.jobs[at].next_set(self.request.jobs, &self.shared.root);
            left = left.saturating_sub(next.len());
            units = self.own_units(at, next)?;
        }
        self.jobs[at].sets += usize::from(!units.is_empty());
        Ok(units.into_iter().map(|unit| self.task(at, unit)).collect())
    }

    /// Those of a job's units that it has to compute itself. What this run made for another job is placed; what another one
    /// has in hand goes back into the queue.
    fn own_units(&mut self, at: usize, units: Vec<usize>) -> Result<Vec<usize>, RunError> {
        if !self.may_share(at) {
            return Ok(units);
        }
        let mut own = Vec::new();
        for unit in units {
            let id = self.jobs[at].id_of(unit);
            if self.jobs.iter().any(|job| job.in_hand.contains(&id)) {
                self.jobs[at].queue.push_back(unit);
            } else if self.is_made(id) {
                for datum in self.jobs[at].units[unit].datums.clone() {
                    self.place_known(at, datum)?;
                }
            } else {
                own.push(unit);
            }
        }
        Ok(own)
    }

    /// Whether a job takes results of others: one of them does the same work, and nobody wants all computed anew.
    fn may_share(&self, at: usize) -> bool {
        let job = &self.jobs[at];
        let is_forced = self.request.force && self.selection.named.contains(job.name());
        let is_twin =
            |(number, other): (usize, &Job)| number != at && other.planned.plan.work == job.planned.plan.work;
        !is_forced && !job.planned.pipeline.every_job && self.jobs.iter().enumerate().any(is_twin)
    }

    /// Whether this run made the result of some work, and it stands as it was placed.
    fn is_made(&self, id: DatumId) -> bool {
        let stands = |path: &str, folder: &str| self.shared.stands(&format!("{folder}/{path}"));
        let fresh = self.memory.fresh(id);
        fresh.is_some_and(|fresh| fresh.files.iter().all(|file| stands(&file.path, &fresh.folder)))
    }
}
