//! The engine: one thread that owns all state of a run, starts what is ready and settles what is done.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::Sender;

use crate::exec::{CancelLevel, Slot};
use crate::ledger::{AttemptWriter, LedgerChange};
use crate::model::{DatumState, Event, Oid, PipelineName, RunSummary};
use crate::spec::Unsound;

use super::clock::now_ms;
use super::datum_end::DatumEnd;
use super::error::RunError;
use super::inbox::{Inbox, News, inbox};
use super::job::Job;
use super::later::free_later;
use super::left::Left;
use super::memory::RunMemory;
use super::news::Against;
use super::observer::Observer;
use super::planner::Plans;
use super::project::Project;
use super::request::{Request, Selection};
use super::rooms::Rooms;
use super::stop::Stop;
use super::syncing::Sealing;
use super::task::TOO_LATE;
use super::task_news::{TaskDone, TaskEnd, TaskNews};
use super::work::{Shared, Task, log_of};
use super::worker::work;

/// How often the engine looks up from waiting, so that events reach their file in time.
const TICK: Duration = Duration::from_millis(50);

/// So many slots there are where so many commands may run at a time: one more, which lays out or collects files
/// meanwhile. One at a time is one after the other, in order.
const fn slots_for(jobs: usize) -> usize {
    if jobs > 1 { jobs + 1 } else { jobs }
}

/// So many sets of tasks are given out at the most: with several slots one waits for the next that is free, which then
/// need not wait for the engine.
const fn sets_for(jobs: usize) -> usize {
    if jobs > 1 { slots_for(jobs) + 1 } else { jobs }
}

/// How a run ended.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Totals.
    pub summary: RunSummary,
    /// Whether it was cut off.
    pub interrupted: bool,
    /// A pipeline needs a program that is missing here.
    pub missing_program: bool,
    /// Commits made.
    pub commits: usize,
    /// Pipelines with a datum that failed, in order.
    pub failed: Vec<PipelineName>,
    /// Data or folders keep a pipeline from being planned or its results from being placed.
    pub bad_data: bool,
    /// What kept jobs from being complete; told as events already.
    pub told: Vec<String>,
    /// Something could not be planned or written.
    pub trouble: Vec<String>,
    /// Some results wait for something else to be committed first.
    pub is_held: bool,
    /// That git is in the middle of a merge or the like, and what concludes it, where nothing else said so.
    pub unconcluded: Option<String>,
    /// Each job, in order: its pipeline, how many datums that has, and what was noted when it was planned.
    pub jobs: Vec<(PipelineName, usize, Vec<String>)>,
    /// Pipelines that were left out, by folder.
    pub unsound: BTreeMap<String, Unsound>,
    /// Whether specs have errors that concern what was asked.
    pub bad_specs: bool,
    /// Whether some pipeline is not complete.
    pub is_incomplete: bool,
    /// What another round of the run has to know.
    pub left: Left,
    /// Whether some code file is in the annex: what it names is known only while its content is here.
    pub has_annexed_code: bool,
}

impl Report {
    /// Whether anything kept a pipeline from being complete, beside datums.
    pub fn is_troubled(&self) -> bool {
        !self.trouble.is_empty() || !self.told.is_empty()
    }
}

/// One run in progress.
pub struct Engine<'a> {
    pub(super) project: &'a Project,
    pub(super) request: &'a Request,
    pub(super) selection: &'a Selection,
    pub(super) memory: &'a RunMemory<'a>,
    pub(super) shared: &'a Shared,
    pub(super) stop: &'a Stop,
    pub(super) log: AttemptWriter,
    pub(super) observer: &'a mut dyn Observer,
    pub(super) plans: Plans,
    pub(super) jobs: Vec<Job>,
    pub(super) report: Report,
    pub(super) held: BTreeMap<PipelineName, String>,
    /// Pipelines whose results this run leaves uncommitted, as their specs say.
    pub(super) uncommitted: BTreeSet<PipelineName>,
    /// What somebody kept locked for longer than a run waits: git's index, or the branch.
    pub(super) locked: Option<&'static str>,
    /// The branch that commits go to; nothing where HEAD is on none.
    pub(super) branch: Option<String>,
    /// What this run changed in ledgers, each once.
    pub(super) ledgers: BTreeMap<PipelineName, LedgerChange>,
    /// What differs from HEAD, and the commits for which that holds: HEAD as it was, and our own on it.
    pub(super) against: Option<(Rc<Against>, Vec<Option<Oid>>)>,
    pub(super) started: BTreeSet<PipelineName>,
    pub(super) finished: BTreeSet<PipelineName>,
    /// Jobs that are finished, until what they placed is safe, recorded and committed; oldest first.
    pub(super) sealing: VecDeque<Sealing>,
    /// So many results were placed.
    pub(super) placements: u64,
    /// So many of them are safe from a power cut.
    pub(super) safe: u64,
    /// Whether that is noted on the disk, or will be once `ahead` has ended.
    pub(super) is_noted: bool,
    /// What must end before anything is placed or removed.
    pub(super) ahead: Option<JoinHandle<Result<(), RunError>>>,
    /// When that was, or when the run began.
    pub(super) synced_ms: u64,
    /// Where commands run.
    pub(super) rooms: Rooms<'a>,
    /// What slots and fetches tell, and who hears it.
    pub(super) news: News,
    inbox: Inbox,
    /// Whether it was told that the run stops, and whether at once.
    told_stop: Option<bool>,
    /// So many sets more may be given out.
    free_sets: usize,
    next_name: u64,
}

