//! `Facts`: what the screens know of the project: the last snapshot, with what a run did since on top of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::app::{DatumChange, Node, RunProgress, Snapshot};
use crate::model::{DatumState, StateCounts};

/// How changes of files are noticed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Watch {
    /// Not yet.
    #[default]
    Starting,
    /// The kernel tells, for so many folders.
    Told(usize),
    /// By looking every few seconds, and why.
    Polling(String),
}

/// What the screens know.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    /// The project as it was read last.
    pub(super) snapshot: Arc<Snapshot>,
    /// Whether it comes from an earlier session and is being read afresh.
    pub(super) is_remembered: bool,
    /// Whether it is being read.
    pub(super) is_loading: bool,
    /// Since when.
    pub(super) loading_since_ms: u64,
    /// Why it could not be read, the last time.
    pub(super) unread: Option<String>,
    /// The newest run.
    pub(super) run: Arc<RunProgress>,
    /// Whether its process lives.
    pub(super) is_live: bool,
    /// How often it was asked here to stop.
    pub(super) stops: u32,
    /// How changes are noticed.
    pub(super) watch: Watch,
    /// The time, in milliseconds since the Unix epoch.
    pub(super) now_ms: u64,
    /// How long attempts took, by pipeline: milliseconds by row, 0 where it is not known.
    pub(super) times: BTreeMap<String, Arc<[u32]>>,
    /// Jobs of a run that were over when the project began to be read; none for all of them.
    over: (String, Option<Vec<String>>),
    /// States that a run changed since the snapshot, by node; absent where none did.
    changed: BTreeMap<usize, Changed>,
    /// What the run of this id did, by pipeline and key, for snapshots that are taken before its jobs end.
    done: (String, BTreeMap<(String, String), DatumChange>),
}

/// The states of one pipeline, changed by a run.
#[derive(Clone, Debug)]
struct Changed {
    states: Vec<DatumState>,
    counts: StateCounts,
    messages: BTreeMap<usize, String>,
    took: BTreeMap<usize, u32>,
}

impl Facts {
    /// The project begins to be read: what jobs that are over by now did will be in what is read.
    pub(super) fn begin_loading(&mut self) {
        (self.is_loading, self.loading_since_ms) = (true, self.now_ms);
        let ended = self.run.jobs.iter().filter(|job| job.ended.is_some());
        let ended = self.is_live.then(|| ended.map(|job| job.pipeline.clone()).collect());
        self.over = (self.run.run.clone(), ended);
    }

    /// Takes a new snapshot. What jobs did that were over before it was read is in it; what others did is shown
    /// over it still.
    pub(super) fn renew(&mut self, snapshot: Arc<Snapshot>) {
        self.snapshot = snapshot;
        self.changed.clear();
        let (run, done) = std::mem::take(&mut self.done);
        let is_open = |pipeline: &str| {
            let (of, ended) = &self.over;
            let is_over = ended.as_ref().is_none_or(|ended| ended.iter().any(|over| over == pipeline));
            run == self.run.run && !(*of == run && is_over)
        };
        let open: Vec<DatumChange> = done.into_values().filter(|change| is_open(&change.pipeline)).collect();
        for change in open {
            self.change(change);
        }
        let running: Vec<(String, String)> = self.run.running.keys().cloned().collect();
        for (pipeline, key) in running {
            let (state, message, took_ms) = (DatumState::Running, None, 0);
            self.change(DatumChange { pipeline, key, state, message, took_ms });
        }
    }

