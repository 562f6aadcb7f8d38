//! The engine: one thread that owns all state of a run, starts what is ready and settles what is done.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use crate::exec::{CancelLevel, Slot};
use crate::git::Dirty;
use crate::ledger::AttemptWriter;
use crate::model::{DatumState, Event, Oid, PipelineName, RunSummary};

use super::clock::now_ms;
use super::error::RunError;
use super::job::{Job, Wanted};
use super::memory::RunMemory;
use super::observer::Observer;
use super::planner::Plans;
use super::project::Project;
use super::request::{Request, Selection};
use super::stop::Stop;
use super::task::{TaskDone, TaskEnd, perform};
use super::work::{Shared, Task};

/// How often the engine looks up from waiting, so that events reach their file in time.
const TICK: Duration = Duration::from_millis(50);

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
    /// Something could not be planned or written.
    pub trouble: Vec<String>,
}

/// How a datum ended, as it is told.
pub(super) struct DatumEnd {
    /// Its state from now on; `Cached` for a result placed without running.
    pub(super) state: DatumState,
    /// One sentence for all but success.
    pub(super) message: Option<String>,
    /// Log of the last attempt.
    pub(super) log: Option<String>,
    /// Wall time of all attempts, in milliseconds.
    pub(super) took_ms: u64,
}

impl DatumEnd {
    /// An end without an attempt.
    pub(super) fn at_once(state: DatumState, message: Option<String>) -> Self {
        Self { state, message, log: None, took_ms: 0 }
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
    /// Ledgers that this run wrote.
    pub(super) ledgers: BTreeMap<PipelineName, crate::ledger::PipelineLedger>,
    /// What differs from HEAD, and the commits for which that holds: HEAD as it was, and our own on it.
    pub(super) dirty: Option<(Rc<Dirty>, Vec<Option<Oid>>)>,
    started: BTreeSet<PipelineName>,
    finished: BTreeSet<PipelineName>,
    idle_slots: usize,
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
    /// Who wants to know.
    pub observer: &'a mut dyn Observer,
}

impl<'a> Engine<'a> {
    /// An engine that has not begun.
    pub fn new(parts: Parts<'a>) -> Self {
        let Parts { project, request, selection, memory, shared, stop, log, observer } = parts;
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
            report: Report::default(),
            held: BTreeMap::new(),
            ledgers: BTreeMap::new(),
            dirty: None,
            started: BTreeSet::new(),
            finished: BTreeSet::new(),
            idle_slots: request.jobs,
            next_name: 0,
        }
    }

    /// Runs to the end.
    ///
    /// # Errors
    /// When state cannot be written; what was settled until then stays settled.
    pub fn run(mut self) -> Result<Report, RunError> {
        let slots = self.slots()?;
        let (task_sender, tasks) = crossbeam_channel::unbounded::<Task>();
        let (done_sender, done) = crossbeam_channel::unbounded::<TaskDone>();
        let shared = self.shared;
        let result = std::thread::scope(|scope| {
            for slot in slots {
                let (tasks, done_sender) = (tasks.clone(), done_sender.clone());
                scope.spawn(move || work(&tasks, &done_sender, shared, slot));
            }
            drop(done_sender);
            let result = self.drive(&task_sender, &done);
            if result.is_err() {
                shared.cancel.raise(CancelLevel::Hard);
            }
            drop(task_sender);
            result
        });
        result?;
        self.report.interrupted = self.stop.is_asked();
        self.count_left();
        Ok(self.report)
    }

    fn slots(&self) -> Result<Vec<Slot>, RunError> {
        let work = self.shared.state.join("work");
        (0..self.request.jobs).map(|number| Ok(Slot::new(&work, number)?)).collect()
    }

    fn drive(&mut self, tasks: &Sender<Task>, done: &Receiver<TaskDone>) -> Result<(), RunError> {
        loop {
            self.start_jobs()?;
            self.start_tasks(tasks);
            self.finish_jobs()?;
            if self.is_over() {
                return Ok(());
            }
            if self.jobs.iter().all(|job| job.running == 0) {
                continue;
            }
            self.wait(done)?;
        }
    }

