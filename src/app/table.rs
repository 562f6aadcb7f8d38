//! `DatumTable`: the datums of one pipeline in columns, so that a hundred thousand of them stay small and quick.

use crate::ledger::Outcome;
use crate::model::{DatumId, DatumState, KnownResult, PipelineName};
use crate::plan::Reason;
use crate::run::{Known, Planned};
use std::collections::BTreeMap;

use super::session::Session;

/// The datums of a pipeline, and what is left over, sorted by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DatumTable {
    /// Where each row's key ends in `text`.
    ends: Vec<u32>,
    /// All keys, one after the other.
    text: String,
    /// Where each stands.
    pub states: Vec<DatumState>,
    /// What each computes.
    pub ids: Vec<DatumId>,
    /// Of each, whether something stands that may be accepted as its result.
    pub acceptable: Vec<bool>,
    /// For each, which of `sentences` says why.
    reasons: Vec<u32>,
    /// Each distinct reason once.
    sentences: Vec<String>,
    /// Where each row's result ends in `places`.
    place_ends: Vec<u32>,
    /// Where results stand, one after the other.
    places: String,
    /// How many bytes the longest key has.
    pub longest_key: usize,
}

impl DatumTable {
    /// A table made of rows: key, state and why. What is stale or edited may be accepted.
    pub fn from_rows<'a>(rows: impl IntoIterator<Item = (&'a str, DatumState, &'a str)>) -> Self {
        let mut made = Rows::default();
        for (key, state, reason) in rows {
            let reason = made.intern(reason.to_owned());
            let is_acceptable = matches!(state, DatumState::Stale | DatumState::Edited);
            let (key, id) = (key.into(), DatumId([0; 32]));
            made.found.push(Row { key, id, state, is_acceptable, reason, result: String::new() });
        }
        made.finish()
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The key of a row; empty for a row that does not exist.
    pub fn key(&self, row: usize) -> &str {
        let Some(end) = self.ends.get(row) else { return "" };
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.text[start as usize..*end as usize]
    }

    /// Where the result of a row stands, from the root; empty where none does or that is not known.
    pub fn result(&self, row: usize) -> &str {
        let Some(end) = self.place_ends.get(row) else { return "" };
        let start = if row == 0 { 0 } else { self.place_ends[row - 1] };
        &self.places[start as usize..*end as usize]
    }

    /// The row of a key.
    pub fn row_of(&self, key: &str) -> Option<usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            match self.key(middle).cmp(key) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(middle),
            }
        }
        None
    }

    /// Whether another table has the same rows, however they stand.
    pub fn has_keys_of(&self, other: &Self) -> bool {
        self.ends == other.ends && self.text == other.text
    }

    /// The rows that rows of another table have here, by their keys; what is not here is left out.
    pub fn rows_from(&self, other: &Self, rows: &[u32]) -> Vec<u32> {
        let mut here: Vec<Option<u32>> = Vec::with_capacity(other.len());
        let mut row = 0;
        for at in 0..other.len() {
            while row < self.len() && self.key(row) < other.key(at) {
                row += 1;
            }
            let is_here = row < self.len() && self.key(row) == other.key(at);
            here.push(is_here.then(|| u32::try_from(row).unwrap_or(u32::MAX)));
        }
        rows.iter().filter_map(|at| here.get(*at as usize).copied().flatten()).collect()
    }

    /// Each distinct reason once.
    pub fn sentences(&self) -> &[String] {
        &self.sentences
    }

    /// Which of the distinct reasons a row has.
    pub fn sentence(&self, row: usize) -> Option<usize> {
        self.reasons.get(row).map(|at| *at as usize)
    }

    /// Why a row is in its state, in a sentence.
    pub fn reason(&self, row: usize) -> &str {
        let found = self.reasons.get(row).and_then(|at| self.sentences.get(*at as usize));
        found.map_or("", String::as_str)
    }
}

