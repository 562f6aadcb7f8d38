//! The runs of a work tree, now and before: how each stands, which one is meant, and how to follow one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use crate::git::Repo;
use crate::ledger::{Follower, holder, runs};
use crate::model::Event;

use super::error::{AppError, ExitCode};
use super::follower::past_runs;
use super::progress::{JobProgress, RunProgress};

/// How often a followed run is looked at: what it tells is seen by others within 100 ms.
const LOOK: Duration = Duration::from_millis(50);

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// Its process lives.
    GoingOn,
    /// It came to its end, and nothing failed.
    Done,
    /// It came to its end, and something failed.
    Failed,
    /// It came to its end and nothing failed, but something it meant was left out or left over.
    Incomplete,
    /// It was stopped.
    Stopped,
    /// An error broke it off.
    Aborted,
    /// Its process is gone without a word: killed, or the machine went down.
    Lost,
}

impl RunState {
    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::GoingOn => "going_on",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Incomplete => "incomplete",
            Self::Stopped => "stopped",
            Self::Aborted => "aborted",
            Self::Lost => "lost",
        }
    }

    /// The exit code for who waited for its end.
    pub const fn exit_code(self) -> ExitCode {
        match self {
            Self::GoingOn | Self::Done => ExitCode::Done,
            Self::Failed | Self::Incomplete | Self::Aborted => ExitCode::Failed,
            Self::Stopped | Self::Lost => ExitCode::Interrupted,
        }
    }
}

/// A run, and how it stands.
#[derive(Clone, Debug)]
pub struct RunView {
    /// What it did.
    pub progress: RunProgress,
    /// How it stands.
    pub state: RunState,
}

impl RunView {
    /// The documented JSON of a run.
    pub fn json(&self) -> Value {
        let run = &self.progress;
        let (settled, wanted) = run.settled();
        let failures = run.failures.iter().map(|failed| {
            json!({"pipeline": failed.pipeline, "key": failed.key, "id": failed.id, "message": failed.message})
        });
        json!({
            "run": run.run, "state": self.state.word(), "pid": run.pid, "started_ms": run.started_ms,
            "ended_ms": run.ended.as_ref().map(|(.., at_ms)| at_ms),
            "summary": run.ended.as_ref().map(|(summary, ..)| summary), "error": run.error,
            "settled": settled, "wanted": wanted, "pipelines": run.planned,
            "jobs": run.jobs.iter().map(job_json).collect::<Vec<_>>(),
            "running": run.running.keys().map(|(pipeline, key)| format!("{pipeline}:{key}")).collect::<Vec<_>>(),
            "cut_off": run.cut_off.keys().map(|(pipeline, key)| format!("{pipeline}:{key}")).collect::<Vec<_>>(),
            "left_out": run.left_out, "failures": failures.collect::<Vec<_>>(), "notes": run.notes,
        })
    }
}

fn job_json(job: &JobProgress) -> Value {
    json!({
        "pipeline": job.pipeline, "started_ms": job.started_ms, "total": job.total, "to_run": job.to_run,
        "to_restore": job.to_restore, "to_remove": job.to_remove, "ran": job.ran, "placed": job.placed,
        "failed": job.failed, "recovered": job.recovered, "passed": job.passed, "took_ms": job.took_ms,
        "complete": job.ended, "message": job.message, "commits": job.commits,
    })
}

/// Where minipach keeps the local state of the project that holds a folder.
///
/// # Errors
/// When there is no project.
pub fn state_dir(dir: &Path) -> Result<PathBuf, AppError> {
    Ok(Repo::open(dir)?.state_dir())
}

/// The runs that left events, newest first; at most `most`.
///
/// # Errors
/// When events or the lock cannot be read.
pub fn run_views(state: &Path, most: usize) -> Result<Vec<RunView>, AppError> {
    let holder = live_pid(state)?;
    let view = |mut progress: RunProgress| {
        let state = state_of(&progress, holder);
        if state == RunState::Lost {
            progress.cut_hands();
        }
        RunView { progress, state }
    };
    Ok(past_runs(state, most)?.into_iter().map(view).collect())
}

fn live_pid(state: &Path) -> Result<Option<u32>, AppError> {
    let holder = holder(state).map_err(|error| AppError::new(ExitCode::Data, error.to_string()))?;
    Ok(holder.map(|holder| holder.pid))
}

fn state_of(run: &RunProgress, live: Option<u32>) -> RunState {
    match &run.ended {
        Some(_) if run.error.is_some() => RunState::Aborted,
        Some((.., true, _)) => RunState::Stopped,
        Some((summary, ..)) if summary.failed > 0 => RunState::Failed,
        Some(_) if run.is_incomplete() => RunState::Incomplete,
        Some(_) => RunState::Done,
        None if live == Some(run.pid) => RunState::GoingOn,
        None => RunState::Lost,
    }
}

