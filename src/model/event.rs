//! `Event`: everything that happens in a run; progress, JSON, the event file and the log all read it.

use serde::{Deserialize, Serialize};

use super::{DatumId, Place};

/// Totals at the end of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunSummary {
    /// Datums whose command ran and succeeded.
    pub ran: usize,
    /// Results placed without running.
    pub restored: usize,
    /// Datums that failed.
    pub failed: usize,
    /// Datums whose error command succeeded.
    pub recovered: usize,
    /// Results removed because their datum vanished.
    pub removed: usize,
    /// Datums not tried: blocked, edited, in the way or cut off by a cancel.
    pub left: usize,
}

/// Something happened in a run. Times are milliseconds since the Unix epoch, in UTC.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The run began.
    RunStarted {
        /// Its id.
        run: String,
        /// When.
        at_ms: u64,
        /// Process id of the run process.
        pid: u32,
    },
    /// What the run means to do.
    RunPlanned {
        /// The pipelines that it means, also those that turn out to have nothing to do.
        pipelines: Vec<String>,
        /// How many commands go on at a time; 0 in files of runs that did not tell.
        #[serde(default)]
        slots: usize,
        /// When.
        at_ms: u64,
    },
    /// A pipeline that was asked for is not planned, as it or one that it needs has errors.
    LeftOut {
        /// The pipeline.
        pipeline: String,
        /// `broken` or `left_out`.
        state: String,
        /// Why, in one sentence.
        message: String,
        /// When.
        at_ms: u64,
    },
    /// A pipeline was planned and its job began.
    JobStarted {
        /// The pipeline.
        pipeline: String,
        /// When.
        at_ms: u64,
        /// Datums in all.
        total: usize,
        /// Datums whose command will run.
        to_run: usize,
        /// Results that will be placed.
        to_restore: usize,
        /// Results that will be removed.
        to_remove: usize,
        /// The datums whose command will run, by key, where these are not all that are open.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        only: Option<Vec<String>>,
        /// Where its commands see `/pfs`, if any will run.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place: Option<Place>,
    },
    /// An attempt began.
    DatumStarted {
        /// The pipeline.
        pipeline: String,
        /// Place.
        key: String,
        /// Work.
        id: DatumId,
        /// Which try, from 1.
        attempt: u32,
        /// Where its log will be, from `.git/minipach`, once it prints something.
        #[serde(default)]
        log: Option<String>,
        /// When.
        at_ms: u64,
    },
    /// A try failed, and the datum waits for its next one.
    DatumTried {
        /// The pipeline.
        pipeline: String,
        /// Place.
        key: String,
        /// Work.
        id: DatumId,
        /// Which try failed, from 1.
        attempt: u32,
        /// How many tries it has.
        tries: u32,
        /// How the try went wrong, in one sentence.
        message: Option<String>,
        /// Its log, from `.git/minipach`; absent when nothing was printed.
        log: Option<String>,
        /// When.
        at_ms: u64,
    },
    /// An attempt or a datum ended. A datum ends once, but for one with `instead_of`.
    DatumFinished {
        /// The pipeline.
        pipeline: String,
        /// Place.
        key: String,
        /// Work.
        id: DatumId,
        /// How: `done`, `cached`, `failed`, `recovered`, `edited`, `in_the_way`, `stale`.
        outcome: super::DatumState,
        /// How it was told to have ended before, `done` or `cached`, which no longer counts: one that is earlier in order
        /// makes a file of the same name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instead_of: Option<super::DatumState>,
        /// One sentence for all but success.
        message: Option<String>,
        /// Log of the last attempt, from `.git/minipach`; absent when nothing was written.
        log: Option<String>,
        /// Wall time of all attempts.
        took_ms: u64,
        /// When.
        at_ms: u64,
    },
    /// A pipeline's share of the run ended.
    JobFinished {
        /// The pipeline.
        pipeline: String,
        /// Whether everything is done now.
        complete: bool,
        /// Why not, in one sentence.
        message: Option<String>,
        /// Commits made for it.
        commits: Vec<String>,
        /// When.
        at_ms: u64,
    },
    /// No command is begun from now on, or they are again. What runs goes on.
    Paused {
        /// Whether none is begun.
        is_paused: bool,
        /// When.
        at_ms: u64,
    },
    /// The run was asked to stop: nothing new begins from now on.
    Stopping {
        /// Whether the commands that run are ended now.
        is_now: bool,
        /// When.
        at_ms: u64,
    },
    /// Where commands run: in a sandbox, in containers of some image, or as the machine is; each told once.
    Surroundings {
        /// It in a sentence.
        message: String,
        /// When.
        at_ms: u64,
    },
    /// Inputs, specs and code were committed before anything ran.
    Saved {
        /// It in a sentence.
        message: String,
        /// When.
        at_ms: u64,
    },
    /// Something worth a sentence.
    Note {
        /// The sentence.
        message: String,
        /// When.
        at_ms: u64,
    },
    /// The run ended.
    RunFinished {
        /// Totals.
        summary: RunSummary,
        /// Whether it was cut off by a cancel.
        interrupted: bool,
        /// The error that broke it off, if one did: a sentence.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
        /// When.
        at_ms: u64,
    },
}
