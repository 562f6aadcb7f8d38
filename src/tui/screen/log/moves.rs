//! Moving in a log: rows, its end, and what is searched for.

use crate::model::show;
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::facts::Facts;

use super::Log;
use super::rows::height;
use crate::tui::screen::Seen;

impl Log {
    /// Moves the cursor; inside a wrapped line that is higher than the screen, through its rows first.
    pub(super) fn scroll(&mut self, action: Action, seen: &Seen) -> bool {
        let rows = seen.rows.max(1);
        let line = self.lines().get(self.row());
        let high = line.filter(|_| self.is_wrapped).map_or(1, |line| height(line, seen.columns));
        let step = match action {
            Action::PageDown | Action::PageUp => rows.max(2) - 1,
            _ => 1,
        };
        let end = high.saturating_sub(rows);
        let inner = self.inner.min(end);
        match action {
            Action::Down | Action::PageDown if inner < end => self.inner = (inner + step).min(end),
            Action::Up | Action::PageUp if inner > 0 => self.inner = inner.saturating_sub(step),
            _ => {
                if !self.list.act(action, self.lines().len(), rows) {
                    return false;
                }
                self.inner = if matches!(action, Action::Up | Action::PageUp) { usize::MAX } else { 0 };
            }
        }
        true
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
        self.is_following = true;
        (self.list.cursor, self.inner) = (self.lines().len().saturating_sub(1), usize::MAX);
        self.ask(facts)
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
        search.look(self.lines());
        if search.text.is_empty() {
            search.before = None;
            (self.list.cursor, self.is_following) = before;
        } else {
            // Who follows the end looks for what was said last.
            let is_at_end = before.1;
            let from = if is_at_end { before.0 + 1 } else { before.0 };
            self.go_to(search.next(from, !is_at_end, true));
        }
        self.search = search;
    }

    pub(super) fn search_off(&self) -> Option<String> {
        match (self.search.text.is_empty(), self.search.rows.is_empty()) {
            (true, _) => Some("nothing is searched for; `/` does".into()),
            (false, true) => Some(format!("no line holds `{}`", show(&self.search.text))),
            (false, false) => None,
        }
    }
}
