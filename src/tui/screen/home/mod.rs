//! Home: every pipeline in one row, in topological order, with the lanes of who reads whom and how far it is.

mod details;
mod draw;
mod explain;
mod fold;
mod graph;
mod minimap;
mod moves;
mod rows;
mod sign;
mod table;
mod twin;
mod unsound;

use std::collections::BTreeSet;

use crate::app::{Fault, Node};
use crate::model::{DatumState, show};
use crate::run::Request;

use crate::tui::action::{Action, Place};
use crate::tui::effect::{Answer, Effect, LogSource, Query, World};
use crate::tui::facts::Facts;
use crate::tui::list::List;
use crate::tui::request::request;
use crate::tui::terms::Terms;

use super::{Screen, Seen};
use crate::tui::pen::Pen;
use crate::tui::twin::Twin;
pub(in crate::tui) use graph::Mode;
use rows::{Kind, Row};

/// Home's own state. The cursor is on a name, so that it stays where it is when pipelines come and go.
#[derive(Clone, Debug, Default)]
pub(in crate::tui) struct Home {
    list: List,
    /// Only what failed, with all that leads to it.
    is_failed_only: bool,
    /// Pipelines that failed since only such are shown: they stay, so that who mends one sees what becomes of it.
    failed: BTreeSet<String>,
    /// Words that names must hold.
    pub(in crate::tui) filter: String,
    /// The last jump to a neighbour: from where, whether downstream, and to which of them.
    jump: Option<(usize, bool, usize)>,
    /// The graph above the table.
    graph: graph::Graph,
    /// Folders that are open where pipelines are shown in theirs.
    open: BTreeSet<String>,
    /// Whether the cursor was put somewhere, by the user or at first.
    is_placed: bool,
}

/// Why there is nothing to show of what failed.
const NONE_FAILED: &str = "nothing failed, and no result was edited by hand or is in the way";

/// Why nobody knows yet.
const LOADING: &str = "the project is still being read";

/// With more nodes than this they are shown in their folders, if nothing else is asked for.
const MANY: usize = 200;

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
        let wanted = self.is_failed_only.then(|| failing(facts, &self.failed));
        all.filter(named).filter(|at| wanted.as_ref().is_none_or(|wanted| wanted.contains(at))).collect()
    }

    /// What of the filter cannot be read, in a sentence.
    fn wrong(&self) -> Option<String> {
        Terms::parse(&self.filter).wrong
    }

    /// The rows that are shown.
    fn rows(&self, facts: &Facts) -> Vec<Row> {
        let shown = self.shown(facts);
        // What a filter leaves is few.
        if !self.is_filtered() && self.is_tree(facts) {
            rows::tree(facts, &shown, &self.open)
        } else {
            rows::flat(&shown)
        }
    }

    /// Whether pipelines are shown in their folders.
    fn is_tree(&self, facts: &Facts) -> bool {
        let is_wanted = match self.graph.mode {
            Mode::Tree => true,
            Mode::Auto => facts.snapshot.nodes.len() > MANY,
            Mode::Graph | Mode::Table => false,
        };
        is_wanted && rows::has_folders(facts)
    }

    /// The row under the cursor.
    fn row(&self, facts: &Facts) -> Option<Row> {
        self.rows(facts).into_iter().nth(self.list.cursor)
    }

    /// The node under the cursor; none if a folder of several is.
    pub(in crate::tui) fn current(&self, facts: &Facts) -> Option<usize> {
        self.row(facts)?.node()
    }

    /// What is under the cursor, by its path.
    pub(in crate::tui) fn spot(&self, facts: &Facts) -> Option<String> {
        self.row(facts).map(|row| row.path(facts).to_owned())
    }

    /// Puts the cursor on what has a path, or on the closed folder that holds it, if it is shown.
    pub(in crate::tui) fn go_to(&mut self, path: &str, facts: &Facts, height: usize) {
        let rows = self.rows(facts);
        let at = |wanted: &str| rows.iter().position(|row| row.path(facts) == wanted);
        let holder = || rows::folders_of(path).filter_map(at).last();
        if let Some(row) = at(path).or_else(holder) {
            (self.list.cursor, self.is_placed) = (row, true);
            self.list.keep(rows.len(), height);
        }
    }

    /// Whether there is a filter that `back` takes away.
    pub(in crate::tui) fn is_filtered(&self) -> bool {
        self.is_failed_only || !self.filter.is_empty()
    }

    /// Does an action on a node.
    fn act_on(&mut self, facts: &Facts, at: usize, action: Action, height: usize) -> Vec<Effect> {
        let node = &facts.snapshot.nodes[at];
        match action {
            Action::Upstream => self.walk(facts, at, false, height),
            Action::Downstream => self.walk(facts, at, true, height),
            Action::Open if !node.is_pipeline() => vec![Effect::ShowFile(node.name.clone())],
            Action::Open => vec![Effect::OpenPipeline(node.name.clone())],
            Action::Log => explain::telling(facts, at).map(Effect::OpenLog).into_iter().collect(),
            Action::AllLogs => vec![Effect::OpenLog(LogSource::all(&node.name))],
            Action::Rerun => vec![Effect::AskRun(request(&[&node.name]))],
            Action::RerunDownstream => downstream(facts, at, node),
            Action::Why => vec![explain::explain(facts, at, node)],
            Action::Edit => super::edit(facts, &node.name),
            Action::Copy => vec![Effect::World(World::Copy(node.name.clone()))],
            Action::New => vec![Effect::AskNew(node.name.clone())],
            _ => Vec::new(),
        }
    }
}