    /// Waits for one task to end, then settles it and all others that have ended meanwhile.
    fn wait(&mut self, done: &Receiver<TaskDone>) -> Result<(), RunError> {
        loop {
            match done.recv_timeout(TICK) {
                Ok(first) => {
                    self.settle_task(first)?;
                    for next in done.try_iter().collect::<Vec<_>>() {
                        self.settle_task(next)?;
                    }
                    self.observer.tick();
                    return Ok(());
                }
                Err(RecvTimeoutError::Timeout) => {
                    self.observer.tick();
                    if self.stop.is_now() {
                        self.shared.cancel.raise(CancelLevel::Hard);
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return Err(RunError::WorkersGone),
            }
        }
    }

    fn is_over(&self) -> bool {
        let all_started = self.selection.pipelines.keys().all(|name| self.started.contains(name));
        let all_finished = self.started.iter().all(|name| self.finished.contains(name));
        all_finished && (all_started || self.stop.is_asked())
    }

    /// Starts every selected pipeline whose upstream has settled.
    fn start_jobs(&mut self) -> Result<(), RunError> {
        let project = self.project;
        for name in project.graph.order() {
            if self.stop.is_asked() || self.started.contains(name) {
                continue;
            }
            let waits = project.graph.upstream(name).any(|upstream| {
                self.selection.pipelines.contains_key(upstream) && !self.finished.contains(upstream)
            });
            if waits {
                continue;
            }
            self.started.insert(name.clone());
            self.start_job(name)?;
        }
        Ok(())
    }

    fn start_job(&mut self, name: &PipelineName) -> Result<(), RunError> {
        let planned = match self.project.plan_one(name, self.memory, &self.plans, self.request.keep_going) {
            Ok(planned) => Arc::new(planned),
            Err(error) => {
                self.report.trouble.push(format!("`{name}` cannot be planned: {error}"));
                self.plans.by_name.insert(name.clone(), Err(error));
                self.finished.insert(name.clone());
                return Ok(());
            }
        };
        self.plans.by_name.insert(name.clone(), Ok(Arc::clone(&planned)));
        let mut job = Job::new(planned, self.request.jobs);
        let Some(keys) = self.selection.pipelines.get(name) else {
            self.jobs.push(job);
            return self.finish_job(self.jobs.len() - 1);
        };
        let named = self.selection.named.contains(name);
        let wanted = Wanted {
            keys: keys.as_ref(),
            force: self.request.force && named,
            failed_only: self.request.failed_only && named,
        };
        let to_place = job.queue(&wanted);
        self.preflight(&mut job);
        self.announce(&job, to_place.len());
        self.tell_left(&mut job, &wanted);
        self.prepare_owners(&mut job);
        self.adopt(&mut job);
        self.jobs.push(job);
        let at = self.jobs.len() - 1;
        self.keep_replaced(at)?;
        for datum in to_place {
            self.place_known(at, datum)?;
        }
        if self.project.pipelines[name].transform.is_none() {
            self.place_matches(at)?;
        }
        if self.jobs[at].is_over() {
            self.finish_job(at)?;
        }
        Ok(())
    }

    /// Refuses to start what this machine cannot run, in one sentence.
    fn preflight(&mut self, job: &mut Job) {
        if job.queue.is_empty() {
            return;
        }
        if let Some(sentence) = super::preflight::missing(&job.planned.pipeline) {
            job.queue.clear();
            job.missing_program = true;
            self.report.missing_program = true;
            job.note_trouble(sentence);
        }
    }

    /// Says which wanted datums are left alone, and why.
    fn tell_left(&mut self, job: &mut Job, wanted: &Wanted<'_>) {
        let plan = &job.planned.plan;
        for datum in
            plan.datums.iter().filter(|datum| wanted.keys.is_none_or(|keys| keys.contains(&*datum.key)))
        {
            let message = match datum.state {
                DatumState::Edited => "its files were changed by hand; `minipach why` says what can be done",
                DatumState::InTheWay => "a file that no pipeline made stands in its place",
                _ => continue,
            };
            self.observer.event(&Event::DatumFinished {
                pipeline: job.name().to_string(),
                key: datum.key.to_string(),
                id: datum.id,
                outcome: datum.state,
                message: Some(message.into()),
                log: None,
                took_ms: 0,
                at_ms: now_ms(),
            });
        }
        if plan.datums.iter().any(|datum| datum.state == DatumState::Blocked) {
            let upstream: Vec<String> = plan.incomplete.iter().map(|name| format!("`{name}`")).collect();
            let message = format!("waits for {}", upstream.join(", "));
            job.note_trouble(message);
        }
    }

    fn announce(&mut self, job: &Job, to_restore: usize) {
        let plan = &job.planned.plan;
        let to_remove = plan.leftovers.iter().filter(|left| left.state == DatumState::Orphaned).count();
        let to_run: usize = job.queue.iter().map(|unit| job.units[*unit].datums.len()).sum();
        self.observer.event(&Event::JobStarted {
            pipeline: job.name().to_string(),
            at_ms: now_ms(),
            total: plan.datums.len(),
            to_run,
            to_restore,
            to_remove,
        });
    }

    fn start_tasks(&mut self, tasks: &Sender<Task>) {
        if self.stop.is_asked() {
            self.jobs.iter_mut().for_each(|job| job.queue.clear());
            return;
        }
        for at in 0..self.jobs.len() {
            while self.idle_slots > 0 && self.jobs[at].can_start() {
                let task = self.next_task(at);
                self.idle_slots -= 1;
                self.announce_task(&task);
                tasks.send(task).expect("slots live as long as the engine");
            }
        }
    }

    fn next_task(&mut self, at: usize) -> Task {
        let name = self.new_name();
        let job = &mut self.jobs[at];
        let unit = job.queue.pop_front().expect("can_start saw a unit");
        job.running += 1;
        for datum in &job.units[unit].datums {
            job.states[*datum] = DatumState::Running;
        }
        let datum = job.units[unit].datums[0];
        Task { job: at, unit, datum, planned: Arc::clone(&job.planned), deadline: job.deadline, name }
    }

    /// A name for a staging folder and log, unique in the project.
    pub(super) fn new_name(&mut self) -> String {
        self.next_name += 1;
        format!("{}.{}", self.shared.run, self.next_name)
    }

    fn announce_task(&mut self, task: &Task) {
        let datum = &task.planned.plan.datums[task.datum];
        self.observer.event(&Event::DatumStarted {
            pipeline: task.planned.pipeline.name.to_string(),
            key: datum.key.to_string(),
            id: datum.id,
            attempt: 1,
            at_ms: now_ms(),
        });
    }

    fn settle_task(&mut self, done: TaskDone) -> Result<(), RunError> {
        self.idle_slots += 1;
        self.jobs[done.job].running -= 1;
        self.log_attempts(&done)?;
        let took_ms = done.attempts.iter().map(|attempt| attempt.took_ms).sum();
        let datums = self.jobs[done.job].units[done.unit].datums.len();
        let (state, message) = match done.end {
            TaskEnd::Made(files, staged) => {
                let end = DatumEnd { state: DatumState::Done, message: None, log: done.log, took_ms };
                return self.settle_made(done.job, done.unit, (files.into(), staged), &end);
            }
            TaskEnd::Failed(message) => {
                self.report.summary.failed += datums;
                (DatumState::Failed, message)
            }
            TaskEnd::Recovered(message) => {
                self.report.summary.recovered += datums;
                (DatumState::Recovered, message)
            }
            TaskEnd::Cancelled => (DatumState::Pending, "stopped".into()),
            TaskEnd::InputChanged(path) => {
                let message = format!(
                    "`{path}` changed while it was used; run again (if nobody edited it, the command wrote to its own input)"
                );
                (DatumState::Stale, message)
            }
        };
        let end = DatumEnd { state, message: Some(message), log: done.log, took_ms };
        for datum in self.jobs[done.job].units[done.unit].datums.clone() {
            self.end_datum(done.job, datum, &end);
        }
        Ok(())
    }

    /// Ends one datum and tells.
    pub(super) fn end_datum(&mut self, at: usize, datum: usize, end: &DatumEnd) {
        let is_placed = end.state == DatumState::Cached;
        self.jobs[at].states[datum] = if is_placed { DatumState::Done } else { end.state };
        let planned = &self.jobs[at].planned.plan.datums[datum];
        self.observer.event(&Event::DatumFinished {
            pipeline: self.jobs[at].name().to_string(),
            key: planned.key.to_string(),
            id: planned.id,
            outcome: end.state,
            message: end.message.clone(),
            log: end.log.clone(),
            took_ms: end.took_ms,
            at_ms: now_ms(),
        });
    }

    fn finish_jobs(&mut self) -> Result<(), RunError> {
        for at in 0..self.jobs.len() {
            if self.jobs[at].is_over() && !self.finished.contains(self.jobs[at].name()) {
                self.finish_job(at)?;
            }
        }
        Ok(())
    }

    fn finish_job(&mut self, at: usize) -> Result<(), RunError> {
        let name = self.jobs[at].name().clone();
        self.finished.insert(name.clone());
        let is_selected = self.selection.pipelines.contains_key(&name);
        if is_selected {
            self.remove_orphans(at)?;
            self.write_ledger(at)?;
        }
        self.offer_outputs(at);
        if !is_selected {
            return Ok(());
        }
        let commits = self.commit_job(at)?;
        self.report.commits += commits.len();
        if self.jobs[at].states.contains(&DatumState::Failed) {
            self.report.failed.push(name.clone());
        }
        let job = &self.jobs[at];
        self.observer.event(&Event::JobFinished {
            pipeline: name.to_string(),
            complete: job.is_complete(),
            message: job.trouble.clone().or_else(|| self.held.get(&name).cloned()),
            commits,
            at_ms: now_ms(),
        });
        Ok(())
    }

    fn count_left(&mut self) {
        let is_left = |state: &&DatumState| {
            !matches!(state, DatumState::Done | DatumState::Failed | DatumState::Recovered)
        };
        let selected = self.jobs.iter().filter(|job| self.selection.pipelines.contains_key(job.name()));
        self.report.summary.left = selected.map(|job| job.states.iter().filter(is_left).count()).sum();
        for job in &self.jobs {
            self.report
                .trouble
                .extend(job.trouble.iter().map(|trouble| format!("`{}`: {trouble}", job.name())));
        }
    }
}

/// A slot's thread: performs tasks until there are no more.
fn work(tasks: &Receiver<Task>, done: &Sender<TaskDone>, shared: &Shared, mut slot: Slot) {
    for task in tasks {
        if done.send(perform(&task, shared, &mut slot)).is_err() {
            return;
        }
    }
}
