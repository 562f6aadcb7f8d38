//! Live: what a run that is going on now has in its hands, read from its event file.

use std::collections::BTreeMap;
use std::path::Path;

use crate::ledger::{Follower, Holder, holder, runs};
use crate::model::{DatumState, Event};

use super::error::AppError;

/// A run that is going on.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// Who runs.
    pub holder: Option<Holder>,
    /// Datums in its hands, by pipeline and key.
    pub running: BTreeMap<(String, String), DatumState>,
}

/// Looks whether a run is going on, and what it does.
///
/// # Errors
/// When the lock or the event file cannot be read.
pub fn live(state: &Path) -> Result<Live, AppError> {
    let Some(holder) =
        holder(state).map_err(|error| AppError::new(super::error::ExitCode::Data, error.to_string()))?
    else {
        return Ok(Live::default());
    };
    let mut running = BTreeMap::new();
    if let Some(run) = runs(state)?.first() {
        for event in Follower::new(state, run).poll()? {
            match event {
                Event::DatumStarted { pipeline, key, .. } => {
                    running.insert((pipeline, key), DatumState::Running);
                }
                Event::DatumFinished { pipeline, key, .. } => {
                    running.remove(&(pipeline, key));
                }
                _ => {}
            }
        }
    }
    Ok(Live { holder: Some(holder), running })
}
