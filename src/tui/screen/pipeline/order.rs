//! Which rows of a table are shown, and in which order.

use std::ops::Range;
use std::sync::Arc;

use crate::app::DatumTable;
use crate::model::DatumState;
use crate::tui::bar::WORST_FIRST;
use crate::tui::facts::Facts;

use crate::tui::terms::Terms;

/// What rows are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::tui) enum Sort {
    /// By state, the worst first.
    #[default]
    Worst,
    /// By key.
    Key,
    /// By how long it took, the longest first.
    Time,
}

impl Sort {
    /// The next one.
    pub(super) const fn next(self) -> Self {
        match self {
            Self::Worst => Self::Key,
            Self::Key => Self::Time,
            Self::Time => Self::Worst,
        }
    }

    /// What people call it.
    pub(super) const fn name(self, is_reversed: bool) -> &'static str {
        match (self, is_reversed) {
            (Self::Worst, false) => "worst first",
            (Self::Worst, true) => "best first",
            (Self::Key, false) => "by key",
            (Self::Key, true) => "by key, last first",
            (Self::Time, false) => "slowest first",
            (Self::Time, true) => "quickest first",
        }
    }
}

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::tui) struct Asked {
    /// The filter as typed.
    pub(super) filter: String,
    /// Only what failed.
    pub(super) is_failed_only: bool,
    /// Rows, in order, that "only what failed" shows also once they are mended, as they were shown before.
    pub(super) kept: Arc<[u32]>,
    /// Only keys from one to another, both included.
    pub(super) range: Option<(String, String)>,
    /// What rows are sorted by.
    pub(super) sort: Sort,
    /// The other way round.
    pub(super) is_reversed: bool,
}

/// Rows of a table in an order that somebody looked at.
#[derive(Clone, Debug)]
pub(in crate::tui) struct Order {
    /// What the rows are of.
    pub(in crate::tui) table: Arc<DatumTable>,
    /// The rows.
    pub(in crate::tui) rows: Arc<[u32]>,
}

/// The rows of a pipeline as they are now.
struct Source<'a> {
    /// Keys and reasons.
    table: &'a DatumTable,
    /// States by row.
    states: &'a [DatumState],
    /// How long each took in milliseconds; empty where nobody asks.
    took: &'a [u32],
    /// The reason of a row where it is not the table's.
    changed: &'a dyn Fn(usize) -> Option<String>,
}

/// Whether a state is one that "failed only" shows.
pub(super) const fn is_bad(state: DatumState) -> bool {
    matches!(state, DatumState::Failed | DatumState::Edited | DatumState::InTheWay)
}

/// The rows of a node's table that are asked for, in order.
pub(in crate::tui) fn shown(facts: &Facts, at: usize, asked: &Asked) -> Vec<u32> {
    let Some(node) = facts.snapshot.nodes.get(at) else { return Vec::new() };
    let terms = Terms::parse(&asked.filter);
    let needs_times = asked.sort == Sort::Time || terms.has_times();
    let took = if needs_times { facts.took(at) } else { Vec::new() };
    let changed = |row| facts.is_changed(at, row).then(|| facts.reason(at, row));
    let source = Source { table: &node.table, states: facts.states(at), took: &took, changed: &changed };
    order(&source, asked, &terms)
}

/// The rows that are asked for, in order.
fn order(source: &Source<'_>, asked: &Asked, terms: &Terms) -> Vec<u32> {
    let sentences: Vec<u64> = if terms.has_words() {
        source.table.sentences().iter().map(|sentence| terms.words_in(sentence)).collect()
    } else {
        Vec::new()
    };
    let is_shown = |row: &usize| {
        let state = source.states.get(*row).copied().unwrap_or(DatumState::Unknown);
        let words = if terms.has_words() { words(source, terms, &sentences, *row) } else { 0 };
        let took = source.took.get(*row).copied().unwrap_or(0);
        let is_kept = || u32::try_from(*row).is_ok_and(|row| asked.kept.binary_search(&row).is_ok());
        (!asked.is_failed_only || is_bad(state) || is_kept()) && terms.takes(words, state, took)
    };
    let shown = range(source.table, asked).filter(is_shown).filter_map(|row| u32::try_from(row).ok());
    sorted(source, asked, shown.collect())
}

fn words(source: &Source<'_>, terms: &Terms, sentences: &[u64], row: usize) -> u64 {
    let reason = match (source.changed)(row) {
        Some(reason) => terms.words_in(&reason),
        None => source.table.sentence(row).and_then(|at| sentences.get(at)).copied().unwrap_or(0),
    };
    terms.words_in(source.table.key(row)) | reason
}