/// What an engine is made of, beside its own state.
pub struct Parts<'a> {
    /// The project.
    pub project: &'a Project,
    /// What is asked.
    pub request: &'a Request,
    /// What that means.
    pub selection: &'a Selection,
    /// What is known.
    pub memory: &'a RunMemory<'a>,
    /// What slots share.
    pub shared: &'a Shared,
    /// Says when to stop.
    pub stop: &'a Stop,
    /// The attempt log.
    pub log: AttemptWriter,
    /// What earlier rounds of the run did.
    pub earlier: Report,
    /// Who wants to know.
    pub observer: &'a mut dyn Observer,
}

impl<'a> Engine<'a> {
    /// An engine that has not begun.
    pub fn new(parts: Parts<'a>) -> Self {
        let (news, inbox) = inbox();
        let Parts { project, request, selection, memory, shared, stop, log, earlier, observer } = parts;
        Self {
            project,
            request,
            selection,
            memory,
            shared,
            stop,
            log,
            observer,
            plans: Plans::default(),
            jobs: Vec::new(),
            next_name: earlier.left.names,
            report: earlier,
            held: BTreeMap::new(),
            uncommitted: BTreeSet::new(),
            locked: None,
            branch: parts.project.branch(),
            ledgers: BTreeMap::new(),
            against: None,
            started: BTreeSet::new(),
            finished: BTreeSet::new(),
            sealing: VecDeque::new(),
            placements: 0,
            safe: 0,
            is_noted: false,
            ahead: None,
            synced_ms: now_ms(),
            rooms: Rooms::new(project),
            news,
            inbox,
            told_stop: None,
            free_sets: sets_for(request.jobs),
        }
    }

    /// Runs to the end.
    ///
    /// # Errors
    /// When state cannot be written; what was settled until then stays settled.
    pub fn run(mut self) -> Result<Report, RunError> {
        crate::exec::spare(crate::git::write::is_helper);
        let slots = self.slots()?;
        let (task_sender, tasks) = crossbeam_channel::unbounded::<Vec<Task>>();
        let (news, shared) = (self.news.clone(), self.shared);
        let result = thread::scope(|scope| {
            let start = |slot| {
                let (tasks, news) = (tasks.clone(), news.clone());
                scope.spawn(move || work(&tasks, &news, shared, slot))
            };
            let workers: Vec<_> = slots.into_iter().map(start).collect();
            let result = self.drive(task_sender);
            if result.is_err() {
                shared.cancel.raise(CancelLevel::Hard);
            }
            // One that broke down has said so, and the engine ended for it.
            for worker in workers {
                drop(worker.join());
            }
            result
        });
        result.and(self.end_idle_note())?;
        self.report.left.names = self.next_name;
        self.report.interrupted = self.stop.is_asked();
        self.report.is_held = !self.held.is_empty();
        let told = |job: &Job| (job.name().clone(), job.states.len(), job.notes.clone());
        self.report.jobs = self.jobs.iter().map(told).collect();
        self.report.is_incomplete = self.jobs.iter().any(|job| !job.is_complete());
        self.report.has_annexed_code = self.jobs.iter().any(|job| job.planned.code.has_annexed());
        self.report.left.leads_to_new = !self.starts_nothing() && self.leads_to_new();
        self.count_left();
        self.tell_changed_annex();
        // What still fetches ends.
        self.end_fetches();
        let Self { jobs, plans, ledgers, report, .. } = self;
        let done_with = (jobs, plans, ledgers);
        if report.wants_another() {
            thread::spawn(move || drop(done_with));
        } else {
            free_later(done_with);
        }
        Ok(report)
    }

