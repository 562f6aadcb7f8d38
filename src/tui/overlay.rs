//! `Overlay`: what a run did since the project was read, on top of what was read.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::app::{DatumChange, DatumTable, Node, Snapshot};
use crate::model::{DatumId, DatumState, StateCounts};

/// What a run did since the project was read.
#[derive(Clone, Debug, Default)]
pub(super) struct Overlay {
    /// The run that did it.
    run: String,
    /// All that it told, by pipeline and key, for readings of the project that began before its jobs ended.
    told: BTreeMap<String, BTreeMap<String, Told>>,
    /// What of this is other than what was read, by node.
    changed: BTreeMap<usize, Arc<Changed>>,
    /// Rises when a datum fails, or a failed one changes.
    failures: u64,
}

/// The last thing that was told of a datum.
#[derive(Clone, Debug)]
struct Told {
    state: DatumState,
    message: Option<Arc<str>>,
    took_ms: u32,
    id: DatumId,
}

/// The datums of one pipeline, with what a run changed.
#[derive(Clone, Debug)]
pub(super) struct Changed {
    /// States by row.
    pub(super) states: Vec<DatumState>,
    /// Datums by state.
    pub(super) counts: StateCounts,
    /// A sentence for all but success, by row.
    pub(super) messages: BTreeMap<usize, Arc<str>>,
    /// Milliseconds by row, where an attempt ended.
    pub(super) took: BTreeMap<usize, u32>,
}

impl Overlay {
    /// What a run changed of a node, if it did.
    pub(super) fn of(&self, node: usize) -> Option<&Changed> {
        self.changed.get(&node).map(|changed| &**changed)
    }

    /// A number that rises when what failed changes.
    pub(super) const fn failures(&self) -> u64 {
        self.failures
    }

    /// The same to look at only: it is cheap to keep, and takes in nothing any more.
    pub(super) fn frozen(&self) -> Self {
        let (run, changed, failures) = (self.run.clone(), self.changed.clone(), self.failures);
        Self { run, told: BTreeMap::new(), changed, failures }
    }

    /// Takes in what the run of an id did with a datum, which stands at a place of the snapshot.
    /// `is_older` tells that the run planned before the project was read: if the datum computes something else
    /// now, what the run did says nothing about it.
    pub(super) fn change(&mut self, run: &str, snapshot: &Snapshot, change: DatumChange, is_older: bool) {
        if self.run != run {
            (self.run, self.told) = (run.to_owned(), BTreeMap::new());
        }
        let took_ms = u32::try_from(change.took_ms).unwrap_or(u32::MAX);
        let message = change.message.map(Arc::from);
        let told = Told { state: change.state, message, took_ms, id: change.id };
        if let Some(at) = snapshot.position(&change.pipeline) {
            let node = &snapshot.nodes[at];
            if let Some(row) = node.table.row_of(&change.key) {
                let changed = self.changed.entry(at).or_insert_with(|| Arc::new(Changed::of(node)));
                let before = changed.states[row];
                Arc::make_mut(changed).take(&node.table, row, &told, is_older);
                self.failures += u64::from(before == DatumState::Failed || told.state == DatumState::Failed);
            }
        }
        // The first of a pipeline costs its name, all others only their keys.
        match self.told.get_mut(&change.pipeline) {
            Some(keys) => drop(keys.insert(change.key, told)),
            None => drop(self.told.insert(change.pipeline, BTreeMap::from([(change.key, told)]))),
        }
    }

    /// Begins anew on another snapshot, with what the run of an id did in pipelines that are not settled in it:
    /// for those, whether the run planned them before the snapshot was read.
    pub(super) fn renew(&mut self, run: &str, snapshot: &Snapshot, is_older: impl Fn(&str) -> Option<bool>) {
        self.changed.clear();
        self.failures += 1;
        if self.run != run {
            (self.run, self.told) = (run.to_owned(), BTreeMap::new());
        }
        self.told.retain(|pipeline, _| is_older(pipeline).is_some());
        for (pipeline, keys) in &self.told {
            let (Some(at), Some(is_older)) = (snapshot.position(pipeline), is_older(pipeline)) else {
                continue;
            };
            let node = &snapshot.nodes[at];
            let mut changed = Changed::of(node);
            changed.take_all(&node.table, keys, is_older);
            self.changed.insert(at, Arc::new(changed));
        }
    }
}

impl Changed {
    fn of(node: &Node) -> Self {
        let (states, counts) = (node.table.states.clone(), node.counts);
        Self { states, counts, messages: BTreeMap::new(), took: BTreeMap::new() }
    }

    /// Keys of both are in order: one walk along the table finds them all.
    fn take_all(&mut self, table: &DatumTable, keys: &BTreeMap<String, Told>, is_older: bool) {
        let mut row = 0;
        for (key, told) in keys {
            while row < table.len() && table.key(row) < key.as_str() {
                row += 1;
            }
            // What is in hand is told anew by who knows whether it still is.
            if table.key(row) == key && row < table.len() && told.state != DatumState::Running {
                self.take(table, row, told, is_older);
            }
        }
    }

    fn take(&mut self, table: &DatumTable, row: usize, told: &Told, is_older: bool) {
        let is_other_work = is_older && table.ids[row] != told.id && told.state != DatumState::Running;
        let says_nothing = is_other_work || was_given_back(told.state, table.states[row]);
        let state = if says_nothing { table.states[row] } else { told.state };
        self.counts.shift(self.states[row], state);
        self.states[row] = state;
        if told.took_ms > 0 && !says_nothing {
            self.took.insert(row, told.took_ms);
        }
        match told.message.clone().filter(|_| !says_nothing) {
            Some(message) => drop(self.messages.insert(row, message)),
            None => drop(self.messages.remove(&row)),
        }
    }
}

/// Whether a stop let go of a datum, which is as it was before: what stood there still stands. Of one that waited, what it
/// waited for is done by now.
const fn was_given_back(told: DatumState, before: DatumState) -> bool {
    use DatumState::{Blocked, Pending, Queued, Running, Unknown};
    matches!(told, Pending) && !matches!(before, Blocked | Pending | Queued | Running | Unknown)
}
