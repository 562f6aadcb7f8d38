//! Home: every pipeline in one row, in topological order, with the lanes of who reads whom and how far it is.

mod draw;
mod explain;
mod graph;
mod sign;
mod twin;

use std::collections::BTreeSet;

use crate::app::Node;
use crate::model::{DatumState, show};
use crate::run::Request;

use crate::tui::action::{Action, Place};
use crate::tui::effect::{Answer, Effect, Query, World};
use crate::tui::facts::Facts;
use crate::tui::list::List;
use crate::tui::request::request;
use crate::tui::terms::Terms;

use super::{Screen, Seen};
use crate::tui::pen::Pen;
use crate::tui::twin::Twin;

/// Home's own state. The cursor is on a name, so that it stays where it is when pipelines come and go.
#[derive(Clone, Debug, Default)]
pub(in crate::tui) struct Home {
    list: List,
    /// Only what failed, with all that leads to it.
    is_failed_only: bool,
    /// Words that names must hold.
    pub(in crate::tui) filter: String,
    /// The last jump to a neighbour: from where, whether downstream, and to which of them.
    jump: Option<(usize, bool, usize)>,
    /// The graph above the table.
    graph: graph::Graph,
}

impl Home {
    /// Nodes that are shown, in order.
    pub(in crate::tui) fn shown(&self, facts: &Facts) -> Vec<usize> {
        let all = 0..facts.snapshot.nodes.len();
        let terms = Terms::parse(&self.filter);
        let named = |at: &usize| {
            let counts = facts.counts(*at);
            let is_there = |states: &[DatumState]| states.iter().any(|state| counts.get(*state) > 0);
            let longest = facts.known_times(*at).map_or(0, |times| times.timing.longest);
            terms.take(terms.words_in(&facts.snapshot.nodes[*at].name), is_there, u64::from(longest))
        };
        let wanted = self.is_failed_only.then(|| failing(facts));
        all.filter(named).filter(|at| wanted.as_ref().is_none_or(|wanted| wanted.contains(at))).collect()
    }

    /// The node under the cursor.
    pub(in crate::tui) fn current(&self, facts: &Facts) -> Option<usize> {
        self.shown(facts).get(self.list.cursor).copied()
    }

    /// Puts the cursor on a node, if it is shown.
    pub(in crate::tui) fn go_to(&mut self, name: &str, facts: &Facts, rows: usize) {
        let shown = self.shown(facts);
        if let Some(row) = shown.iter().position(|at| facts.snapshot.nodes[*at].name == name) {
            self.list.cursor = row;
            self.list.keep(shown.len(), rows);
        }
    }

    /// Whether there is a filter that `back` takes away.
    fn is_filtered(&self) -> bool {
        self.is_failed_only || !self.filter.is_empty()
    }

    fn toggle_failed(&mut self, facts: &Facts, rows: usize) -> Vec<Effect> {
        let name = self.current(facts).map(|at| facts.snapshot.nodes[at].name.clone());
        if !self.is_failed_only && failing(facts).is_empty() {
            return vec![Effect::Say("nothing failed".into())];
        }
        self.is_failed_only = !self.is_failed_only;
        self.list = List::default();
        if let Some(name) = name {
            self.go_to(&name, facts, rows);
        }
        Vec::new()
    }

