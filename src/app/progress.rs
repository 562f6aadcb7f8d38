//! `RunProgress`: what one run did so far, put together from its events.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::model::{DatumId, DatumState, Event, Place, RunSummary};

use super::beside::{Beside, Moment};

/// What one run did so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunProgress {
    /// Its id.
    pub run: String,
    /// Its process.
    pub pid: u32,
    /// When it began: milliseconds since the Unix epoch.
    pub started_ms: u64,
    /// The pipelines that it means; none is known of runs that did not tell.
    pub planned: Vec<String>,
    /// Those that were asked for and not planned, as they or what they need have errors.
    pub left_out: Vec<String>,
    /// How many commands go on at a time; 0 of runs that did not tell.
    pub slots: usize,
    /// The most commands that ran at a time, as far as events tell: one may be told to begin before another is told
    /// to have ended.
    pub most_at_once: usize,
    /// What slots do beside commands.
    pub beside: Beside,
    /// Whether no command is begun for a while.
    pub is_paused: bool,
    /// How it was asked to stop: 0 not at all, 1 to begin nothing new, 2 to end at once.
    pub stops: u32,
    /// Jobs in the order they began.
    pub jobs: Vec<JobProgress>,
    /// Datums in its hands, by pipeline and key.
    pub running: BTreeMap<(String, String), InHand>,
    /// Datums that it had in its hands when it was stopped at once or killed, by pipeline and key.
    pub cut_off: BTreeMap<(String, String), InHand>,
    /// Datums that failed, with what was said of them, in order; the first thousand.
    pub failures: Vec<DatumChange>,
    /// What it said, oldest first; the last hundred.
    pub notes: Vec<String>,
    /// The commands it began last, oldest first: pipeline, place and log.
    pub began: VecDeque<(String, String, String)>,
    /// How it ended, whether by a cancel, and when.
    pub ended: Option<(RunSummary, bool, u64)>,
    /// The error that broke it off, if one did.
    pub error: Option<String>,
}

/// A pipeline's share of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobProgress {
    /// The pipeline.
    pub pipeline: String,
    /// When it began: milliseconds since the Unix epoch.
    pub started_ms: u64,
    /// Datums in all.
    pub total: usize,
    /// Datums whose command runs.
    pub to_run: usize,
    /// Results that are placed.
    pub to_restore: usize,
    /// Results that are removed.
    pub to_remove: usize,
    /// The datums whose command runs, where these are not all that are open.
    pub only: Option<BTreeSet<String>>,
    /// Where its commands see `/pfs`, if any runs.
    pub place: Option<Place>,
    /// Datums whose command succeeded.
    pub ran: usize,
    /// Results placed without running.
    pub placed: usize,
    /// Datums that failed.
    pub failed: usize,
    /// Datums whose error command succeeded.
    pub recovered: usize,
    /// Datums passed over: edited, in the way, or changed meanwhile.
    pub passed: usize,
    /// Wall time of all attempts that ended, in milliseconds.
    pub took_ms: u64,
    /// The squares of these times added up, to tell how much they differ.
    pub squares: u128,
    /// Whether it ended, and whether all is done then.
    pub ended: Option<bool>,
    /// Why it is not complete.
    pub message: Option<String>,
    /// Commits made for it.
    pub commits: Vec<String>,
}

impl JobProgress {
    /// Datums whose command ended, in whatever way.
    pub const fn tried(&self) -> usize {
        self.ran + self.failed + self.recovered
    }

    /// Whether it goes on and runs the command of a datum that is open.
    pub fn means(&self, key: &str) -> bool {
        let is_meant = self.only.as_ref().is_none_or(|only| only.contains(key));
        self.ended.is_none() && self.to_run > 0 && is_meant
    }

    /// Datums of which it knows the end.
    pub const fn settled(&self) -> usize {
        self.ran + self.placed + self.failed + self.recovered + self.passed
    }
}

/// A datum that a run has in its hands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InHand {
    /// When its attempt began: milliseconds since the Unix epoch.
    pub since_ms: u64,
    /// Where its log is or will be, from `.git/minipach`.
    pub log: Option<String>,
}

impl InHand {
    /// When its attempt began, in UTC.
    pub fn since(&self) -> String {
        let when =
            i64::try_from(self.since_ms).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
        when.map(|when| when.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()).unwrap_or_default()
    }
}