    /// So many sets of tasks are in hand at the most: waiting, laid out, running or being collected.
    pub(super) const fn sets_in_all(&self) -> usize {
        sets_for(self.request.jobs)
    }

    fn slots(&self) -> Result<Vec<Slot>, RunError> {
        let work = self.shared.state.join("work");
        (0..slots_for(self.request.jobs)).map(|number| Ok(Slot::new(&work, number)?)).collect()
    }

    fn drive(&mut self, tasks: Sender<Vec<Task>>) -> Result<(), RunError> {
        let mut tasks = Some(tasks);
        loop {
            self.heed();
            self.start_jobs()?;
            self.start_tasks(tasks.as_ref())?;
            let is_news = self.finish_jobs()?;
            self.seal_jobs()?;
            if self.is_over() {
                return Ok(());
            }
            if self.has_finished_all() {
                // The slots clear up while the last results are made safe.
                tasks = None;
            }
            if !is_news && self.awaits_news() {
                self.wait()?;
            }
        }
    }

    /// Whether something goes on that will be heard of.
    fn awaits_news(&self) -> bool {
        !self.sealing.is_empty() || !self.jobs.iter().all(Job::is_idle)
    }

    /// Waits for news, then settles all that has ended meanwhile.
    fn wait(&mut self) -> Result<(), RunError> {
        loop {
            let news = self.inbox.wait(TICK);
            let is_quiet = news.is_empty();
            news.into_iter().try_for_each(|news| self.hear(news))?;
            self.observer.tick();
            if !is_quiet {
                return Ok(());
            }
            self.heed();
            // Only fetches go on, and nobody waits for their end.
            if self.starts_nothing() && self.jobs.iter().all(|job| job.running == 0) {
                return Ok(());
            }
        }
    }

    /// Takes in what was asked of the run from outside.
    fn heed(&mut self) {
        let (is_asked, is_now) = (self.stop.is_asked(), self.stop.is_now());
        if is_asked {
            self.shared.halted.store(true, std::sync::atomic::Ordering::Relaxed);
        }
        if is_asked && self.told_stop.is_none_or(|told| told != is_now) {
            self.told_stop = Some(is_now);
            self.observer.event(&Event::Stopping { is_now, at_ms: now_ms() });
        }
        if is_now {
            self.shared.cancel.raise(CancelLevel::Hard);
        }
        let is_paused = self.stop.is_paused() && !self.stop.is_asked();
        if self.shared.turns.pause(is_paused) {
            self.observer.event(&Event::Paused { is_paused, at_ms: now_ms() });
        }
    }

    fn hear(&mut self, news: TaskNews) -> Result<(), RunError> {
        match news {
            TaskNews::Began(job, unit, name, number) => {
                self.announce_task(job, unit, &name, number);
                Ok(())
            }
            TaskNews::Tried(job, unit, attempt) => self.settle_try(job, unit, &attempt),
            TaskNews::Done(done) => self.settle_task(done),
            TaskNews::Fetched(absent, end) => {
                self.fetched(&absent, end);
                Ok(())
            }
            TaskNews::Room(at, room) => {
                self.enter_room(at, room);
                Ok(())
            }
            TaskNews::Said(message) => {
                self.observer.event(&Event::Note { message, at_ms: now_ms() });
                Ok(())
            }
            // It only wakes: `seal_jobs` looks which.
            TaskNews::Synced => Ok(()),
            TaskNews::Broken => Err(RunError::WorkersGone),
        }
    }

    fn is_over(&self) -> bool {
        self.has_finished_all() && self.sealing.is_empty()
    }

    /// Whether nothing runs any more, nor will.
    fn has_finished_all(&self) -> bool {
        let all_started = self.selection.pipelines.keys().all(|name| self.started.contains(name));
        let all_finished = self.started.iter().all(|name| self.finished.contains(name));
        all_finished && (all_started || self.starts_nothing())
    }

    fn start_tasks(&mut self, tasks: Option<&Sender<Vec<Task>>>) -> Result<(), RunError> {
        if self.starts_nothing() {
            self.jobs.iter_mut().for_each(|job| job.queue.clear());
            self.end_fetches();
            self.end_preparing();
            return Ok(());
        }
        let Some(tasks) = tasks else { return Ok(()) };
        for at in 0..self.jobs.len() {
            while self.free_sets > 0 && self.jobs[at].can_start() {
                let set = self.next_set(at)?;
                if set.is_empty() {
                    break;
                }
                self.free_sets -= 1;
                tasks.send(set).expect("slots live as long as the engine");
            }
        }
        Ok(())
    }

