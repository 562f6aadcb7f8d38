//! Begins and ends what a run tells: its event file, and everybody who watches.

use std::path::Path;

use crate::ledger::{self, EventWriter};
use crate::model::Event;
use crate::run::{Observer, Observers, Recorder, Report, Selection, now_ms};

use super::error::AppError;

/// Event files of this many runs are kept.
const RUNS_KEPT: usize = 100;

/// Names a run, opens its event file and tells that it begins.
pub(super) fn begin(
    state: &Path,
    notes: Vec<String>,
    observer: Box<dyn Observer>,
) -> Result<(String, Observers), AppError> {
    let id = run_id();
    ledger::prune_runs(state, RUNS_KEPT)?;
    let recorder = Box::new(Recorder::new(EventWriter::create(state, &id)?));
    let mut observers = Observers(vec![recorder, observer]);
    let (run, at_ms, pid) = (id.clone(), now_ms(), std::process::id());
    observers.event(&Event::RunStarted { run, at_ms, pid });
    for message in notes {
        observers.event(&Event::Note { message, at_ms: now_ms() });
    }
    Ok((id, observers))
}

pub(super) fn end(report: &Report, observers: &mut Observers) {
    let Report { summary, interrupted, .. } = *report;
    observers.event(&Event::RunFinished { summary, interrupted, at_ms: now_ms() });
}

/// Says which pipelines are meant and which are left out, before anything runs.
pub(super) fn tell_selection(selection: &Selection, slots: usize, observers: &mut Observers) {
    let pipelines = selection.pipelines.keys().map(ToString::to_string).collect();
    observers.event(&Event::RunPlanned { pipelines, slots, at_ms: now_ms() });
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