/// `waits for try 2 of 3`, where this try failed.
pub(super) fn next_try(failed: u32, tries: u32) -> String {
    format!("waits for try {} of {tries}", failed + 1)
}

/// A datum that a run took in its hands or let go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatumChange {
    /// The pipeline.
    pub pipeline: String,
    /// The place.
    pub key: String,
    /// Where it stands now.
    pub state: DatumState,
    /// A sentence for all but success.
    pub message: Option<String>,
    /// Wall time of all attempts, in milliseconds.
    pub took_ms: u64,
    /// What it computes.
    pub id: DatumId,
}

/// How many failures are kept.
const FAILURES: usize = 1000;

/// How many logs of commands are kept.
const BEGAN: usize = 300;

/// How many notes are kept.
const NOTES: usize = 100;

impl RunProgress {
    /// Takes in one event; what changed of a datum, if it is about one.
    pub fn apply(&mut self, event: Event) -> Option<DatumChange> {
        match event {
            Event::RunStarted { run, at_ms, pid } => {
                *self = Self { run, pid, started_ms: at_ms, ..Self::default() };
            }
            Event::RunPlanned { pipelines, slots, .. } => (self.planned, self.slots) = (pipelines, slots),
            Event::LeftOut { pipeline, message, .. } => self.leave_out(pipeline, &message),
            Event::Note { message, .. }
            | Event::Saved { message, .. }
            | Event::Surroundings { message, .. } => {
                self.note(message);
            }
            Event::Paused { is_paused, .. } => self.is_paused = is_paused,
            Event::Stopping { is_now, .. } => self.stops = 1 + u32::from(is_now),
            Event::JobStarted { pipeline, at_ms, total, to_run, to_restore, to_remove, only, place } => {
                let only = only.map(|keys| keys.into_iter().collect());
                let (started_ms, rest) = (at_ms, JobProgress::default());
                let sizes = JobProgress { total, to_run, to_restore, to_remove, ..rest };
                self.jobs.push(JobProgress { pipeline, started_ms, only, place, ..sizes });
                let now = self.moment(at_ms);
                self.beside.job_began(to_run, now);
            }
            Event::DatumStarted { pipeline, key, log, at_ms, id, attempt } => {
                return Some(self.began((pipeline, key), id, (log, at_ms, attempt)));
            }
            Event::DatumTried { pipeline, key, id, attempt, tries, message, .. } => {
                return Some(self.tried((pipeline, key), id, next_try(attempt, tries), message));
            }
            Event::DatumFinished {
                pipeline, key, id, outcome, instead_of, message, took_ms, at_ms, ..
            } => {
                self.take_back(&pipeline, instead_of);
                let change = DatumChange { pipeline, key, state: outcome, message, took_ms, id };
                return Some(self.came_to(change, at_ms));
            }
            Event::JobFinished { pipeline, complete, message, commits, at_ms } => {
                self.job_finished(&pipeline, (complete, message, commits), at_ms);
            }
            Event::RunFinished { summary, interrupted, at_ms, error } => {
                self.let_go(interrupted || error.is_some());
                (self.ended, self.error) = (Some((summary, interrupted, at_ms)), error);
            }
        }
        None
    }

    /// A try failed, and the datum waits for the `next` one.
    fn tried(
        &mut self,
        place: (String, String),
        id: DatumId,
        next: String,
        message: Option<String>,
    ) -> DatumChange {
        self.running.remove(&place);
        let (pipeline, key) = place;
        let failed = message.map(|message| format!("; the last one failed: {message}"));
        let message = Some(next + &failed.unwrap_or_default());
        DatumChange { pipeline, key, state: DatumState::Queued, message, took_ms: 0, id }
    }

    /// Counts an end no more that was told too early.
    fn take_back(&mut self, pipeline: &str, ended: Option<DatumState>) {
        let Some(job) = self.job(pipeline) else { return };
        match ended {
            Some(DatumState::Done) => job.ran = job.ran.saturating_sub(1),
            Some(DatumState::Cached) => job.placed = job.placed.saturating_sub(1),
            _ => {}
        }
    }

