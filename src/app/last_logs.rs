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

/// What the newest attempts at datums of a pipeline said.
#[derive(Debug, Default)]
pub struct LastLogs {
    /// The place, and the log from the state folder; oldest first.
    pub spoken: Vec<(String, String)>,
    /// Places whose commands ran and printed nothing, in order.
    pub silent: Vec<String>,
}

/// The logs of the newest attempts at datums of a pipeline, at most so many, and who said nothing.
pub fn last_logs(known: &Known<'_>, planned: &Planned, most: usize) -> LastLogs {
    let (mut spoken, mut silent) = (Vec::new(), Vec::new());
    for datum in &planned.plan.datums {
        let attempts = known.log().attempts(datum.id);
        let key = datum.key.to_string();
        let last =
            attempts.iter().rev().find_map(|attempt| Some((attempt.started_ms, attempt.log.as_ref()?)));
        match last {
            Some((at_ms, log)) => spoken.push((at_ms, key, log.to_string())),
            None if attempts.is_empty() => {}
            None => silent.push(key),
        }
    }
    spoken.sort_unstable();
    let left = spoken.len().saturating_sub(most);
    let spoken = spoken.into_iter().skip(left).map(|(_, key, log)| (key, log)).collect();
    LastLogs { spoken, silent }
}
