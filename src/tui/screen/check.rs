//! What is wrong with specs and layout.

use crate::tui::action::{Action, Place};
use crate::tui::effect::Effect;
use crate::tui::facts::Facts;
use crate::tui::list::List;
use crate::tui::pen::Pen;

use super::{Screen, Seen};

/// Its own state.
#[derive(Clone, Debug, Default)]
pub(in crate::tui) struct Check {
    list: List,
}

impl Screen for Check {
    fn place(&self) -> Place {
        Place::Check
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