    fn began(
        &mut self,
        (pipeline, key): (String, String),
        id: DatumId,
        (log, at_ms, attempt): (Option<String>, u64, u32),
    ) -> DatumChange {
        // Each try of a datum begins, and all of them have one log in the end.
        if let Some(log) = log.as_ref().filter(|_| attempt == 1) {
            self.began.push_back((pipeline.clone(), key.clone(), log.clone()));
            self.began.drain(..self.began.len().saturating_sub(BEGAN));
        }
        self.running.insert((pipeline.clone(), key.clone()), InHand { since_ms: at_ms, log });
        self.most_at_once = self.most_at_once.max(self.running.len());
        DatumChange { pipeline, key, state: DatumState::Running, message: None, took_ms: 0, id }
    }

    fn came_to(&mut self, change: DatumChange, at_ms: u64) -> DatumChange {
        let is_tried = matches!(change.state, DatumState::Done | DatumState::Failed | DatumState::Recovered);
        let change = self.finished(change);
        if is_tried {
            let now = self.moment(at_ms);
            self.beside.tried(change.took_ms, self.at_once(), now);
        }
        change
    }

    /// Takes in that it told its end, which cut off what it had in its hands, or not.
    fn let_go(&mut self, is_cut: bool) {
        if is_cut {
            self.cut_hands();
        }
        self.running.clear();
    }

    /// Takes in that it is over: what it has in its hands is cut off.
    pub(super) fn cut_hands(&mut self) {
        self.cut_off.append(&mut self.running);
    }

    /// Each round of a run tells it again.
    fn leave_out(&mut self, pipeline: String, why: &str) {
        if self.left_out.contains(&pipeline) {
            return;
        }
        self.note(format!("{pipeline}: {why}"));
        self.left_out.push(pipeline);
    }

    fn job_finished(&mut self, pipeline: &str, told: (bool, Option<String>, Vec<String>), at_ms: u64) {
        let mut left = 0;
        if let Some(job) = self.job(pipeline) {
            left = job.to_run.saturating_sub(job.tried());
            (job.ended, job.message, job.commits) = (Some(told.0), told.1, told.2);
        }
        let now = self.moment(at_ms);
        self.beside.job_ended(left, now);
    }

    /// A moment, with how long all that is in hand has lasted.
    fn moment(&self, at_ms: u64) -> Moment {
        let lasted = self.running.values().map(|hand| at_ms.saturating_sub(hand.since_ms));
        Moment { at_ms, in_hand_ms: lasted.sum() }
    }

    fn finished(&mut self, change: DatumChange) -> DatumChange {
        let place = (change.pipeline, change.key);
        let hand = self.running.remove(&place).filter(|_| change.state == DatumState::Pending);
        self.cut_off.extend(hand.map(|hand| (place.clone(), hand)));
        let (pipeline, key) = place;
        let (outcome, took_ms) = (change.state, change.took_ms);
        if let Some(job) = self.job(&pipeline) {
            // What a stop cut off is still to be done.
            let is_cut = outcome == DatumState::Pending;
            let took_ms = if is_cut { 0 } else { took_ms };
            job.took_ms += took_ms;
            job.squares += u128::from(took_ms).pow(2);
            *match outcome {
                DatumState::Done => &mut job.ran,
                DatumState::Cached => &mut job.placed,
                DatumState::Failed => &mut job.failed,
                DatumState::Recovered => &mut job.recovered,
                _ => &mut job.passed,
            } += usize::from(!is_cut);
        }
        // A known result that was placed stands now.
        let state = if outcome == DatumState::Cached { DatumState::Done } else { outcome };
        let change = DatumChange { pipeline, key, state, ..change };
        if state == DatumState::Failed && self.failures.len() < FAILURES {
            self.failures.push(change.clone());
        }
        change
    }

    /// Whether it came to its end by itself, nothing failed, and yet something that it meant is not done.
    pub fn is_incomplete(&self) -> bool {
        self.ended.is_some_and(|(summary, is_cut, _)| {
            !is_cut
                && self.error.is_none()
                && summary.failed == 0
                && (summary.left > 0 || !self.left_out.is_empty())
        })
    }

    /// Whether a job of a pipeline goes on that runs the command of a datum that is open.
    pub fn means(&self, pipeline: &str, key: &str) -> bool {
        self.jobs.iter().rev().find(|job| job.pipeline == pipeline).is_some_and(|job| job.means(key))
    }

