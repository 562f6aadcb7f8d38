//! Logs of attempts: all that are here of one datum, and those of the last ones of a pipeline.

use std::path::{Path, PathBuf};

use crate::ledger::AttemptRecord;
use crate::model::{DatumId, PipelineName};
use crate::run::{Known, Planned};

use super::cut_off::{CUT_OFF, CutOff, CutOffs};

/// An attempt that ended, or goes on, and its log.
pub struct AttemptLog {
    /// The run it belongs to, and which try it was there; absent while it goes on.
    pub of: Option<(String, u32)>,
    /// The pipeline that made it for the same work, where that is another one.
    pub by: Option<String>,
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

impl AttemptLog {
    /// Whether its run was killed or stopped before it came to an end.
    pub fn is_cut_off(&self) -> bool {
        self.how == CUT_OFF
    }
}

/// All attempts at a datum that are known here, oldest first, also those when it was made of something else and those
/// that were cut off; `state` is `.git/minipach`. Attempts at other work stand before the datum's own, also where they
/// came later: the datum is what it was again.
pub fn attempt_logs(
    state: &Path,
    known: &Known<'_>,
    cut: &CutOffs,
    place: (&PipelineName, &str),
    id: DatumId,
) -> Vec<AttemptLog> {
    let before = known.log().attempts_of_other_work(place.0, place.1, id);
    let now = known.log().attempts(id);
    let all: Vec<AttemptRecord> = before.iter().chain(&now).cloned().collect();
    let attempts = before.into_iter().map(|seen| (true, seen));
    let mut found: Vec<(u64, AttemptLog)> =
        recorded(state, place.0, attempts.chain(now.into_iter().map(|seen| (false, seen))));
    let cut = cut.at(place.0.as_str(), place.1, &all).into_iter();
    found.extend(cut.map(|cut| (cut.started_ms, log_of(state, cut, id))));
    // Attempts stay in the order in which they were recorded; one that was cut off stands where it began.
    let has_own = found.iter().any(|(_, log)| !log.is_before);
    let is_passed = |log: &AttemptLog| has_own && log.is_before;
    found.sort_by_key(|(started_ms, log)| (!is_passed(log), *started_ms));
    let mut found: Vec<AttemptLog> = found.into_iter().map(|(_, log)| log).collect();
    if let Some(last) = found.last_mut() {
        last.is_last = true;
    }
    found
}

fn log_of(state: &Path, cut: &CutOff, id: DatumId) -> AttemptLog {
    AttemptLog {
        of: Some(cut.of.clone()),
        by: None,
        how: CUT_OFF,
        is_last: false,
        is_before: cut.id != id,
        message: cut.message().to_owned(),
        path: cut.log.as_ref().map(|log| state.join(log)),
        is_removed: false,
    }
}

/// The logs of recorded attempts at what the pipeline `own` wants, with when each began; whether it was of something else stands beside each.
fn recorded(
    state: &Path,
    own: &PipelineName,
    attempts: impl Iterator<Item = (bool, AttemptRecord)>,
) -> Vec<(u64, AttemptLog)> {
    let mut found: Vec<(u64, AttemptLog)> = Vec::new();
    for (is_before, attempt) in attempts {
        let log = attempt.log.as_ref().map(|log| state.join(&**log));
        let path = log.clone().filter(|path| path.exists());
        // Attempts of earlier versions share one.
        found.retain(|(_, earlier)| path.is_none() || earlier.path != path);
        let log = AttemptLog {
            of: Some((attempt.run.into(), attempt.attempt)),
            by: (attempt.pipeline != *own).then(|| attempt.pipeline.to_string()),
            how: attempt.outcome.word(),
            is_last: false,
            is_before,
            message: attempt.message.map(Into::into).unwrap_or_default(),
            is_removed: log.is_some() && path.is_none(),
            path,
        };
        found.push((attempt.started_ms, log));
    }
    found
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
