//! One datum: what it is made of, what came out, why it is in its state, and what its command said.

use crate::tui::action::{Action, Place};
use crate::tui::effect::Effect;
use crate::tui::facts::Facts;
use crate::tui::list::List;
use crate::tui::pen::Pen;

use super::{Screen, Seen};

/// Its own state.
#[derive(Clone, Debug, Default)]
pub(in crate::tui) struct Datum {
    pipeline: String,
    key: String,
    list: List,
}

impl Datum {
    /// The screen of a datum, and what it wants to know.
    pub(in crate::tui) fn open(pipeline: String, key: String, _facts: &Facts) -> (Self, Vec<Effect>) {
        (Self { pipeline, key, list: List::default() }, Vec::new())
    }
}

impl Screen for Datum {
    fn place(&self) -> Place {
        Place::Datum
    }

    fn trail(&self) -> String {
        crate::model::show(&format!("{} : {}", self.pipeline, self.key))
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