    /// To a neighbour; from there, if it was one of several, to the next of them.
    fn walk(&mut self, facts: &Facts, at: usize, is_down: bool, rows: usize) -> Vec<Effect> {
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

impl Screen for Home {
    fn place(&self) -> Place {
        Place::Home
    }

    fn off(&self, facts: &Facts, action: Action) -> Option<String> {
        let node = self.current(facts).map(|at| &facts.snapshot.nodes[at]);
        let needs_pipeline = matches!(action, Action::Rerun | Action::Open);
        match (action, node) {
            (Action::Graph, _) => self.graph.off(),
            (Action::RerunDownstream, Some(_)) => None,
            (Action::RerunDownstream, None) => Some("there is no pipeline here".into()),
            (_, None) if needs_pipeline => Some("there is no pipeline here".into()),
            (_, Some(node)) if needs_pipeline && !node.is_pipeline() => {
                Some(format!("`{}` is data, not a pipeline", show(&node.name)))
            }
            _ => None,
        }
    }

    fn act(&mut self, facts: &Facts, action: Action, seen: &Seen) -> Vec<Effect> {
        let (shown, rows) = (self.shown(facts), seen.rows);
        if self.list.act(action, shown.len(), rows) {
            self.jump = None;
            return Vec::new();
        }
        let node = self.current(facts).map(|at| (at, &facts.snapshot.nodes[at]));
        match (action, node) {
            (Action::FailedOnly, _) => self.toggle_failed(facts, rows),
            (Action::Upstream, Some((at, _))) => self.walk(facts, at, false, rows),
            (Action::Downstream, Some((at, _))) => self.walk(facts, at, true, rows),
            (Action::Open, Some((_, node))) => vec![Effect::OpenPipeline(node.name.clone())],
            (Action::Rerun, Some((_, node))) => vec![Effect::AskRun(request(&[&node.name]))],
            (Action::RerunDownstream, Some((at, node))) => downstream(facts, at, node),
            (Action::Why, Some((at, node))) => vec![explain::explain(facts, at, node)],
            (Action::Edit, Some((_, node))) if node.is_pipeline() => {
                vec![Effect::World(World::Edit(node.spec.path.clone(), 1))]
            }
            (Action::Copy, Some((_, node))) => vec![Effect::World(World::Copy(node.name.clone()))],
            (Action::New, node) => {
                let repo = node.map(|(_, node)| node.name.clone()).unwrap_or_default();
                vec![Effect::AskNew(repo)]
            }
            (Action::Graph, _) => vec![Effect::Say(self.graph.turn().into())],
            _ => Vec::new(),
        }
    }

    fn back(&mut self, facts: &Facts, seen: &Seen) -> bool {
        let was_filtered = self.is_filtered();
        let name = self.current(facts).map(|at| facts.snapshot.nodes[at].name.clone());
        self.is_failed_only = false;
        self.filter.clear();
        if let Some(name) = name {
            self.go_to(&name, facts, seen.rows);
        }
        was_filtered
    }

    fn click(&mut self, row: usize) -> bool {
        self.list.click(row)
    }

    fn filter(&mut self) -> Option<&mut String> {
        Some(&mut self.filter)
    }

    fn refresh(&mut self, facts: &Facts) -> Vec<Effect> {
        let thought = self.graph.renew(facts);
        let shown = self.shown(facts).len();
        self.list.stay_in(shown);
        thought.map(|thought| Effect::World(World::Query(Query::Think(thought)))).into_iter().collect()
    }

    fn take(&mut self, _facts: &Facts, answer: &Answer) -> Vec<Effect> {
        if let Answer::Found(found) = answer {
            self.graph.take(found);
        }
        Vec::new()
    }

    fn words(&self, facts: &Facts) -> Vec<String> {
        let name = self.current(facts).map(|at| &facts.snapshot.nodes[at]).filter(|node| node.is_pipeline());
        std::iter::once("status".to_owned()).chain(name.map(|node| node.name.clone())).collect()
    }

    fn twin(&self, facts: &Facts, most: usize) -> Twin {
        twin::twin(self, facts, most)
    }

    fn draw(&self, facts: &Facts, pen: &mut Pen<'_>, seen: &mut Seen) {
        draw::draw(self, facts, pen, seen);
    }
}

/// Nodes that failed, and all that lead to them.
fn failing(facts: &Facts) -> BTreeSet<usize> {
    let is_bad = |at: &usize| {
        let counts = facts.counts(*at);
        let bad = [DatumState::Failed, DatumState::Edited, DatumState::InTheWay];
        facts.node_state(*at).is_unsound() || bad.iter().any(|state| counts.get(*state) > 0)
    };
    let mut found: BTreeSet<usize> = (0..facts.snapshot.nodes.len()).filter(is_bad).collect();
    for at in (0..facts.snapshot.nodes.len()).rev() {
        if found.contains(&at) {
            found.extend(facts.snapshot.nodes[at].reads.iter().copied());
        }
    }
    found
}

/// A node's readers too; of data, only those.
fn downstream(facts: &Facts, at: usize, node: &Node) -> Vec<Effect> {
    if node.is_pipeline() {
        let request = Request { downstream: true, ..request(&[&node.name]) };
        return vec![Effect::AskRun(request)];
    }
    let readers = facts.snapshot.downstream(at);
    let names: Vec<&str> = readers.iter().map(|at| facts.snapshot.nodes[*at].name.as_str()).collect();
    if names.is_empty() {
        return vec![Effect::Say(format!("nothing reads `{}`", show(&node.name)))];
    }
    vec![Effect::AskRun(request(&names))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::facts::fixture;
    use std::sync::Arc;

    /// `raw` is read by `a` and `b`, these by `c`.
    fn facts() -> Facts {
        let mut facts = fixture::facts();
        let done: &[(&str, DatumState, &str)] = &[("x", DatumState::Done, "fine")];
        let raw = Node { name: "raw".into(), files: Some(1), ..Node::default() };
        let mut snapshot = (*facts.snapshot).clone();
        let node = |name, reads| fixture::pipeline(name, reads, done);
        snapshot.nodes = vec![raw, node("a", vec![0]), node("b", vec![0]), node("c", vec![1, 2])];
        facts.snapshot = Arc::new(snapshot);
        facts
    }

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
    fn a_filter_leaves_the_cursor_on_a_row() {
        let facts = facts();
        let mut home = Home::default();
        home.act(&facts, Action::Last, &Seen { rows: 9, ..Seen::default() });
        home.filter = "b".into();
        home.refresh(&facts);
        assert_eq!(home.current(&facts), Some(2));
        for (filter, count) in
            [("state:done", 3), ("!state:done", 1), ("state:failed", 0), ("state:done c", 1)]
        {
            home.filter = filter.into();
            assert_eq!(home.shown(&facts).len(), count, "{filter}");
        }
    }
}
