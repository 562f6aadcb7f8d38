//! Projects that follow a cookiecutter template: rendered as it was and as it is, by the same clock and without hooks, so that
//! all that differs is what the template says.

use std::path::Path;

use crate::app::error::AppError;
use crate::app::template::{Talk, TemplateError, told};
use crate::git::template::blobs_of;
use crate::scaffold::cookiecutter::{Anew, render_anew};
use crate::scaffold::{Answers, Record, RenderedFile, Source, TemplatePlace, blob_of};

use super::followed::{Followed, trouble};
use super::latest::{Latest, UpdateRequest};

/// What the template says now. What it said when the project was laid out is noted in `followed`, if it can still be had;
/// else the record tells.
pub(super) fn latest(
    followed: &mut Followed,
    place: &TemplatePlace,
    request: &UpdateRequest,
    talk: Option<&mut dyn Talk>,
) -> Result<Latest, AppError> {
    let root = followed.root.clone();
    let known = followed.record.answers.clone();
    let from = request.from.clone().unwrap_or_else(|| place.from.clone());
    let checkout = request.to.clone().or_else(|| place.checkout.clone());
    let now = TemplatePlace { from, checkout, ..place.clone() };
    let order = Anew { root: &root, place: &now, at: None, known: &known, given: &request.answers };
    let (record, files) = render_anew(&order, talk).map_err(|error| match error {
        TemplateError::Source(_) => {
            told(&error).hint("`minipach update --from TEMPLATE` says where the template is now")
        }
        other => told(&other),
    })?;
    if let Some(at) = &place.commit {
        let then = TemplatePlace { from: now.from.clone(), ..place.clone() };
        let order = Anew { root: &root, place: &then, at: Some(at), known: &known, given: &Answers::new() };
        // A commit that is gone, or cannot be rendered any more, is told of by the record.
        if let Ok((old, files)) = render_anew(&order, None) {
            followed.record.files = old.files;
            followed.once_more = files;
        }
    }
    let unmanaged = unmanaged(&root, &followed.record)?;
    followed.record.files.retain(|path, _| !unmanaged(path));
    Ok(with_record(record, files.into_iter().filter(|file| !unmanaged(&file.path)).collect()))
}

/// Which paths are no template's business: files here that are no plain files of git (links, such as those of the
/// annex, and subdatasets), and those of the template that git does not track here.
fn unmanaged(root: &Path, record: &Record) -> Result<impl Fn(&str) -> bool + use<>, AppError> {
    let here = blobs_of(root, "HEAD").map_err(trouble)?;
    let (root, known) = (root.to_owned(), record.files.clone());
    Ok(move |path: &str| match here.get(path) {
        Some(blob) => !blob.starts_with("100"),
        None => known.contains_key(path) && root.join(path).symlink_metadata().is_ok(),
    })
}

/// A render with its record, which names only these files.
pub(super) fn with_record(record: Record, mut files: Vec<RenderedFile>) -> Latest {
    let named = files.iter().map(|file| (file.path.clone(), blob_of(file))).collect();
    let record = Record { files: named, ..record };
    files.push(record.file());
    Latest { record, files }
}

/// A template as a project without a record may follow it, at a branch, tag or commit, or as it is; `here` is where it can
/// be read.
pub(super) fn whole(
    root: &Path,
    place: &TemplatePlace,
    here: &str,
    at: Option<&str>,
    answers: &Answers,
) -> Result<Latest, AppError> {
    let near = TemplatePlace { from: here.to_owned(), ..place.clone() };
    let known = serde_json::Map::new();
    let order = Anew { root, place: &near, at, known: &known, given: answers };
    let (mut record, files) = render_anew(&order, None).map_err(|error| told(&error))?;
    if let Source::Template(noted) = &mut record.source {
        noted.from.clone_from(&place.from);
    }
    Ok(with_record(record, files))
}
