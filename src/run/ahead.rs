//! Ahead: what must be safe on the disk before a job's first result is placed is seen to while its commands run.

use std::thread;

use crate::git::{Unsynced, write};

use super::clock::now_seconds;
use super::engine::Engine;
use super::error::{RunError, io_error};

impl Engine<'_> {
    /// Copies the files at `loose` and begins to keep them, and to note that results are placed if the job has
    /// any to make.
    pub(super) fn begin_ahead(&mut self, at: usize, loose: &[String]) -> Result<(), RunError> {
        self.end_ahead()?;
        let is_noting = !self.is_noted && !self.jobs[at].queue.is_empty();
        if loose.is_empty() && !is_noting {
            return Ok(());
        }
        let (place, state) = (self.project.repo.place(), self.shared.state.clone());
        // Before a command starts: one that goes astray may write to them.
        let copied = if loose.is_empty() { None } else { Some(write::copy(&place, loose, now_seconds())?) };
        let note = is_noting.then_some((self.log.len_bytes()?, self.synced_ms));
        self.is_noted |= is_noting;
        self.ahead = Some(thread::spawn(move || {
            if let Some(copied) = copied {
                copied.keep()?;
            }
            note.map_or(Ok(()), |(log, since)| Unsynced::begin(&state, log, since)).map_err(io_error(&state))
        }));
        Ok(())
    }

    /// Waits for it; until then nothing may be placed or removed.
    pub(super) fn end_ahead(&mut self) -> Result<(), RunError> {
        self.ahead.take().map_or(Ok(()), |ahead| ahead.join().expect("keeping and noting do not panic"))
    }
}
