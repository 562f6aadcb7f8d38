//! One pipeline: its spec in short, the heat strip of its datums, and their table.

mod ask;
mod draw;
pub(in crate::tui) mod order;
mod panes;
mod rows;
#[cfg(test)]
mod tests;
mod twin;

use std::sync::Arc;

use crate::tui::action::{Action, Place};
use crate::tui::bar::cells;
use crate::tui::effect::{Answer, Effect, LogSource, Query, World};
use crate::tui::facts::Facts;
use crate::tui::pen::Pen;
use crate::tui::twin::Twin;

use super::{Screen, Seen};
pub(in crate::tui) use ask::{edited_below, no_origin, why_title};
use order::Order;
use panes::Look;
use rows::Rows;

/// Its own state.
#[derive(Clone, Debug, Default)]
pub(in crate::tui) struct Pipeline {
    rows: Box<Rows>,
    look: Look,
    was_live: bool,
}

impl Pipeline {
    /// The screen of a pipeline, and what it wants to know.
    pub(in crate::tui) fn open(name: String, facts: &Facts) -> (Self, Vec<Effect>) {
        let times = Effect::World(World::Query(Query::Times(name.clone())));
        let rows = Box::new(Rows::new(name, facts, order::Sort::default(), false));
        let mut screen = Self { rows, look: Look::default(), was_live: facts.is_live };
        let effects = screen.thoughts(vec![times]);
        (screen, effects)
    }

    /// Effects, with what is to be worked out for the table.
    fn thoughts(&mut self, mut effects: Vec<Effect>) -> Vec<Effect> {
        let thought = self.rows.thought();
        effects.extend(thought.map(|thought| Effect::World(World::Query(Query::Think(thought)))));
        effects
    }

    /// The pipeline before or after this one, as they are read.
    fn neighbour(&self, facts: &Facts, is_next: bool) -> Option<String> {
        let (at, nodes) = (self.rows.node?, &facts.snapshot.nodes);
        let found = if is_next {
            nodes.iter().skip(at + 1).find(|node| node.is_pipeline())
        } else {
            nodes.iter().take(at).rfind(|node| node.is_pipeline())
        };
        found.map(|node| node.name.clone())
    }

    /// Goes over to a neighbour; the order of the rows stays.
    fn walk(&mut self, facts: &Facts, is_next: bool) -> Vec<Effect> {
        let Some(name) = self.neighbour(facts, is_next) else { return Vec::new() };
        let (sort, is_reversed) = (self.rows.asked.sort, self.rows.asked.is_reversed);
        *self.rows = Rows::new(name.clone(), facts, sort, is_reversed);
        self.look.cell = 0;
        vec![Effect::World(World::Query(Query::Times(name)))]
    }

    /// Whether there is nothing to show of what failed, and all is shown.
    fn has_none_failed(&self, facts: &Facts) -> bool {
        let counts = self.rows.node.map(|at| facts.counts(at)).unwrap_or_default();
        !self.rows.asked.is_failed_only && !panes::has_bad(&counts)
    }

    fn toggle_failed(&mut self, facts: &Facts) -> Vec<Effect> {
        self.rows.asked.is_failed_only = !self.rows.asked.is_failed_only;
        self.rows.renew(facts);
        Vec::new()
    }

    fn sort(&mut self, facts: &Facts, is_reverse: bool) -> Vec<Effect> {
        let asked = &mut self.rows.asked;
        if is_reverse {
            asked.is_reversed = !asked.is_reversed;
        } else {
            (asked.sort, asked.is_reversed) = (asked.sort.next(), false);
        }
        self.rows.renew(facts);
        Vec::new()
    }

    /// The cursor of the strip, one cell on.
    fn cell(&mut self, is_right: bool, cells: usize) -> Vec<Effect> {
        let last = cells.saturating_sub(1);
        let cell = self.look.cell.min(last);
        self.look.cell = if is_right { (cell + 1).min(last) } else { cell.saturating_sub(1) };
        Vec::new()
    }

