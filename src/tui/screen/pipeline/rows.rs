//! The datum table as it is looked at: which rows in which order, the cursor on a datum, and what is selected.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::app::{DatumTable, Node};
use crate::model::StateCounts;
use crate::tui::action::Action;
use crate::tui::facts::Facts;
use crate::tui::list::List;
use crate::tui::thought::{Found, QUICK, Thought};
use crate::tui::timing::Timing;

use super::order::{Asked, Sort, shown};
use crate::tui::terms::Terms;

/// For so long after a move the order stays as it is, in milliseconds.
const FROZEN_MS: u64 = 2000;

/// While a run goes on, rows are sorted anew at most this often, in milliseconds.
const SORTED_MS: u64 = 1000;

/// The table of one pipeline as it is looked at.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    /// The pipeline.
    pub(super) name: String,
    /// Where it stands in the snapshot; `None` if it is there no more.
    pub(super) node: Option<usize>,
    /// What is asked for.
    pub(super) asked: Asked,
    /// The rows that are shown, in order.
    pub(super) shown: Arc<[u32]>,
    /// The cursor in what is shown.
    pub(super) list: List,
    /// Keys of selected datums.
    pub(super) selected: BTreeSet<String>,
    /// What of the filter could not be read.
    pub(super) wrong: Option<String>,
    /// Whether states changed since rows were put in order.
    pub(super) is_outdated: bool,
    /// Times in a few numbers.
    pub(super) timing: Timing,
    /// Where a range begins.
    anchor: Option<String>,
    /// The table that `shown` is about.
    table: Arc<DatumTable>,
    times: Option<Arc<[u32]>>,
    /// What `shown` was made for, with which states, and when.
    made: (Asked, StateCounts, u64),
    /// When the cursor was moved last; until then it stays on the first row.
    moved_ms: Option<u64>,
    /// Whether a run goes on and nobody moved the cursor: it stays on the first row, where the worst comes up.
    is_at_top: bool,
    height: usize,
    /// The datum that the cursor goes to when the order comes that was asked for.
    awaited: Option<String>,
    /// Counts the questions for another order.
    number: u64,
    /// Whether the last one is not answered: what is shown is as of before.
    pub(super) is_sorting: bool,
    /// The last one, until it is asked.
    thought: Option<Thought>,
}

impl Rows {
    /// The table of a pipeline.
    pub(super) fn new(name: String, facts: &Facts, sort: Sort, is_reversed: bool) -> Self {
        let asked = Asked { sort, is_reversed, ..Asked::default() };
        let mut rows = Self { name, asked, ..Self::default() };
        rows.renew(facts);
        rows
    }

