//! `accept`: results are good as they stand.

use std::collections::BTreeMap;
use std::path::Path;

use crate::git::Repo;
use crate::ledger::RunLock;
use crate::model::{DatumState, PipelineName};
use crate::run::{Accepted, Known, Planned, Plans, Project, RunError, Targets, now_ms};

use super::error::{AppError, ExitCode};
use super::merge::{refuse_conflicts, refuse_markers};
use super::save::Saved;
use super::unaccepted::{left_over, remedy, waits};

/// Accepts what targets mean, and commits that.
///
/// # Errors
/// When a target means nothing, nothing stands for it, or another run is going on.
pub fn accept(start: &Path, targets: &[String]) -> Result<(Accepted, Saved), AppError> {
    let repo = Repo::open(start)?;
    let _lock = RunLock::acquire(&repo.state_dir(), "accept", now_ms()).map_err(RunError::from)?;
    super::mend::mend(&repo)?;
    let project = Project::open(start)?;
    if project.loaded.is_config_broken {
        return Err(RunError::BrokenConfig.into());
    }
    refuse_conflicts(&project)?;
    let mut report = Accepted::default();
    // What reads a result is planned on what was accepted of it.
    for (name, keys) in in_order_of_graph(&project, wanted(&project, targets)?) {
        let part = accept_pipeline(repo.root(), &name, keys.as_deref())?;
        report.targets.extend(part.targets);
        report.current += part.current;
        report.passed.extend(part.passed);
        report.advice.extend(part.advice);
    }
    let project = Project::open(repo.root())?;
    let known = Known::new(&project);
    let commits = project.commit_all(&project.plan_all(&known), false)?;
    let saved = Saved {
        results: commits.commits,
        held: commits.held.into_iter().collect(),
        is_stand_in: commits.is_stand_in,
        ..Saved::default()
    };
    Ok((report, saved))
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

/// Accepts datums of one pipeline. The project is read afresh, since what was accepted upstream counts.
fn accept_pipeline(root: &Path, name: &PipelineName, keys: Option<&[String]>) -> Result<Accepted, AppError> {
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
    let Some(keys) = keys else { return accept_those_standing(&project, &plans, planned) };
    if let Some(key) = keys.iter().find(|key| !datums.iter().any(|datum| *datum.key == **key)) {
        return Err(left_over(&project, &plans, planned, (&format!("{name}:{key}"), key)));
    }
    let is_wanted = |number: &usize| keys.iter().any(|key| **key == *datums[*number].key);
    let numbers: Vec<usize> = (0..datums.len()).filter(is_wanted).collect();
    if let Some(number) = numbers.iter().find(|number| planned.is_unsettled(&plans, **number)) {
        return Err(waits(&project, &plans, planned, &format!("{name}:{}", datums[*number].key)));
    }
    project.accept(planned, &numbers)?.map_err(|error| AppError::new(ExitCode::Data, error.to_string()))
}

/// For a whole pipeline, datums where nothing stands, and files in the way, are passed over and told; also what waits for
/// what it reads. Refused where all that could be accepted waits.
fn accept_those_standing(project: &Project, plans: &Plans, planned: &Planned) -> Result<Accepted, AppError> {
    let datums = &planned.plan.datums;
    let is_standing = |number: &usize| match datums[*number].state {
        DatumState::Done => true,
        DatumState::Stale | DatumState::Edited | DatumState::Failed => {
            project.is_acceptable(planned, *number)
        }
        DatumState::Blocked => {
            !planned.is_unsettled(plans, *number) && project.is_acceptable(planned, *number)
        }
        _ => false,
    };
    let (standing, passed): (Vec<usize>, Vec<usize>) = (0..datums.len()).partition(is_standing);
    let name = &planned.pipeline.name;
    let lines = project.ledger(name).lines();
    let passed = passed.into_iter().map(|number| (&datums[number].key, datums[number].state));
    let kept = planned.plan.left_keys().filter(|left| left.state != DatumState::Orphaned);
    let passed = passed.chain(kept.map(|left| (&lines[left.line as usize].key, left.state)));
    let passed: Vec<_> = passed.map(|(key, state)| (format!("{name}:{key}"), state)).collect();
    let waiting = passed
        .iter()
        .find(|(_, state)| *state == DatumState::Blocked)
        .filter(|_| !planned.plan.incomplete.is_empty());
    let is_all_done = standing.iter().all(|number| datums[*number].state == DatumState::Done);
    if let Some((target, _)) = waiting.filter(|_| is_all_done) {
        return Err(waits(project, plans, planned, target));
    }
    let advice = waiting.map(|_| remedy(project, plans, planned)).into_iter().collect();
    let accepted = project
        .accept(planned, &standing)?
        .map_err(|error| AppError::new(ExitCode::Data, error.to_string()))?;
    Ok(Accepted { passed, advice, ..accepted })
}
