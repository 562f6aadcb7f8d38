//! Readies a project for a run: conflicts refused or taken out, inputs saved if that is asked, what plans need provided.

use crate::git::write::NOBODY;
use crate::model::{Event, show_some};
use crate::run::{Known, Observer, Plans, Project, Request, RunError, now_ms};

use super::annexed_text::warning;
use super::choice::{FileChange, Take, refuse_half_staged};
use super::error::{AppError, ExitCode};
use super::merge::{refuse_conflicts, take_out_markers};
use super::needed::choice_for;
use super::provide::provide;
use super::save::{Saved, commit_choice, save_files};

/// The project, if a run may begin in it; with its inputs saved, if that is asked.
pub(super) fn ready(
    mut project: Project,
    request: &Request,
    observer: &mut dyn Observer,
) -> Result<Project, AppError> {
    refuse_conflicts(&project)?;
    refuse_hidden(&project)?;
    if take_out_markers(&project)? {
        project = project.again()?;
    }
    if request.save {
        let saved = save_first(&project, request, observer)?;
        if saved.commit.is_some() {
            project = project.again()?;
            project.remember();
        }
        if let Some(message) = warning(&project, &saved.files) {
            observer.event(&Event::Note { message, at_ms: now_ms() });
        }
    }
    if provide(&project, request, observer)? {
        project = project.again()?;
        project.remember();
    }
    if project.loaded.is_config_broken {
        return Err(RunError::BrokenConfig.into());
    }
    Ok(project)
}

/// Refuses a branch from which git-annex hides files whose content is not here: they would count as removed, and so would
/// their results.
fn refuse_hidden(project: &Project) -> Result<(), AppError> {
    let head = project.repo.head()?;
    let branch = head.branch().unwrap_or_default();
    let hides = |how: &str| how.split('-').any(|word| word == "hidemissing");
    let adjusted = branch.strip_prefix("adjusted/").and_then(|rest| rest.strip_suffix(')')?.rsplit_once('('));
    let Some((original, _)) = adjusted.filter(|(_, how)| hides(how)) else { return Ok(()) };
    let message = format!(
        "git-annex hides files of the branch `{branch}` whose content is not here, so a run would take them for removed, and remove their results"
    );
    Err(AppError::new(ExitCode::Data, message).hint(format!(
        "`git checkout {original}` or `git annex adjust --unlock` show them, and a run fetches what it needs"
    )))
}

/// Commits what changed and tells it.
fn save_first(project: &Project, request: &Request, observer: &mut dyn Observer) -> Result<Saved, AppError> {
    let saved = match (&request.save_paths, &request.save_files) {
        (paths, files) if paths.is_empty() && files.is_empty() => save_used(project, request)?,
        (paths, files) if paths.is_empty() => save_files(project, &Take::Files(files.clone()), None)?,
        (paths, _) => save_files(project, &Take::Paths(paths.clone()), None)?,
    };
    let taken = saved.commit.as_ref().map(|commit| match saved.files.as_slice() {
        [(one, FileChange::Removed)] => format!("saved the removal of `{one}` in {}", &commit[..10]),
        [(one, _)] => format!("saved `{one}` in {}", &commit[..10]),
        many => format!("saved {} files in {}", many.len(), &commit[..10]),
    });
    let left: Vec<&str> = saved.left_out.iter().map(String::as_str).collect();
    let left = (!left.is_empty()).then(|| {
        let left = show_some(&left, 1);
        format!("left out new files that no pipeline uses: {left}; `minipach save PATH` takes them")
    });
    let unused: Vec<&str> = saved.unused.iter().map(String::as_str).collect();
    let unused = (!unused.is_empty()).then(|| {
        let unused = show_some(&unused, 1);
        format!("left uncommitted what this run does not use: {unused}; `minipach save` takes such changes")
    });
    let nobody = saved.is_stand_in.then(|| NOBODY.to_owned());
    if let Some(message) = taken {
        observer.event(&Event::Saved { message, at_ms: now_ms() });
    }
    for message in left.into_iter().chain(unused).chain(nobody) {
        observer.event(&Event::Note { message, at_ms: now_ms() });
    }
    Ok(saved)
}

/// Commits the changes that a run of a request uses.
fn save_used(project: &Project, request: &Request) -> Result<Saved, AppError> {
    let is_readable = !project.loaded.is_config_broken;
    let plans = if is_readable { project.plan_all(&Known::new(project)) } else { Plans::default() };
    let choice = choice_for(project, &plans, request)?;
    refuse_half_staged(project, &Take::Used, &choice)?;
    commit_choice(project, choice, None)
}
