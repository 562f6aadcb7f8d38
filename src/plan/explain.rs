//! Why a datum is in its state: what failed, changed, is gone or waits.

use serde_json::{Map, Value};

use crate::model::{DatumState, KnownResult, Pipeline, is_at_or_below};

use super::changes::{MadeOf, changes};
use super::decide::Failure;
use super::pipeline::{PipelinePlan, Withdrawn};
use super::reason::Reason;

/// Why datum `number` of a plan is in its state. What failed is what it is made of now, so nothing changed since that attempt; what
/// is otherwise than in an older result changed before it, and is no second cause. `line` is the newest ledger line of its key, `work` the fields behind
/// the line's and the plan's work id.
pub fn reasons(
    plan: &PipelinePlan,
    pipeline: &Pipeline,
    number: usize,
    line: Option<&KnownResult>,
    work: (Option<&Map<String, Value>>, &Map<String, Value>),
    failure: Option<Failure>,
) -> Vec<Reason> {
    let datum = &plan.datums[number];
    let mut found = Vec::new();
    match datum.state {
        DatumState::Done => {
            return done(plan, line.is_some_and(KnownResult::is_accepted), plan.is_partial(pipeline, number));
        }
        DatumState::Edited => found.push(Reason::Edited),
        DatumState::InTheWay => found.push(Reason::InTheWay { path: None, more: 0 }),
        DatumState::Blocked => {
            let pipelines = plan.incomplete.iter().map(ToString::to_string).collect();
            found.push(Reason::Upstream { pipelines });
        }
        _ => {}
    }
    let has_failed = failure.is_some();
    if let Some(failure) = failure {
        let message = failure.message;
        let failed = |message| Reason::Failed { message, is_cut_since: false };
        found.push(if failure.recovered { Reason::Recovered { message } } else { failed(message) });
    }
    if pipeline.every_job {
        found.push(Reason::EveryJob);
    }
    match line {
        None if found.is_empty() && datum.state != DatumState::Cached => found.push(Reason::New),
        Some(line) if line.id == datum.id && found.is_empty() => {
            found.push(if datum.state == DatumState::Cached { Reason::Missing } else { Reason::Lost });
        }
        Some(line) if line.id != datum.id && !has_failed => {
            let new = MadeOf::datum(plan, pipeline, number, work.1);
            let changed = changes(&MadeOf::line(line, work.0), &new);
            found.extend(changed.into_iter().map(|reason| upstream_of(plan, reason)));
        }
        _ => {}
    }
    if datum.state == DatumState::Cached && !found.contains(&Reason::Missing) {
        found.push(Reason::Missing);
    }
    found
}

/// Of an input that is otherwise since results of an incomplete upstream do not count, these: nothing in its folder changed.
fn upstream_of(plan: &PipelinePlan, reason: Reason) -> Reason {
    let Reason::Input { name, path, old: Some(old), new } = reason else { return reason };
    let is_of = |open: &&Withdrawn| {
        let place = open.pipeline.path_of(&open.key);
        is_at_or_below(&place, &path) || is_at_or_below(&path, &place)
    };
    let mut open = plan.withdrawn.iter().filter(is_of);
    let Some(first) = open.next() else { return Reason::Input { name, path, old: Some(old), new } };
    let (result, state, more) = (format!("{}:{}", first.pipeline, first.key), first.state, open.count());
    Reason::Undone { name, path, old: Some(old), new, result, state, more }
}

/// Why a datum is done.
fn done(plan: &PipelinePlan, is_accepted: bool, is_partial: bool) -> Vec<Reason> {
    let pipelines = || plan.incomplete.iter().map(ToString::to_string).collect();
    let accepted = is_accepted.then_some(Reason::Accepted);
    let partial = is_partial.then(|| Reason::partial(pipelines(), &plan.lacking));
    let found: Vec<Reason> = accepted.into_iter().chain(partial).collect();
    if found.is_empty() { vec![Reason::Current] } else { found }
}