impl Screen for Home {
    fn place(&self) -> Place {
        Place::Home
    }

    fn hint(&self, facts: &Facts) -> Option<(String, Action)> {
        if let Some(unsettled) = &facts.snapshot.unsettled {
            return Some((unsettled.clone(), Action::ShowFiles));
        }
        if let Some(cut_off) = explain::cut_off(facts) {
            return Some((cut_off, Action::ShowJobs));
        }
        let at = self.current(facts)?;
        let (text, more) = explain::next(facts, at)?;
        Some((format!("{}: {text}", show(&facts.snapshot.nodes[at].name)), more))
    }

    fn off(&self, facts: &Facts, action: Action) -> Option<String> {
        if action == Action::FailedOnly {
            let is_empty = !self.is_failed_only && failing(facts, &self.failed).is_empty();
            let why = if facts.is_loading { LOADING } else { NONE_FAILED };
            return is_empty.then(|| why.to_owned());
        }
        let row = self.row(facts);
        if let Some(folder) = row.as_ref().and_then(Row::folder) {
            return fold::off(folder, facts, action);
        }
        let node = row.and_then(|row| row.node()).map(|at| &facts.snapshot.nodes[at]);
        let needs_pipeline = matches!(action, Action::Rerun | Action::Log | Action::AllLogs);
        let needs_node = matches!(
            action,
            Action::Open
                | Action::RerunDownstream
                | Action::Why
                | Action::Edit
                | Action::Copy
                | Action::Upstream
                | Action::Downstream
        );
        match (action, node) {
            (Action::Graph, _) if facts.snapshot.nodes.is_empty() => Some("there is nothing to show".into()),
            (Action::Rerun | Action::RerunDownstream, Some(node))
                if node.fault != Fault::Project && node.error.is_some() =>
            {
                let why = node.error.as_deref().map(show).unwrap_or_default();
                Some(format!("a run leaves `{}` out: {why}", show(&node.name)))
            }
            (Action::RerunDownstream, Some(node)) => facts.no_reader(facts.snapshot.position(&node.name)?),
            (_, None) if needs_pipeline || needs_node => Some("there is no pipeline here".into()),
            (_, Some(node)) if needs_pipeline && !node.is_pipeline() => {
                Some(format!("`{}` is data, not a pipeline", show(&node.name)))
            }
            (Action::Log, Some(node)) => {
                let at = facts.snapshot.position(&node.name)?;
                let why = match &node.error {
                    Some(_) => "it is not planned, so nobody knows its datums; `w` says why",
                    None => "none of its datums runs or failed; `L` shows what all of them said",
                };
                explain::telling(facts, at).is_none().then(|| why.to_owned())
            }
            (Action::Edit, Some(node)) if !node.is_pipeline() => {
                Some(format!("`{}` is data, it has no spec", show(&node.name)))
            }
            _ => None,
        }
    }

