//! `run`: takes the lock, has mended what a killed run left, plans, and drives the engine.

use std::path::Path;
use std::sync::Arc;

use crate::exec::Cancel;
use crate::git::Repo;
use crate::git::write::NOBODY;
use crate::ledger::{self, AttemptWriter, EventWriter, LockError, RunLock};
use crate::model::Event;
use crate::run::{
    Engine, Known, Observer, Observers, Parts, Plans, Project, Recorder, Report, Request, Rest, RunError,
    RunMemory, Selection, Shared, Stop, Survey, now_ms,
};

use super::choice::Take;
use super::error::{AppError, ExitCode};
use super::mend::mend;
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
    let notes: Vec<String> = lock.warning().into_iter().chain(mend(&repo)?).collect();
    let is_rest_kept = Rest::is_kept(&state);
    let mut survey = Survey::new(repo, !is_rest_kept)?;
    survey.remember();
    let around = survey.circumstances(request);
    let digest = around.as_ref().filter(|_| is_rest_kept).map(|around| around.digest(&survey.scan));
    if let Some(rest) = digest.and_then(|digest| Rest::recall(&state, digest)) {
        return find_rest(&state, &rest, notes, observer);
    }
    let project = survey.open()?;
    let scan = Arc::clone(&project.scan);
    let project = ready(project, request, &mut *observer)?;
    let report = drive(&project, request, stop, notes, observer);
    if let (Some(around), Ok(report)) = (around, &report)
        && report.found_rest(&project)
    {
        Rest::keep(&state, around.digest(&scan), report);
    }
    drop(lock);
    // Freeing some hundred thousand small values takes a while; mostly the process ends before.
    std::thread::spawn(move || drop((project, scan)));
    report
}

/// The project, if a run may begin in it; with its inputs saved, if that is asked.
fn ready(mut project: Project, request: &Request, observer: &mut dyn Observer) -> Result<Project, AppError> {
    refuse_conflicts(&project)?;
    if take_out_markers(&project)? {
        project = Project::open(project.repo.root())?;
    }
    if request.save && save_first(&project, observer)? {
        project = Project::open(project.repo.root())?;
        project.remember();
    }
    if project.loaded.is_config_broken {
        return Err(RunError::BrokenConfig.into());
    }
    Ok(project)
}

/// A run that finds everything as the last one left it.
fn find_rest(
    state: &Path,
    rest: &Rest,
    notes: Vec<String>,
    observer: Box<dyn Observer>,
) -> Result<Report, AppError> {
    let (_, mut observers) = begin(state, notes, observer)?;
    rest.tell(&mut observers);
    let report = Report::default();
    end(&report, &mut observers);
    Ok(report)
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

fn drive(
    project: &Project,
    request: &Request,
    stop: &Stop,
    notes: Vec<String>,
    observer: Box<dyn Observer>,
) -> Result<Report, AppError> {
    let known = Known::new(project);
    let plans = if request.targets.is_empty() { Plans::default() } else { project.plan_all(&known) };
    let selection = project.select(&plans, request)?;
    let memory = RunMemory::new(&known);
    let state = project.repo.state_dir();
    let works = std::collections::BTreeSet::new();
    let log = AttemptWriter::open(&state.join("attempts.jsonl"), works)?;
    let (id, mut observers) = begin(&state, notes, observer)?;
    let shared = Shared {
        root: project.repo.root().to_owned(),
        annex_dir: project.repo.annex_dir().to_owned(),
        placed: std::sync::RwLock::default(),
        run: id,
        scan: Arc::clone(&project.scan),
        halted: std::sync::atomic::AtomicBool::new(false),
        cancel: Cancel::new().map_err(|error| AppError::new(ExitCode::Data, error.to_string()))?,
        state: state.clone(),
    };
    tell_left_out(&selection, &mut observers);
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
    let mut report = Engine::new(parts).run()?;
    report.bad_specs |= !selection.unsound.is_empty() || request.targets.is_empty() && project.has_errors();
    report.unsound = selection.unsound.clone();
    end(&report, &mut observers);
    Ok(report)
}

/// Names a run, opens its event file and tells that it begins.
fn begin(
    state: &Path,
    notes: Vec<String>,
    observer: Box<dyn Observer>,
) -> Result<(String, Observers), AppError> {
    let id = run_id();
    ledger::prune_runs(state, RUNS_KEPT)?;
    let recorder = Box::new(Recorder::new(EventWriter::create(state, &id)?));
    let mut observers = Observers(vec![recorder, observer]);
    let (run, at_ms, pid) = (id.clone(), now_ms(), std::process::id());
    observers.event(&Event::RunStarted { run, at_ms, pid, place: "$PFS".into() });
    for message in notes {
        observers.event(&Event::Note { message, at_ms: now_ms() });
    }
    Ok((id, observers))
}

fn end(report: &Report, observers: &mut Observers) {
    let Report { summary, interrupted, .. } = *report;
    observers.event(&Event::RunFinished { summary, interrupted, at_ms: now_ms() });
}

/// Says which pipelines are left out, before anything runs.
fn tell_left_out(selection: &Selection, observers: &mut Observers) {
    for (name, unsound) in &selection.unsound {
        observers.event(&Event::LeftOut {
            pipeline: name.clone(),
            state: unsound.word().into(),
            message: unsound.sentence(),
            at_ms: now_ms(),
        });
    }
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
    } else if report.bad_specs {
        ExitCode::Spec
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
