//! Live: what a run that is going on now has in its hands, read from its event file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::exec::left_over;
use crate::ledger::{Follower, Holder, holder, runs};
use crate::model::Event;

use super::error::AppError;
use super::progress::{InHand, RunProgress, next_try};

/// What is said of a datum that the run comes to.
pub const QUEUED: &str = "queued in the run that is going on";

/// A run that is going on.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// Who runs.
    pub holder: Option<Holder>,
    /// What it did so far.
    pub run: RunProgress,
    /// Datums that wait for their next try, with what is said of that, by pipeline and key.
    retries: BTreeMap<(String, String), String>,
    /// Datums of jobs that go on of which the end is known, by pipeline.
    ended: BTreeMap<String, BTreeSet<String>>,
    /// Commands that go on though their run was killed.
    pub left: usize,
}

impl Live {
    /// What the run has in its hands of one datum.
    pub fn hand(&self, pipeline: &str, key: &str) -> Option<&InHand> {
        if self.run.running.is_empty() {
            return None;
        }
        self.run.running.get(&(pipeline.to_owned(), key.to_owned()))
    }

    /// What is said of an open datum that the run comes to before it ends; `None` if it does not.
    pub fn queued(&self, pipeline: &str, key: &str) -> Option<String> {
        self.has_queued(pipeline, key).then(|| {
            let retry = self.retries.get(&(pipeline.to_owned(), key.to_owned()));
            retry.map_or_else(|| QUEUED.to_owned(), |retry| format!("{retry}, {QUEUED}"))
        })
    }

    /// Whether the run has an open datum queued, so that it runs it before it ends.
    fn has_queued(&self, pipeline: &str, key: &str) -> bool {
        let has_ended = || self.ended.get(pipeline).is_some_and(|ended| ended.contains(key));
        self.run.stops == 0 && self.run.means(pipeline, key) && !has_ended()
    }
}

/// Looks whether a run is going on, and what it does.
///
/// # Errors
/// When the lock or the event file cannot be read.
pub fn live(state: &Path) -> Result<Live, AppError> {
    let Some(holder) =
        holder(state).map_err(|error| AppError::new(super::error::ExitCode::Data, error.to_string()))?
    else {
        return Ok(Live { left: left_over(&state.join("work")), ..Live::default() });
    };
    let live = told(state, &holder)?.unwrap_or_default();
    Ok(Live { holder: Some(holder), ..live })
}

/// What the run of the holder of the lock told; nothing where the newest run is not its own.
fn told(state: &Path, holder: &Holder) -> Result<Option<Live>, AppError> {
    let Some(run) = runs(state)?.into_iter().next() else { return Ok(None) };
    let mut live = Live::default();
    for event in Follower::new(state, &run).poll()? {
        live.take(event);
    }
    Ok((live.run.pid == holder.pid).then_some(live))
}

impl Live {
    fn take(&mut self, event: Event) {
        match &event {
            Event::JobStarted { pipeline, .. } | Event::JobFinished { pipeline, .. } => {
                self.ended.remove(pipeline);
            }
            Event::DatumStarted { pipeline, key, .. } => {
                self.retries.remove(&(pipeline.clone(), key.clone()));
            }
            Event::DatumTried { pipeline, key, attempt, tries, .. } => {
                self.retries.insert((pipeline.clone(), key.clone()), next_try(*attempt, *tries));
            }
            Event::DatumFinished { pipeline, key, .. } => {
                self.retries.remove(&(pipeline.clone(), key.clone()));
                self.ended.entry(pipeline.clone()).or_default().insert(key.clone());
            }
            _ => {}
        }
        self.run.apply(event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DatumId, DatumState};

    #[test]
    fn what_a_job_comes_to_yet_is_queued() {
        let mut live = Live::default();
        let only = Some(vec!["a".to_owned(), "b".to_owned()]);
        let (pipeline, id) = ("fs".to_owned(), DatumId([0; 32]));
        let (total, to_run, to_restore, to_remove, place) = (3, 2, 0, 0, None);
        live.take(Event::JobStarted {
            pipeline,
            at_ms: 1,
            total,
            to_run,
            to_restore,
            to_remove,
            only,
            place,
        });
        let queued = |live: &Live| ["a", "b", "c"].map(|key| live.has_queued("fs", key));
        assert_eq!(queued(&live), [true, true, false]);
        let (pipeline, key, outcome) = ("fs".to_owned(), "a".to_owned(), DatumState::Failed);
        let (message, log, instead_of) = (None, None, None);
        let (took_ms, at_ms) = (1, 2);
        live.take(Event::DatumFinished {
            pipeline,
            key,
            id,
            outcome,
            instead_of,
            message,
            log,
            took_ms,
            at_ms,
        });
        assert_eq!(queued(&live), [false, true, false]);
        let (pipeline, key, id) = ("fs".to_owned(), "b".to_owned(), DatumId([0; 32]));
        let (attempt, tries, message, log) = (1, 3, None, None);
        live.take(Event::DatumTried { pipeline, key, id, attempt, tries, message, log, at_ms: 3 });
        let told = live.queued("fs", "b");
        assert_eq!(told.as_deref(), Some("waits for try 2 of 3, queued in the run that is going on"));
        live.take(Event::Stopping { is_now: false, at_ms: 3 });
        assert_eq!(queued(&live), [false; 3], "nothing new begins");
    }
}