    /// Takes in that a run took a datum in its hands, or let it go.
    pub(super) fn change(&mut self, change: DatumChange) {
        if self.done.0 != self.run.run {
            self.done = (self.run.run.clone(), BTreeMap::new());
        }
        self.done.1.insert((change.pipeline.clone(), change.key.clone()), change.clone());
        let Some(at) = self.snapshot.position(&change.pipeline) else { return };
        let node = &self.snapshot.nodes[at];
        let Some(row) = node.table.row_of(&change.key) else { return };
        let changed = self.changed.entry(at).or_insert_with(|| Changed {
            states: node.table.states.clone(),
            counts: node.counts,
            messages: BTreeMap::new(),
            took: BTreeMap::new(),
        });
        changed.counts.shift(changed.states[row], change.state);
        changed.states[row] = change.state;
        if change.took_ms > 0 {
            changed.took.insert(row, u32::try_from(change.took_ms).unwrap_or(u32::MAX));
        }
        match change.message {
            Some(message) => drop(changed.messages.insert(row, message)),
            None => drop(changed.messages.remove(&row)),
        }
    }

    /// Where a datum stands.
    pub(super) fn state(&self, node: usize, row: usize) -> DatumState {
        let changed = self.changed.get(&node).map(|changed| &changed.states);
        let states = changed.or_else(|| self.snapshot.nodes.get(node).map(|node| &node.table.states));
        states.and_then(|states| states.get(row)).copied().unwrap_or(DatumState::Unknown)
    }

    /// All states of a pipeline, by row.
    pub(super) fn states(&self, node: usize) -> &[DatumState] {
        match (self.changed.get(&node), self.snapshot.nodes.get(node)) {
            (Some(changed), _) => &changed.states,
            (None, Some(node)) => &node.table.states,
            (None, None) => &[],
        }
    }

    /// Why a datum is in its state.
    pub(super) fn reason(&self, node: usize, row: usize) -> String {
        let message = self.changed.get(&node).and_then(|changed| changed.messages.get(&row));
        let before = self.snapshot.nodes.get(node).map_or("", |node| node.table.reason(row));
        match (message, self.state(node, row)) {
            (Some(message), _) => message.clone(),
            (None, DatumState::Running) => self.running_since(node, row),
            (None, state) if self.changed.contains_key(&node) && state == DatumState::Done => {
                if self.snapshot.nodes[node].table.states[row] == state {
                    before.into()
                } else {
                    "just done".into()
                }
            }
            (None, _) => before.into(),
        }
    }

    fn running_since(&self, node: usize, row: usize) -> String {
        let node = &self.snapshot.nodes[node];
        let place = (node.name.clone(), node.table.key(row).to_owned());
        let since = self.run.running.get(&place).map_or(self.now_ms, |hand| hand.since_ms);
        format!("running for {}", span(self.now_ms.saturating_sub(since)))
    }

    /// Whether a run changed what is known of a datum since the snapshot.
    pub(super) fn is_changed(&self, node: usize, row: usize) -> bool {
        let Some(changed) = self.changed.get(&node) else { return false };
        let before = self.snapshot.nodes.get(node).and_then(|node| node.table.states.get(row));
        changed.states.get(row) != before || changed.messages.contains_key(&row)
    }

    /// How long the last attempt of each datum took, or goes on, in milliseconds by row; 0 where it is not known.
    pub(super) fn took(&self, at: usize) -> Vec<u32> {
        let Some(node) = self.snapshot.nodes.get(at) else { return Vec::new() };
        let known = self.known_times(at).map(|times| times.to_vec());
        let mut took = known.unwrap_or_else(|| vec![0; node.table.len()]);
        let changed = self.changed.get(&at).into_iter().flat_map(|changed| &changed.took);
        changed.for_each(|(row, ms)| took[*row] = *ms);
        for ((pipeline, key), hand) in &self.run.running {
            let row = node.table.row_of(key).filter(|_| *pipeline == node.name);
            if let Some(row) = row.filter(|row| self.state(at, *row) == DatumState::Running) {
                took[row] = u32::try_from(self.now_ms.saturating_sub(hand.since_ms)).unwrap_or(u32::MAX);
            }
        }
        took
    }

