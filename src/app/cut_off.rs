//! Attempts that were cut off: their run was killed, or stopped at once, so only its events know of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::ledger::{AttemptRecord, Follower, holder, runs, was_cut};
use crate::model::{DatumId, DatumState, Event};

/// Says that an attempt was cut off.
pub(super) const CUT_OFF: &str = "cut off";

/// Outcomes of attempts that failed.
const FAILED: [&str; 2] = ["failed", "timed out"];

/// How many attempts before the last one failed, where all after that were cut off before they came to an end; `newest` are
/// their outcomes, the newest first.
pub fn cut_since_failing<'a>(newest: impl IntoIterator<Item = &'a str>) -> Option<usize> {
    let (back, ended) = newest
        .into_iter()
        .enumerate()
        .find(|(_, outcome)| *outcome != CUT_OFF)
        .filter(|(back, _)| *back > 0)?;
    FAILED.contains(&ended).then_some(back)
}

/// An attempt that began and came to no end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CutOff {
    /// The pipeline and the place it ran for.
    pub(super) place: (String, String),
    /// The work.
    pub(super) id: DatumId,
    /// The run it belongs to, and which try it was there.
    pub(super) of: (String, u32),
    /// When it began: milliseconds since the Unix epoch.
    pub(super) started_ms: u64,
    /// When its run ended, if it did so by itself.
    ended_ms: Option<u64>,
    /// Where its log is, from the state folder, if it printed anything.
    pub(super) log: Option<String>,
}

impl CutOff {
    /// What cut it off, in a sentence.
    pub(super) const fn message(&self) -> &'static str {
        match self.ended_ms {
            Some(_) => "its run was stopped before it ended",
            None => "its run was killed before it ended",
        }
    }

    /// Whether a record tells of the same attempt.
    fn is_known_as(&self, record: &AttemptRecord) -> bool {
        *record.run == *self.of.0 && record.attempt == self.of.1
    }

    /// It in the form of a recorded attempt.
    pub(super) fn value(&self) -> Value {
        let mut value = json!({
            "id": self.id, "pipeline": self.place.0, "key": self.place.1, "run": self.of.0, "try": self.of.1,
            "started_ms": self.started_ms, "outcome": "cut_off", "message": self.message(),
        });
        if let Some(ended_ms) = self.ended_ms {
            value["took_ms"] = ended_ms.saturating_sub(self.started_ms).into();
        }
        if let Some(log) = &self.log {
            value["log"] = log.as_str().into();
        }
        value
    }
}

/// All attempts that were cut off, of all runs whose events are here.
#[derive(Clone, Debug, Default)]
pub struct CutOffs {
    all: Vec<CutOff>,
}

impl CutOffs {
    /// Reads them; what cannot be read is left out. `state` is `.git/minipach`.
    pub fn read(state: &Path) -> Self {
        let found = runs(state).unwrap_or_default();
        // What the newest run has in its hands while it lives is not cut off.
        let is_live = holder(state).ok().flatten().is_some();
        let newest = usize::from(is_live);
        let cut = found.iter().skip(newest).filter(|run| was_cut(state, run));
        Self { all: cut.flat_map(|run| of_run(state, run)).collect() }
    }

    /// Those at a place that no record tells of, oldest first.
    pub(super) fn at(&self, pipeline: &str, key: &str, known: &[AttemptRecord]) -> Vec<&CutOff> {
        let is_meant = |cut: &&CutOff| cut.place.0 == pipeline && cut.place.1 == key;
        let is_new = |cut: &&CutOff| !known.iter().any(|record| cut.is_known_as(record));
        let mut found: Vec<&CutOff> = self.all.iter().filter(is_meant).filter(is_new).collect();
        found.sort_by_key(|cut| cut.started_ms);
        found
    }

