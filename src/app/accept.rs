//! `accept`: results are good as they stand.

use std::collections::BTreeMap;
use std::path::Path;

use crate::git::Repo;
use crate::ledger::RunLock;
use crate::model::{DatumState, PipelineName};
use crate::run::{Accepted, Known, Project, RunError, now_ms};

use super::error::{AppError, ExitCode};
use super::save::Saved;

/// Accepts what targets mean, and commits that.
///
/// # Errors
/// When a target means nothing, nothing stands for it, or another run is going on.
pub fn accept(start: &Path, targets: &[String]) -> Result<(Accepted, Saved), AppError> {
    let repo = Repo::open(start)?;
    let _lock = RunLock::acquire(&repo.state_dir(), "accept", now_ms()).map_err(RunError::from)?;
    super::mend::mend(&repo)?;
    let project = Project::open(repo.root())?;
    if project.loaded.is_config_broken {
        return Err(RunError::BrokenConfig.into());
    }
    let mut report = Accepted::default();
    for (name, keys) in wanted(&project, targets)? {
        let part = accept_pipeline(repo.root(), &name, keys.as_deref())?;
        report.targets.extend(part.targets);
        report.current += part.current;
    }
    let project = Project::open(repo.root())?;
    let known = Known::new(&project.repo, &project.results, &project.ledgers);
    let commits = project.commit_all(&project.plan_all(&known))?;
    let saved =
        Saved { results: commits.commits, held: commits.held.into_iter().collect(), ..Saved::default() };
    Ok((report, saved))
}

type Wanted = BTreeMap<PipelineName, Option<Vec<String>>>;

fn wanted(project: &Project, targets: &[String]) -> Result<Wanted, AppError> {
    let known = Known::new(&project.repo, &project.results, &project.ledgers);
    let plans = project.plan_all(&known);
    let mut found = Wanted::new();
    for text in targets {
        for target in project.resolve_target(&plans, text)? {
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
    let known = Known::new(&project.repo, &project.results, &project.ledgers);
    let plans = project.plan_all(&known);
    let planned = match plans.by_name.get(name) {
        Some(Ok(planned)) => planned,
        Some(Err(error)) => return Err(AppError::new(ExitCode::Spec, error.to_string())),
        None => return Err(AppError::usage(format!("`{name}` is no pipeline of this project"))),
    };
    let is_wanted = |key: &str, state: DatumState| match keys {
        Some(keys) => keys.iter().any(|wanted| wanted == key),
        None => {
            matches!(state, DatumState::Stale | DatumState::Edited | DatumState::Done | DatumState::Failed)
        }
    };
    let datums = planned.plan.datums.iter().enumerate();
    let numbers: Vec<usize> =
        datums.filter(|(_, datum)| is_wanted(&datum.key, datum.state)).map(|(number, _)| number).collect();
    let accepted = match keys {
        Some(_) => project.accept(planned, &numbers)?,
        None => accept_those_standing(&project, planned, &numbers)?,
    };
    accepted.map_err(|error| AppError::new(ExitCode::Data, error.to_string()))
}

/// For a whole pipeline, datums where nothing stands are passed over.
fn accept_those_standing(
    project: &Project,
    planned: &crate::run::Planned,
    numbers: &[usize],
) -> Result<Result<Accepted, crate::run::AcceptError>, RunError> {
    let files = project.results.below(planned.pipeline.name.as_str());
    let ledger = project.ledger(&planned.pipeline.name);
    let stands = |number: &usize| {
        let key = &planned.plan.datums[*number].key;
        let own = crate::plan::owns_target(&planned.pipeline, key);
        let lines = ledger.lines_for(key);
        (own && !crate::plan::entries_of(&files, key).is_empty())
            || lines
                .iter()
                .flat_map(|line| &line.outputs)
                .any(|output| !crate::plan::entries_of(&files, &output.path).is_empty())
    };
    let standing: Vec<usize> = numbers.iter().copied().filter(stands).collect();
    project.accept(planned, &standing)
}