    pub(super) fn task(&mut self, at: usize, unit: usize) -> Task {
        let name = self.new_name();
        let job = &mut self.jobs[at];
        job.running += 1;
        job.in_hand.insert(job.id_of(unit));
        for datum in &job.units[unit].datums {
            job.states[*datum] = DatumState::Queued;
        }
        let datum = job.units[unit].datums[0];
        let (planned, room) = (Arc::clone(&job.planned), job.room.clone());
        let is_again = self.report.left.changed_before.iter().any(|(pipeline, _)| pipeline == job.name());
        let (copies, time) = (job.handing.copies, job.time.clone());
        Task { job: at, unit, datum, planned, room, is_again, copies, time, name }
    }

    /// A name for a staging folder and log, unique in the project.
    pub(super) fn new_name(&mut self) -> String {
        self.next_name += 1;
        format!("{}.{}", self.shared.run, self.next_name)
    }

    fn announce_task(&mut self, at: usize, unit: usize, name: &str, number: u32) {
        let job = &mut self.jobs[at];
        for datum in &job.units[unit].datums {
            job.states[*datum] = DatumState::Running;
        }
        let datum = &job.planned.plan.datums[job.units[unit].datums[0]];
        self.observer.event(&Event::DatumStarted {
            pipeline: job.planned.pipeline.name.to_string(),
            key: datum.key.to_string(),
            id: datum.id,
            attempt: number,
            log: Some(log_of(&self.shared.run, name)),
            at_ms: now_ms(),
        });
    }

    fn settle_task(&mut self, done: TaskDone) -> Result<(), RunError> {
        let id = self.jobs[done.job].id_of(done.unit);
        self.jobs[done.job].in_hand.remove(&id);
        self.jobs[done.job].running -= 1;
        if !done.is_in_set {
            self.free_sets += 1;
            self.jobs[done.job].sets -= 1;
        }
        self.log_attempts((done.job, done.unit), &done.attempts)?;
        self.log_failed((done.job, done.unit), &done.attempts)?;
        let took_ms = done.attempts.iter().map(|attempt| attempt.took_ms).sum();
        let datums = self.jobs[done.job].units[done.unit].datums.len();
        let (state, message) = match done.end {
            TaskEnd::Made(files, staged) => {
                let end = DatumEnd { log: done.log, took_ms, ..DatumEnd::at_once(DatumState::Done, None) };
                return self.settle_made(done.job, done.unit, (files.into(), staged), &end);
            }
            TaskEnd::Failed(message) => {
                self.report.summary.failed += datums;
                (DatumState::Failed, message)
            }
            TaskEnd::Spoilt(message) => {
                self.report.summary.failed += datums;
                self.note_spoilt();
                (DatumState::Failed, message)
            }
            TaskEnd::Recovered(message) => {
                self.report.summary.recovered += datums;
                (DatumState::Recovered, message)
            }
            TaskEnd::Cancelled => (DatumState::Pending, "stopped".into()),
            TaskEnd::TooLate => {
                self.jobs[done.job].note_trouble(TOO_LATE);
                (DatumState::Pending, "not begun: the `job_timeout` was over".into())
            }
            TaskEnd::Changed { path, began, gone } => {
                self.drop_unit((done.job, done.unit), &path, (began, gone), took_ms);
                return Ok(());
            }
        };
        let end = DatumEnd { log: done.log, took_ms, ..DatumEnd::at_once(state, Some(message)) };
        for datum in self.jobs[done.job].units[done.unit].datums.clone() {
            self.end_datum(done.job, datum, &end);
        }
        Ok(())
    }

    /// Ends one datum and tells.
    pub(super) fn end_datum(&mut self, at: usize, datum: usize, end: &DatumEnd) {
        let is_placed = end.state == DatumState::Cached;
        self.jobs[at].states[datum] = if is_placed { DatumState::Done } else { end.state };
        self.jobs[at].open.remove(&datum);
        self.note_end(at, datum, end.state);
        let planned = &self.jobs[at].planned.plan.datums[datum];
        self.observer.event(&Event::DatumFinished {
            pipeline: self.jobs[at].name().to_string(),
            key: planned.key.to_string(),
            id: planned.id,
            outcome: end.state,
            instead_of: end.instead_of,
            message: end.message.clone(),
            log: end.log.clone(),
            took_ms: end.took_ms,
            at_ms: now_ms(),
        });
    }
}
