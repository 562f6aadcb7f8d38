//! Live: what a run that is going on now has in its hands, read from its event file.

use std::collections::BTreeMap;
use std::path::Path;

use crate::exec::left_over;
use crate::ledger::{Follower, Holder, holder, runs};
use crate::model::Event;

use super::error::AppError;

/// A run that is going on.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// Who runs.
    pub holder: Option<Holder>,
    /// Datums in its hands, by pipeline and key.
    pub running: BTreeMap<(String, String), InHand>,
    /// Whether it was asked to stop, so that it is cut off if it is asked once more.
    pub is_stopping: bool,
    /// Commands that go on though their run was killed.
    pub left: usize,
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
    let (mut running, mut is_its_own, mut is_stopping) = (BTreeMap::new(), false, false);
    for event in Follower::new(state, &run).poll()? {
        match event {
            Event::RunStarted { pid, .. } => is_its_own = pid == holder.pid,
            Event::DatumStarted { pipeline, key, log, at_ms, .. } => {
                running.insert((pipeline, key), InHand { since_ms: at_ms, log });
            }
            Event::DatumFinished { pipeline, key, .. } => {
                running.remove(&(pipeline, key));
            }
            Event::Stopping { .. } => is_stopping = true,
            _ => {}
        }
    }
    Ok(is_its_own.then_some(Live { running, is_stopping, ..Live::default() }))
}
