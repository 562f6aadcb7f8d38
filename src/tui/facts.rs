//! `Facts`: what the screens know of the project: the last snapshot, with what a run did since on top of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::app::{CommitView, DatumChange, Overall, RunProgress, Snapshot, Usual, Wait, Waiting};
use crate::model::{DatumId, DatumState, Finding, StateCounts};
use crate::run::count;

use super::overlay::Overlay;
use super::schedule::Schedule;
pub(super) use super::timing::Times;
use super::words::age;
pub(super) use crate::app::span;

/// Said of a folder that is gone.
pub(super) const NOT_THERE: &str = "is not there any more";

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
    /// Whether it is the project as of a commit that is looked at.
    pub(super) is_past: bool,
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
    /// How often it was asked here to stop; [`Facts::stops`] knows of others too.
    pub(super) stops: u32,
    /// How changes are noticed.
    pub(super) watch: Watch,
    /// The time, in milliseconds since the Unix epoch.
    pub(super) now_ms: u64,
    /// How long attempts took, by pipeline.
    pub(super) times: BTreeMap<String, Times>,
    /// How long datums usually take, by pipeline.
    pub(super) usual: BTreeMap<String, Usual>,
    /// The last commit of results by pipeline: the start of its id, and when, in milliseconds since the Unix epoch.
    pub(super) last: BTreeMap<String, (String, u64)>,
    /// How many commands a run starts at a time here.
    pub(super) slots: usize,
    /// Whether nothing can make a commit's results again, for `datalad` is not here.
    pub(super) lacks_datalad: bool,
    /// Findings that were put aside on this machine, by their names.
    pub(super) dismissed: BTreeSet<String>,
    /// How all that is left goes on.
    pub(super) schedule: Arc<Schedule>,
    /// Jobs of a run that were over when the project began to be read; none for all of them.
    over: (String, Option<Vec<String>>),
    /// When the snapshot began to be read: milliseconds since the Unix epoch.
    read_ms: u64,
    /// What a run did since.
    overlay: Overlay,
}

/// Said wherever a list would say that all is well, while nobody knows.
pub(super) const LAST_STATE: &str = "the project cannot be read: this is its last state";

/// The reason of what is done by a command.
const CURRENT: &str = "its work is known and its files stand unmodified";

impl Facts {
    /// How the run was asked to stop, here or elsewhere: 0 not at all, 1 to begin nothing new, more to end at once.
    pub(super) fn stops(&self) -> u32 {
        self.stops.max(self.run.stops)
    }

    /// Whether a run that goes on has begun with a pipeline and is not over with it.
    pub(super) fn is_at_work(&self, at: usize) -> bool {
        let name = self.snapshot.nodes.get(at).map(|node| &node.name);
        let mut jobs = self.run.jobs.iter().rev().filter(|job| Some(&job.pipeline) == name);
        self.is_live && jobs.next().is_some_and(|job| job.ended.is_none())
    }

    /// Whether the run that goes on has a datum queued that is open.
    pub(super) fn is_queued(&self, at: usize, row: usize) -> bool {
        let Some(node) = self.snapshot.nodes.get(at).filter(|_| self.is_live && self.stops() == 0) else {
            return false;
        };
        // Of what it told its end it has nothing more to do.
        let is_told = self.overlay.of(at).is_some_and(|changed| changed.messages.contains_key(&row));
        let job = self.run.jobs.iter().rev().find(|job| job.pipeline == node.name);
        self.state(at, row).is_open() && !is_told && job.is_some_and(|job| job.means(node.table.key(row)))
    }

