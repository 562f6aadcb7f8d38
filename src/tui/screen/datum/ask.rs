//! What the screen of a datum wants to know: all of it, and the log of the attempt that is shown.

use std::sync::Arc;

use crate::tui::effect::{Effect, Query, World};
use crate::tui::facts::Facts;

use super::attempts::foremost;
use super::{Datum, Pane};

impl Datum {
    pub(super) fn ask(&mut self, facts: &Facts) -> Vec<Effect> {
        self.asked = Some((Arc::downgrade(&facts.snapshot), self.state(facts)));
        vec![Effect::World(World::Query(Query::Datum(self.pipeline.clone(), self.key.clone())))]
    }

    /// Asks for the log if it is another than before, or may have grown.
    pub(super) fn ask_log(&mut self, facts: &Facts, may_have_grown: bool) -> Vec<Effect> {
        let Some(source) = self.source(facts) else { return Vec::new() };
        let is_asked = self.asked_log.as_ref().is_some_and(|(asked, _)| *asked == source);
        if is_asked && !may_have_grown {
            return Vec::new();
        }
        self.asked_log = Some((source.clone(), facts.now_ms));
        vec![Effect::World(World::Query(Query::Log(source)))]
    }

    /// Asks where the result comes from, once for each commit.
    pub(super) fn ask_origin(&mut self, facts: &Facts) -> Option<Effect> {
        let head = &facts.snapshot.head;
        let has_result = self.found().is_some_and(|view| !view.outputs.is_empty());
        if !has_result || self.asked_origin.as_ref() == Some(head) {
            return None;
        }
        self.asked_origin = Some(head.clone());
        let at = if facts.is_past { head.clone() } else { "HEAD".to_owned() };
        Some(Effect::World(World::Query(Query::Provenance(self.name(), at))))
    }

    pub(super) fn choose(&mut self, facts: &Facts, is_later: bool) -> Vec<Effect> {
        let attempts = self.attempts(facts);
        let Some(at) = self.chosen(&attempts) else { return Vec::new() };
        let next = if is_later { at + 1 } else { at.saturating_sub(1) };
        self.chosen = Some(next).filter(|next| Some(*next) != foremost(&attempts));
        self.scroll[Pane::Log as usize] = 0;
        self.ask_log(facts, false)
    }
}
