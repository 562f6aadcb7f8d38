//! Projects that follow a cookiecutter template: rendered as it was and as it is, by the same clock and without hooks, so that
//! all that differs is what the template says.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::app::error::{AppError, ExitCode};
use crate::app::template::{Talk, TemplateError, told};
use crate::git::process::{Access, git};
use crate::git::template::{Blobs, absent_blobs, blobs_of, resolve};
use crate::scaffold::cookiecutter::{Anew, render_anew};
use crate::scaffold::{Answers, RECORD, Record, RenderedFile, Source, TemplatePlace, blob_of};

use super::followed::{Followed, trouble};
use super::latest::{Latest, UpdateRequest};

/// A template that is rendered several times and fetched once.
pub(super) struct Near {
    /// The address of the copy, or the template's own place where there is none.
    here: String,
    /// The copy, a bare repository.
    copy: Option<PathBuf>,
    _holder: tempfile::TempDir,
}

impl Near {
    /// Fetches what is not on this machine. If that fails, rendering tells why.
    pub(super) fn of(root: &Path, from: &str) -> Result<Self, AppError> {
        let holder = tempfile::tempdir()
            .map_err(|error| AppError::new(ExitCode::Data, format!("cannot make a folder: {error}")))?;
        let name = from.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or_default();
        let copy = holder.path().join(name.trim_end_matches(".git"));
        let url = from.strip_prefix("git+").unwrap_or(from);
        let fetch = git(holder.path(), Access::Write).args(["clone", "--quiet", "--mirror", "--", url]);
        let copy = Some(copy).filter(|copy| !root.join(from).exists() && fetch.arg(copy).output().is_ok());
        let here = copy.as_ref().map_or_else(|| from.to_owned(), |copy| format!("file://{}", copy.display()));
        Ok(Self { here, copy, _holder: holder })
    }

    /// Where it can be read.
    pub(super) fn here(&self) -> &str {
        &self.here
    }

    /// Whether it was fetched and has no such file.
    pub(super) fn lacks(&self, at: &str, path: &Path) -> bool {
        let name = format!("{at}:{}", path.display());
        self.copy.as_ref().is_some_and(|copy| resolve(copy, &name).is_none())
    }

    /// Renders it as it is at a commit, or now.
    pub(super) fn render(
        &self,
        order: &Anew<'_>,
        talk: Option<&mut dyn Talk>,
    ) -> Result<(Record, Vec<RenderedFile>), TemplateError> {
        let place = TemplatePlace { from: self.here.clone(), ..order.place.clone() };
        let rendered = render_anew(&Anew { place: &place, ..*order }, talk);
        // Where the copy lies is nobody's business.
        let (mut record, files) = rendered.map_err(|error| match error {
            TemplateError::Source(text) => TemplateError::Source(text.replace(&self.here, &order.place.from)),
            other => other,
        })?;
        if let Source::Template(noted) = &mut record.source {
            noted.from.clone_from(&order.place.from);
        }
        Ok((record, files))
    }
}

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
    let near = Near::of(&root, &from)?;
    let now = TemplatePlace { from, checkout, ..place.clone() };
    let order = Anew { root: &root, place: &now, at: None, known: &known, given: &request.answers };
    let (record, files) = near.render(&order, talk).map_err(|error| match error {
        TemplateError::Source(_) => {
            told(&error).hint("`--to` names another version of the template, `--from` where it is now")
        }
        other => told(&other),
    })?;
    let mut before = followed.record.files.clone();
    if let Some(at) = &place.commit {
        let then = TemplatePlace { from: now.from.clone(), ..place.clone() };
        let order = Anew { place: &then, at: Some(at), given: &Answers::new(), ..order };
        // A commit that is gone, or cannot be rendered any more, is told of by the record.
        if let Ok((old, files)) = near.render(&order, None) {
            followed.record.files = old.files;
            followed.once_more = files;
        }
    }
    settle_lost(followed, &files, &mut before)?;
    let unmanaged = unmanaged(&root, &followed.record)?;
    followed.record.files.retain(|path, _| !unmanaged(path));
    let latest = with_record(record, files.into_iter().filter(|file| !unmanaged(&file.path)).collect());
    Ok(noting(latest, &followed.record.files, &before))
}

/// Files whose bytes as they were laid out nobody has, as hooks changed or removed them before the first commit and the
/// template is another by now. What is not here stays away; what the template has not changed stays as it is here; what
/// both have changed is a conflict of two files without a common past.
fn settle_lost(followed: &mut Followed, files: &[RenderedFile], before: &mut Blobs) -> Result<(), AppError> {
    let absent: BTreeSet<String> =
        absent_blobs(&followed.root, &followed.record.files).map_err(trouble)?.into_iter().collect();
    let known: BTreeSet<String> = followed.once_more.iter().map(blob_of).collect();
    let here = blobs_of(&followed.root, "HEAD").map_err(trouble)?;
    let is_lost =
        |blob: &String| !known.contains(blob) && blob.split(' ').nth(1).is_some_and(|id| absent.contains(id));
    let lost = followed.record.files.clone().into_iter().filter(|(_, blob)| is_lost(blob));
    for (path, blob) in lost.collect::<Blobs>() {
        let now = files.iter().find(|file| file.path == path);
        match now.filter(|file| blob_of(file) == blob || !here.contains_key(&path)) {
            Some(file) => {
                followed.once_more.push(file.clone());
                followed.record.files.insert(path.clone(), blob_of(file));
            }
            None => drop(followed.record.files.remove(&path)),
        }
        before.remove(&path);
    }
    Ok(())
}

/// Has its record name what a template has not changed since as it was noted `before`: the clock alone makes nothing new.
fn noting(mut latest: Latest, old: &Blobs, before: &Blobs) -> Latest {
    let noted = |(path, blob): (&String, &String)| {
        let known = before.get(path).filter(|_| old.get(path) == Some(blob));
        (path.clone(), known.unwrap_or(blob).clone())
    };
    let files = latest.record.files.iter().map(noted).collect();
    latest.files.retain(|file| file.path != RECORD);
    latest.files.push(Record { files, ..latest.record.clone() }.file());
    latest
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
    Latest { record, files, beside: Vec::new(), migrations: Vec::new() }
}
