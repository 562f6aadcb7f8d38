//! Logs of attempts: all that are here of one datum, and those of the last ones of a pipeline.

use std::path::{Path, PathBuf};

use crate::ledger::Outcome;
use crate::model::DatumId;
use crate::run::{Known, Planned};

/// A log of an attempt that ended, or of one that goes on.
pub struct AttemptLog {
    /// The run it belongs to, and which try it was there; absent while it goes on.
    pub of: Option<(String, u32)>,
    /// How the attempt ended, in a word or two.
    pub how: &'static str,
    /// Whether no attempt came after it.
    pub is_last: bool,
    /// The file.
    pub path: PathBuf,
}

/// The logs that are here of all attempts at some work, oldest first; `state` is `.git/minipach`.
pub fn attempt_logs(state: &Path, known: &Known<'_>, id: DatumId) -> Vec<AttemptLog> {
    let attempts = known.log().attempts(id);
    let count = attempts.len();
    let mut found: Vec<AttemptLog> = Vec::new();
    for (number, attempt) in (1..).zip(attempts) {
        let Some(path) = attempt.log.map(|log| state.join(&*log)).filter(|path| path.exists()) else {
            continue;
        };
        // Attempts of earlier versions share one.
        found.retain(|before| before.path != path);
        let (of, how) = (Some((attempt.run.into(), attempt.attempt)), word(attempt.outcome));
        found.push(AttemptLog { of, how, is_last: number == count, path });
    }
    found
}

const fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "done",
        Outcome::Failed => "failed",
        Outcome::Recovered => "recovered",
        Outcome::TimedOut => "timed out",
        Outcome::Cancelled => "cancelled",
    }
}

/// The logs of the newest attempts at datums of a pipeline, at most so many, oldest first: the place, and the log from
/// the state folder.
pub fn last_logs(known: &Known<'_>, planned: &Planned, most: usize) -> Vec<(String, String)> {
    let last = planned.plan.datums.iter().filter_map(|datum| {
        let attempts = known.log().attempts(datum.id);
        let last = attempts.into_iter().rev().find(|attempt| attempt.log.is_some())?;
        Some((last.started_ms, datum.key.to_string(), last.log?.to_string()))
    });
    let mut found: Vec<(u64, String, String)> = last.collect();
    found.sort_unstable();
    let left = found.len().saturating_sub(most);
    found.into_iter().skip(left).map(|(_, key, log)| (key, log)).collect()
}
