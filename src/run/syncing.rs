//! `Sealing`: a job that is finished, while what it placed is being made safe from a power cut.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use crate::git::{Unsynced, sync_file_system};
use crate::ledger::LogSync;

use super::error::{RunError, io_error};
use super::inbox::News;
use super::task_news::TaskNews;

/// A finished job whose results are not recorded yet.
pub(super) struct Sealing {
    /// Number of the job.
    pub(super) at: usize,
    /// Makes its results survive a power cut, if it placed any.
    pub(super) syncing: Option<Syncing>,
}

impl Sealing {
    /// Whether it can be sealed without waiting.
    pub(super) fn is_ready(&self) -> bool {
        self.syncing.as_ref().is_none_or(|syncing| syncing.has_ended.load(Ordering::Acquire))
    }
}

/// What a sync makes safe.
pub(super) struct ToSync {
    /// The file system of this folder,
    pub(super) root: PathBuf,
    /// then the attempt log.
    pub(super) log: LogSync,
    /// Then the note about what is not safe is renewed, if other jobs go on meanwhile: the folder of our own state, and
    /// how long the log was when this began, and when that was.
    pub(super) renewed: Option<(PathBuf, u64, u64)>,
}

impl ToSync {
    fn sync(&self) -> Result<(), RunError> {
        sync_file_system(&self.root).map_err(io_error(&self.root))?;
        self.log.sync()?;
        let Some((state, log_bytes, since_ms)) = &self.renewed else { return Ok(()) };
        Unsynced::begin(state, *log_bytes, *since_ms).map_err(io_error(state))
    }
}

/// A sync under way.
pub(super) struct Syncing {
    /// When it began.
    pub(super) begun_ms: u64,
    /// How many results had been placed then.
    pub(super) placements: u64,
    /// Whether it renews the note.
    pub(super) is_renewing: bool,
    pub(super) thread: JoinHandle<Result<(), RunError>>,
    has_ended: Arc<AtomicBool>,
}

impl Syncing {
    /// Begins it, now that so many results were placed; `news` tells of its end.
    pub(super) fn begin(what: ToSync, (begun_ms, placements): (u64, u64), news: News) -> Self {
        let (is_renewing, has_ended) = (what.renewed.is_some(), Arc::new(AtomicBool::new(false)));
        let told = Arc::clone(&has_ended);
        let thread = thread::spawn(move || {
            let synced = what.sync();
            told.store(true, Ordering::Release);
            news.tell(TaskNews::Synced);
            synced
        });
        Self { begun_ms, placements, is_renewing, thread, has_ended }
    }
}
