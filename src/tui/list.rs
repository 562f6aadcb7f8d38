//! `List`: a cursor in a list of any length, and which of its rows are on the screen.

use std::ops::Range;

use super::action::Action;

/// A cursor in a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct List {
    /// The row under the cursor.
    pub(super) cursor: usize,
    top: usize,
}

impl List {
    /// Moves as an action says; whether it is one that moves. `rows` is how many fit on the screen.
    pub(super) fn act(&mut self, action: Action, len: usize, rows: usize) -> bool {
        let page = rows.max(2) - 1;
        let last = len.saturating_sub(1);
        self.cursor = match action {
            Action::Down => self.cursor.saturating_add(1),
            Action::Up => self.cursor.saturating_sub(1),
            Action::PageDown => self.cursor.saturating_add(page),
            Action::PageUp => self.cursor.saturating_sub(page),
            Action::First => 0,
            Action::Last => last,
            _ => return false,
        }
        .min(last);
        self.keep(len, rows);
        true
    }

    /// Puts the cursor on a row that was clicked; whether it was there already, which opens it.
    pub(super) fn click(&mut self, row: usize) -> bool {
        std::mem::replace(&mut self.cursor, row) == row
    }

    /// Keeps the cursor in a list that has so many rows now.
    pub(super) fn stay_in(&mut self, len: usize) {
        self.cursor = self.cursor.min(len.saturating_sub(1));
    }

    /// Moves the view so that the cursor is on the screen. Before anything was drawn, no rows are known to fit, and the
    /// view stays where it is.
    pub(super) fn keep(&mut self, len: usize, rows: usize) {
        self.stay_in(len);
        if rows > 0 {
            self.top = self.window(len, rows).start;
        }
    }

    /// The rows on the screen.
    pub(super) fn window(&self, len: usize, rows: usize) -> Range<usize> {
        let rows = rows.max(1);
        let cursor = self.cursor.min(len.saturating_sub(1));
        let top = self.top.clamp((cursor + 1).saturating_sub(rows), cursor).min(len.saturating_sub(rows));
        top..len.min(top + rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_view_stays_at_the_top_before_anything_was_drawn() {
        let mut list = List { cursor: 3, top: 0 };
        list.keep(10, 0);
        assert_eq!(list.window(10, 5), 0..5);
    }

    #[test]
    fn the_cursor_stays_in_the_list_and_on_the_screen() {
        let mut list = List::default();
        assert!(!list.act(Action::Why, 10, 4));
        for (action, cursor, window) in [
            (Action::Down, 1, 0..4),
            (Action::PageDown, 4, 1..5),
            (Action::Last, 9, 6..10),
            (Action::Down, 9, 6..10),
            (Action::Up, 8, 6..10),
            (Action::PageUp, 5, 5..9),
            (Action::First, 0, 0..4),
        ] {
            list.act(action, 10, 4);
            assert_eq!((list.cursor, list.window(10, 4)), (cursor, window), "{action:?}");
        }
    }

    proptest! {
        #[test]
        fn windows_hold_the_cursor(cursor in 0usize..300, top in 0usize..300, len in 0usize..200, rows in 0usize..50) {
            let list = List { cursor, top };
            let window = list.window(len, rows);
            prop_assert!(window.end <= len && window.len() <= rows.max(1));
            prop_assert!(len == 0 || window.contains(&cursor.min(len - 1)));
            prop_assert!(window.len() == len.min(rows.max(1)));
        }
    }
}