/// The run whose id begins like this; the newest one for nothing.
///
/// # Errors
/// When there is none, or more than one.
pub fn find_run(state: &Path, text: Option<&str>) -> Result<String, AppError> {
    let all = runs(state)?;
    let Some(text) = text else {
        let none =
            || AppError::usage("nothing was run here yet").hint("`minipach run` runs what is to be done");
        return all.into_iter().next().ok_or_else(none);
    };
    let found: Vec<&String> = all.iter().filter(|run| run.starts_with(text)).collect();
    match found[..] {
        [one] => Ok(one.clone()),
        [] => Err(AppError::usage(format!("there is no run `{text}`")).hint("`minipach jobs` lists them")),
        [..] => Err(AppError::usage(format!("`{text}` is the start of {} runs", found.len()))
            .hint("`minipach jobs` lists them")),
    }
}

/// Shows the events of a run as they come, from its first one, until it ends or `is_over` says so; how it stands then.
///
/// # Errors
/// When events or the lock cannot be read.
pub fn attach(
    state: &Path,
    run: &str,
    is_over: &dyn Fn() -> bool,
    tell: &mut dyn FnMut(&[Event]),
) -> Result<RunState, AppError> {
    let mut follower = Follower::new(state, run);
    let mut progress = RunProgress { run: run.to_owned(), ..RunProgress::default() };
    loop {
        // Before the events: what a run tells last is there once its process is gone.
        let live = live_pid(state)?;
        let events = follower.poll()?;
        tell(&events);
        for event in events {
            progress.apply(event);
        }
        let found = state_of(&progress, live);
        if found != RunState::GoingOn || is_over() {
            return Ok(found);
        }
        std::thread::sleep(LOOK);
    }
}

/// Waits until a process holds the work tree's lock no more.
///
/// # Errors
/// When the lock cannot be read.
pub fn wait_for_end(state: &Path, pid: u32) -> Result<(), AppError> {
    while live_pid(state)? == Some(pid) {
        std::thread::sleep(LOOK);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::EventWriter;
    use crate::model::RunSummary;

    fn state(runs: &[&str]) -> tempfile::TempDir {
        let state = tempfile::tempdir().expect("a folder");
        for run in runs {
            let mut writer = EventWriter::create(state.path(), run).expect("an event file");
            let (run, pid) = ((*run).to_owned(), 1);
            writer.append(&Event::RunStarted { run, at_ms: 1, pid }).expect("it is written");
        }
        state
    }

    #[test]
    fn a_run_is_found_by_the_start_of_its_id() {
        let state = state(&["20260101T000000.000.1", "20260102T000000.000.1", "20260102T000000.000.2"]);
        let find = |text| find_run(state.path(), text).map_err(|error| error.message);
        assert_eq!(find(None).as_deref(), Ok("20260102T000000.000.2"));
        assert_eq!(find(Some("20260101")).as_deref(), Ok("20260101T000000.000.1"));
        assert_eq!(find(Some("20260102")), Err("`20260102` is the start of 2 runs".into()));
        assert_eq!(find(Some("x")), Err("there is no run `x`".into()));
        assert!(find_run(tempfile::tempdir().expect("a folder").path(), None).is_err());
    }

    #[test]
    fn a_run_stands_as_its_end_or_its_process_tells() {
        let state = state(&["20260101T000000.000.1"]);
        let views = run_views(state.path(), 9).expect("they are read");
        assert_eq!((views.len(), views[0].state), (1, RunState::Lost));
        let ended = |failed, is_cut| RunProgress {
            ended: Some((RunSummary { failed, ..RunSummary::default() }, is_cut, 9)),
            ..RunProgress::default()
        };
        assert_eq!(state_of(&ended(0, false), None), RunState::Done);
        assert_eq!(state_of(&ended(1, false), None), RunState::Failed);
        assert_eq!(state_of(&ended(0, true), None), RunState::Stopped);
        let left_out = RunProgress { left_out: vec!["fs".into()], ..ended(0, false) };
        assert_eq!(state_of(&left_out, None), RunState::Incomplete);
        let broken = RunProgress { error: Some("the disk is gone".into()), ..ended(1, false) };
        assert_eq!(state_of(&broken, None), RunState::Aborted);
        let running = RunProgress { pid: 7, ..RunProgress::default() };
        assert_eq!(
            (state_of(&running, Some(7)), state_of(&running, Some(8))),
            (RunState::GoingOn, RunState::Lost)
        );
    }

    #[test]
    fn who_attaches_hears_all_and_is_told_that_it_is_gone() {
        let state = state(&["20260101T000000.000.1"]);
        let mut heard = 0;
        let end =
            attach(state.path(), "20260101T000000.000.1", &|| false, &mut |events| heard += events.len());
        assert_eq!((end.expect("it is read"), heard), (RunState::Lost, 1));
    }
}
