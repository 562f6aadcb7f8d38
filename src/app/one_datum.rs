//! One datum with all that is known of it here, for a screen of its own.

use serde_json::Value;

use crate::model::{DatumId, DatumState, PipelineName};
use crate::run::{Known, Planned, Plans, annexed};

use super::blamed::{blamed, end_of_log};
use super::cut_off::CutOffs;
use super::datums::{DatumView, attempts, datum_view, leftover_views};
use super::session::Session;

/// A datum or leftover of a pipeline; also of a done one with its attempts. `None` if there is none.
pub fn one_datum(
    session: &Session,
    plans: &Plans,
    known: &Known<'_>,
    pipeline: &str,
    key: &str,
) -> Option<DatumView> {
    let planned = plans.by_name.iter().find(|(name, _)| name.as_str() == pipeline)?.1.as_ref().ok()?;
    let number = planned.plan.datums.iter().position(|datum| *datum.key == *key);
    let mut view = match number {
        Some(number) => datum_view(session, known, planned, number),
        None => leftover_views(session, planned).find(|view| view.key == key)?,
    };
    if let Some(number) = number {
        view.annexed = annexed(&session.project, planned, number);
    }
    if view.attempts.is_empty()
        && let Ok(id) = view.id.parse::<DatumId>()
    {
        view.attempts = attempts(known, id);
    }
    if view.attempts.is_empty()
        && let Some(id) = before(session, known, planned, number)
    {
        view.attempts = attempts(known, id);
        view.is_before = !view.attempts.is_empty();
    }
    view.earlier = earlier(known, &view, &planned.pipeline.name);
    add_cut_off(known, session.cut_off(), &mut view);
    if let Some(number) = number.filter(|_| is_unexplained(&view)) {
        let log = view.attempts.last().and_then(|attempt| attempt["log"].as_str());
        let log = log.map(|log| session.project.repo.state_dir().join(log));
        view.blamed = log.map(|log| blamed(planned, number, &end_of_log(&log))).unwrap_or_default();
    }
    Some(view)
}

/// Adds to datums that are not done what was tried and cut off; of those that are done no attempts are told.
pub fn tell_cut_off(known: &Known<'_>, cut: &CutOffs, views: &mut [DatumView]) {
    for view in views.iter_mut().filter(|view| view.state != DatumState::Done) {
        add_cut_off(known, cut, view);
    }
}

/// Adds the attempts that were cut off where they began among the others.
fn add_cut_off(known: &Known<'_>, cut: &CutOffs, view: &mut DatumView) {
    if cut.at(&view.pipeline, &view.key, &[]).is_empty() {
        return;
    }
    let (Ok(id), Ok(name)) = (view.id.parse::<DatumId>(), PipelineName::parse(&view.pipeline)) else {
        return;
    };
    let mut all = known.log().attempts_before(&name, &view.key, id);
    all.extend(known.log().attempts(id));
    for cut in cut.at(&view.pipeline, &view.key, &all) {
        let is_of_now = cut.id == id && !view.is_before;
        (if is_of_now { &mut view.attempts } else { &mut view.earlier }).push(cut.value());
    }
    view.attempts.sort_by_key(|attempt| attempt["started_ms"].as_u64());
    view.earlier.sort_by_key(|attempt| attempt["started_ms"].as_u64());
}

/// The attempts at its place when it was made of something else than what its attempts are at.
fn earlier(known: &Known<'_>, view: &DatumView, name: &PipelineName) -> Vec<Value> {
    let Ok(id) = view.id.parse::<DatumId>() else { return Vec::new() };
    let found = known.log().attempts_of_other_work(name, &view.key, id).into_iter();
    let found = found.filter_map(|attempt| serde_json::to_value(attempt).ok());
    found.filter(|attempt| !view.attempts.contains(attempt)).collect()
}

/// Whether it failed without a word about which of its files that was for.
const fn is_unexplained(view: &DatumView) -> bool {
    matches!(view.state, DatumState::Failed | DatumState::Recovered) && view.blamed.is_empty()
}

/// The work that was done or tried last at the place of a datum, where that is another one than now.
fn before(session: &Session, known: &Known<'_>, planned: &Planned, number: Option<usize>) -> Option<DatumId> {
    let datum = &planned.plan.datums[number?];
    let name = &planned.pipeline.name;
    let line = session.project.ledger(name).lines_for(&datum.key).last().map(|line| line.id);
    let tried = || known.failed_before(name, &datum.key, datum.id).map(|(tried, _)| tried.id);
    line.filter(|id| *id != datum.id).or_else(tried)
}