    /// Shows the datums of the cell only, and gives the keys back to the table.
    fn open_cell(&mut self, facts: &Facts, count: usize) -> Vec<Effect> {
        let table = self.rows.table();
        let Some(range) = cells(table.len(), count).nth(self.look.cell) else { return Vec::new() };
        let keys = (table.key(range.start).to_owned(), table.key(range.end - 1).to_owned());
        self.rows.asked.range = Some(keys);
        self.look.is_strip = false;
        self.rows.renew(facts);
        Vec::new()
    }

    fn next_pane(&mut self, seen: &Seen) -> Vec<Effect> {
        if seen.other_rows == 0 && !self.look.is_strip && !self.look.is_zoomed {
            return vec![Effect::Say("there is no other pane here".into())];
        }
        self.look.is_strip = !self.look.is_strip;
        Vec::new()
    }

    /// What is done with the datum under the cursor.
    /// The datums of a pipeline in the order in which they are shown, if they are.
    pub(in crate::tui) fn order_of(&self, pipeline: &str) -> Option<Order> {
        let (table, rows) = (Arc::clone(self.rows.table()), Arc::clone(&self.rows.shown));
        (self.rows.name == pipeline).then_some(Order { table, rows })
    }

    fn open_row(&self, action: Action) -> Vec<Effect> {
        let Some(key) = self.rows.key() else { return Vec::new() };
        let (pipeline, key) = (self.rows.name.clone(), key.to_owned());
        vec![match action {
            Action::Open => Effect::OpenDatum(pipeline, key),
            Action::Log => Effect::OpenLog(LogSource::one(&pipeline, &key, None)),
            Action::Enter => Effect::World(World::Enter(ask::target(&self.rows, &key))),
            Action::Provenance => Effect::OpenProvenance(ask::target(&self.rows, &key)),
            _ => Effect::World(World::Copy(ask::target(&self.rows, &key))),
        }]
    }

    fn select(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::SelectRange => self.rows.select_range(),
            Action::SelectAll => self.rows.select_all(),
            _ => self.rows.select(),
        }
        Vec::new()
    }
}

impl Screen for Pipeline {
    fn place(&self) -> Place {
        Place::Pipeline
    }

    fn trail(&self) -> String {
        crate::model::show(&self.rows.name)
    }

    fn beside(&self, facts: &Facts) -> Option<(Option<String>, Option<String>)> {
        Some((self.neighbour(facts, false), self.neighbour(facts, true)))
    }

    fn off(&self, facts: &Facts, action: Action) -> Option<String> {
        let no_pipeline = || Some("the pipeline is gone".to_owned());
        match action {
            Action::Rerun | Action::RerunDownstream | Action::Edit | Action::AllLogs
                if self.rows.node.is_none() =>
            {
                no_pipeline()
            }
            Action::Open if self.look.is_strip => None,
            Action::Rerun | Action::RerunDownstream if ask::is_empty(&self.rows) => {
                Some("nothing matches the filter; Esc shows all again".into())
            }
            Action::Open
            | Action::Log
            | Action::Copy
            | Action::Enter
            | Action::Provenance
            | Action::Select
            | Action::SelectRange
            | Action::SelectAll
                if self.rows.current().is_none() =>
            {
                Some("there is no datum here".into())
            }
            Action::FailedOnly if self.has_none_failed(facts) => Some(format!(
                "nothing failed in `{}`, and none of its results was edited by hand or is in the way",
                crate::model::show(&self.rows.name)
            )),
            Action::Provenance => ask::no_result(&self.rows, facts),
            Action::Accept => ask::not_acceptable(&self.rows, facts),
            Action::Previous if self.neighbour(facts, false).is_none() => Some("this is the first".into()),
            Action::Next if self.neighbour(facts, true).is_none() => Some("this is the last".into()),
            Action::NextPane | Action::PreviousPane if self.rows.table().len() < 2 && !self.look.is_strip => {
                Some("the strip of one datum has no cells to go to".into())
            }
            Action::RerunDownstream => self.rows.node.and_then(|at| facts.no_reader(at)),
            Action::CellLeft | Action::CellRight if !self.look.is_strip => {
                Some("Tab goes to the strip first".into())
            }
            _ => None,
        }
    }

