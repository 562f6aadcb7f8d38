//! `run`: takes the lock, mends what a killed run left, plans, and drives the engine.

use std::path::Path;
use std::sync::Arc;

use crate::exec::{Cancel, fault, publish, remove_tree};
use crate::git::write::NOBODY;
use crate::git::{Repo, write};
use crate::ledger::{self, AttemptLog, AttemptWriter, EventWriter, LockError, RunLock};
use crate::model::Event;
use crate::run::{
    Engine, Known, Observer, Observers, Parts, Plans, Project, Recorder, Report, Request, RunError,
    RunMemory, Shared, Stop, now_ms, unfinished,
};

use super::choice::Take;
use super::error::{AppError, ExitCode};
use super::merge::{refuse_conflicts, take_out_markers};

/// Event files of this many runs are kept.
const RUNS_KEPT: usize = 100;

/// Runs what a request means, in the project that holds the folder `start`.
///
/// # Errors
/// When another run is going on, a spec has errors, or state cannot be written.
pub fn run(
    start: &Path,
    request: &Request,
    stop: &Stop,
    mut observer: Box<dyn Observer>,
) -> Result<Report, AppError> {
    let repo = Repo::open(start)?;
    let state = repo.state_dir();
    let lock = RunLock::acquire(&state, "run", now_ms()).map_err(busy)?;
    mend(&repo)?;
    let mut project = Project::open(repo.root())?;
    refuse_conflicts(&project)?;
    if take_out_markers(&project)? {
        project = Project::open(repo.root())?;
    }
    if request.save && save_first(&project, &mut *observer)? {
        project = Project::open(repo.root())?;
    }
    project.remember();
    if project.has_errors() {
        return Err(RunError::Findings.into());
    }
    let report = drive(&project, request, stop, observer);
    drop(lock);
    // Freeing some hundred thousand small values takes a while; mostly the process ends before.
    std::thread::spawn(move || drop(project));
    report
}

/// Commits what changed and tells it; whether there was anything.
fn save_first(project: &Project, observer: &mut dyn Observer) -> Result<bool, AppError> {
    let saved = super::save::save_files(project, &Take::Used, None)?;
    let taken = saved.commit.as_ref().map(|commit| match saved.files.as_slice() {
        [(one, _)] => format!("saved `{one}` in {}", &commit[..10]),
        many => format!("saved {} files in {}", many.len(), &commit[..10]),
    });
    let left = saved.left_out.first().map(|first| {
        let more = saved.left_out.len() - 1;
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("left out new files that no pipeline uses: `{first}`{more}; `minipach save PATH` takes them")
    });
    let nobody = saved.is_stand_in.then(|| NOBODY.to_owned());
    for message in taken.into_iter().chain(left).chain(nobody) {
        observer.event(&Event::Note { message, at_ms: now_ms() });
    }
    Ok(saved.commit.is_some())
}

fn busy(error: LockError) -> AppError {
    RunError::Lock(error).into()
}

/// Finishes or undoes what a killed run left behind.
fn mend(repo: &Repo) -> Result<(), AppError> {
    let state = repo.state_dir();
    crate::exec::recover(&state.join("work")).map_err(RunError::from)?;
    let staged = state.join("staged");
    if staged.is_dir() {
        let log = AttemptLog::read(&state.join("attempts.jsonl"))?;
        for publication in unfinished(repo, &staged, &log)? {
            if fault::planted("forget-staged") {
                continue;
            }
            publish(&publication).map_err(RunError::from)?;
        }
        remove_tree(&staged).map_err(RunError::from)?;
    }
    write::recover(&repo.place())?;
    Ok(())
}

fn drive(
    project: &Project,
    request: &Request,
    stop: &Stop,
    observer: Box<dyn Observer>,
) -> Result<Report, AppError> {
    let known = Known::new(&project.repo, &project.results, &project.ledgers);
    let plans = if request.targets.is_empty() { Plans::default() } else { project.plan_all(&known) };
    let selection = project.select(&plans, request)?;
    let memory = RunMemory::new(&known);
    let state = project.repo.state_dir();
    let id = run_id();
    let works = std::collections::BTreeSet::new();
    ledger::prune_runs(&state, RUNS_KEPT)?;
    let log = AttemptWriter::open(&state.join("attempts.jsonl"), works)?;
    let shared = Shared {
        root: project.repo.root().to_owned(),
        annex_dir: project.repo.annex_dir().to_owned(),
        pipelines: project.pipelines.keys().map(|name| format!("{name}/")).collect(),
        run: id.clone(),
        scan: Arc::clone(&project.scan),
        halted: std::sync::atomic::AtomicBool::new(false),
        cancel: Cancel::new().map_err(|error| AppError::new(ExitCode::Data, error.to_string()))?,
        state: state.clone(),
    };
    let mut observers = Observers(vec![Box::new(Recorder::new(EventWriter::create(&state, &id)?)), observer]);
    observers.event(&Event::RunStarted {
        run: id,
        at_ms: now_ms(),
        pid: std::process::id(),
        place: "$PFS".into(),
    });
    let parts = Parts {
        project,
        request,
        selection: &selection,
        memory: &memory,
        shared: &shared,
        stop,
        log,
        observer: &mut observers,
    };
    let report = Engine::new(parts).run()?;
    observers.event(&Event::RunFinished {
        summary: report.summary,
        interrupted: report.interrupted,
        at_ms: now_ms(),
    });
    Ok(report)
}

/// An id for a run: its start in UTC, and the process, so that runs sort by time.
fn run_id() -> String {
    let ms = now_ms();
    let seconds = i64::try_from(ms / 1000).unwrap_or(0);
    let when = jiff::Timestamp::from_second(seconds).unwrap_or_default();
    format!("{}.{:03}.{}", when.strftime("%Y%m%dT%H%M%S"), ms % 1000, std::process::id())
}

/// The exit code a report means.
pub fn exit_code(report: &Report) -> ExitCode {
    if report.interrupted {
        ExitCode::Interrupted
    } else if report.missing_program {
        ExitCode::Program
    } else if report.bad_data {
        ExitCode::Data
    } else if report.summary.failed > 0 || report.summary.left > 0 || report.is_troubled() {
        ExitCode::Failed
    } else {
        ExitCode::Done
    }
}
