//! One pipeline: its spec in short, the heat strip of its datums, and their table.

use crate::tui::action::{Action, Place};
use crate::tui::effect::Effect;
use crate::tui::facts::Facts;
use crate::tui::list::List;
use crate::tui::pen::Pen;

use super::{Screen, Seen};

/// Its own state.
#[derive(Clone, Debug, Default)]
pub(in crate::tui) struct Pipeline {
    name: String,
    list: List,
}

impl Pipeline {
    /// The screen of a pipeline, and what it wants to know.
    pub(in crate::tui) fn open(name: String, _facts: &Facts) -> (Self, Vec<Effect>) {
        (Self { name, list: List::default() }, Vec::new())
    }
}

impl Screen for Pipeline {
    fn place(&self) -> Place {
        Place::Pipeline
    }

    fn trail(&self) -> String {
        crate::model::show(&self.name)
    }

    fn act(&mut self, _facts: &Facts, action: Action, seen: &Seen) -> Vec<Effect> {
        self.list.act(action, 0, seen.rows);
        Vec::new()
    }

    fn words(&self, _facts: &Facts) -> Vec<String> {
        vec!["status".into()]
    }

    fn draw(&self, _facts: &Facts, _pen: &mut Pen<'_>, _seen: &mut Seen) {}
}
