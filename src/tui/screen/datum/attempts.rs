//! The attempts at a datum, as a screen shows them: those that ended, and the one that runs.

use serde_json::Value;

use crate::app::{DatumView, InHand, cut_since_failing};
use crate::tui::facts::span;
use crate::tui::words::size;

/// Times of one attempt that two tell differ by less than this, in milliseconds.
const NEAR_MS: u64 = 2000;

/// What stands for an attempt that runs.
pub(super) const RUNNING: &str = "running";

/// One attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Attempt {
    /// When it began: milliseconds since the Unix epoch.
    pub(super) started_ms: u64,
    /// How long it took; absent while it runs.
    pub(super) took_ms: Option<u64>,
    /// `done`, `failed`, `timed out`, `cancelled`, `recovered`, `running`.
    pub(super) outcome: String,
    /// How its process ended: `exit 1`, `signal 9`; empty if there was none.
    pub(super) exit: String,
    /// What went wrong.
    pub(super) message: String,
    /// Its log from the state folder.
    pub(super) log: Option<String>,
    /// Largest resident memory of one of its processes, in bytes.
    pub(super) memory: Option<u64>,
    /// Processor time, in milliseconds.
    pub(super) cpu_ms: Option<u64>,
    /// The run it belongs to, and which try it was there.
    pub(super) run: String,
    /// Whether the datum was made of something else then.
    pub(super) is_before: bool,
}

/// All attempts at a datum, oldest first: `hand` is the one that a run has in its hands, or had last; `outcome`
/// what became of it.
pub(super) fn attempts(view: &DatumView, hand: Option<&InHand>, outcome: &str) -> Vec<Attempt> {
    let before = view.earlier.iter().map(|record| (record, true));
    let known = before.chain(view.attempts.iter().map(|record| (record, view.is_before)));
    let ended = |(record, is_before)| Attempt { is_before, ..ended(record) };
    let mut found: Vec<Attempt> = known.map(ended).collect();
    found.sort_by_key(|attempt| attempt.started_ms);
    // Once it is recorded, its record says more.
    let latest = hand.filter(|hand| !found.iter().any(|attempt| is_of(attempt, hand))).map(|hand| Attempt {
        started_ms: hand.since_ms,
        outcome: outcome.into(),
        log: hand.log.clone(),
        ..Attempt::default()
    });
    found.extend(latest);
    found
}

/// Which attempt says most of what the datum is now: the one that failed, if others were cut off since; else its newest
/// one, and only where there is none the newest of other work.
pub(super) fn foremost(attempts: &[Attempt]) -> Option<usize> {
    let own = attempts.iter().rposition(|attempt| !attempt.is_before);
    failed_before_cut(attempts).or(own).or(attempts.len().checked_sub(1))
}

/// The attempt that failed, where all that came after it were cut off before they came to an end.
fn failed_before_cut(attempts: &[Attempt]) -> Option<usize> {
    let newest: Vec<usize> = (0..attempts.len()).rev().filter(|at| !attempts[*at].is_before).collect();
    let back = cut_since_failing(newest.iter().map(|at| attempts[*at].outcome.as_str()))?;
    newest.get(back).copied()
}

/// Whether it is a try of what a run had in its hands: the logs of its tries have one name, with the number of the try in
/// those of earlier ones. Without a log the time tells, though the two are not of the same moment.
fn is_of(attempt: &Attempt, hand: &InHand) -> bool {
    let (Some(log), Some(name)) = (&attempt.log, &hand.log) else {
        return attempt.started_ms.abs_diff(hand.since_ms) < NEAR_MS;
    };
    let try_of = |stem: &str| log.strip_prefix(stem).is_some_and(|rest| rest.starts_with('.'));
    log == name || name.strip_suffix(".log").is_some_and(try_of)
}

fn ended(record: &Value) -> Attempt {
    let text = |field: &str| record[field].as_str().unwrap_or_default().to_owned();
    let cpu = [&record["user_ms"], &record["system_ms"]].map(Value::as_u64);
    Attempt {
        started_ms: record["started_ms"].as_u64().unwrap_or(0),
        took_ms: record["took_ms"].as_u64(),
        outcome: text("outcome").replace('_', " "),
        exit: exit(&record["exit"]),
        message: text("message"),
        log: record["log"].as_str().map(str::to_owned),
        memory: record["max_rss_bytes"].as_u64(),
        cpu_ms: cpu.iter().any(Option::is_some).then(|| cpu.iter().flatten().sum()),
        run: format!("run {}, try {}", text("run"), record["try"].as_u64().unwrap_or(1)),
        is_before: false,
    }
}

fn exit(exit: &Value) -> String {
    match (exit["code"].as_i64(), exit["signal"].as_i64()) {
        (Some(code), _) => format!("exit {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => String::new(),
    }
}

impl Attempt {
    /// How long it took, or runs already; empty where that is not known.
    pub(super) fn length(&self, now_ms: u64) -> String {
        let so_far = (self.outcome == RUNNING).then(|| now_ms.saturating_sub(self.started_ms));
        self.took_ms.or(so_far).map(span).unwrap_or_default()
    }

    /// How it ended, in two words.
    pub(super) fn end(&self) -> String {
        if self.exit.is_empty() || self.outcome == "done" { self.outcome.clone() } else { self.exit.clone() }
    }

    /// What it used: `cpu 17m10, 4.0 GB`.
    pub(super) fn used(&self) -> String {
        let cpu = self.cpu_ms.map(|ms| format!("cpu {}", span(ms)));
        let memory = self.memory.map(size);
        [cpu, memory].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}
