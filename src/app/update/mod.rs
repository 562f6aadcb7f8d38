//! `update` and `adopt`: a project follows its scaffold by merges of git.

mod adopt;
mod base;
mod block;
mod drift;
mod followed;
mod in_the_way;
mod latest;
mod migrate;
mod of_template;
mod tags;
mod undone;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::git::process::{Access, git};
use crate::git::template::{
    self, Blobs, TEMPLATE, blobs_of, commit_merge, commit_tree, store_blob, write_tree,
};
use crate::git::write;
use crate::ledger::RunLock;
use crate::run::{RunError, now_ms};
use crate::scaffold::{Manifest, RECORD, RenderedFile, Source, blob_of};

use super::error::{AppError, ExitCode};
use super::template::Talk;
pub use adopt::{Adopted, Adoption, adopt};
use base::base_of;
pub use drift::{Drift, Drifted, drift, drift_lines};
use followed::{Followed, branch_of, is_branch, open, refuse_operation, refuse_unready, trouble};
use latest::{Latest, latest, open_latest};
pub use latest::{NewQuestions, UpdateRequest};
use undone::Note;
pub use undone::abort_update;

/// What an update did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Updated {
    /// The scaffold.
    pub scaffold: String,
    /// The version that the project has, and the one there is.
    pub versions: (String, String),
    /// Files that the scaffold has changed, laid out anew, or lays out no more.
    pub changed: Vec<String>,
    /// Those among them that are new.
    pub new: Vec<String>,
    /// Files of the scaffold that were removed here, and stay so.
    pub kept_deleted: Vec<String>,
    /// Those among them that the scaffold has changed.
    pub changed_deleted: Vec<String>,
    /// Files that the scaffold has elsewhere by now, and that were moved here too: from and to.
    pub moved: Vec<(String, String)>,
    /// Files in conflict, which are in the index in all three stages.
    pub conflicts: Vec<String>,
    /// Those among them that one side removed and the other changed, and whether the scaffold removed them.
    pub removed: BTreeMap<String, bool>,
    /// Those among them that one side added in a folder to which the other gave another name, where git put them.
    pub put: Vec<String>,
    /// Questions that the project must answer first; only in a check.
    pub asks: Vec<String>,
    /// Tags after the one that the project stays at, newest first, where there is nothing new at that.
    pub newer: Vec<String>,
    /// The branch that it was merged into, if it is one of its own.
    pub branch: Option<String>,
    /// The branch that was checked out before, or the commit.
    pub before: String,
    /// Whether it was a commit without a branch.
    pub is_detached: bool,
    /// Files of the project's own that the scaffold has too, otherwise: they stay. The scaffold's are stored as these blobs.
    pub own: Vec<(String, String)>,
    /// The merge, if it is committed.
    pub commit: Option<String>,
}

impl Updated {
    /// Whether the scaffold says anything new.
    pub fn is_news(&self) -> bool {
        !self.changed.is_empty()
    }
}

/// Brings a project up to its scaffold.
///
/// A template asks whom it may `talk` to what the project was never asked.
///
/// # Errors
/// When it has no record, has changes that are not committed, or the scaffold cannot be had.
pub fn update(
    start: &Path,
    request: &UpdateRequest,
    talk: Option<&mut dyn Talk>,
) -> Result<Updated, AppError> {
    let mut followed = open(start)?;
    // In an open merge the record is the new one already, whatever becomes of it.
    if !request.is_check || followed.repo.operation() == Some("merge") {
        refuse_operation(&followed.repo)?;
    }
    let latest = match followed.record.source.clone() {
        Source::Template(place) => of_template::latest(&mut followed, &place, request, talk)?,
        _ => match of_scaffold(&followed, request)? {
            Ok(latest) => latest,
            Err(asked) => return Ok(asked),
        },
    };
    let mut updated = compared(&followed, &latest, request)?;
    if !updated.is_news() && request.to.is_none() {
        updated.newer = tags::after(&followed.root, &latest.record.source);
    }
    if request.is_check || !updated.is_news() {
        return Ok(updated);
    }
    let _lock = RunLock::acquire(&followed.repo.state_dir(), "update", now_ms()).map_err(RunError::from)?;
    refuse_unready(&followed)?;
    let laid = updated.changed.iter().filter(|path| latest.record.files.contains_key(*path));
    in_the_way::refuse(&followed.root, laid.chain(updated.moved.iter().map(|(_, to)| to)))?;
    let head = template::resolve(&followed.root, "HEAD").unwrap_or_default();
    merge(&followed, &latest, request, &mut updated)?;
    // What was renamed here follows under its new name, so it is not said to be removed.
    let renamed = template::renamed(&followed.root, &format!("{TEMPLATE}^"), &head).map_err(trouble)?;
    updated.kept_deleted.retain(|path| !renamed.contains(path));
    Ok(updated)
}

