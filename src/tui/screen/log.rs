//! A log on the whole screen: followed, searched, copied.

use crate::tui::action::{Action, Place};
use crate::tui::effect::{Effect, LogSource};
use crate::tui::facts::Facts;
use crate::tui::list::List;
use crate::tui::pen::Pen;

use super::{Screen, Seen};

/// Its own state.
#[derive(Clone, Debug)]
pub(in crate::tui) struct Log {
    source: LogSource,
    list: List,
}

impl Log {
    /// The screen of a log, and what it wants to know.
    pub(in crate::tui) fn open(source: LogSource, _facts: &Facts) -> (Self, Vec<Effect>) {
        (Self { source, list: List::default() }, Vec::new())
    }
}

impl Screen for Log {
    fn place(&self) -> Place {
        Place::Log
    }

    fn trail(&self) -> String {
        crate::model::show(&format!("{} : {} · log", self.source.pipeline, self.source.key))
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