    /// The last job of a pipeline: a run may plan one again.
    fn job(&mut self, pipeline: &str) -> Option<&mut JobProgress> {
        self.jobs.iter_mut().rev().find(|job| job.pipeline == pipeline)
    }

    fn note(&mut self, message: String) {
        self.notes.push(message);
        if self.notes.len() > NOTES {
            self.notes.remove(0);
        }
    }

    /// The logs of the commands of a pipeline that it began last, oldest first: place and log.
    pub fn logs_of(&self, pipeline: &str) -> Vec<(String, String)> {
        let of = self.began.iter().filter(|(name, ..)| name == pipeline);
        of.map(|(_, key, log)| (key.clone(), log.clone())).collect()
    }

    /// How many commands go on at a time, as far as is known; 0 before any began.
    pub const fn at_once(&self) -> usize {
        if self.slots > 0 { self.slots } else { self.most_at_once }
    }

    /// Datums settled and to be settled, over all jobs begun.
    pub fn settled(&self) -> (usize, usize) {
        let wanted = |job: &JobProgress| (job.to_run + job.to_restore).max(job.settled());
        (self.jobs.iter().map(JobProgress::settled).sum(), self.jobs.iter().map(wanted).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started(key: &str) -> Event {
        let (pipeline, id) = ("fs".to_owned(), DatumId([0; 32]));
        Event::DatumStarted { pipeline, key: key.into(), id, attempt: 1, log: None, at_ms: 5 }
    }

    fn finished(key: &str, outcome: DatumState) -> Event {
        let (pipeline, id, message, log) = ("fs".to_owned(), DatumId([0; 32]), None, None);
        let (key, instead_of) = (key.into(), None);
        Event::DatumFinished { pipeline, key, id, outcome, instead_of, message, log, took_ms: 7, at_ms: 12 }
    }

    #[test]
    fn events_add_up() {
        let mut run = RunProgress::default();
        run.apply(Event::RunStarted { run: "r".into(), at_ms: 1, pid: 9 });
        let (pipeline, total, to_run, to_restore, to_remove) = ("fs".to_owned(), 3, 2, 1, 0);
        let place = Some(Place::Sandbox);
        let only = Some(vec!["a".to_owned(), "b".to_owned()]);
        run.apply(Event::JobStarted {
            pipeline,
            at_ms: 2,
            total,
            to_run,
            to_restore,
            to_remove,
            only,
            place,
        });
        assert!(run.jobs[0].means("a") && !run.jobs[0].means("d"), "only what it has queued");
        assert_eq!(run.apply(started("a")).map(|change| change.state), Some(DatumState::Running));
        assert!(run.running.contains_key(&("fs".into(), "a".into())));
        let (pipeline, key, id) = ("fs".to_owned(), "a".to_owned(), DatumId([1; 32]));
        let (attempt, tries, message, log) = (1, 3, Some("exit code 1".into()), None);
        let tried = Event::DatumTried { pipeline, key, id, attempt, tries, message, log, at_ms: 6 };
        let told = run.apply(tried).and_then(|change| change.message);
        assert_eq!(told.as_deref(), Some("waits for try 2 of 3; the last one failed: exit code 1"));
        assert!(run.running.is_empty());
        run.apply(started("a"));
        run.apply(finished("a", DatumState::Done));
        run.apply(finished("b", DatumState::Failed));
        let placed = run.apply(finished("c", DatumState::Cached)).map(|change| change.state);
        assert_eq!(placed, Some(DatumState::Done));
        run.apply(started("d"));
        assert_eq!(
            run.apply(finished("d", DatumState::Pending)).map(|cut| cut.state),
            Some(DatumState::Pending)
        );
        assert!(run.cut_off.contains_key(&("fs".into(), "d".into())) && run.cut_off.len() == 1);
        let job = &run.jobs[0];
        assert_eq!((job.ran, job.failed, job.placed, job.took_ms, job.squares), (1, 1, 1, 21, 147));
        assert_eq!((run.settled(), run.running.len()), ((3, 3), 0));
        assert_eq!(run.failures.iter().map(|failed| failed.key.as_str()).collect::<Vec<_>>(), ["b"]);
    }
}