/// What a scaffold says now; or, in a check, what it asks first.
fn of_scaffold(followed: &Followed, request: &UpdateRequest) -> Result<Result<Latest, Updated>, AppError> {
    let (root, record) = (&followed.root, &followed.record);
    let opened = open_latest(root, record, request)?;
    if request.is_check {
        let asks = NewQuestions::of(root, &opened, record, &request.answers).without_default();
        if !asks.is_empty() {
            return Ok(Err(to_be_asked(followed, &opened.manifest, asks)));
        }
    }
    latest(root, &opened, record, request).map(Ok)
}

/// The questions that a project's scaffold asks by now and that it has not answered. Templates ask while they are
/// rendered.
///
/// # Errors
/// When it has no record, or the scaffold cannot be had.
pub fn new_questions(start: &Path, request: &UpdateRequest) -> Result<Option<NewQuestions>, AppError> {
    let followed = open(start)?;
    if matches!(followed.record.source, Source::Template(_)) {
        return Ok(None);
    }
    let opened = open_latest(&followed.root, &followed.record, request)?;
    Ok(Some(NewQuestions::of(&followed.root, &opened, &followed.record, &request.answers)))
}

/// There is something new, but what it comes to depends on answers.
fn to_be_asked(followed: &Followed, manifest: &Manifest, asks: Vec<String>) -> Updated {
    Updated {
        scaffold: manifest.id.clone(),
        versions: (followed.record.version.clone(), manifest.version.clone()),
        changed: vec![RECORD.to_owned()],
        asks,
        ..Updated::default()
    }
}

/// What the scaffold says now against what it said.
fn compared(followed: &Followed, latest: &Latest, request: &UpdateRequest) -> Result<Updated, AppError> {
    let here = blobs_of(&followed.root, "HEAD").map_err(trouble)?;
    let moves = migrate::moves(latest, &followed.record.files, &here);
    let (old, new) = (&migrate::files_by_now(latest, &followed.record.files), &latest.record.files);
    let all: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let mut changed: Vec<String> =
        all.into_iter().filter(|path| old.get(*path) != new.get(*path)).cloned().collect();
    let is_asked = request.from.is_some() || request.to.is_some();
    let is_elsewhere = is_asked && followed.record.source.place() != latest.record.source.place();
    let is_other =
        followed.record.answers != latest.record.answers || !latest.migrations.is_empty() || is_elsewhere;
    if changed.is_empty() && is_other {
        changed.push(RECORD.to_owned());
    }
    let is_here = |path: &String| here.contains_key(path) || moves.iter().any(|(_, to)| to == path);
    let is_gone = |path: &&String| old.contains_key(*path) && !is_here(path);
    let is_changed = |path: &&String| is_gone(path) && old.get(*path) != new.get(*path);
    Ok(Updated {
        scaffold: latest.record.scaffold.clone(),
        versions: (followed.record.version.clone(), latest.record.version.clone()),
        new: changed.iter().filter(|path| !old.contains_key(*path) && *path != RECORD).cloned().collect(),
        kept_deleted: new.keys().filter(is_gone).cloned().collect(),
        changed_deleted: new.keys().filter(is_changed).cloned().collect(),
        moved: moves,
        own: own(latest, &here),
        changed,
        ..Updated::default()
    })
}

/// Files of the project's own where the scaffold has others.
fn own(latest: &Latest, here: &Blobs) -> Vec<(String, String)> {
    let ids = |file: &RenderedFile| {
        let (here, blob) = (here.get(&file.path)?, blob_of(file));
        let id = blob.rsplit(' ').next()?.to_owned();
        (!here.ends_with(&id)).then(|| (file.path.clone(), id))
    };
    latest.beside.iter().filter_map(ids).collect()
}

/// What it takes to go back to where an update began.
fn noted(root: &Path, updated: &Updated) -> Note {
    Note {
        before: updated.before.clone(),
        branch: updated.branch.clone(),
        head: template::resolve(root, "HEAD").unwrap_or_default(),
        moved: None,
        template: template::resolve(root, TEMPLATE),
    }
}

