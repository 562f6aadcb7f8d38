//! What slots tell: how attempts and tasks went.

use std::path::PathBuf;

use crate::exec::{Room, Usage};
use crate::ledger::{Exit, Outcome};
use crate::model::OutFile;

use super::absent::Absent;

/// How one attempt went.
#[derive(Clone)]
pub(super) struct AttemptDone {
    /// Which try, from 1.
    pub number: u32,
    /// When it began.
    pub started_ms: u64,
    /// How long it took.
    pub took_ms: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// Exit code or signal.
    pub exit: Option<Exit>,
    /// One sentence, unless it succeeded.
    pub message: Option<String>,
    /// What its command used, if it was started.
    pub usage: Option<Usage>,
    /// Its log, from `.git/minipach`; absent when nothing was printed, or it was given up for later ones.
    pub log: Option<String>,
    /// Whether the engine was told of it when it ended.
    pub is_told: bool,
}

/// How a task ended.
pub(super) enum TaskEnd {
    /// Its output is staged under the task's name.
    Made(Vec<OutFile>, PathBuf),
    /// All attempts failed.
    Failed(String),
    /// The error command stepped in.
    Recovered(String),
    /// An input is gone or damaged since its command began, as the sentence says.
    Spoilt(String),
    /// It was cut off.
    Cancelled,
    /// The time of its job was over before it began.
    TooLate,
    /// An input or code file changed since it was planned; its output is dropped.
    Changed {
        /// The file.
        path: String,
        /// Whether the command ran meanwhile.
        began: bool,
        /// What is said of an input that is gone since, where that may be the command's doing.
        gone: Option<String>,
    },
}

/// What a task reports.
pub(super) struct TaskDone {
    /// Number of the job.
    pub job: usize,
    /// Number of the unit.
    pub unit: usize,
    /// Whether the slot goes on with the next of its set.
    pub is_in_set: bool,
    /// How it ended.
    pub end: TaskEnd,
    /// Every attempt.
    pub attempts: Vec<AttemptDone>,
    /// Log of the last attempt, from `.git/minipach`; absent when nothing was printed.
    pub log: Option<String>,
}

/// What a slot tells the engine.
pub(super) enum TaskNews {
    /// A try of a task begins, its command is started: its job, unit, name and which try.
    Began(usize, usize, String, u32),
    /// A try of a task failed, and another one follows: its job, its unit and how it went.
    Tried(usize, usize, AttemptDone),
    /// A task ended.
    Done(TaskDone),
    /// Content of the annex came, or why it did not.
    Fetched(Absent, Result<(), String>),
    /// The image of a job is ready, or why it cannot be had.
    Room(usize, Result<Room, String>),
    /// A sentence for the user.
    Said(String),
    /// What a job placed is safe from a power cut by now, or cannot be.
    Synced,
    /// A slot broke down, and its task with it.
    Broken,
}
