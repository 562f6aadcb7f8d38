//! Durable: when what a run placed is safe from a power cut, and noting that it is not yet.

use std::thread::{self, JoinHandle};

use crate::git::{Unsynced, sync_file_system};

use super::clock::now_ms;
use super::engine::Engine;
use super::error::{RunError, io_error};
use super::fault;

/// A sync under way, and when it began.
pub(super) struct Syncing {
    begun_ms: u64,
    thread: JoinHandle<std::io::Result<()>>,
}

impl Engine<'_> {
    /// Begins to make what a job placed survive a power cut: once per job, not per datum. Until it has ended
    /// nothing may be placed.
    pub(super) fn begin_sync(&self, at: usize) -> Option<Syncing> {
        if self.jobs[at].placed.is_empty() {
            return None;
        }
        let (begun_ms, root) = (now_ms(), self.shared.root.clone());
        Some(Syncing { begun_ms, thread: thread::spawn(move || sync_file_system(&root)) })
    }

    /// Waits until what a job placed survives a power cut, and notes that it does.
    pub(super) fn end_sync(&mut self, syncing: Option<Syncing>) -> Result<(), RunError> {
        let Some(Syncing { begun_ms, thread }) = syncing else { return Ok(()) };
        let synced = thread.join().expect("a sync does not panic");
        synced.map_err(io_error(&self.shared.root))?;
        self.log.sync()?;
        fault::point("finish:synced");
        self.end_note()?;
        (self.is_unsynced, self.synced_ms) = (false, begun_ms);
        Ok(())
    }

    /// Notes that what is placed from now on is not yet safe from a power cut.
    pub(super) fn note_unsynced(&mut self) -> Result<(), RunError> {
        self.end_ahead()?;
        if !self.is_noted {
            let begun = Unsynced::begin(&self.shared.state, self.log.len_bytes()?, self.synced_ms);
            begun.map_err(io_error(&self.shared.state))?;
            self.is_noted = true;
        }
        self.is_unsynced = true;
        Ok(())
    }

    /// Takes back a note ahead of results that did not come.
    pub(super) fn end_idle_note(&mut self) -> Result<(), RunError> {
        self.end_ahead()?;
        if self.is_noted && !self.is_unsynced { self.end_note() } else { Ok(()) }
    }

    fn end_note(&mut self) -> Result<(), RunError> {
        self.is_noted = false;
        Unsynced::end(&self.shared.state).map_err(io_error(&self.shared.state))
    }
}
