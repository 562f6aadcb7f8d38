//! What a project's scaffold says now, with the answers of the project.

use std::collections::BTreeSet;
use std::path::Path;

use crate::app::error::AppError;
use crate::app::scaffolds::{Opened, open_scaffold, surroundings};
use crate::git::process::{Access, git};
use crate::git::template::{Blobs, store_blob};
use crate::scaffold::{
    self, Answers, Manifest, Migration, RECORD, Record, RenderedFile, ScaffoldError, Source, Surroundings,
    blob_of, migrated, moved,
};

use super::followed::trouble;

/// What is wanted of an update.
#[derive(Clone, Debug, Default)]
pub struct UpdateRequest {
    /// The branch, tag or commit of a scaffold from git.
    pub to: Option<String>,
    /// Another place where the scaffold is now.
    pub from: Option<String>,
    /// Answers that change.
    pub answers: Answers,
    /// Only tell whether there is anything new.
    pub is_check: bool,
    /// Merge into the branch that is checked out, not into one of its own.
    pub in_place: bool,
}

/// A scaffold, rendered for a project.
pub(super) struct Latest {
    /// What the project is to be recorded as.
    pub(super) record: Record,
    /// Its files, the record too.
    pub(super) files: Vec<RenderedFile>,
    /// Files of it that are the project's own.
    pub(super) beside: Vec<RenderedFile>,
    /// What it does to the project first.
    pub(super) migrations: Vec<Migration>,
}

impl Latest {
    /// Stores all files, and names their blobs.
    pub(super) fn blobs(&self, root: &Path) -> Result<Blobs, AppError> {
        let mut blobs = Blobs::new();
        for file in &self.files {
            store_blob(root, &file.bytes).map_err(trouble)?;
            blobs.insert(file.path.clone(), blob_of(file));
        }
        Ok(blobs)
    }
}

/// Opens the scaffold that a record names, as it is now.
pub(super) fn open_latest(root: &Path, record: &Record, request: &UpdateRequest) -> Result<Opened, AppError> {
    let (text, checkout) = match (&request.from, &record.source) {
        (Some(from), _) => (from.clone(), request.to.clone()),
        (None, Source::BuiltIn(id)) => (id.clone(), request.to.clone()),
        (None, Source::Folder(folder)) => (folder.clone(), request.to.clone()),
        (None, Source::Git { url, reference, .. }) => {
            (url.clone(), request.to.clone().or_else(|| reference.clone()))
        }
        (None, Source::Template(place)) => (place.from.clone(), request.to.clone()),
    };
    open_scaffold(&text, root, checkout.as_deref())
        .map_err(|error| error.hint("`minipach update --from FOLDER|URL` says where the scaffold is now"))
}

/// Renders it with the answers of a record.
pub(super) fn latest(
    root: &Path,
    opened: &Opened,
    record: &Record,
    request: &UpdateRequest,
) -> Result<Latest, AppError> {
    let migrations = opened.manifest.migrations_since(&record.version);
    let old = migrated(&migrations, record.typed());
    let known: BTreeSet<String> = record.files.keys().filter_map(|path| moved(&migrations, path)).collect();
    let latest = rendered(root, opened, &old, &request.answers, |path| {
        known.contains(path) || !is_in_head(root, path)
    })?;
    Ok(Latest { migrations, ..latest })
}

/// What a scaffold asks that a project was never asked, with the answers that it has.
#[derive(Clone, Debug)]
pub struct NewQuestions {
    /// The scaffold.
    pub scaffold: Manifest,
    /// What defaults may say.
    pub around: Surroundings,
    /// Answers that still hold, and those that were given now.
    pub answers: Answers,
    /// Names of the new questions that arise.
    pub names: Vec<String>,
}

impl NewQuestions {
    /// Those of a scaffold.
    pub(super) fn of(root: &Path, opened: &Opened, record: &Record, given: &Answers) -> Self {
        let (scaffold, around) = (opened.manifest.clone(), surroundings(root));
        let old = migrated(&scaffold.migrations_since(&record.version), record.typed());
        let answers = still(&scaffold, &old, given, &around);
        let is_new = |question: &&scaffold::Question| {
            !answers.contains_key(&question.name) && scaffold.is_asked(question, &answers, &around)
        };
        let names = scaffold.questions.iter().filter(is_new).map(|question| question.name.clone()).collect();
        Self { scaffold, around, answers, names }
    }

    /// Names of those among them that have no default.
    pub(super) fn without_default(&self) -> Vec<String> {
        let has_none = |name: &&String| {
            let question = self.scaffold.questions.iter().find(|question| question.name == **name);
            question.is_some_and(|one| self.scaffold.default_of(one, &self.answers, &self.around).is_none())
        };
        self.names.iter().filter(has_none).cloned().collect()
    }
}

/// Renders a scaffold with old answers, where they still answer something, and new ones; of its files those that are
/// `managed`.
pub(super) fn rendered(
    root: &Path,
    opened: &Opened,
    old: &Answers,
    new: &Answers,
    managed: impl Fn(&str) -> bool,
) -> Result<Latest, AppError> {
    let manifest = &opened.manifest;
    let around = surroundings(root);
    let answers = still(manifest, old, new, &around);
    let rendered = scaffold::render(manifest, &answers, &around).map_err(|error| refused(&error))?;
    let (mut files, beside): (Vec<RenderedFile>, Vec<RenderedFile>) =
        rendered.files.into_iter().partition(|file| managed(&file.path));
    let record = Record {
        source: opened.source.clone(),
        scaffold: manifest.id.clone(),
        version: manifest.version.clone(),
        content: manifest.content.clone(),
        minipach: env!("CARGO_PKG_VERSION").to_owned(),
        answers: rendered.answers,
        files: files.iter().map(|file| (file.path.clone(), blob_of(file))).collect(),
    };
    files.push(record.file());
    Ok(Latest { record, files, beside, migrations: Vec::new() })
}

fn refused(error: &ScaffoldError) -> AppError {
    let told = AppError::usage(error.to_string());
    let is_answer = matches!(
        error,
        ScaffoldError::Missing { .. }
            | ScaffoldError::BadAnswer { .. }
            | ScaffoldError::UnknownQuestion { .. }
    );
    if is_answer { told.hint("`--set NAME=VALUE` answers it") } else { told }
}

/// Old answers to questions that are still asked and that they still answer, below new ones.
fn still(manifest: &Manifest, old: &Answers, new: &Answers, around: &Surroundings) -> Answers {
    let mut answers = Answers::new();
    for question in &manifest.questions {
        let name = &question.name;
        let is_asked = manifest.is_asked(question, &answers, around);
        let known = old.get(name).filter(|text| is_asked && question.check(text).is_ok());
        if let Some(text) = new.get(name).or(known) {
            answers.insert(name.clone(), text.clone());
        }
    }
    // What is asked no more, or never was, is told by whoever renders.
    answers.extend(new.clone());
    answers
}

/// Whether the last commit has a path.
pub(super) fn is_in_head(root: &Path, path: &str) -> bool {
    path != RECORD
        && git(root, Access::Read).args(["cat-file", "-e", &format!("HEAD:{path}")]).output().is_ok()
}
