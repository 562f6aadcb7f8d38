//! Begins and ends what a run tells: its event file, and everybody who watches.

use std::path::Path;

use crate::ledger::{self, EventWriter};
use crate::model::{DatumState, Event, RunSummary};
use crate::run::{Observer, Observers, Recorder, Report, Selection, now_ms};

use super::error::AppError;

/// Event files of this many runs are kept.
const RUNS_KEPT: usize = 100;

/// A run that began. On every way out its end is told to all who watch, with the error if one broke it off.
pub(super) struct Teller {
    /// The run's id.
    pub(super) id: String,
    observers: Observers,
    /// What was told so far, for an end that has no report.
    told: RunSummary,
    is_over: bool,
}

impl Teller {
    /// Names a run, opens its event file and tells that it begins.
    ///
    /// # Errors
    /// When its events cannot be written.
    pub(super) fn begin(
        state: &Path,
        notes: Vec<String>,
        observer: Box<dyn Observer>,
    ) -> Result<Self, AppError> {
        let id = run_id();
        ledger::prune_runs(state, RUNS_KEPT)?;
        let recorder = Box::new(Recorder::new(EventWriter::create(state, &id)?));
        let observers = Observers(vec![recorder, observer]);
        let mut teller = Self { id, observers, told: RunSummary::default(), is_over: false };
        let (run, at_ms, pid) = (teller.id.clone(), now_ms(), std::process::id());
        teller.event(&Event::RunStarted { run, at_ms, pid });
        for note in notes {
            teller.say(note);
        }
        Ok(teller)
    }

    /// Says something worth a sentence.
    pub(super) fn say(&mut self, message: String) {
        self.event(&Event::Note { message, at_ms: now_ms() });
    }

    /// Says which pipelines are meant and which are left out, before anything runs.
    pub(super) fn tell_selection(&mut self, selection: &Selection, slots: usize) {
        let pipelines = selection.pipelines.keys().map(ToString::to_string).collect();
        self.event(&Event::RunPlanned { pipelines, slots, at_ms: now_ms() });
        for (name, unsound) in &selection.unsound {
            self.event(&Event::LeftOut {
                pipeline: name.clone(),
                state: unsound.word().into(),
                message: unsound.sentence(),
                at_ms: now_ms(),
            });
        }
    }

    /// Tells how the run ended.
    pub(super) fn end(mut self, done: &Result<Report, AppError>) {
        match done {
            Ok(report) => self.tell_end(report.summary, report.interrupted, None),
            Err(error) => self.break_off(error.message.clone()),
        }
    }

    fn break_off(&mut self, error: String) {
        self.tell_end(self.told, false, Some(error));
    }

    fn tell_end(&mut self, summary: RunSummary, interrupted: bool, error: Option<String>) {
        self.is_over = true;
        self.observers.event(&Event::RunFinished { summary, interrupted, error, at_ms: now_ms() });
    }

    fn count(&mut self, event: &Event) {
        let told = &mut self.told;
        match event {
            Event::JobStarted { to_run, to_restore, .. } => told.left += to_run + to_restore,
            Event::DatumFinished { outcome, instead_of, .. } => {
                if let Some(before) = instead_of {
                    let was_made = *before == DatumState::Done;
                    let count = if was_made { &mut told.ran } else { &mut told.restored };
                    *count = count.saturating_sub(1);
                    told.left += 1;
                }
                *match outcome {
                    DatumState::Done => &mut told.ran,
                    DatumState::Cached => &mut told.restored,
                    DatumState::Failed => &mut told.failed,
                    DatumState::Recovered => &mut told.recovered,
                    _ => return,
                } += 1;
                told.left = told.left.saturating_sub(1);
            }
            _ => {}
        }
    }
}

impl Observer for Teller {
    fn event(&mut self, event: &Event) {
        self.count(event);
        self.observers.event(event);
    }

    fn tick(&mut self) {
        self.observers.tick();
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        if !self.is_over {
            self.break_off("minipach broke down, which is a bug".into());
        }
    }
}

/// An id for a run: its start in UTC, and the process, so that runs sort by time.
fn run_id() -> String {
    let ms = now_ms();
    let seconds = i64::try_from(ms / 1000).unwrap_or(0);
    let when = jiff::Timestamp::from_second(seconds).unwrap_or_default();
    format!("{}.{:03}.{}", when.strftime("%Y%m%dT%H%M%S"), ms % 1000, std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::RunProgress;
    use crate::app::follower::past_runs;
    use crate::model::DatumId;

    fn begun(state: &Path) -> Teller {
        let mut teller = Teller::begin(state, Vec::new(), Box::new(Vec::new())).expect("it begins");
        teller.event(&Event::JobStarted {
            pipeline: "fs".into(),
            at_ms: 1,
            total: 3,
            to_run: 3,
            to_restore: 0,
            to_remove: 0,
            only: None,
            place: None,
        });
        teller.event(&Event::DatumFinished {
            pipeline: "fs".into(),
            key: "a".into(),
            log: None,
            id: DatumId([0; 32]),
            outcome: DatumState::Done,
            instead_of: None,
            message: None,
            took_ms: 1,
            at_ms: 2,
        });
        teller
    }

    fn seen(state: &Path) -> RunProgress {
        past_runs(state, 1).expect("events").remove(0)
    }

    #[test]
    fn a_run_that_an_error_breaks_off_tells_its_end_with_the_error() {
        let state = tempfile::tempdir().expect("a folder");
        begun(state.path()).end(&Err(AppError::usage("the disk is gone")));
        let run = seen(state.path());
        assert_eq!(run.error.as_deref(), Some("the disk is gone"));
        let summary = RunSummary { ran: 1, left: 2, ..RunSummary::default() };
        assert!(matches!(run.ended, Some((told, false, _)) if told == summary), "{:?}", run.ended);
    }

    #[test]
    fn a_run_that_breaks_down_tells_its_end() {
        let state = tempfile::tempdir().expect("a folder");
        let broken = std::panic::catch_unwind(|| {
            let _teller = begun(state.path());
            panic!("a bug");
        });
        assert!(broken.is_err() && seen(state.path()).error.is_some_and(|error| error.contains("a bug")));
    }

    #[test]
    fn an_end_without_an_error_has_none() {
        let state = tempfile::tempdir().expect("a folder");
        begun(state.path()).end(&Ok(Report::default()));
        let run = seen(state.path());
        assert!(run.ended.is_some() && run.error.is_none());
    }
}