    /// The same of one datum.
    pub(super) fn took_one(&self, at: usize, row: usize) -> u64 {
        let Some(node) = self.snapshot.nodes.get(at) else { return 0 };
        if self.state(at, row) == DatumState::Running {
            let place = (node.name.clone(), node.table.key(row).to_owned());
            let hand = self.run.running.get(&place);
            return hand.map_or(0, |hand| self.now_ms.saturating_sub(hand.since_ms));
        }
        let changed = self.changed.get(&at).and_then(|changed| changed.took.get(&row));
        let known = || self.known_times(at)?.get(row);
        changed.or_else(known).copied().map_or(0, u64::from)
    }

    /// The times of a pipeline, if they are of the rows that it has now.
    pub(super) fn known_times(&self, at: usize) -> Option<&Arc<[u32]>> {
        let node = self.snapshot.nodes.get(at)?;
        self.times.get(&node.name).filter(|times| times.len() == node.table.len())
    }

    /// Whether nothing waits to be committed, as far as is known.
    pub(super) fn is_all_committed(&self) -> bool {
        let has_held = self.snapshot.nodes.iter().any(|node| node.held.is_some());
        !self.is_remembered && self.snapshot.uncommitted.is_empty() && !has_held
    }

    /// Datums of a node by state.
    pub(super) fn counts(&self, node: usize) -> StateCounts {
        let before = self.snapshot.nodes.get(node).map(|node| node.counts).unwrap_or_default();
        self.changed.get(&node).map_or(before, |changed| changed.counts)
    }

    /// Datums of all pipelines by state.
    pub(super) fn totals(&self) -> StateCounts {
        let mut totals = StateCounts::default();
        (0..self.snapshot.nodes.len()).for_each(|node| totals.merge(&self.counts(node)));
        totals
    }

    /// The state that stands for a node as a whole.
    pub(super) fn node_state(&self, at: usize) -> NodeState {
        let Some(node) = self.snapshot.nodes.get(at) else { return NodeState::Input };
        if !node.is_pipeline() {
            return NodeState::Input;
        }
        let counts = self.counts(at);
        if counts.get(DatumState::Running) > 0 {
            return NodeState::Datum(DatumState::Running);
        }
        NodeState::of(node, counts)
    }
}

/// What stands for a node as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NodeState {
    /// A raw repo.
    Input,
    /// Its spec has errors, or it needs one that has.
    Broken,
    /// The most telling state of its datums.
    Datum(DatumState),
}

impl NodeState {
    fn of(node: &Node, counts: StateCounts) -> Self {
        const ORDER: [DatumState; 10] = [
            DatumState::Failed,
            DatumState::Edited,
            DatumState::InTheWay,
            DatumState::Stale,
            DatumState::Queued,
            DatumState::Pending,
            DatumState::Cached,
            DatumState::Recovered,
            DatumState::Orphaned,
            DatumState::Blocked,
        ];
        if matches!(node.state.as_str(), "broken" | "left_out") {
            return Self::Broken;
        }
        let found = ORDER.into_iter().find(|state| counts.get(*state) > 0);
        let is_waiting = node.state == "blocked";
        Self::Datum(found.unwrap_or(if is_waiting { DatumState::Blocked } else { DatumState::Done }))
    }
}