/// Reasons in one line, and how many more there are.
fn sentence(reasons: &[Reason]) -> String {
    let mut told: Vec<String> = reasons.iter().take(TOLD).map(Reason::sentence).collect();
    let more = reasons.len().saturating_sub(TOLD);
    if more > 0 {
        told.push(format!("and {more} more"));
    }
    told.join("; ")
}

/// The last attempt of a row that was not cut off; 0 where something is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LastAttempt {
    /// How long it took, in milliseconds; less than one counts as one.
    pub took_ms: u32,
    /// The most memory that one of its processes had, in KiB.
    pub peak_kib: u32,
    /// When it ended, in seconds since the Unix epoch.
    pub ended_s: u32,
}

/// The last attempt of each row that a table of the plan has.
pub fn times(session: &Session, known: &Known<'_>, planned: &Planned) -> Vec<LastAttempt> {
    let lines = session.project.ledger(&planned.pipeline.name).lines();
    let datums = planned.plan.datums.iter().map(|datum| (&*datum.key, datum.id));
    let left = planned.plan.leftovers.iter().map(|left| &lines[left.line as usize]);
    let mut rows: Vec<(&str, DatumId)> = datums.chain(left.map(|line| (&*line.key, line.id))).collect();
    rows.sort_by_key(|(key, _)| *key);
    rows.into_iter().map(|(_, id)| last(known, id)).collect()
}

/// How long the last attempt of some work took that was not cut off; less than a millisecond counts as one.
pub(super) fn took(known: &Known<'_>, id: DatumId) -> u32 {
    last(known, id).took_ms
}

fn last(known: &Known<'_>, id: DatumId) -> LastAttempt {
    let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    let attempts = known.log().attempts(id);
    let last = attempts.iter().rev().find(|attempt| attempt.outcome != Outcome::Cancelled);
    // As a run tells it: all tries of the last run together.
    let tries = |run: &str| {
        attempts.iter().filter(|attempt| &*attempt.run == run).map(|attempt| attempt.took_ms).sum()
    };
    last.map_or_else(LastAttempt::default, |attempt| LastAttempt {
        took_ms: small(tries(&attempt.run)).max(1),
        peak_kib: small(attempt.max_rss_bytes.unwrap_or(0) / 1024),
        ended_s: small(attempt.started_ms.saturating_add(attempt.took_ms) / 1000),
    })
}

/// At most so many reasons of one datum are told; a datum that gathers all others may have as many as they are.
const TOLD: usize = 5;

/// One row as it comes.
struct Row {
    key: Box<str>,
    id: DatumId,
    state: DatumState,
    is_acceptable: bool,
    reason: u32,
    result: String,
}

/// Where all of some outputs stand, from the root: the one of them, or the folder around them; empty for none.
fn result_path(name: &PipelineName, line: &KnownResult) -> String {
    let mut paths = line.outputs.iter().map(|output| &*output.path);
    let Some(first) = paths.next() else { return String::new() };
    let around = |a: &str, b: &str| {
        let same = a.split('/').zip(b.split('/')).take_while(|(a, b)| a == b).map(|(a, _)| a);
        same.collect::<Vec<_>>().join("/")
    };
    match paths.fold(first.to_owned(), |all, path| around(&all, path)).as_str() {
        "" | "." => name.to_string(),
        below => format!("{name}/{below}"),
    }
}

/// Rows as they come, and every sentence once.
#[derive(Default)]
pub(super) struct Rows {
    found: Vec<Row>,
    sentences: Vec<String>,
    known: BTreeMap<String, u32>,
}

impl Rows {
    /// Takes a datum of a plan, and why it is in its state.
    pub(super) fn datum(&mut self, session: &Session, planned: &Planned, number: usize, reasons: &[Reason]) {
        let datum = &planned.plan.datums[number];
        let is_candidate = matches!(datum.state, DatumState::Stale | DatumState::Edited | DatumState::Failed);
        let is_acceptable = is_candidate && session.project.is_acceptable(planned, number);
        let name = &planned.pipeline.name;
        let has_none = matches!(datum.state, DatumState::Pending | DatumState::Cached | DatumState::InTheWay);
        let line = session.project.ledger(name).lines_for(&datum.key).last().filter(|_| !has_none);
        let result = line.map(|line| result_path(name, line)).unwrap_or_default();
        let reason = self.intern(sentence(reasons));
        let (key, id, state) = (datum.key.clone(), datum.id, datum.state);
        self.found.push(Row { key, id, state, is_acceptable, reason, result });
    }

