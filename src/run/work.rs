//! Work as it is handed to a slot: one task, and what all tasks of a run share.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, RwLock};
use std::time::Instant;

use crate::exec::Cancel;
use crate::git::Scan;

use super::planner::Planned;

/// What all tasks of a run share.
pub struct Shared {
    /// The project's root.
    pub root: PathBuf,
    /// `.git/minipach`.
    pub state: PathBuf,
    /// Folder that holds `annex/objects`.
    pub annex_dir: PathBuf,
    /// The run's id.
    pub run: String,
    /// The files as they were read.
    pub scan: Arc<Scan>,
    /// Paths of files that this run put into place, from the root: the scan does not know them as they stand.
    pub placed: RwLock<BTreeSet<String>>,
    /// Set when no further task of a set is to be started.
    pub halted: AtomicBool,
    /// Ends running commands.
    pub cancel: Cancel,
}

/// One unit of work for a slot.
pub(super) struct Task {
    /// Number of the job in the engine.
    pub job: usize,
    /// Number of the unit in the job.
    pub unit: usize,
    /// Number of the datum that stands for the unit.
    pub datum: usize,
    /// The pipeline and its plan.
    pub planned: Arc<Planned>,
    /// When the job's time is over.
    pub deadline: Option<Instant>,
    /// Name of its staging folder and log, unique in the project.
    pub name: String,
}

/// Where the log of the task `name` is, from `.git/minipach`.
pub(super) fn log_of(run: &str, name: &str) -> String {
    format!("logs/{run}/{name}.log")
}