/// The rows of the keys that are asked for; keys that are gone mean the place where they were.
fn range(table: &DatumTable, asked: &Asked) -> Range<usize> {
    let Some((first, last)) = &asked.range else { return 0..table.len() };
    let start = after(table, |key| key < first.as_str());
    start..after(table, |key| key <= last.as_str()).max(start)
}

/// The first row whose key is not below, as keys are sorted.
fn after(table: &DatumTable, is_below: impl Fn(&str) -> bool) -> usize {
    let (mut low, mut high) = (0, table.len());
    while low < high {
        let middle = usize::midpoint(low, high);
        if is_below(table.key(middle)) { low = middle + 1 } else { high = middle }
    }
    low
}

/// Rows come by key, so that this order costs nothing, and is kept among equals.
fn sorted(source: &Source<'_>, asked: &Asked, mut rows: Vec<u32>) -> Vec<u32> {
    match asked.sort {
        Sort::Key if asked.is_reversed => rows.reverse(),
        Sort::Key => {}
        Sort::Worst => rows = by_state(source.states, asked.is_reversed, &rows),
        Sort::Time => rows = by_time(source.took, asked.is_reversed, &rows),
    }
    rows
}

fn by_state(states: &[DatumState], is_reversed: bool, rows: &[u32]) -> Vec<u32> {
    let mut buckets: [Vec<u32>; WORST_FIRST.len()] = Default::default();
    let mut ranks = [0; WORST_FIRST.len()];
    WORST_FIRST.iter().enumerate().for_each(|(rank, state)| ranks[*state as usize] = rank);
    for row in rows {
        let state = states.get(*row as usize).copied().unwrap_or(DatumState::Unknown);
        buckets[ranks[state as usize]].push(*row);
    }
    if is_reversed {
        buckets.reverse();
    }
    buckets.concat()
}

/// What is not known comes last either way.
fn by_time(took: &[u32], is_reversed: bool, rows: &[u32]) -> Vec<u32> {
    let rank = |row: u32| {
        let took = took.get(row as usize).copied().unwrap_or(0);
        if is_reversed { took.wrapping_sub(1) } else { !took }
    };
    let mut ranked: Vec<(u32, u32)> = rows.iter().map(|row| (rank(*row), *row)).collect();
    ranked.sort_unstable();
    ranked.into_iter().map(|(_, row)| row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(asked: &Asked) -> Vec<&'static str> {
        let rows = [
            ("a", DatumState::Done, "fine"),
            ("b", DatumState::Failed, "out of memory"),
            ("c", DatumState::Done, "fine"),
            ("d", DatumState::Edited, "changed by hand"),
            ("e", DatumState::Stale, "input changed"),
        ];
        let table = DatumTable::from_rows(rows);
        let changed = |row| (row == 4).then(|| "running".to_owned());
        let source =
            Source { table: &table, states: &table.states, took: &[5, 0, 9, 1, 5], changed: &changed };
        let found = order(&source, asked, &Terms::parse(&asked.filter));
        found.into_iter().map(|row| rows[row as usize].0).collect()
    }

    #[test]
    fn rows_are_sorted_by_state_key_and_time_and_equals_by_key() {
        for (sort, is_reversed, expected) in [
            (Sort::Worst, false, ["b", "d", "e", "a", "c"]),
            (Sort::Worst, true, ["a", "c", "e", "d", "b"]),
            (Sort::Key, false, ["a", "b", "c", "d", "e"]),
            (Sort::Key, true, ["e", "d", "c", "b", "a"]),
            (Sort::Time, false, ["c", "a", "e", "d", "b"]),
            (Sort::Time, true, ["d", "a", "e", "c", "b"]),
        ] {
            let asked = Asked { sort, is_reversed, ..Asked::default() };
            assert_eq!(shown(&asked), expected, "{sort:?} {is_reversed}");
        }
    }

    #[test]
    fn rows_are_filtered_by_words_in_key_or_reason_and_by_range() {
        for (filter, expected) in [
            ("changed", vec!["d"]),
            ("running", vec!["e"]),
            ("memory b", vec!["b"]),
            ("fine took:>5ms", vec!["c"]),
            ("nowhere", vec![]),
        ] {
            assert_eq!(shown(&Asked { filter: filter.into(), ..Asked::default() }), expected, "{filter}");
        }
        assert_eq!(shown(&Asked { is_failed_only: true, ..Asked::default() }), ["b", "d"]);
        let kept = Asked { is_failed_only: true, kept: Arc::new([0]), ..Asked::default() };
        assert!(shown(&kept).len() == 3, "what was shown as failed stays: {:?}", shown(&kept));
        let range = |first: &str, last: &str| Some((first.to_owned(), last.to_owned()));
        assert_eq!(shown(&Asked { range: range("bb", "d"), ..Asked::default() }), ["d", "c"]);
        assert_eq!(shown(&Asked { range: range("x", "a"), ..Asked::default() }), [""; 0]);
    }
}
