//! `run`: takes the lock, has mended what a killed run left, opens the project and lets it run in rounds.

use std::path::Path;
use std::sync::Arc;

use crate::git::Repo;
use crate::ledger::{LockError, RunLock};
use crate::model::PipelineName;
use crate::run::{Observer, Report, Request, Rest, RunError, Stop, Survey, free_later, now_ms};

use super::choice::from_root;
use super::error::{AppError, ExitCode};
use super::events::Teller;
use super::mend::mend;
use super::preview::preview;
use super::ready::ready;
use super::rounds::rounds;
use super::session::Session;
use super::uncommitted::waiting;

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
    let request = &from_here(request, repo.root(), start)?;
    let state = repo.state_dir();
    let lock = match RunLock::acquire(&state, "run", now_ms()) {
        Err(error) if is_closed(&error) => return at_rest(start, request).ok_or_else(|| busy(error)),
        lock => lock.map_err(busy)?,
    };
    let notes: Vec<String> = lock.warning().into_iter().chain(mend(&repo)?).collect();
    let unconcluded = unconcluded(&repo);
    let is_rest_kept = Rest::is_kept(&state);
    let mut survey = Survey::new(repo, !is_rest_kept)?;
    let around = survey.circumstances(request);
    let digest = around.as_ref().filter(|_| is_rest_kept).map(|around| around.digest(&survey.scan));
    if let Some(rest) = digest.and_then(|digest| Rest::recall(&state, digest)) {
        survey.remember();
        let report = find_rest(&state, (&rest, request.jobs), notes, observer)?;
        return Ok(Report { unconcluded, ..report });
    }
    let mut project = survey.open(true)?;
    project.remember();
    let scan = Arc::clone(&project.scan);
    let mut project = ready(project, request, &mut *observer)?;
    let report = rounds(&project, request, stop, notes, observer);
    if let (Some(around), Ok(report)) = (around, &report)
        && report.found_rest(&project, &scan)
    {
        Rest::keep(&state, around.digest(&scan), report);
    }
    project.end_remembering();
    drop(lock);
    free_later((project, scan));
    report.map(|report| Report { unconcluded: unconcluded.filter(|_| !report.is_held), ..report })
}

/// Whether nobody may write where the lock is, so that nobody can be at work there either.
fn is_closed(error: &LockError) -> bool {
    use std::io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
    matches!(error, LockError::Io { source, .. } if matches!(source.kind(), PermissionDenied | ReadOnlyFilesystem))
}

/// What a run reports that needs to write nothing, since all is done and committed; nothing where it is not.
fn at_rest(start: &Path, request: &Request) -> Option<Report> {
    let session = Session::open(start).ok().filter(|session| !session.project.has_errors())?;
    let known = session.known();
    let plans = session.project.plan_all(&known);
    let preview = preview(&session, &known, Some(&plans), request).ok()?;
    let is_done = !request.force && !request.save && preview.is_at_rest();
    (is_done && waiting(&session.project, &plans).is_empty()).then(|| {
        let is_meant = |name: &&PipelineName| preview.pipelines.iter().any(|told| told.name == name.as_str());
        let names = plans.by_name.keys().filter(is_meant).cloned();
        Report { jobs: names.map(|name| (name, 0, Vec::new())).collect(), ..Report::default() }
    })
}

/// That git waits for somebody to conclude what it is in the middle of.
fn unconcluded(repo: &Repo) -> Option<String> {
    let (operation, conclude) = (repo.operation()?, repo.concluded_by()?);
    Some(format!("git is in the middle of a {operation}: `{conclude}` concludes it"))
}

/// A request whose paths are told from the root.
fn from_here(request: &Request, root: &Path, start: &Path) -> Result<Request, AppError> {
    let path = |path: &String| from_root(root, start, Path::new(path));
    let all = |paths: &[String]| paths.iter().map(path).collect::<Result<Vec<_>, _>>();
    let (save_paths, save_files) = (all(&request.save_paths)?, all(&request.save_files)?);
    Ok(Request { save_paths, save_files, ..request.clone() })
}

/// A run that finds everything as the last one left it.
fn find_rest(
    state: &Path,
    (rest, slots): (&Rest, usize),
    notes: Vec<String>,
    observer: Box<dyn Observer>,
) -> Result<Report, AppError> {
    let mut teller = Teller::begin(state, notes, observer)?;
    rest.tell(slots, &mut teller);
    let done = Ok(rest.report());
    teller.end(&done);
    done
}

fn busy(error: LockError) -> AppError {
    RunError::Lock(error).into()
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
