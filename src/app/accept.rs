//! `accept`: results are good as they stand.

use std::collections::BTreeMap;
use std::path::Path;

use crate::git::Repo;
use crate::ledger::RunLock;
use crate::model::{DatumState, PipelineName};
use crate::plan::Planned as Datum;
use crate::run::{Accepted, CodeGap, Known, Planned, Plans, Project, RunError, Targets, Unsettled, now_ms};

use super::error::{AppError, ExitCode};
use super::merge::{refuse_conflicts, refuse_markers};
use super::save::Saved;
use super::unaccepted::{left_over, remedy, waits};

/// Accepts what targets mean, and commits that.
///
/// # Errors
/// When a target means nothing, nothing stands for it, or another run is going on. Where results of other pipelines were
/// accepted before that came out, these are committed, and the refusal is the last of what is given.
pub fn accept(start: &Path, targets: &[String]) -> Result<(Accepted, Saved, Option<AppError>), AppError> {
    let repo = Repo::open(start)?;
    let _lock = RunLock::acquire(&repo.state_dir(), "accept", now_ms()).map_err(RunError::from)?;
    super::mend::mend(&repo)?;
    let project = Project::open(start)?;
    if project.loaded.is_config_broken {
        return Err(RunError::BrokenConfig.into());
    }
    refuse_conflicts(&project)?;
    let (report, refused) = accept_all(repo.root(), in_order_of_graph(&project, wanted(&project, targets)?))?;
    let saved = commit(repo.root())?;
    Ok((report, saved, refused))
}

/// Accepts datums of several pipelines, one after the other, since what reads a result is planned on what was accepted of
/// it; up to the first that is refused, which is given beside what was accepted before.
fn accept_all(
    root: &Path,
    wanted: Vec<(PipelineName, Option<Vec<String>>)>,
) -> Result<(Accepted, Option<AppError>), AppError> {
    let (mut report, mut waiting) = (Accepted::default(), None);
    for (name, keys) in wanted {
        let (part, waits) = match accept_pipeline(root, &name, keys.as_deref()) {
            Err(refused) if !report.targets.is_empty() => return Ok((report, Some(refused))),
            accepted => accepted?,
        };
        waiting = waiting.or(waits);
        report.targets.extend(part.targets);
        report.current += part.current;
        report.passed.extend(part.passed);
        report.advice.extend(part.advice);
    }
    match waiting.filter(|_| report.targets.is_empty()) {
        Some(waits) => Err(waits),
        None => Ok((report, None)),
    }
}

/// Commits what was accepted.
fn commit(root: &Path) -> Result<Saved, AppError> {
    let project = Project::open(root)?;
    let known = Known::new(&project);
    let commits = project.commit_all(&project.plan_all(&known), false)?;
    Ok(Saved {
        results: commits.commits,
        held: commits.held.into_iter().collect(),
        is_stand_in: commits.is_stand_in,
        ..Saved::default()
    })
}

type Wanted = BTreeMap<PipelineName, Option<Vec<String>>>;

/// What is wanted, each pipeline after those that it reads.
fn in_order_of_graph(project: &Project, wanted: Wanted) -> Vec<(PipelineName, Option<Vec<String>>)> {
    let mut wanted: Vec<_> = wanted.into_iter().collect();
    let order = project.graph.order();
    wanted.sort_by_key(|(name, _)| order.iter().position(|other| other == name).unwrap_or(order.len()));
    wanted
}

fn wanted(project: &Project, targets: &[String]) -> Result<Wanted, AppError> {
    let known = Known::new(project);
    let plans = project.plan_all(&known);
    let mut found = Wanted::new();
    let mut looked_up = Targets::new(project, &plans);
    for text in targets {
        for target in looked_up.resolve(text)? {
            let keys = found.entry(target.pipeline).or_insert_with(|| Some(Vec::new()));
            match (keys.as_mut(), target.key) {
                (Some(keys), Some(key)) => keys.push(key),
                (_, None) => *keys = None,
                (None, Some(_)) => {}
            }
        }
    }
    Ok(found)
}

