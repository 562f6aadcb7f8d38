//! Results that cannot be accepted, since nobody knows yet what they are to be accepted for: why, and what helps.

use crate::model::{DatumState, PipelineName, show, show_some};
use crate::run::{Planned, Plans, Project};

use super::error::{AppError, ExitCode};
use super::start::{command_line, quoted};

/// The refusal of a result whose datum waits for what it reads.
pub(super) fn waits(project: &Project, plans: &Plans, planned: &Planned, target: &str) -> AppError {
    let upstream: Vec<&str> = planned.plan.incomplete.iter().map(PipelineName::as_str).collect();
    let upstream = show_some(&upstream, 3);
    let message = format!(
        "`{}` waits for {upstream}, so it is not known yet what its result would be accepted for",
        show(target)
    );
    AppError::new(ExitCode::Data, message).hint(remedy(project, plans, planned))
}

/// What settles what a pipeline reads.
pub(super) fn remedy(project: &Project, plans: &Plans, planned: &Planned) -> String {
    let run = command("run", planned.plan.incomplete.iter());
    let run = format!("{run} makes what it waits for; accept it then");
    let name = &planned.pipeline.name;
    let upstream = project.graph.all_upstream(name);
    if upstream.iter().any(|name| !may_be_accepted(project, plans, name)) {
        return run;
    }
    let incomplete = upstream.iter().filter(|name| !plans.complete.contains(*name));
    format!(
        "{run}; or accept what it waits for as well, as it stands: {}",
        command("accept", incomplete.chain([name]))
    )
}

fn command<'a>(verb: &str, names: impl Iterator<Item = &'a PipelineName>) -> String {
    let words: Vec<String> = std::iter::once(verb.into()).chain(names.map(ToString::to_string)).collect();
    format!("`{}`", command_line(&words))
}

/// Whether nothing but accepting is needed to have a pipeline complete, once what it reads is.
fn may_be_accepted(project: &Project, plans: &Plans, name: &PipelineName) -> bool {
    let Some(Ok(planned)) = plans.by_name.get(name) else { return false };
    let mut datums = planned.plan.datums.iter().enumerate();
    let is_blocked = |state| state == DatumState::Blocked;
    planned.plan.leftovers.iter().all(|left| is_blocked(left.state))
        && datums.all(|(number, datum)| match datum.state {
            DatumState::Done | DatumState::Blocked => true,
            DatumState::Stale | DatumState::Edited => project.is_acceptable(planned, number),
            _ => false,
        })
}

/// The refusal of a result that is left over: no datum has its key.
pub(super) fn left_over(
    project: &Project,
    plans: &Plans,
    planned: &Planned,
    (target, key): (&str, &str),
) -> AppError {
    let lines = project.ledger(&planned.pipeline.name).lines();
    let state = planned.plan.leftovers.iter().find(|left| *lines[left.line as usize].key == *key);
    let is_blocked = state.is_some_and(|left| left.state == DatumState::Blocked);
    if is_blocked && !planned.plan.incomplete.is_empty() {
        return waits(project, plans, planned, target);
    }
    let message =
        format!("no input makes `{}` any more, so there is no work to accept its result for", show(target));
    let name = planned.pipeline.name.as_str();
    let word = quoted(name);
    let hint = match state.map(|left| left.state) {
        Some(DatumState::Edited) => {
            format!("a run keeps its files, since they were edited; move them out of `{name}` or remove them")
        }
        Some(DatumState::Blocked) => format!(
            "a run keeps its files, as nothing makes any datum of `{name}`; `minipach run --force {word}` removes them"
        ),
        _ => format!("`minipach run {word}` removes its files; move them out of `{name}` to keep them"),
    };
    AppError::new(ExitCode::Data, message).hint(hint)
}