fn merge(
    followed: &Followed,
    latest: &Latest,
    request: &UpdateRequest,
    updated: &mut Updated,
) -> Result<(), AppError> {
    let root = &followed.root;
    let is_stand_in = write::identity(&followed.repo.place())?.is_stand_in;
    let message =
        format!("Update to version {} of the `{}` scaffold\n", latest.record.version, updated.scaffold);
    let [base, theirs] = sides(followed, latest, &message, is_stand_in)?;
    updated.before = branch_of(root)?;
    updated.is_detached = !is_branch(root, &updated.before);
    for file in &latest.beside {
        store_blob(root, &file.bytes).map_err(trouble)?;
    }
    if !request.in_place {
        updated.branch = Some(own_branch(root, &latest.record.version)?);
    }
    let mut note = noted(root, updated);
    note.write(&followed.repo.state_dir())?;
    let merged = begin(followed, latest, updated, &mut note, is_stand_in).and_then(|()| {
        let is_known = template::is_ancestor(root, &base, "HEAD");
        // By this name the lines of a conflict say whose they are.
        template::set_ref(root, TEMPLATE, Some(&theirs)).map_err(trouble)?;
        template::merge(root, TEMPLATE, (!is_known).then_some(base.as_str()), &message).map_err(trouble)
    });
    let is_template = matches!(followed.record.source, Source::Template(_));
    let settled = merged.and_then(|conflicts| match conflicts {
        // Hooks remove what an answer rules out, so what is not here was not wanted, however it changed.
        conflicts if is_template => template::keep_deleted(root, conflicts).map_err(trouble),
        conflicts => Ok(conflicts),
    });
    updated.conflicts = match settled {
        Ok(conflicts) => block::settle(root, conflicts)?,
        Err(error) => {
            note.take_back(root, &followed.repo.state_dir())?;
            return Err(error);
        }
    };
    updated.removed = template::removed_by_one(root, &updated.conflicts).map_err(trouble)?;
    updated.put = template::put_in_renamed(root, &updated.conflicts).map_err(trouble)?;
    if updated.conflicts.is_empty() {
        commit_merge(root, is_stand_in).map_err(trouble)?;
        updated.commit = template::resolve(root, "HEAD");
    }
    Ok(())
}

/// Two commits: the old layout under the names that its files have by now, and on top of it the new one.
fn sides(
    followed: &Followed,
    latest: &Latest,
    message: &str,
    is_stand_in: bool,
) -> Result<[String; 2], AppError> {
    let root = &followed.root;
    let mut base = base_of(followed, is_stand_in)?;
    if migrate::is_migration(latest, &followed.record.files) {
        base = migrate::base_by_now(followed, latest, &base, is_stand_in)?;
    }
    let tree = write_tree(root, &latest.blobs(root)?).map_err(trouble)?;
    let theirs = commit_tree(root, &tree, &[&base], message, is_stand_in).map_err(trouble)?;
    Ok([base, theirs])
}

/// Switches to the branch, and moves there what migrations move.
fn begin(
    followed: &Followed,
    latest: &Latest,
    updated: &Updated,
    note: &mut Note,
    is_stand_in: bool,
) -> Result<(), AppError> {
    let root = &followed.root;
    if let Some(branch) = &updated.branch {
        git(root, Access::Write).args(["switch", "--quiet", "-c", branch]).output().map_err(trouble)?;
    }
    if updated.moved.is_empty() {
        return Ok(());
    }
    let (version, scaffold) = (&latest.record.version, &updated.scaffold);
    let message = format!("Move files as version {version} of the `{scaffold}` scaffold has them\n");
    migrate::move_files(root, &updated.moved, &message, is_stand_in)?;
    note.moved = template::resolve(root, "HEAD");
    note.write(&followed.repo.state_dir())
}

/// A name for the branch of an update that no branch has.
fn own_branch(root: &Path, version: &str) -> Result<String, AppError> {
    let safe: String = version
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() || letter == '-' { letter } else { '.' })
        .collect();
    let name = format!("minipach/update-{}", safe.trim_matches('.').replace("..", "."));
    let numbered = (2..100).map(|number| format!("{name}-{number}"));
    let is_free = |name: &String| template::resolve(root, &format!("refs/heads/{name}")).is_none();
    let free = std::iter::once(name.clone()).chain(numbered).find(is_free);
    free.ok_or_else(|| AppError::new(ExitCode::Data, format!("there are too many branches `{name}`")))
}
