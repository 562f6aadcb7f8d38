//! A task: one datum's work in a worker slot, from farm to collected output.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::exec::{
    CollectError, Collector, Command, Ended, ExecError, How, Room, Slot, Usage, collect, pack, rewrite, run,
    stage,
};
use crate::ledger::{Exit, Outcome};
use crate::model::{OutFile, Pipeline, Transform};

use super::clock::now_ms;
use super::farm_list::{FarmList, NoList, why_pointer};
use super::fault;
use super::forbidden::forbidden;
use super::spoilt::own_doing;
use super::surroundings::{cwd, env};
use super::task_log::TaskLog;
use super::task_news::{AttemptDone, TaskDone, TaskEnd};
use super::tried::doubt;
use super::work::{Shared, Task, farm_name};

/// Time between asking a command to end and killing it.
const GRACE: Duration = Duration::from_secs(10);

/// What is said of a job whose time was over before all of its datums began.
pub(super) const TOO_LATE: &str =
    "its `job_timeout` was over before all of its datums began; the next run goes on with those";

/// Stands in a log before what the error command printed.
const ERROR_COMMAND: &str = "[minipach: err_cmd]";

/// Who is told how the tries of a task go on.
pub(super) struct Told<'a> {
    /// When the command of a try is started, and which try that is.
    pub began: &'a dyn Fn(u32),
    /// When a try failed and another one follows.
    pub tried: &'a dyn Fn(AttemptDone),
}

/// Runs a task to its end.
pub(super) fn perform(task: &Task, shared: &Shared, slot: &mut Slot, told: &Told<'_>) -> TaskDone {
    let mut attempts = Vec::new();
    slot.enter(&task.room);
    assert!(!fault::planted("slot-breaks"), "a planted bug");
    let log = TaskLog::new(&shared.state, &shared.run, &task.name);
    let mut worker = Worker { task, shared, slot, log, usage: None, told, since: None };
    let is_halted = shared.halted.load(std::sync::atomic::Ordering::Relaxed);
    let end = match is_halted {
        true => TaskEnd::Cancelled,
        false if worker.is_job_over() => TaskEnd::TooLate,
        false => worker.tries(&mut attempts),
    };
    for attempt in &mut attempts {
        attempt.log = worker.log.of(attempt.number);
    }
    // A try that never began left no log: the last one is of the try before.
    let log = worker.log.last().or_else(|| attempts.last()?.log.clone());
    TaskDone { job: task.job, unit: task.unit, is_in_set: false, end, attempts, log }
}

struct Worker<'a> {
    task: &'a Task,
    shared: &'a Shared,
    slot: &'a mut Slot,
    log: TaskLog,
    /// What the command of the last attempt used.
    usage: Option<Usage>,
    /// To be told how tries go on.
    told: &'a Told<'a>,
    /// When the command of the attempt started.
    since: Option<(u64, Instant)>,
}

/// How one try went: done, or failed with a sentence.
enum Try {
    Made(Vec<OutFile>, PathBuf, i32),
    Failed {
        message: String,
        outcome: Outcome,
        exit: Option<Exit>,
        is_final: bool,
    },
    Changed(String),
    /// Not begun: the time of its job is over.
    TooLate,
}

/// What became of a command that was to run.
enum Ran {
    Ended(Ended),
    Stopped,
    /// A code file changed while it waited.
    Changed(String),
    /// The time of its job was over while it waited.
    TooLate,
}

/// What is said of a try that failed on a file that changed meanwhile.
fn fails_on(tried: &Try, path: &str) -> String {
    match tried {
        Try::Failed { message, .. } => format!("{message}; `{path}` changed meanwhile"),
        _ => format!("`{path}` changed meanwhile"),
    }
}

impl Try {
    /// Stopped before its command began.
    fn stopped() -> Self {
        Self::Failed { message: "cancelled".into(), outcome: Outcome::Cancelled, exit: None, is_final: true }
    }
}