/// Accepts datums of one pipeline; beside them, the refusal of those of a whole one that wait. The project is read afresh,
/// since what was accepted upstream counts.
fn accept_pipeline(
    root: &Path,
    name: &PipelineName,
    keys: Option<&[String]>,
) -> Result<(Accepted, Option<AppError>), AppError> {
    let project = Project::open(root)?;
    refuse_markers(&project, name)?;
    let known = Known::new(&project);
    let plans = project.plan_all(&known);
    let planned = match plans.by_name.get(name) {
        Some(Ok(planned)) => planned,
        Some(Err(error)) => return Err(error.into()),
        None => return Err(AppError::usage(format!("`{name}` is no pipeline of this project"))),
    };
    let datums = &planned.plan.datums;
    let is_meant = |datum: &Datum| keys.is_none_or(|keys| keys.iter().any(|key| **key == *datum.key));
    let is_new = |datum: &Datum| datum.state != DatumState::Done && is_meant(datum);
    // Where all that counts as code is known, so is what is accepted.
    let is_sure = planned.gap.as_ref().is_none_or(CodeGap::is_sure);
    if let Some(error) = project.lacks_code(planned).filter(|_| !is_sure && datums.iter().any(is_new)) {
        return Err(error.into());
    }
    let Some(keys) = keys else { return accept_those_standing(&project, &known, &plans, planned) };
    if let Some(key) = keys.iter().find(|key| !datums.iter().any(|datum| *datum.key == **key)) {
        return Err(left_over(&project, &plans, planned, (&format!("{name}:{key}"), key)));
    }
    let is_wanted = |number: &usize| keys.iter().any(|key| **key == *datums[*number].key);
    let numbers: Vec<usize> = (0..datums.len()).filter(is_wanted).collect();
    let unsettled = Unsettled::new(&plans, planned);
    if let Some(number) = numbers.iter().find(|number| unsettled.holds(**number)) {
        return Err(waits(&project, &plans, planned, &format!("{name}:{}", datums[*number].key)));
    }
    Ok((accept_numbers(&project, &known, planned, &numbers)?, None))
}

fn accept_numbers(
    project: &Project,
    known: &Known<'_>,
    planned: &Planned,
    numbers: &[usize],
) -> Result<Accepted, AppError> {
    project.accept(known, planned, numbers)?.map_err(|error| AppError::new(ExitCode::Data, error.to_string()))
}

/// For a whole pipeline, datums where nothing stands, and files in the way, are passed over and told; also what waits for
/// what it reads, with the refusal of that, for where nothing is accepted.
fn accept_those_standing(
    project: &Project,
    known: &Known<'_>,
    plans: &Plans,
    planned: &Planned,
) -> Result<(Accepted, Option<AppError>), AppError> {
    let datums = &planned.plan.datums;
    let unsettled = Unsettled::new(plans, planned);
    let is_meant = |number: usize| match datums[number].state {
        DatumState::Stale | DatumState::Edited | DatumState::Failed => true,
        DatumState::Blocked => !unsettled.holds(number),
        _ => false,
    };
    let is_standing = |number: &usize| {
        datums[*number].state == DatumState::Done
            || (is_meant(*number) && project.is_acceptable(planned, *number))
    };
    let (standing, passed): (Vec<usize>, Vec<usize>) = (0..datums.len()).partition(is_standing);
    let accepted = accept_numbers(project, known, planned, &standing)?;
    let name = &planned.pipeline.name;
    let lines = project.ledger(name).lines();
    let passed = passed.into_iter().map(|number| (&datums[number].key, datums[number].state));
    let kept = planned.plan.left_keys().filter(|left| left.state != DatumState::Orphaned);
    let passed = passed.chain(kept.map(|left| (&lines[left.line as usize].key, left.state)));
    let passed: Vec<_> = passed.map(|(key, state)| (format!("{name}:{key}"), state)).collect();
    let is_waiting = |(_, state): &&(String, DatumState)| *state == DatumState::Blocked;
    let waiting = passed.iter().find(is_waiting).filter(|_| !planned.plan.incomplete.is_empty());
    let refused = waiting.map(|(target, _)| waits(project, plans, planned, target));
    let emptied =
        planned.plan.is_emptied().then(|| planned.plan.leftover_reason(DatumState::Blocked).sentence());
    let advice = waiting.map(|_| remedy(project, plans, planned)).into_iter().chain(emptied).collect();
    Ok((Accepted { passed, advice, ..accepted }, refused))
}
