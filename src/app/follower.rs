//! `RunFollower`: who follows the newest run from another process; and runs that are over, read to their end.

use std::path::{Path, PathBuf};

use crate::ledger::{Follower, Holder, holder, runs};

use super::error::{AppError, ExitCode};
use super::progress::{DatumChange, RunProgress};

/// Follows the newest run of a work tree.
pub struct RunFollower {
    state: PathBuf,
    follower: Option<(String, Follower)>,
    progress: RunProgress,
    is_held: bool,
}

/// What a look at the newest run found.
#[derive(Clone, Debug, Default)]
pub struct Followed {
    /// Datums that changed since the last look, in order.
    pub changes: Vec<DatumChange>,
    /// Whether anything was heard at all, or the run began or ended.
    pub is_news: bool,
    /// Whether it is another run than at the last look.
    pub is_other: bool,
}

impl RunFollower {
    /// Follows the runs of a work tree; `state` is its state folder.
    pub fn new(state: &Path) -> Self {
        Self { state: state.into(), follower: None, progress: RunProgress::default(), is_held: false }
    }

    /// The run as it is known now.
    pub const fn progress(&self) -> &RunProgress {
        &self.progress
    }

    /// Whether its process lives.
    pub const fn is_live(&self) -> bool {
        self.is_held && self.progress.ended.is_none()
    }

    /// Looks what came since the last time.
    ///
    /// # Errors
    /// When events or the lock cannot be read.
    pub fn poll(&mut self) -> Result<Followed, AppError> {
        let mut found = Followed::default();
        // Before the events: a run that ends between the two looks has told its end by then.
        let holder = self.holder()?;
        if let Some(newest) = runs(&self.state)?.into_iter().next()
            && self.follower.as_ref().is_none_or(|(run, _)| *run != newest)
        {
            self.follower = Some((newest.clone(), Follower::new(&self.state, &newest)));
            self.progress = RunProgress { run: newest, ..RunProgress::default() };
            (found.is_other, found.is_news) = (true, true);
        }
        if let Some((_, follower)) = &mut self.follower {
            let events = follower.poll()?;
            found.is_news |= !events.is_empty();
            found.changes = events.into_iter().filter_map(|event| self.progress.apply(event)).collect();
        }
        let is_held = holder.is_some_and(|holder| holder.pid == self.progress.pid);
        found.is_news |= is_held != self.is_held;
        self.is_held = is_held;
        if !is_held {
            self.progress.cut_hands();
        }
        Ok(found)
    }

    fn holder(&self) -> Result<Option<Holder>, AppError> {
        holder(&self.state).map_err(|error| AppError::new(ExitCode::Data, error.to_string()))
    }
}

/// The runs that left events, newest first, each read to its end; at most `most`.
///
/// # Errors
/// When events cannot be read.
pub(super) fn past_runs(state: &Path, most: usize) -> Result<Vec<RunProgress>, AppError> {
    let mut found = Vec::new();
    for run in runs(state)?.into_iter().take(most) {
        found.push(one_run(state, &run)?);
    }
    Ok(found)
}

/// What one run did, by its id.
///
/// # Errors
/// When its events cannot be read.
pub fn one_run(state: &Path, run: &str) -> Result<RunProgress, AppError> {
    let mut progress = RunProgress { run: run.to_owned(), ..RunProgress::default() };
    for event in Follower::new(state, run).poll()? {
        progress.apply(event);
    }
    Ok(progress)
}