impl<'a> Worker<'a> {
    fn tries(&mut self, attempts: &mut Vec<AttemptDone>) -> TaskEnd {
        let pipeline = &self.task.planned.pipeline;
        let list = match self.list() {
            Ok(list) => list,
            Err(NoList::Absent(message)) => return Self::refused(attempts, message),
            Err(NoList::Changed(path)) => return TaskEnd::Changed { path, began: false, gone: None },
        };
        for number in 1..=pipeline.datum_tries {
            let (tried, mut attempt) = self.try_once(number, &list);
            if let Some(message) = self.spoilt(&tried, &list) {
                attempts.push(AttemptDone { message: Some(message.clone()), ..attempt });
                return TaskEnd::Spoilt(message);
            }
            if let Some(path) = self.blamed_on(&tried, &list) {
                // What it said is kept, but it counts for nothing.
                (attempt.outcome, attempt.message) = (Outcome::Cancelled, Some(fails_on(&tried, &path)));
                attempts.push(attempt);
                return self.dropped(path, &list);
            }
            match tried {
                Try::Made(files, staged, code) => {
                    (attempt.outcome, attempt.exit) = (Outcome::Done, Some(Exit::Code(code)));
                    attempts.push(attempt);
                    return TaskEnd::Made(files, staged);
                }
                Try::Changed(path) => return self.dropped(path, &list),
                // No further try begins once the run is stopped: the one that failed is its end.
                Try::Failed { outcome: Outcome::Cancelled, .. }
                    if self.since.is_none() && !attempts.is_empty() =>
                {
                    break;
                }
                Try::Failed { outcome: Outcome::Cancelled, .. } => return TaskEnd::Cancelled,
                Try::TooLate if attempts.is_empty() => return TaskEnd::TooLate,
                Try::TooLate => break,
                Try::Failed { message, outcome, exit, is_final } => {
                    let is_last = is_final || number == pipeline.datum_tries;
                    let message = Some(self.with_own_doing(message, &list));
                    attempts.push(self.failed(AttemptDone { outcome, exit, message, ..attempt }, is_last));
                    if is_last {
                        break;
                    }
                }
            }
        }
        Self::given_up(attempts)
    }

    /// A try that failed, once its error command ran; told now where another try follows.
    fn failed(&mut self, mut attempt: AttemptDone, is_last: bool) -> AttemptDone {
        match self.error_command() {
            Ok(true) => attempt.outcome = Outcome::Recovered,
            Ok(false) => {}
            Err(why) => {
                let message = attempt.message.unwrap_or_default();
                attempt.message = Some(format!("{message}; and its `err_cmd` cannot be run: {why}"));
            }
        }
        if !is_last {
            attempt.log = self.log.put_aside();
            attempt.is_told = true;
            (self.told.tried)(attempt.clone());
        }
        attempt
    }

    /// The end of a task of which no try succeeded.
    fn given_up(attempts: &[AttemptDone]) -> TaskEnd {
        let last = attempts.last();
        let message = last.and_then(|last| last.message.clone()).unwrap_or_default();
        match last.map(|last| last.outcome) {
            Some(Outcome::Recovered) => TaskEnd::Recovered(message),
            _ => TaskEnd::Failed(message),
        }
    }

    /// Makes one try, and says how it went.
    fn try_once(&mut self, number: u32, list: &FarmList<'_>) -> (Try, AttemptDone) {
        let before = (now_ms(), Instant::now());
        self.log.begin(number);
        (self.usage, self.since) = (None, None);
        let tried = self.attempt(list).unwrap_or_else(|error| Try::Failed {
            message: error.to_string(),
            outcome: Outcome::Failed,
            exit: None,
            is_final: false,
        });
        (tried, self.attempted(number, before))
    }

