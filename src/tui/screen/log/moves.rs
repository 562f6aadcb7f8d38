//! Moving in a log: rows, its end, and what is searched for.

use unicode_width::UnicodeWidthStr as _;

use crate::model::show;
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::facts::Facts;

use super::rows::{height, wrapped};
use super::search::places;
use super::{Log, STEP};
use crate::tui::screen::Seen;

impl Log {
    /// Moves the cursor; through the rows of a wrapped line that is higher than the screen one by one.
    pub(super) fn scroll(&mut self, action: Action, seen: &Seen) -> bool {
        let rows = seen.rows.max(1);
        match action {
            Action::PageDown | Action::PageUp if self.is_wrapped => {
                self.turn_page(action == Action::PageDown, seen);
            }
            Action::Down | Action::Up if self.is_wrapped => {
                self.step(action == Action::Down, 1, seen);
            }
            _ => {
                let is_move = self.list.act(action, self.lines().len(), rows);
                self.inner = if is_move { 0 } else { self.inner };
                return is_move;
            }
        }
        true
    }

    /// Moves by at most a screenful of wrapped rows: no line is passed over unseen.
    fn turn_page(&mut self, is_down: bool, seen: &Seen) {
        let page = seen.rows.max(2) - 1;
        let mut passed = self.step(is_down, page, seen);
        while passed > 0 && passed + self.next_rows(is_down, seen) <= page {
            match self.step(is_down, page - passed, seen) {
                0 => return,
                rows => passed += rows,
            }
        }
    }

    /// To the next row or line, inside a line at most so many rows on; how many rows come into sight, 0 at the end.
    fn step(&mut self, is_down: bool, most: usize, seen: &Seen) -> usize {
        let within = self.within(is_down, seen).min(most);
        if within > 0 {
            let inner = self.inner.min(self.hidden(self.row(), seen));
            self.inner = if is_down { inner + within } else { inner - within };
            return within;
        }
        let (before, rows) = (self.row(), self.next_rows(is_down, seen));
        let action = if is_down { Action::Down } else { Action::Up };
        self.list.act(action, self.lines().len(), seen.rows.max(1));
        if self.row() == before {
            return 0;
        }
        self.inner = if is_down { 0 } else { usize::MAX };
        rows
    }

    /// How many rows of the line under the cursor are still to come.
    fn within(&self, is_down: bool, seen: &Seen) -> usize {
        let end = self.hidden(self.row(), seen);
        let inner = self.inner.min(end);
        if is_down { end - inner } else { inner }
    }

    /// How many rows come into sight with the next step, at least.
    fn next_rows(&self, is_down: bool, seen: &Seen) -> usize {
        if self.within(is_down, seen) > 0 {
            return 1;
        }
        let next = if is_down { self.row() + 1 } else { self.row().saturating_sub(1) };
        self.high(next, seen).min(seen.rows.max(1))
    }

    /// How many rows a line has.
    fn high(&self, row: usize, seen: &Seen) -> usize {
        self.lines().get(row).filter(|_| self.is_wrapped).map_or(1, |line| height(line, seen.columns))
    }

    /// How many rows of a line there is no room for.
    fn hidden(&self, row: usize, seen: &Seen) -> usize {
        self.high(row, seen).saturating_sub(seen.rows.max(1))
    }

    /// Wraps long lines, or cuts them; who is at the end stays there.
    pub(super) fn turn_wrap(&mut self) {
        let is_at_end = self.row() + 1 >= self.lines().len();
        (self.is_wrapped, self.left) = (!self.is_wrapped, 0);
        self.inner = if is_at_end { usize::MAX } else { 0 };
    }

    /// Brings what was found in the line under the cursor onto the screen.
    pub(super) fn reveal(&mut self, seen: &Seen) {
        let Some(line) = self.lines().get(self.row()) else { return };
        let Some(found) = places(line, &self.search.text).into_iter().next() else { return };
        if self.is_wrapped {
            let rows = wrapped(line, seen.columns);
            self.inner = rows.iter().position(|row| row.contains(&found.start)).unwrap_or(0);
            return;
        }
        let (start, end) = (line[..found.start].width(), line[..found.end].width());
        if start < self.left || end > self.left + seen.columns {
            // In steps, as the keys scroll.
            self.left = end.saturating_sub(seen.columns).div_ceil(STEP) * STEP;
        }
    }

    pub(super) fn moved(&mut self, facts: &Facts, action: Action) -> Vec<Effect> {
        match action {
            Action::Last => self.follow(facts),
            Action::Down | Action::PageDown if self.row() + 1 >= self.lines().len() => Vec::new(),
            _ => {
                self.is_following = false;
                Vec::new()
            }
        }
    }

    pub(super) fn follow(&mut self, facts: &Facts) -> Vec<Effect> {
        (self.is_following, self.has_more) = (true, false);
        (self.list.cursor, self.inner) = (self.lines().len().saturating_sub(1), usize::MAX);
        // Of what has ended and was read to its end there is nothing new.
        let is_whole = matches!(&self.text, Some(Ok(text)) if !text.is_cut) && !facts.is_live;
        if is_whole { Vec::new() } else { self.ask(facts) }
    }

    pub(super) fn go_to(&mut self, row: Option<usize>) {
        if let Some(row) = row {
            (self.list.cursor, self.is_following, self.inner) = (row, false, 0);
        }
    }

    /// The text of the search is another: to the first line from here on that holds it; back, if it is empty.
    pub(super) fn searched(&mut self) {
        let before = *self.search.before.get_or_insert((self.row(), self.is_following));
        let mut search = std::mem::take(&mut self.search);
        search.look_again(self.lines());
        if search.text.is_empty() {
            search.before = None;
            (self.list.cursor, self.is_following) = before;
            self.has_more &= !self.is_following;
        } else {
            // Who follows the end looks for what was said last.
            let is_at_end = before.1;
            let from = if is_at_end { before.0 + 1 } else { before.0 };
            self.go_to(search.next(from, !is_at_end, true));
        }
        self.search = search;
    }

    /// Whether only a part of the text was kept or is read, so that a search says nothing of the rest.
    pub(super) const fn is_part(&self) -> bool {
        matches!(&self.text, Some(Ok(text)) if text.left_out > 0 || text.is_cut)
    }

    pub(super) fn search_off(&self) -> Option<String> {
        match (self.search.text.is_empty(), self.search.rows.is_empty()) {
            (true, _) => Some("nothing is searched for; `/` does".into()),
            (false, true) => {
                let kept = if self.is_part() { " in what is kept of the log" } else { "" };
                Some(format!("no line holds `{}`{kept}", show(&self.search.text)))
            }
            (false, false) => None,
        }
    }
}