    fn act(&mut self, facts: &Facts, action: Action, seen: &Seen) -> Vec<Effect> {
        if self.rows.act(action, seen.rows, facts.now_ms) {
            return Vec::new();
        }
        let effects = match action {
            Action::Open if self.look.is_strip => self.open_cell(facts, seen.other_rows),
            Action::Open | Action::Log | Action::Copy | Action::Enter | Action::Provenance => {
                self.open_row(action)
            }
            Action::Select | Action::SelectRange | Action::SelectAll => self.select(action),
            Action::CellLeft | Action::CellRight => self.cell(action == Action::CellRight, seen.other_rows),
            Action::FailedOnly => self.toggle_failed(facts),
            Action::Sort | Action::Reverse => self.sort(facts, action == Action::Reverse),
            Action::Rerun | Action::RerunDownstream => {
                ask::run(&self.rows, facts, action == Action::RerunDownstream)
            }
            Action::Accept => ask::accept(&self.rows, facts),
            Action::Why => ask::explain(&self.rows, facts),
            Action::AllLogs => vec![Effect::OpenLog(LogSource::all(&self.rows.name))],
            Action::Edit => super::edit(facts, &self.rows.name),
            Action::Previous | Action::Next => self.walk(facts, action == Action::Next),
            Action::NextPane | Action::PreviousPane => self.next_pane(seen),
            Action::Zoom => {
                self.look.is_zoomed = !self.look.is_zoomed;
                Vec::new()
            }
            _ => Vec::new(),
        };
        self.thoughts(effects)
    }

    fn back(&mut self, facts: &Facts, _seen: &Seen) -> bool {
        if self.look.is_zoomed || self.look.is_strip {
            (self.look.is_zoomed, self.look.is_strip) = (false, false);
            return true;
        }
        self.rows.back(facts)
    }

    fn click(&mut self, row: usize) -> bool {
        self.rows.click(row)
    }

    fn started(&mut self) {
        self.rows.selected.clear();
    }

    fn spot(&self, _facts: &Facts) -> Option<String> {
        self.rows.key().map(str::to_owned)
    }

    fn return_to(&mut self, _facts: &Facts, spot: &str) -> Vec<Effect> {
        self.rows.return_to(spot);
        Vec::new()
    }

    fn filter(&mut self) -> Option<&mut String> {
        Some(&mut self.rows.asked.filter)
    }

    fn refresh(&mut self, facts: &Facts) -> Vec<Effect> {
        let is_other = self.rows.renew(facts);
        // What is asked of a project that cannot be read has no answer.
        let is_moving = facts.is_live || facts.unread.is_some();
        let has_ended = std::mem::replace(&mut self.was_live, is_moving) && !is_moving;
        let times = || Effect::World(World::Query(Query::Times(self.rows.name.clone())));
        let effects = (is_other || has_ended).then(times).into_iter().collect();
        self.thoughts(effects)
    }

    fn take(&mut self, _facts: &Facts, answer: &Answer) -> Vec<Effect> {
        if let Answer::Found(found) = answer {
            self.rows.take(found);
        }
        Vec::new()
    }

    fn words(&self, _facts: &Facts) -> Vec<String> {
        vec!["datums".into(), self.rows.name.clone()]
    }

    fn twin(&self, facts: &Facts, most: usize) -> Twin {
        twin::twin(self, facts, most)
    }

    fn draw(&self, facts: &Facts, pen: &mut Pen<'_>, seen: &mut Seen) {
        draw::draw(&self.rows, self.look, facts, pen, seen);
    }
}