    fn act(&mut self, facts: &Facts, action: Action, seen: &Seen) -> Vec<Effect> {
        let (rows, height) = (self.rows(facts), seen.rows);
        if self.list.act(action, rows.len(), height) {
            (self.jump, self.is_placed) = (None, true);
            return Vec::new();
        }
        match action {
            Action::FailedOnly => return self.toggle_failed(facts, height),
            Action::Graph => return self.turn(facts, height),
            Action::Upstream | Action::Downstream if !self.is_filtered() && self.is_tree(facts) => {
                return self.fold(facts, Some(action == Action::Downstream), height);
            }
            _ => {}
        }
        let Some(row) = rows.into_iter().nth(self.list.cursor) else {
            return if action == Action::New { vec![Effect::AskNew(String::new())] } else { Vec::new() };
        };
        match row.kind {
            Kind::Node(at, _) => self.act_on(facts, at, action, height),
            Kind::Folder(_) if action == Action::Open => self.fold(facts, None, height),
            Kind::Folder(folder) => fold::act(&folder, facts, action),
        }
    }

    fn back(&mut self, facts: &Facts, seen: &Seen) -> bool {
        let was_filtered = self.is_filtered();
        let name = self.spot(facts);
        self.is_failed_only = false;
        self.failed.clear();
        self.filter.clear();
        if let Some(name) = name {
            self.go_to(&name, facts, seen.rows);
        }
        was_filtered
    }

    fn click(&mut self, row: usize) -> bool {
        self.list.click(row)
    }

    fn spot(&self, facts: &Facts) -> Option<String> {
        Self::spot(self, facts)
    }

    fn return_to(&mut self, facts: &Facts, spot: &str) -> Vec<Effect> {
        self.list.cursor = 0;
        self.go_to(spot, facts, 0);
        Vec::new()
    }

    fn filter(&mut self) -> Option<&mut String> {
        Some(&mut self.filter)
    }

