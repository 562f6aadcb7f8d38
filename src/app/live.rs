//! Live: what a run that is going on now has in its hands, read from its event file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::exec::left_over;
use crate::ledger::{Follower, Holder, holder, runs};
use crate::model::Event;

use super::error::AppError;

/// What is said of a datum that the run comes to.
pub const QUEUED: &str = "queued in the run that is going on";

/// `waits for try 2 of 3`, where this try failed.
pub(super) fn next_try(failed: u32, tries: u32) -> String {
    format!("waits for try {} of {tries}", failed + 1)
}

/// A run that is going on.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// Who runs.
    pub holder: Option<Holder>,
    /// Datums in its hands, by pipeline and key.
    pub running: BTreeMap<(String, String), InHand>,
    /// Datums that wait for their next try, with what is said of that, by pipeline and key.
    retries: BTreeMap<(String, String), String>,
    /// What its jobs have queued, by pipeline.
    queued: BTreeMap<String, Queue>,
    /// Whether it was asked to stop, so that it is cut off if it is asked once more.
    pub is_stopping: bool,
    /// Commands that go on though their run was killed.
    pub left: usize,
}

/// The datums of a job that goes on.
#[derive(Clone, Debug, Default)]
struct Queue {
    /// Whose command runs, where these are not all that are open.
    only: Option<BTreeSet<String>>,
    /// Those of which the end is known.
    ended: BTreeSet<String>,
}

/// A datum that a run has in its hands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InHand {
    /// When its attempt began: milliseconds since the Unix epoch.
    pub since_ms: u64,
    /// Where its log is or will be, from `.git/minipach`.
    pub log: Option<String>,
}

impl InHand {
    /// When its attempt began, in UTC.
    pub fn since(&self) -> String {
        let when =
            i64::try_from(self.since_ms).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
        when.map(|when| when.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()).unwrap_or_default()
    }
}

impl Live {
    /// What the run has in its hands of one datum.
    pub fn hand(&self, pipeline: &str, key: &str) -> Option<&InHand> {
        if self.running.is_empty() {
            return None;
        }
        self.running.get(&(pipeline.to_owned(), key.to_owned()))
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
        let queue = self.queued.get(pipeline).filter(|_| !self.is_stopping);
        queue.is_some_and(|queue| {
            !queue.ended.contains(key) && queue.only.as_ref().is_none_or(|only| only.contains(key))
        })
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
    let (mut live, mut is_its_own) = (Live::default(), false);
    for event in Follower::new(state, &run).poll()? {
        match event {
            Event::RunStarted { pid, .. } => is_its_own = pid == holder.pid,
            event => live.take(event),
        }
    }
    Ok(is_its_own.then_some(live))
}

impl Live {
    fn take(&mut self, event: Event) {
        match event {
            Event::JobStarted { pipeline, only, to_run, .. } if to_run > 0 => {
                let only = only.map(|keys| keys.into_iter().collect());
                self.queued.insert(pipeline, Queue { only, ended: BTreeSet::new() });
            }
            Event::JobFinished { pipeline, .. } => drop(self.queued.remove(&pipeline)),
            Event::DatumStarted { pipeline, key, log, at_ms, .. } => {
                let place = (pipeline, key);
                self.retries.remove(&place);
                self.running.insert(place, InHand { since_ms: at_ms, log });
            }
            Event::DatumTried { pipeline, key, attempt, tries, .. } => {
                let place = (pipeline, key);
                self.running.remove(&place);
                self.retries.insert(place, next_try(attempt, tries));
            }
            Event::DatumFinished { pipeline, key, .. } => {
                let place = (pipeline, key);
                self.running.remove(&place);
                self.retries.remove(&place);
                if let Some(queue) = self.queued.get_mut(&place.0) {
                    queue.ended.insert(place.1);
                }
            }
            Event::Stopping { .. } => self.is_stopping = true,
            _ => {}
        }
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
