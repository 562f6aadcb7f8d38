//! Moving on Home: to what failed at first, to neighbours, and from one way of showing pipelines to the next.

use crate::model::{DatumState, show};
use crate::tui::effect::Effect;
use crate::tui::facts::Facts;
use crate::tui::list::List;

use super::{Home, Mode, is_bad, rows};

impl Home {
    /// The first time there is something: to what failed, else to the first pipeline.
    pub(super) fn begin(&mut self, facts: &Facts) {
        if std::mem::replace(&mut self.is_placed, !facts.snapshot.nodes.is_empty()) {
            return;
        }
        let is_bad =
            |at: &usize| facts.node_state(*at).is_unsound() || facts.counts(*at).get(DatumState::Failed) > 0;
        let all = || 0..facts.snapshot.nodes.len();
        let first = all().find(is_bad).or_else(|| all().find(|at| facts.snapshot.nodes[*at].is_pipeline()));
        if let Some(at) = first {
            self.go_to(&facts.snapshot.nodes[at].name, facts, usize::MAX);
        }
    }

    /// Shows what failed only, with the cursor on something that did, or all again.
    pub(super) fn toggle_failed(&mut self, facts: &Facts, rows: usize) -> Vec<Effect> {
        let at = self.current(facts);
        let name = self.spot(facts);
        self.is_failed_only = !self.is_failed_only;
        self.failed.clear();
        self.keep_failed(facts);
        let is_elsewhere = self.is_failed_only && !at.is_some_and(|at| is_bad(facts, at));
        let first = self.shown(facts).into_iter().find(|at| is_elsewhere && is_bad(facts, *at));
        let name = first.map(|at| facts.snapshot.nodes[at].name.clone()).or(name);
        self.list = List::default();
        if let Some(name) = name {
            self.go_to(&name, facts, rows);
        }
        Vec::new()
    }

    /// Notes who failed while only such are shown.
    pub(super) fn keep_failed(&mut self, facts: &Facts) {
        if !self.is_failed_only {
            return;
        }
        for (at, node) in facts.snapshot.nodes.iter().enumerate() {
            if is_bad(facts, at) && !self.failed.contains(&node.name) {
                self.failed.insert(node.name.clone());
            }
        }
    }

    /// To the next way of showing pipelines; the cursor stays on what it is on.
    pub(super) fn turn(&mut self, facts: &Facts, height: usize) -> Vec<Effect> {
        let place = self.spot(facts);
        let told = self.graph.turn();
        if let Some(place) = place {
            self.go_to(&place, facts, height);
        }
        if self.graph.mode == Mode::Tree && !rows::has_folders(facts) {
            return vec![Effect::Say("folders: none holds several pipelines, so this is the table".into())];
        }
        vec![Effect::Say(told.into())]
    }

    /// To a neighbour; from there, if it was one of several, to the next of them.
    pub(super) fn walk(&mut self, facts: &Facts, at: usize, is_down: bool, rows: usize) -> Vec<Effect> {
        let near = |from: usize| -> Vec<usize> {
            let nodes = &facts.snapshot.nodes;
            if is_down { facts.snapshot.readers(from).collect() } else { nodes[from].reads.clone() }
        };
        let again = self.jump.filter(|(from, was_down, turn)| {
            let others = if *from < facts.snapshot.nodes.len() { near(*from) } else { Vec::new() };
            *was_down == is_down && others.len() > 1 && others.get(*turn) == Some(&at)
        });
        let (from, turn) = again.map_or((at, 0), |(from, _, turn)| (from, (turn + 1) % near(from).len()));
        let Some(next) = near(from).get(turn).copied() else {
            let what = if is_down { "nothing reads" } else { "data is where it begins:" };
            return vec![Effect::Say(format!("{what} `{}`", show(&facts.snapshot.nodes[at].name)))];
        };
        self.jump = Some((from, is_down, turn));
        let name = facts.snapshot.nodes[next].name.clone();
        self.go_to(&name, facts, rows);
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::facts;
    use super::super::{Screen as _, Seen};
    use super::*;
    use crate::tui::action::Action;
    use crate::tui::facts::fixture;

    #[test]
    fn neighbours_are_reached_one_after_the_other() {
        let (facts, seen) = (facts(), Seen { rows: 9, ..Seen::default() });
        let mut home = Home::default();
        let mut went = |action| {
            home.act(&facts, action, &seen);
            facts.snapshot.nodes[home.current(&facts).expect("a row")].name.clone()
        };
        let way =
            [Action::Downstream, Action::Downstream, Action::Downstream, Action::Up, Action::Downstream];
        assert_eq!(way.map(&mut went), ["a", "b", "a", "raw", "a"]);
        assert_eq!([Action::Last, Action::Upstream, Action::Upstream].map(&mut went), ["c", "a", "b"]);
        assert_eq!(went(Action::Downstream), "c");
    }

    #[test]
    fn what_failed_only_puts_the_cursor_on_what_did() {
        let (facts, seen) = (fixture::facts(), Seen { rows: 9, ..Seen::default() });
        let mut home = Home::default();
        home.act(&facts, Action::First, &seen);
        home.act(&facts, Action::FailedOnly, &seen);
        let failed = home.current(&facts).expect("a row");
        assert!(is_bad(&facts, failed), "{}", facts.snapshot.nodes[failed].name);
        home.act(&facts, Action::FailedOnly, &seen);
        assert_eq!(home.current(&facts), Some(failed), "it stays there");
    }

    #[test]
    fn at_first_the_cursor_is_on_what_failed() {
        let facts = fixture::facts();
        let mut home = Home::default();
        home.refresh(&Facts::default());
        home.refresh(&facts);
        assert_eq!(home.current(&facts), Some(2));
        home.act(&facts, Action::First, &Seen { rows: 9, ..Seen::default() });
        home.refresh(&facts);
        assert_eq!(home.current(&facts), Some(0), "only at first");
    }
}