    fn refresh(&mut self, facts: &Facts) -> Vec<Effect> {
        self.keep_failed(facts);
        let thought = self.graph.renew(facts);
        self.begin(facts);
        let rows = self.rows(facts).len();
        self.list.stay_in(rows);
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

/// Whether something failed in a node, or people have to look at it.
fn is_bad(facts: &Facts, at: usize) -> bool {
    let counts = facts.counts(at);
    let bad = [DatumState::Failed, DatumState::Edited, DatumState::InTheWay];
    facts.node_state(at).is_unsound() || bad.iter().any(|state| counts.get(*state) > 0)
}

/// Nodes that failed now, or before by their names, and all that lead to them.
fn failing(facts: &Facts, before: &BTreeSet<String>) -> BTreeSet<usize> {
    let is_wanted = |at: &usize| is_bad(facts, *at) || before.contains(&facts.snapshot.nodes[*at].name);
    let mut found: BTreeSet<usize> = (0..facts.snapshot.nodes.len()).filter(is_wanted).collect();
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
pub(super) mod tests {
    use super::*;
    use crate::tui::facts::fixture;
    use crate::tui::theme::Theme;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use std::sync::Arc;

    /// `raw` is read by `a` and `b`, these by `c`.
    pub(super) fn facts() -> Facts {
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
    fn very_many_are_shown_in_their_folders_if_they_have_any() {
        let mut facts = facts();
        let mut snapshot = (*facts.snapshot).clone();
        let node = |at: usize| fixture::pipeline(&format!("part-{}/p{at:03}", at % 4), Vec::new(), &[]);
        snapshot.nodes = (0..400).map(node).collect();
        facts.snapshot = Arc::new(snapshot);
        let mut home = Home::default();
        home.refresh(&facts);
        assert_eq!(home.rows(&facts).len(), 4);
        // So many are not drawn: the key leads to the table, then back here.
        home.act(&facts, Action::Graph, &Seen::default());
        assert_eq!(home.rows(&facts).len(), 400);
        home.act(&facts, Action::Graph, &Seen::default());
        assert_eq!((home.graph.mode, home.rows(&facts).len()), (Mode::Tree, 4));
    }

    #[test]
    fn data_is_opened_among_the_files() {
        let (facts, mut home) = (facts(), Home::default());
        let opened = home.act_on(&facts, 0, Action::Open, 9);
        assert!(matches!(&opened[..], [Effect::ShowFile(path)] if path == "raw"), "{opened:?}");
        let opened = home.act_on(&facts, 1, Action::Open, 9);
        assert!(matches!(&opened[..], [Effect::OpenPipeline(name)] if name == "a"), "{opened:?}");
    }

    #[test]
    fn what_failed_stays_among_the_failed_when_it_is_mended() {
        let with = |state| {
            let mut facts = facts();
            let mut snapshot = (*facts.snapshot).clone();
            snapshot.nodes[2] = fixture::pipeline("b", vec![0], &[("x", state, "why")]);
            facts.snapshot = Arc::new(snapshot);
            facts
        };
        let (failed, stale, mut home) = (with(DatumState::Failed), with(DatumState::Stale), Home::default());
        home.act(&failed, Action::FailedOnly, &Seen { rows: 9, ..Seen::default() });
        assert_eq!(home.shown(&failed), [0, 2]);
        home.refresh(&stale);
        assert_eq!((home.shown(&stale), home.current(&stale)), (vec![0, 2], Some(2)));
        home.act(&stale, Action::FailedOnly, &Seen { rows: 9, ..Seen::default() });
        assert_eq!(home.shown(&stale).len(), 4);
        assert_eq!(home.off(&stale, Action::FailedOnly).as_deref(), Some(NONE_FAILED));
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

    #[test]
    fn what_a_run_would_leave_out_is_not_offered_to_be_run() {
        let mut facts = fixture::facts();
        let mut snapshot = (*facts.snapshot).clone();
        let fs = &mut snapshot.nodes[2];
        (fs.state, fs.error) = ("broken".into(), Some("unknown field".into()));
        facts.snapshot = Arc::new(snapshot.clone());
        let mut home = Home::default();
        home.go_to("fs", &facts, 9);
        for action in [Action::Rerun, Action::RerunDownstream] {
            assert_eq!(home.off(&facts, action).as_deref(), Some("a run leaves `fs` out: unknown field"));
        }
        // What its inputs lack a run may bring.
        snapshot.nodes[2].fault = Fault::Project;
        facts.snapshot = Arc::new(snapshot);
        assert_eq!(home.off(&facts, Action::Rerun), None);
    }

    #[test]
    fn what_runs_on_with_a_spec_that_broke_shows_how_far_it_is() {
        let mut facts = facts();
        let mut snapshot = (*facts.snapshot).clone();
        (snapshot.nodes[1].state, snapshot.nodes[1].error) = ("broken".into(), Some("unknown field".into()));
        facts.snapshot = Arc::new(snapshot);
        let shown = |facts: &Facts| {
            let area = Rect::new(0, 0, 80, 24);
            let mut buffer = Buffer::empty(area);
            let mut pen = Pen::new(&mut buffer, area, Theme::default());
            table::table(&Home::default(), facts, &mut pen, &mut Seen::default());
            buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect::<String>()
        };
        assert!(shown(&facts).contains("broken: unknown field"), "{}", shown(&facts));
        let job = crate::app::JobProgress { pipeline: "a".into(), ..Default::default() };
        let run = crate::app::RunProgress { jobs: vec![job], ..Default::default() };
        (facts.run, facts.is_live) = (Arc::new(run), true);
        let told = shown(&facts);
        assert!(!told.contains("unknown field") && told.contains("⊗ a"), "{told}");
        assert_eq!(told.matches("1/1").count(), 3, "{told}");
    }

    #[test]
    fn what_of_a_filter_cannot_be_read_is_said() {
        let (facts, mut home) = (facts(), Home::default());
        for (filter, why) in [
            ("state:bogus", "no state is called `bogus`"),
            ("took:>abc", "`took:>abc` is not like"),
            ("nowhere state:bogus", "no state is called `bogus`"),
        ] {
            home.filter = filter.into();
            let area = Rect::new(0, 0, 80, 24);
            let mut buffer = Buffer::empty(area);
            draw::draw(
                &home,
                &facts,
                &mut Pen::new(&mut buffer, area, Theme::default()),
                &mut Seen::default(),
            );
            let drawn: String = buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect();
            assert!(drawn.contains(why), "{filter}: {drawn}");
            let told = twin::twin(&home, &facts, 9).lines;
            assert!(told.iter().any(|line| line.starts_with(why)), "{filter}: {told:?}");
        }
    }
}