/// A length of time in a few letters: `29ms`, `0.4s`, `12s`, `4m10`, `1h42`, `3d`.
pub(super) fn span(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0 if ms < 100 => format!("{ms}ms"),
        0..10 => format!("{}.{}s", seconds, ms % 1000 / 100),
        10..60 => format!("{seconds}s"),
        60..3600 => format!("{}m{:02}", seconds / 60, seconds % 60),
        3600..172_800 => format!("{}h{:02}", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
pub(super) mod fixture {
    //! A small project for tests of screens.

    use super::*;
    use crate::app::{DatumTable, SpecFacts};

    /// Raw `t1` and `t2`, `fs` with a failed and a stale datum, `stats` that waits for it.
    pub(in crate::tui) fn facts() -> Facts {
        let raw =
            |name: &str| Node { name: name.into(), files: Some(4), state: "input".into(), ..Node::default() };
        let fs = pipeline(
            "fs",
            vec![0, 1],
            &[
                ("sub-1", DatumState::Done, "its files stand"),
                ("sub-2", DatumState::Failed, "the last attempt failed: exit code 1: cut off"),
                ("sub-3", DatumState::Stale, "`raw/t1/sub-3` changed"),
            ],
        );
        let stats = pipeline("stats", vec![2], &[(".", DatumState::Blocked, "waits for `fs`")]);
        let nodes = vec![raw("raw/t1"), raw("raw/t2"), fs, stats];
        let (project, branch, head) = ("study".into(), "main".into(), "3f9c2e1a00".into());
        let snapshot = Snapshot { project, branch, head, nodes, ..Snapshot::default() };
        Facts { snapshot: Arc::new(snapshot), now_ms: 1_795_000_000_000, ..Facts::default() }
    }

    /// A pipeline with rows of key, state and reason.
    pub(in crate::tui) fn pipeline(name: &str, reads: Vec<usize>, rows: &[(&str, DatumState, &str)]) -> Node {
        let mut counts = StateCounts::default();
        for (_, state, _) in rows {
            counts.add(*state);
        }
        let (path, command) = (format!("{name}/spec.yml"), "sh code/run.sh".into());
        Node {
            name: name.into(),
            reads,
            state: "stale".into(),
            counts,
            spec: SpecFacts { path, command, ..SpecFacts::default() },
            table: Arc::new(DatumTable::from_rows(rows.iter().copied())),
            ..Node::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(key: &str, state: DatumState, message: Option<&str>) -> DatumChange {
        let (pipeline, key, message) = ("fs".into(), key.into(), message.map(str::to_owned));
        DatumChange { pipeline, key, state, message, took_ms: 5 }
    }

    #[test]
    fn a_run_changes_states_counts_and_reasons_until_the_next_snapshot() {
        let mut facts = fixture::facts();
        facts.change(change("sub-3", DatumState::Running, None));
        assert_eq!(
            (facts.state(2, 2), facts.node_state(2)),
            (DatumState::Running, NodeState::Datum(DatumState::Running))
        );
        facts.change(change("sub-3", DatumState::Done, None));
        facts.change(change("sub-1", DatumState::Failed, Some("exit code 3")));
        facts.change(change("no such key", DatumState::Failed, None));
        let counts = facts.counts(2);
        assert_eq!((counts.get(DatumState::Done), counts.get(DatumState::Failed), counts.total()), (1, 2, 3));
        assert_eq!((facts.reason(2, 0), facts.reason(2, 2)), ("exit code 3".into(), "just done".into()));
        facts.begin_loading();
        facts.renew(Arc::clone(&facts.snapshot));
        assert_eq!(facts.counts(2).get(DatumState::Failed), 1);
    }

    #[test]
    fn what_a_running_job_did_outlives_snapshots_and_what_an_ended_one_did_does_not() {
        let mut facts = fixture::facts();
        let job = crate::app::JobProgress { pipeline: "fs".into(), ..crate::app::JobProgress::default() };
        let mut run = RunProgress { run: "r1".into(), jobs: vec![job], ..RunProgress::default() };
        (facts.run, facts.is_live) = (Arc::new(run.clone()), true);
        facts.change(change("sub-3", DatumState::Done, None));
        facts.renew(Arc::clone(&facts.snapshot));
        assert_eq!(facts.state(2, 2), DatumState::Done);
        run.jobs[0].ended = Some(true);
        facts.run = Arc::new(run);
        facts.renew(Arc::clone(&facts.snapshot));
        assert_eq!(facts.state(2, 2), DatumState::Done, "what was read before the job was over says nothing");
        facts.begin_loading();
        facts.renew(Arc::clone(&facts.snapshot));
        assert_eq!(facts.state(2, 2), DatumState::Stale);
    }

    #[test]
    fn lengths_of_time_are_short() {
        let shown = [29, 400, 12_000, 250_000, 6_120_000, 300_000_000].map(span);
        assert_eq!(shown, ["29ms", "0.4s", "12s", "4m10", "1h42", "3d"]);
    }
}
