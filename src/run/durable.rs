//! Durable: when what a run placed is safe from a power cut, and noting that it is not yet.

use crate::git::{Unsynced, sync_file_system};

use super::clock::now_ms;
use super::engine::Engine;
use super::error::{RunError, io_error};
use super::fault;

impl Engine<'_> {
    /// Makes what a job placed survive a power cut: once per job, not per datum.
    pub(super) fn make_durable(&mut self, at: usize) -> Result<(), RunError> {
        if self.jobs[at].placed.is_empty() {
            return Ok(());
        }
        let now = now_ms();
        sync_file_system(&self.shared.root).map_err(io_error(&self.shared.root))?;
        self.log.sync()?;
        fault::point("finish:synced");
        Unsynced::end(&self.shared.state).map_err(io_error(&self.shared.state))?;
        (self.is_unsynced, self.synced_ms) = (false, now);
        Ok(())
    }

    /// Notes that what is placed from now on is not yet safe from a power cut.
    pub(super) fn note_unsynced(&mut self) -> Result<(), RunError> {
        if !self.is_unsynced {
            let begun = Unsynced::begin(&self.shared.state, self.log.len_bytes()?, self.synced_ms);
            begun.map_err(io_error(&self.shared.state))?;
            self.is_unsynced = true;
        }
        Ok(())
    }
}