    /// Whether the project's folder was gone when it was read last.
    pub(super) fn is_gone(&self) -> bool {
        self.unread.as_ref().is_some_and(|why| why.ends_with(NOT_THERE))
    }

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
        (self.snapshot, self.read_ms) = (snapshot, self.loading_since_ms);
        let (of, ended) = &self.over;
        let is_over = |pipeline: &str| {
            // Of what is broken by now the snapshot has the last good state, without what the run did since.
            let at = self.snapshot.position(pipeline);
            let is_kept = at.is_some_and(|at| self.snapshot.nodes[at].error.is_some());
            *of == self.run.run
                && !is_kept
                && ended.as_ref().is_none_or(|ended| ended.iter().any(|over| over == pipeline))
        };
        let (run, read_ms) = (&self.run, self.read_ms);
        let is_older = |pipeline: &str| (!is_over(pipeline)).then(|| is_older(run, pipeline, read_ms));
        self.overlay.renew(&self.run.run, &self.snapshot, is_older);
        let hands: Vec<(String, String)> = self.run.running.keys().cloned().collect();
        for (pipeline, key) in hands {
            let (state, id) = (DatumState::Running, DatumId([0; 32]));
            self.change(DatumChange { pipeline, key, state, message: None, took_ms: 0, id });
        }
    }

    /// Takes in that a run took a datum in its hands, or let it go.
    pub(super) fn change(&mut self, change: DatumChange) {
        let is_older = is_older(&self.run, &change.pipeline, self.read_ms);
        self.overlay.change(&self.run.run, &self.snapshot, change, is_older);
    }

    /// The same to look at only, cheap to hand to another thread.
    pub(super) fn frozen(&self) -> Self {
        let overlay = self.overlay.frozen();
        Self {
            snapshot: Arc::clone(&self.snapshot),
            run: Arc::clone(&self.run),
            is_live: self.is_live,
            now_ms: self.now_ms,
            times: self.times.clone(),
            overlay,
            ..Self::default()
        }
    }

    /// A number that changes when other datums are failed than before.
    pub(super) const fn failures(&self) -> u64 {
        self.overlay.failures()
    }

    /// That nothing reads a node, where that is so: to run what reads it too would be to run it alone.
    pub(super) fn no_reader(&self, node: usize) -> Option<String> {
        let is_read = self.snapshot.readers(node).next().is_some();
        let found = self.snapshot.nodes.get(node).filter(|_| !is_read)?;
        let alone = if found.is_pipeline() { "; `r` runs it" } else { "" };
        Some(format!("nothing reads `{}`{alone}", crate::model::show(&found.name)))
    }

    /// Pipelines that a node reads, directly or not, and that are not done: what they make may change it.
    pub(super) fn open_upstream(&self, at: usize) -> Vec<&str> {
        let nodes = &self.snapshot.nodes;
        let (mut above, mut found) = (BTreeSet::from([at]), Vec::new());
        while let Some(last) = above.pop_last() {
            let Some(node) = nodes.get(last) else { continue };
            above.extend(node.reads.iter().copied().filter(|read| *read < last));
            let counts = self.counts(last);
            let is_open = node.error.is_some() || counts.get(DatumState::Done) < counts.total();
            if last != at && node.is_pipeline() && is_open {
                found.push(node.name.as_str());
            }
        }
        found.reverse();
        found
    }

    /// Whether the run that goes on makes datums of a node again that are done: it has more to run than what is not done.
    pub(super) fn is_made_again(&self, at: usize) -> bool {
        let Some(node) = self.snapshot.nodes.get(at).filter(|_| self.is_live && self.stops() == 0) else {
            return false;
        };
        let job = self.run.jobs.iter().rev().find(|job| job.pipeline == node.name && job.ended.is_none());
        let in_hand = self.run.running.keys().filter(|(pipeline, _)| *pipeline == node.name).count();
        let counts = self.counts(at);
        let states = DatumState::ALL.into_iter();
        let open: usize = states.filter(|state| state.is_work()).map(|state| counts.get(state)).sum();
        let queued = counts.get(DatumState::Queued);
        job.is_some_and(|job| job.to_run.saturating_sub(job.tried() + in_hand) > open + queued)
    }

    /// Whether a run that goes on works at a node that is broken by now: it goes on with the spec that was sound.
    pub(super) fn is_followed(&self, at: usize) -> bool {
        let node = self.snapshot.nodes.get(at).filter(|node| node.error.is_some() && self.is_live);
        node.is_some_and(|node| {
            self.run.jobs.iter().any(|job| job.pipeline == node.name && job.ended.is_none())
        })
    }

    /// Where a datum stands.
    pub(super) fn state(&self, node: usize, row: usize) -> DatumState {
        let changed = self.overlay.of(node).map(|changed| &changed.states);
        let states = changed.or_else(|| self.snapshot.nodes.get(node).map(|node| &node.table.states));
        states.and_then(|states| states.get(row)).copied().unwrap_or(DatumState::Unknown)
    }

    /// All states of a pipeline, by row.
    pub(super) fn states(&self, node: usize) -> &[DatumState] {
        match (self.overlay.of(node), self.snapshot.nodes.get(node)) {
            (Some(changed), _) => &changed.states,
            (None, Some(node)) => &node.table.states,
            (None, None) => &[],
        }
    }

    /// Why a datum is in its state.
    pub(super) fn reason(&self, node: usize, row: usize) -> String {
        let message = self.overlay.of(node).and_then(|changed| changed.messages.get(&row));
        let before = self.snapshot.nodes.get(node).map_or("", |node| node.table.reason(row));
        match (message, self.state(node, row)) {
            (Some(message), _) => message.to_string(),
            (None, DatumState::Running) => self.running_since(node, row),
            (None, state) if self.overlay.of(node).is_some() && state == DatumState::Done => {
                if self.snapshot.nodes[node].table.states[row] == state {
                    before.into()
                } else {
                    "just done".into()
                }
            }
            (None, DatumState::Done) if before == CURRENT => self.done_since(node, row),
            (None, _) => before.into(),
        }
    }

    /// That all is well needs few words: when it was made is more to know.
    fn done_since(&self, node: usize, row: usize) -> String {
        let ended = self.ended_ms(node, row);
        ended.map_or_else(|| CURRENT.into(), |at| format!("done {} ago", age(self.now_ms.saturating_sub(at))))
    }

    fn running_since(&self, node: usize, row: usize) -> String {
        let node = &self.snapshot.nodes[node];
        let place = (node.name.clone(), node.table.key(row).to_owned());
        let since = self.run.running.get(&place).map_or(self.now_ms, |hand| hand.since_ms);
        format!("running for {}", span(self.now_ms.saturating_sub(since)))
    }

    /// Whether a run changed what is known of a datum since the snapshot.
    pub(super) fn is_changed(&self, node: usize, row: usize) -> bool {
        let Some(changed) = self.overlay.of(node) else { return false };
        let before = self.snapshot.nodes.get(node).and_then(|node| node.table.states.get(row));
        changed.states.get(row) != before || changed.messages.contains_key(&row)
    }

    /// How long the last attempt of each datum took, or goes on, in milliseconds by row; 0 where it is not known.
    pub(super) fn took(&self, at: usize) -> Vec<u32> {
        let Some(node) = self.snapshot.nodes.get(at) else { return Vec::new() };
        let known = self.known_times(at).map(|times| times.rows.to_vec());
        let mut took = known.unwrap_or_else(|| vec![0; node.table.len()]);
        let changed = self.overlay.of(at).into_iter().flat_map(|changed| &changed.took);
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
        let changed = self.overlay.of(at).and_then(|changed| changed.took.get(&row));
        let known = || self.known_times(at)?.rows.get(row);
        changed.or_else(known).copied().map_or(0, u64::from)
    }

    /// Whether it is known of any datum of a pipeline how much memory it had.
    pub(super) fn has_peaks(&self, at: usize) -> bool {
        self.known_times(at).is_some_and(|times| times.has_peaks)
    }

    /// The most memory that the last attempt at a datum had, in bytes.
    pub(super) fn peak(&self, at: usize, row: usize) -> Option<u64> {
        let is_other = self.is_changed(at, row);
        let kib = self.known_times(at).filter(|_| !is_other)?.peaks.get(row).copied()?;
        (kib > 0).then(|| u64::from(kib) * 1024)
    }

    /// When the last attempt at a datum ended: milliseconds since the Unix epoch.
    fn ended_ms(&self, at: usize, row: usize) -> Option<u64> {
        let seconds = self.known_times(at)?.ends.get(row).copied()?;
        (seconds > 0).then(|| u64::from(seconds) * 1000)
    }

    /// The times of a pipeline, if they are of the rows that it has now.
    pub(super) fn known_times(&self, at: usize) -> Option<&Times> {
        let node = self.snapshot.nodes.get(at)?;
        self.times.get(&node.name).filter(|times| times.rows.len() == node.table.len())
    }

    /// Whether a finding was put aside. An error keeps its pipeline from running and never is.
    pub(super) fn is_dismissed(&self, finding: &Finding) -> bool {
        !finding.is_error() && self.dismissed.contains(&named(finding))
    }

    /// How many findings are not put aside.
    pub(super) fn findings(&self) -> usize {
        self.snapshot.findings.iter().filter(|finding| !self.is_dismissed(finding)).count()
    }

    /// Why results of a node are not committed. A job that goes on commits them at its end.
    pub(super) fn held(&self, at: usize) -> Option<&Waiting> {
        let node = self.snapshot.nodes.get(at)?;
        let job = self.run.jobs.iter().rev().find(|job| job.pipeline == node.name);
        let goes_on = self.is_live && job.is_some_and(|job| job.ended.is_none());
        node.held.as_ref().filter(|_| !goes_on)
    }

    /// Whether a run would commit results of a node that stand already.
    pub(super) fn would_commit(&self, at: usize) -> bool {
        self.held(at).is_some_and(|held| held.is_ready)
    }

    /// Whether all that waits to be committed are results that no ledger has: no `save` takes them, the next run does.
    pub(super) fn waits_for_run(&self) -> bool {
        let mut held = self.snapshot.nodes.iter().filter_map(|node| node.held.as_ref()).peekable();
        self.snapshot.uncommitted.is_empty()
            && held.peek().is_some()
            && held.all(|held| held.wait == Wait::Unlisted)
    }

    /// How many files differ from HEAD; while a run goes on without its results, which it commits itself.
    pub(super) fn changed_files(&self) -> usize {
        if self.is_live { self.snapshot.uncommitted.len() } else { self.snapshot.changed_files() }
    }

    /// Whether nothing waits to be committed, as far as is known.
    pub(super) fn is_all_committed(&self) -> bool {
        let has_held = self.snapshot.nodes.iter().any(|node| node.held.is_some());
        !self.is_remembered && self.snapshot.uncommitted.is_empty() && !has_held
    }

    /// How many results were edited by hand, in words; nothing of none. No `save` takes them.
    pub(super) fn edited(&self) -> Option<String> {
        let edited = self.totals().get(DatumState::Edited);
        (edited > 0).then(|| format!("{} edited by hand", count(edited, "result")))
    }

    /// Datums of a node by state.
    pub(super) fn counts(&self, node: usize) -> StateCounts {
        let before = self.snapshot.nodes.get(node).map(|node| node.counts).unwrap_or_default();
        self.overlay.of(node).map_or(before, |changed| changed.counts)
    }

    /// Datums of all pipelines by state.
    pub(super) fn totals(&self) -> StateCounts {
        let mut totals = StateCounts::default();
        (0..self.snapshot.nodes.len()).for_each(|node| totals.merge(&self.counts(node)));
        totals
    }

    /// Takes in the commits, newest first. What was taken back is nobody's last commit.
    pub(super) fn take_commits(&mut self, commits: &[CommitView]) {
        let mut taken_back: BTreeSet<&str> = BTreeSet::new();
        self.last = BTreeMap::new();
        for commit in commits {
            let stands = !taken_back.contains(commit.id.as_str());
            match (&commit.reverts, &commit.pipeline) {
                _ if !stands => {}
                (Some(other), _) => drop(taken_back.insert(other)),
                (None, Some(pipeline)) => {
                    let told = || (commit.short().to_owned(), commit.at_ms);
                    self.last.entry(pipeline.clone()).or_insert_with(told);
                }
                (None, None) => {}
            }
        }
    }

    /// How long ago the last results of a pipeline were committed, in milliseconds.
    pub(super) fn since_last(&self, pipeline: &str) -> Option<u64> {
        self.last.get(pipeline).map(|(_, at_ms)| self.now_ms.saturating_sub(*at_ms))
    }

    /// What stands for a node as a whole.
    pub(super) fn node_state(&self, at: usize) -> Overall {
        self.snapshot.nodes.get(at).map_or(Overall::Input, |node| node.overall(&self.counts(at)))
    }

    /// The file and line of a pipeline's spec: where it is wrong, if it is, else its beginning.
    pub(super) fn spec_place(&self, pipeline: &str) -> Option<(String, usize)> {
        let node = &self.snapshot.nodes[self.snapshot.position(pipeline)?];
        let says = |finding: &&Finding| {
            node.error.as_ref().is_some_and(|error| finding.is_error() && error.starts_with(&finding.message))
        };
        let wrong = self.snapshot.findings.iter().find(says);
        let line = wrong.and_then(|finding| finding.span).map_or(1, |span| span.line);
        let path = wrong.map_or(&node.spec.path, |finding| &finding.path);
        node.is_pipeline().then(|| (path.clone(), line))
    }
}

/// What a finding is called, wherever in its file it stands now.
pub(super) fn named(finding: &Finding) -> String {
    format!("{} {} {}", finding.code, finding.path, finding.message)
}

/// Whether the job of a pipeline was planned before the project began to be read.
fn is_older(run: &RunProgress, pipeline: &str, read_ms: u64) -> bool {
    let job = run.jobs.iter().rev().find(|job| job.pipeline == pipeline);
    job.is_some_and(|job| job.started_ms < read_ms)
}

#[cfg(test)]
pub(super) mod fixture;
#[cfg(test)]
mod tests;
