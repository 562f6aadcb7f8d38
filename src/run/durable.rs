//! Durable: when what a run placed is safe from a power cut, and noting that it is not yet.

use crate::git::Unsynced;

use super::clock::now_ms;
use super::engine::Engine;
use super::error::{RunError, io_error};
use super::fault;
use super::syncing::{Syncing, ToSync};

impl Engine<'_> {
    /// Begins to make what a job placed survive a power cut: once per job, not per datum.
    pub(super) fn begin_sync(&self, at: usize) -> Result<Option<Syncing>, RunError> {
        if self.jobs[at].placed.is_empty() {
            return Ok(None);
        }
        let (begun_ms, is_renewing) = (now_ms(), !self.is_last_to_end());
        let renewed = (self.shared.state.clone(), self.log.len_bytes()?, begun_ms);
        let to_sync = ToSync {
            root: self.shared.root.clone(),
            log: self.log.to_sync()?,
            renewed: is_renewing.then_some(renewed),
        };
        Ok(Some(Syncing::begin(to_sync, (begun_ms, self.placements), self.news.clone())))
    }

    /// Whether nothing more is placed once the jobs that are over have ended.
    fn is_last_to_end(&self) -> bool {
        self.starts_nothing() || self.selection.pipelines.keys().all(|name| self.finished.contains(name))
    }

    /// Waits until what a job placed survives a power cut, and notes that it does.
    pub(super) fn end_sync(&mut self, syncing: Option<Syncing>) -> Result<(), RunError> {
        let Some(Syncing { begun_ms, placements, is_renewing, thread, .. }) = syncing else { return Ok(()) };
        thread.join().expect("a sync does not panic")?;
        fault::point("finish:synced");
        self.safe = self.safe.max(placements);
        self.synced_ms = self.synced_ms.max(begun_ms);
        if is_renewing || self.is_unsynced() { Ok(()) } else { self.end_note() }
    }

    /// Notes that what is placed from now on is not yet safe from a power cut.
    pub(super) fn note_unsynced(&mut self) -> Result<(), RunError> {
        self.end_ahead()?;
        if !self.is_noted {
            let begun = Unsynced::begin(&self.shared.state, self.log.len_bytes()?, self.synced_ms);
            begun.map_err(io_error(&self.shared.state))?;
            self.is_noted = true;
        }
        self.placements += 1;
        Ok(())
    }

    /// Whether results were placed of which it is not known that they survive a power cut.
    const fn is_unsynced(&self) -> bool {
        self.safe < self.placements
    }

    /// Takes back a note ahead of results that did not come.
    pub(super) fn end_idle_note(&mut self) -> Result<(), RunError> {
        self.end_ahead()?;
        if self.is_noted && !self.is_unsynced() { self.end_note() } else { Ok(()) }
    }

    fn end_note(&mut self) -> Result<(), RunError> {
        self.is_noted = false;
        Unsynced::end(&self.shared.state).map_err(io_error(&self.shared.state))
    }
}