    /// Takes what is left over in a plan.
    pub(super) fn leftovers(&mut self, session: &Session, planned: &Planned) {
        let lines = session.project.ledger(&planned.pipeline.name).lines();
        for left in planned.plan.left_keys() {
            let line = &lines[left.line as usize];
            let reason = planned.plan.leftover_reason(left.state);
            let reason = self.intern(sentence(&[reason]));
            let (key, id, state) = (line.key.clone(), line.id, left.state);
            let result = result_path(&planned.pipeline.name, line);
            self.found.push(Row { key, id, state, is_acceptable: false, reason, result });
        }
    }

    fn intern(&mut self, sentence: String) -> u32 {
        let next = u32::try_from(self.sentences.len()).unwrap_or(u32::MAX);
        *self.known.entry(sentence).or_insert_with_key(|sentence| {
            self.sentences.push(sentence.clone());
            next
        })
    }

    /// All of them in a table.
    pub(super) fn finish(mut self) -> DatumTable {
        self.found.sort_by(|a, b| a.key.cmp(&b.key));
        let mut table = DatumTable { sentences: self.sentences, ..DatumTable::default() };
        for Row { key, id, state, is_acceptable, reason, result } in self.found {
            table.places.push_str(&result);
            table.place_ends.push(u32::try_from(table.places.len()).unwrap_or(u32::MAX));
            table.text.push_str(&key);
            table.longest_key = table.longest_key.max(key.len());
            table.ends.push(u32::try_from(table.text.len()).unwrap_or(u32::MAX));
            table.ids.push(id);
            table.states.push(state);
            table.acceptable.push(is_acceptable);
            table.reasons.push(reason);
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_again_in_another_table() {
        let table = |keys: &[&'static str]| {
            DatumTable::from_rows(keys.iter().map(|key| (*key, DatumState::Done, "")))
        };
        let (before, after) = (table(&["a", "c", "d", "f"]), table(&["b", "c", "e", "f", "g"]));
        assert_eq!(after.rows_from(&before, &[3, 0, 1, 2]), [3, 1]);
        assert!(before.has_keys_of(&before) && !before.has_keys_of(&after));
        assert_eq!((before.longest_key, table(&["sub-10", "b"]).longest_key), (1, 6));
    }

    #[test]
    fn of_many_reasons_the_first_are_told_and_the_others_counted() {
        let code = |number: usize| Reason::Code { path: format!("code/{number}.py"), old: None, new: None };
        let reasons: Vec<Reason> = (0..100_000).map(code).collect();
        let told = sentence(&reasons);
        assert!(told.contains("code/4.py") && !told.contains("code/5.py"), "{told}");
        assert!(told.ends_with("; and 99995 more"), "{told}");
        assert_eq!(sentence(&reasons[..1]), reasons[0].sentence());
    }

    #[test]
    fn rows_are_sorted_and_found_by_key() {
        let table = DatumTable::from_rows([
            ("sub-2", DatumState::Failed, "it broke"),
            ("sub-10", DatumState::Done, "fine"),
            ("", DatumState::Done, "fine"),
        ]);
        assert_eq!((0..3).map(|row| table.key(row)).collect::<Vec<_>>(), ["", "sub-10", "sub-2"]);
        assert_eq!(
            (table.row_of("sub-2"), table.row_of(""), table.row_of("sub-3")),
            (Some(2), Some(0), None)
        );
        assert_eq!(
            (table.reason(2), table.reason(1), table.states[2]),
            ("it broke", "fine", DatumState::Failed)
        );
        assert_eq!((table.key(3), table.reason(3)), ("", ""));
    }
}