    /// The pipeline, if it is there.
    pub(super) fn pipeline<'a>(&self, facts: &'a Facts) -> Option<&'a Node> {
        self.node.and_then(|at| facts.snapshot.nodes.get(at))
    }

    /// Takes in what changed; whether the table is another one.
    pub(super) fn renew(&mut self, facts: &Facts) -> bool {
        let is_pipeline = |at: &usize| facts.snapshot.nodes[*at].is_pipeline();
        self.node = facts.snapshot.position(&self.name).filter(is_pipeline);
        let table = self.pipeline(facts).map(|node| Arc::clone(&node.table)).unwrap_or_default();
        let is_other = !(Arc::ptr_eq(&table, &self.table) || table.is_empty() && self.table.is_empty());
        let is_timed = self.take_times(facts);
        if is_other || is_timed || self.asked != self.made.0 || self.is_due(facts) {
            self.sort(facts, table);
        }
        is_other
    }

    /// Takes in times; whether they are others.
    fn take_times(&mut self, facts: &Facts) -> bool {
        let times = self.node.and_then(|at| facts.known_times(at));
        let is_same = match (times, &self.times) {
            (Some(new), Some(old)) => Arc::ptr_eq(&new.rows, old),
            (new, old) => new.is_none() && old.is_none(),
        };
        if !is_same {
            self.timing = times.map(|times| times.timing.clone()).unwrap_or_default();
            self.times = times.map(|times| Arc::clone(&times.rows));
        }
        !is_same
    }

    /// Whether a run changed so much that rows are to be sorted anew, and the user does not move.
    fn is_due(&mut self, facts: &Facts) -> bool {
        let counts = self.node.map(|at| facts.counts(at)).unwrap_or_default();
        let terms = Terms::parse(&self.asked.filter);
        let is_about_states =
            self.asked.sort == Sort::Worst || self.asked.is_failed_only || terms.has_states();
        self.is_outdated = counts != self.made.1 && is_about_states;
        let is_still = |since: u64, least: u64| facts.now_ms.saturating_sub(since) >= least;
        let is_at_rest = self.moved_ms.is_none_or(|moved| is_still(moved, FROZEN_MS));
        self.is_outdated && is_at_rest && !self.is_sorting && is_still(self.made.2, SORTED_MS)
    }

    /// Puts rows in order; the cursor stays on its datum. With many rows that is left to another thread, and
    /// what is shown stays in its order until then.
    fn sort(&mut self, facts: &Facts, table: Arc<DatumTable>) {
        let is_chosen = self.moved_ms.is_some() || self.list.cursor > 0 || !self.selected.is_empty();
        self.is_at_top = facts.is_live && !is_chosen;
        let key = self.kept_key();
        let is_other = !Arc::ptr_eq(&table, &self.table) && !table.has_keys_of(&self.table);
        if is_other {
            self.selected.retain(|key| table.row_of(key).is_some());
            self.shown = table.rows_from(&self.table, &self.shown).into();
        }
        self.table = table;
        self.wrong = Terms::parse(&self.asked.filter).wrong;
        let counts = self.node.map(|at| facts.counts(at)).unwrap_or_default();
        let asked = Asked { kept: self.kept(), ..self.asked.clone() };
        (self.made, self.is_outdated) = ((self.asked.clone(), counts, facts.now_ms), false);
        self.number += 1;
        match self.node {
            Some(at) if self.table.len() > QUICK => self.ask(facts, at, asked),
            Some(at) => self.take_rows(shown(facts, at, &asked).into()),
            None => self.take_rows(Arc::default()),
        }
        match key {
            Some(key) => self.go_to(&key),
            None => self.list = List::default(),
        }
    }

    /// Rows that "only what failed" goes on showing: who mends one sees what becomes of it, and runs it again.
    fn kept(&self) -> Arc<[u32]> {
        let made = &self.made.0;
        let is_as_before = self.asked.is_failed_only
            && made.is_failed_only
            && (&made.filter, &made.range) == (&self.asked.filter, &self.asked.range);
        let mut kept = if is_as_before { self.shown.to_vec() } else { Vec::new() };
        kept.sort_unstable();
        kept.into()
    }

    fn ask(&mut self, facts: &Facts, at: usize, asked: Asked) {
        self.is_sorting = true;
        self.thought = Some(Thought::Rows {
            pipeline: self.name.clone(),
            at,
            asked: Box::new(asked),
            facts: Box::new(facts.frozen()),
            number: self.number,
        });
    }

    fn take_rows(&mut self, rows: Arc<[u32]>) {
        (self.shown, self.is_sorting, self.thought) = (rows, false, None);
    }

    /// What is to be worked out elsewhere, once.
    pub(super) fn thought(&mut self) -> Option<Thought> {
        self.thought.take()
    }

    /// Takes the order that was asked for last; the cursor stays on its datum, or at the top before it was moved.
    pub(super) fn take(&mut self, found: &Found) {
        let Found::Rows(pipeline, number, rows) = found else { return };
        if *pipeline != self.name || *number != self.number {
            return;
        }
        let key = self.awaited.take().or_else(|| self.kept_key());
        self.take_rows(Arc::clone(rows));
        match key {
            Some(key) => self.go_to(&key),
            None => self.list = List::default(),
        }
    }

    /// The datum that the cursor stays on in another order.
    fn kept_key(&self) -> Option<String> {
        self.key().filter(|_| !self.is_at_top).map(str::to_owned)
    }

    /// Puts the cursor on a datum, if it is shown; else it stays in its row.
    fn go_to(&mut self, key: &str) {
        let row = self.table.row_of(key).and_then(|row| u32::try_from(row).ok());
        if let Some(place) = self.shown.iter().position(|shown| Some(*shown) == row) {
            self.list.cursor = place;
        }
        self.list.keep(self.shown.len(), self.height);
    }

    /// Puts the cursor on a datum now, or when the order comes that was asked for; on the first row if it is not shown.
    pub(super) fn return_to(&mut self, key: &str) {
        self.list.cursor = 0;
        self.go_to(key);
        self.awaited = self.is_sorting.then(|| key.to_owned());
    }

    /// The row under the cursor.
    pub(super) fn current(&self) -> Option<usize> {
        self.shown.get(self.list.cursor).map(|row| *row as usize)
    }

    /// The key under the cursor.
    pub(super) fn key(&self) -> Option<&str> {
        self.current().map(|row| self.table.key(row))
    }

    /// The table that the rows are of.
    pub(super) const fn table(&self) -> &Arc<DatumTable> {
        &self.table
    }

    /// Moves as an action says; whether it is one that moves.
    pub(super) fn act(&mut self, action: Action, height: usize, now_ms: u64) -> bool {
        self.height = height;
        let is_move = self.list.act(action, self.shown.len(), height);
        if is_move {
            (self.moved_ms, self.awaited) = (Some(now_ms), None);
        }
        is_move
    }

    /// Puts the cursor on a row; whether it was there already.
    pub(super) fn click(&mut self, row: usize) -> bool {
        self.moved_ms = Some(self.moved_ms.unwrap_or(0));
        self.list.click(row)
    }

    /// Selects what is under the cursor, or lets it go.
    pub(super) fn select(&mut self) {
        let Some(key) = self.key().map(str::to_owned) else { return };
        self.anchor = Some(key.clone());
        if !self.selected.remove(&key) {
            self.selected.insert(key);
        }
    }

    /// Selects from the row that was selected last, or the first one, to the cursor.
    pub(super) fn select_range(&mut self) {
        let anchor = self.anchor.as_ref().and_then(|key| self.table.row_of(key));
        let start = anchor.and_then(|row| self.shown.iter().position(|shown| *shown as usize == row));
        let (start, end) = (start.unwrap_or(self.list.cursor), self.list.cursor);
        self.select_rows(start.min(end), start.max(end) + 1);
        self.anchor = self.key().map(str::to_owned);
    }

    /// Selects all that is shown.
    pub(super) fn select_all(&mut self) {
        self.select_rows(0, self.shown.len());
    }

    fn select_rows(&mut self, start: usize, end: usize) {
        let rows = self.shown.iter().take(end).skip(start);
        let keys: Vec<String> = rows.map(|row| self.table.key(*row as usize).to_owned()).collect();
        self.selected.extend(keys);
    }

    /// Lets go what is selected, else the filter; whether there was any.
    pub(super) fn back(&mut self, facts: &Facts) -> bool {
        if !self.selected.is_empty() {
            self.selected.clear();
            return true;
        }
        let was_filtered = self.is_filtered();
        (self.asked.filter, self.asked.range) = (String::new(), None);
        self.asked.is_failed_only = false;
        self.renew(facts);
        was_filtered
    }

    /// Whether some rows may be hidden.
    pub(super) fn is_filtered(&self) -> bool {
        self.asked.is_failed_only || self.asked.range.is_some() || !self.asked.filter.trim().is_empty()
    }
}
