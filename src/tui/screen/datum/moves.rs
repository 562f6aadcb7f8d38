//! Moving on the screen of a datum: through a pane, to the datums before and after, and out to a pager or editor.

use crate::app::DatumTable;
use crate::tui::action::Action;
use crate::tui::effect::{Effect, World};
use crate::tui::facts::Facts;

use super::{Datum, Order, Pane};
use crate::tui::screen::Seen;

impl Datum {
    /// The key before or after this one.
    pub(super) fn neighbour<'a>(&self, facts: &'a Facts, is_next: bool) -> Option<&'a str> {
        let (node, row) = self.at(facts)?;
        let table = &facts.snapshot.nodes[node].table;
        if let Some((order, at)) = self.place_in_order() {
            return neighbour_in_order(order, at, table, is_next);
        }
        let row = if is_next { row + 1 } else { row.checked_sub(1)? };
        (row < table.len()).then(|| table.key(row))
    }

    /// The order in which the table was looked at, and where in it this datum is.
    fn place_in_order(&self) -> Option<(&Order, usize)> {
        let order = self.order.as_ref()?;
        let own = u32::try_from(order.table.row_of(&self.key)?).ok()?;
        Some((order, order.rows.iter().position(|row| *row == own)?))
    }

    pub(super) fn turn_to(&mut self, facts: &Facts, is_next: bool) -> Vec<Effect> {
        let Some(key) = self.neighbour(facts, is_next) else { return Vec::new() };
        let (pipeline, pane, is_zoomed) = (self.pipeline.clone(), self.pane, self.is_zoomed);
        *self =
            Self { pipeline, key: key.into(), order: self.order.take(), pane, is_zoomed, ..Self::default() };
        self.ask(facts)
    }

    pub(super) fn scroll(&mut self, action: Action, seen: &Seen) -> bool {
        let most = seen.lines.saturating_sub(seen.rows);
        let page = seen.rows.max(2) - 1;
        let is_log = self.pane == Pane::Log;
        let from = self.scroll[self.pane as usize].min(most);
        let top = if is_log { most - from } else { from };
        let top = match action {
            Action::Down => top + 1,
            Action::Up => top.saturating_sub(1),
            Action::PageDown => top + page,
            Action::PageUp => top.saturating_sub(page),
            Action::First => 0,
            Action::Last => most,
            _ => return false,
        }
        .min(most);
        self.scroll[self.pane as usize] = if is_log { most - top } else { top };
        true
    }

    pub(super) fn page(&self, facts: &Facts) -> Vec<Effect> {
        let read = self.text(facts).and_then(|text| text.as_ref().ok());
        read.map(|text| Effect::World(World::Page(text.path.clone()))).into_iter().collect()
    }
}

/// The key beside row `at` of an order, as far as the table of now has it. What is gone since is passed over.
fn neighbour_in_order<'a>(order: &Order, at: usize, now: &'a DatumTable, is_next: bool) -> Option<&'a str> {
    let there = |row: &u32| now.row_of(order.table.key(*row as usize)).map(|row| now.key(row));
    if is_next {
        order.rows[at + 1..].iter().find_map(there)
    } else {
        order.rows[..at].iter().rev().find_map(there)
    }
}
