//! Readies a project for a run: conflicts refused or taken out, inputs saved if that is asked, what plans need provided.

use crate::git::write::NOBODY;
use crate::model::{Event, show_some};
use crate::run::{Observer, Project, Request, RunError, now_ms};

use super::annexed_text::warning;
use super::choice::Take;
use super::error::AppError;
use super::merge::{refuse_conflicts, take_out_markers};
use super::provide::provide;
use super::save::Saved;

/// The project, if a run may begin in it; with its inputs saved, if that is asked.
pub(super) fn ready(
    mut project: Project,
    request: &Request,
    observer: &mut dyn Observer,
) -> Result<Project, AppError> {
    refuse_conflicts(&project)?;
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

/// Commits what changed and tells it.
fn save_first(project: &Project, request: &Request, observer: &mut dyn Observer) -> Result<Saved, AppError> {
    let take = match (&request.save_paths, &request.save_files) {
        (paths, files) if paths.is_empty() && files.is_empty() => Take::Used,
        (paths, files) if paths.is_empty() => Take::Files(files.clone()),
        (paths, _) => Take::Paths(paths.clone()),
    };
    let saved = super::save::save_files(project, &take, None)?;
    let taken = saved.commit.as_ref().map(|commit| match saved.files.as_slice() {
        [(one, _)] => format!("saved `{one}` in {}", &commit[..10]),
        many => format!("saved {} files in {}", many.len(), &commit[..10]),
    });
    let left: Vec<&str> = saved.left_out.iter().map(String::as_str).collect();
    let left = (!left.is_empty()).then(|| {
        let left = show_some(&left, 1);
        format!("left out new files that no pipeline uses: {left}; `minipach save PATH` takes them")
    });
    let nobody = saved.is_stand_in.then(|| NOBODY.to_owned());
    for message in taken.into_iter().chain(left).chain(nobody) {
        observer.event(&Event::Note { message, at_ms: now_ms() });
    }
    Ok(saved)
}