    /// The input that went or changed while a try was made that failed: that says nothing of the command, unless it is so
    /// once more.
    fn blamed_on(&self, tried: &Try, list: &FarmList<'_>) -> Option<String> {
        let is_failed = matches!(tried, Try::Failed { outcome: Outcome::Failed, .. });
        (is_failed && !self.task.is_again).then(|| self.changed_input(list))?
    }

    /// What is said of a failed try, with what it changes each time, which without a sandbox is its own doing.
    fn with_own_doing(&self, message: String, list: &FarmList<'_>) -> String {
        let is_own = self.since.is_some() && matches!(self.task.room, Room::Host);
        let Some(path) = is_own.then(|| self.changed_input(list)).flatten() else { return message };
        let is_code = self.task.planned.code.used().any(|file| file == path);
        format!("{message}; {}", own_doing(self.shared, &path, is_code))
    }

    /// The end of a task for whose result `path` changed.
    fn dropped(&self, path: String, list: &FarmList<'_>) -> TaskEnd {
        let began = self.since.is_some();
        let may_be_its_doing = began && matches!(self.task.room, Room::Host);
        TaskEnd::Changed { path, began, gone: may_be_its_doing.then(|| list.gone(self.shared)).flatten() }
    }

    /// What is said of a try whose input is gone or damaged since; without a sandbox that may be its command's doing, and
    /// what is left of its input must not be taken for all of it. That a command fails whose input somebody took away says
    /// nothing of it.
    fn spoilt(&self, tried: &Try, list: &FarmList<'_>) -> Option<String> {
        if !matches!(self.task.room, Room::Host) || self.since.is_none() {
            return None;
        }
        match tried {
            Try::Changed(_) => {
                let damaged = list.damaged(self.shared);
                list.gone(self.shared).or(damaged)
            }
            Try::Failed { message, outcome: Outcome::Failed | Outcome::TimedOut, .. } => {
                Some(format!("{message}; {}", list.damaged(self.shared)?))
            }
            _ => None,
        }
    }

    /// An attempt that ends now, before it is said how: its command began when it was its turn, else `before`.
    fn attempted(&self, number: u32, before: (u64, Instant)) -> AttemptDone {
        let (started_ms, begun) = self.since.unwrap_or(before);
        let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (outcome, exit, message) = (Outcome::Failed, None, None);
        AttemptDone {
            number,
            started_ms,
            took_ms,
            outcome,
            exit,
            message,
            usage: self.usage,
            log: None,
            is_told: false,
        }
    }