    /// Whether the last of all recorded attempts at some work of a place failed, and others were cut off since; `known`
    /// tells the recorded ones.
    pub(super) fn came_after(
        &self,
        (pipeline, key): (&str, &str),
        id: DatumId,
        known: impl FnOnce() -> Vec<AttemptRecord>,
    ) -> bool {
        let is_meant = |cut: &CutOff| cut.id == id && cut.place.0 == pipeline && cut.place.1 == key;
        if !self.all.iter().any(is_meant) {
            return false;
        }
        let known = known();
        let cut = self.at(pipeline, key, &known).into_iter().filter(|cut| cut.id == id);
        let mut all: Vec<(u64, &str)> = cut.map(|cut| (cut.started_ms, CUT_OFF)).collect();
        all.extend(known.iter().map(|record| (record.started_ms, record.outcome.word())));
        all.sort_by_key(|(started_ms, _)| *started_ms);
        cut_since_failing(all.into_iter().rev().map(|(_, outcome)| outcome)).is_some()
    }
}

/// What a run that is over had in its hands last.
fn of_run(state: &Path, run: &str) -> Vec<CutOff> {
    let mut hands: BTreeMap<(String, String), CutOff> = BTreeMap::new();
    let mut end = None;
    for event in Follower::new(state, run).poll().unwrap_or_default() {
        match event {
            Event::DatumStarted { pipeline, key, id, attempt, log, at_ms } => {
                let place = (pipeline, key);
                let of = (run.to_owned(), attempt);
                let cut = CutOff { place: place.clone(), id, of, started_ms: at_ms, ended_ms: None, log };
                hands.insert(place, cut);
            }
            Event::DatumTried { pipeline, key, .. } => drop(hands.remove(&(pipeline, key))),
            Event::DatumFinished { pipeline, key, outcome, .. } if outcome != DatumState::Pending => {
                hands.remove(&(pipeline, key));
            }
            Event::RunFinished { at_ms, .. } => end = Some(at_ms),
            _ => {}
        }
    }
    let is_there = |log: &String| PathBuf::from(state).join(log).exists();
    let settle = |cut: CutOff| CutOff { ended_ms: end, log: cut.log.filter(is_there), ..cut };
    hands.into_values().map(settle).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::EventWriter;
    use crate::model::RunSummary;

    fn started(key: &str) -> Event {
        let (pipeline, id, log) = ("fs".to_owned(), DatumId([1; 32]), Some(format!("logs/{key}.log")));
        Event::DatumStarted { pipeline, key: key.into(), id, attempt: 1, log, at_ms: 5 }
    }

    fn finished(key: &str, outcome: DatumState) -> Event {
        let (pipeline, id, message, log) = ("fs".to_owned(), DatumId([1; 32]), None, None);
        let (key, instead_of) = (key.into(), None);
        Event::DatumFinished { pipeline, key, id, outcome, instead_of, message, log, took_ms: 7, at_ms: 12 }
    }

    fn write(state: &Path, run: &str, end: Option<bool>) {
        let mut writer = EventWriter::create(state, run).expect("an event file");
        let mut tell = |event: Event| writer.append(&event).expect("it is written");
        tell(started("a"));
        tell(started("b"));
        tell(finished("a", DatumState::Done));
        if let Some(interrupted) = end {
            let (summary, error) = (RunSummary::default(), None);
            tell(Event::RunFinished { summary, interrupted, error, at_ms: 9 });
        }
    }

    #[test]
    fn what_a_run_had_in_its_hands_when_it_was_cut_is_cut_off() {
        let state = tempfile::tempdir().expect("a folder");
        write(state.path(), "1", None);
        write(state.path(), "2", Some(true));
        write(state.path(), "3", Some(false));
        std::fs::create_dir(state.path().join("logs")).expect("a folder");
        std::fs::write(state.path().join("logs/b.log"), "so far\n").expect("a file");
        let all = CutOffs::read(state.path());
        assert!(all.at("fs", "a", &[]).is_empty() && all.at("other", "b", &[]).is_empty());
        let mut told: Vec<(&str, Option<u64>)> =
            all.at("fs", "b", &[]).into_iter().map(|cut| (&*cut.of.0, cut.ended_ms)).collect();
        told.sort_unstable();
        assert_eq!(told, [("1", None), ("2", Some(9))]);
        let value = all.at("fs", "b", &[])[0].value();
        assert_eq!((&value["outcome"], &value["log"]), (&"cut_off".into(), &"logs/b.log".into()));
    }
}
