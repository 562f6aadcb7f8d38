//! The logs of the last attempts at the datums of a pipeline.

use crate::run::{Known, Planned};

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