    /// The files it sees. What would be made of other code than planned need not be made, and without its code nothing
    /// can be.
    fn list(&self) -> Result<FarmList<'a>, NoList> {
        if let Some(path) = self.changed_code() {
            return Err(NoList::Changed(path));
        }
        let absent = self.task.planned.code.used().find_map(|path| why_pointer(self.shared, &path));
        absent.map_or_else(|| FarmList::of(self.task, self.shared), |why| Err(NoList::Absent(why)))
    }

    fn refused(attempts: &mut Vec<AttemptDone>, message: String) -> TaskEnd {
        attempts.push(AttemptDone {
            number: 1,
            started_ms: now_ms(),
            took_ms: 0,
            outcome: Outcome::Failed,
            exit: None,
            message: Some(message.clone()),
            usage: None,
            log: None,
            is_told: false,
        });
        TaskEnd::Failed(message)
    }

    /// One attempt: farm, command, inputs unchanged, output collected and staged.
    fn attempt(&mut self, list: &FarmList<'_>) -> Result<Try, ExecError> {
        let pipeline = Arc::clone(&self.task.planned.pipeline);
        self.lay_out(list, &pipeline)?;
        let transform = pipeline.transform.as_ref().expect("a match has no task");
        let command =
            self.command(transform, &transform.cmd, transform.stdin.as_deref(), pipeline.datum_timeout);
        let ended = match self.run(command)? {
            Ran::Ended(ended) => ended,
            Ran::Stopped => return Ok(Try::stopped()),
            Ran::Changed(path) => return Ok(Try::Changed(path)),
            Ran::TooLate => return Ok(Try::TooLate),
        };
        self.usage = ended.usage;
        if let Some(failed) = self.judge(transform, &ended.how) {
            return Ok(failed);
        }
        if let Some(path) = self.changed_input(list) {
            return Ok(Try::Changed(path));
        }
        Ok(match self.collect(list) {
            Ok(files) => {
                let (files, folder) = self.packed(files)?;
                let staged = stage(&folder, &self.shared.state.join("staged"), &self.task.name)?;
                let code = if let How::Exited(code) = ended.how { code } else { 0 };
                Try::Made(files, staged, code)
            }
            Err(error) => Try::Failed {
                message: error.to_string(),
                outcome: Outcome::Failed,
                exit: Some(Exit::Code(0)),
                is_final: false,
            },
        })
    }

    fn lay_out(&mut self, list: &FarmList<'_>, pipeline: &Pipeline) -> Result<(), ExecError> {
        if !self.task.copies && list.is_worth_keeping() {
            let name = farm_name(&pipeline.name, self.key());
            return self.slot.prepare_kept(&name, list.files(), &self.shared.farms);
        }
        self.slot.prepare(list.files(), self.task.copies)
    }

    fn judge(&self, transform: &Transform, how: &How) -> Option<Try> {
        let failed =
            |message: String, outcome, exit, is_final| Some(Try::Failed { message, outcome, exit, is_final });
        match how {
            How::Exited(code) if *code == 0 || transform.accept_return_code.contains(code) => None,
            How::Exited(code) => {
                let message = self.log.with_last_line(format!("exit code {code}"), self.task.room.place());
                doubt(&self.task.room, *code, &message, &self.shared.state);
                failed(message, Outcome::Failed, Some(Exit::Code(*code)), false)
            }
            How::Signaled(signal) => {
                let message =
                    self.log.with_last_line(format!("killed by signal {signal}"), self.task.room.place());
                failed(message, Outcome::Failed, Some(Exit::Signal(*signal)), false)
            }
            How::TimedOut => failed(self.time_over(), Outcome::TimedOut, None, self.is_job_over()),
            How::Cancelled => failed("cancelled".into(), Outcome::Cancelled, None, true),
            How::NotStarted(why) => failed(why.clone(), Outcome::Failed, None, true),
        }
    }

    fn is_job_over(&self) -> bool {
        self.task.time.as_ref().is_some_and(|time| time.left(self.shared.turns.now()).is_zero())
    }

    fn time_over(&self) -> String {
        let which = if self.is_job_over() { "`job_timeout`" } else { "`datum_timeout`" };
        format!("ended because its {which} was over")
    }

    /// Runs the error command in the place of the failed attempt; whether it stepped in. What it prints is added to the
    /// attempt's log.
    ///
    /// It has the time limit of an attempt to itself, so that a `datum_timeout` can be recovered too, unlike in
    /// Pachyderm. As there, nothing is started once the `job_timeout` is over, so that is never recovered.
    fn error_command(&mut self) -> Result<bool, String> {
        if self.is_job_over() {
            return Ok(false);
        }
        let pipeline = Arc::clone(&self.task.planned.pipeline);
        let Some(transform) = &pipeline.transform else { return Ok(false) };
        let Some(cmd) = transform.err_cmd.as_deref().filter(|cmd| !cmd.is_empty()) else { return Ok(false) };
        let mut command =
            self.command(transform, cmd, transform.err_stdin.as_deref(), pipeline.datum_timeout);
        command.log_heading = Some(ERROR_COMMAND);
        match self.run(command).map_err(|error| error.to_string())? {
            Ran::Ended(Ended { how: How::NotStarted(why), .. }) => Err(why),
            Ran::Ended(Ended { how: How::Exited(code), .. }) => {
                Ok(code == 0 || transform.accept_return_code.contains(&code))
            }
            _ => Ok(false),
        }
    }

    /// Runs a command when it is its turn, unless the run is stopped before, or other commands changed its code.
    fn run(&mut self, mut command: Command) -> Result<Ran, ExecError> {
        let halted = &self.shared.halted;
        let turn = self.shared.turns.take(|| halted.load(std::sync::atomic::Ordering::Relaxed));
        let Some(_turn) = turn else { return Ok(Ran::Stopped) };
        if self.since.is_none() {
            if self.is_job_over() {
                return Ok(Ran::TooLate);
            }
            if let Some(path) = self.changed_code() {
                return Ok(Ran::Changed(path));
            }
            self.since = Some((now_ms(), Instant::now()));
            self.task.time.iter().for_each(|time| time.begin(self.shared.turns.now()));
            (self.told.began)(self.log.number());
        }
        let left = self.task.time.as_ref().map(|time| time.left(self.shared.turns.now()));
        command.timeout = command.timeout.into_iter().chain(left).min();
        run(&command, self.slot, &self.shared.cancel).map(Ran::Ended)
    }

    fn command(
        &self,
        transform: &Transform,
        cmd: &[String],
        stdin: Option<&[String]>,
        timeout: Option<Duration>,
    ) -> Command {
        let pfs = self.slot.pfs();
        let pfs = pfs.to_string_lossy();
        let pipeline = &self.task.planned.pipeline;
        Command {
            args: cmd.iter().map(|word| rewrite(word, &pfs)).collect(),
            stdin: stdin.map(|lines| {
                lines
                    .iter()
                    .flat_map(|line| [rewrite(line, &pfs), "\n".to_owned()])
                    .collect::<String>()
                    .into_bytes()
            }),
            env: env(&self.task.planned, self.task.datum, transform, self.slot),
            clean_env: pipeline.clean_env.then(|| pipeline.pass_env.clone()),
            cwd: cwd(&self.shared.root, transform, self.slot),
            timeout,
            grace: GRACE,
            log: self.log.path(),
            log_heading: None,
        }
    }

    fn changed_input(&self, list: &FarmList<'_>) -> Option<String> {
        self.changed_code().or_else(|| list.changed(self.shared).map(|entry| entry.path.to_string()))
    }

    fn changed_code(&self) -> Option<String> {
        self.task.planned.code.used().find(|path| !self.shared.scan.unchanged_below(path))
    }

    fn collect(&self, list: &FarmList<'_>) -> Result<Vec<OutFile>, CollectError> {
        let by_path = std::cell::OnceCell::new();
        let is_root = !crate::plan::owns_target(&self.task.planned.pipeline, self.key());
        let forbidden = |path: &str| forbidden(path, is_root);
        let collector = Collector {
            known_as: &self.task.room.known_as(),
            inputs: &|path| by_path.get_or_init(|| list.by_path(self.shared)).get(path).cloned(),
            shown_empty: &|path| list.behind_empty(path),
            forbidden: &|path| forbidden(path).map(str::to_owned),
        };
        collect(self.slot, &collector)
    }

    /// The collected files and their folder; where there are many, one file with all of them, in a folder of its own.
    fn packed(&self, files: Vec<OutFile>) -> Result<(Vec<OutFile>, PathBuf), ExecError> {
        let (pipeline, out) = (&self.task.planned.pipeline, self.slot.real_out());
        let is_wanted = pipeline.pack.wants(files.len(), self.shared.has_annex);
        if !is_wanted || !crate::plan::owns_target(pipeline, self.key()) {
            return Ok((files, out));
        }
        let (folder, pack) = pack(self.slot, &files)?;
        let text_of = |path: &str| std::fs::read_link(out.join(path)).ok()?.to_str().map(str::to_owned);
        self.shared.packs.note(&pack.content, &files, &text_of);
        Ok((vec![pack], folder))
    }

    fn key(&self) -> &str {
        &self.task.planned.plan.datums[self.task.datum].key
    }
}
