//! Logs of attempts: all that are here of one datum, and those of the last ones of a pipeline.

use std::path::{Path, PathBuf};

use crate::ledger::Outcome;
use crate::model::{DatumId, PipelineName};
use crate::run::{Known, Planned};

/// An attempt that ended, or goes on, and its log.
pub struct AttemptLog {
    /// The run it belongs to, and which try it was there; absent while it goes on.
    pub of: Option<(String, u32)>,
    /// How the attempt ended, in a word or two.
    pub how: &'static str,
    /// Whether no attempt came after it.
    pub is_last: bool,
    /// Whether the datum was made of something else then.
    pub is_before: bool,
    /// What went wrong; empty if nothing did.
    pub message: String,
    /// The file, if it is there.
    pub path: Option<PathBuf>,
    /// Whether there was one, which was removed since.
    pub is_removed: bool,
}

/// All attempts at a datum that are known here, oldest first, also those that failed when it was made of something else;
/// `state` is `.git/minipach`.
pub fn attempt_logs(
    state: &Path,
    known: &Known<'_>,
    place: (&PipelineName, &str),
    id: DatumId,
) -> Vec<AttemptLog> {
    let before = known.log().attempts_before(place.0, place.1, id);
    let attempts = before.into_iter().map(|seen| (true, seen));
    let attempts = attempts.chain(known.log().attempts(id).into_iter().map(|seen| (false, seen)));
    let mut found: Vec<AttemptLog> = Vec::new();
    for (is_before, attempt) in attempts {
        let log = attempt.log.as_ref().map(|log| state.join(&**log));
        let path = log.clone().filter(|path| path.exists());
        // Attempts of earlier versions share one.
        found.retain(|earlier| path.is_none() || earlier.path != path);
        found.push(AttemptLog {
            of: Some((attempt.run.into(), attempt.attempt)),
            how: word(attempt.outcome),
            is_last: false,
            is_before,
            message: attempt.message.map(Into::into).unwrap_or_default(),
            is_removed: log.is_some() && path.is_none(),
            path,
        });
    }
    if let Some(last) = found.last_mut() {
        last.is_last = true;
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
