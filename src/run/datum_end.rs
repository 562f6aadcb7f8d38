//! `DatumEnd`: how a datum ended, for those who tell it on.

use crate::model::DatumState;

/// How a datum ended, as it is told.
pub(super) struct DatumEnd {
    /// Its state from now on; `Cached` for a result placed without running.
    pub(super) state: DatumState,
    /// How it was told to have ended before.
    pub(super) instead_of: Option<DatumState>,
    /// One sentence for all but success.
    pub(super) message: Option<String>,
    /// Log of the last attempt.
    pub(super) log: Option<String>,
    /// Wall time of all attempts, in milliseconds.
    pub(super) took_ms: u64,
}

impl DatumEnd {
    /// An end without an attempt.
    pub(super) fn at_once(state: DatumState, message: Option<String>) -> Self {
        Self { state, instead_of: None, message, log: None, took_ms: 0 }
    }
}
