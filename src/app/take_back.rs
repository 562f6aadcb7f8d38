//! Taking a commit back: its reverse is built as a commit, laid out in the work tree and published, and a kill at any
//! point is mended.
//!
//! No program of git's has the index locked meanwhile: `git::write` publishes, and its lock is known as ours. A
//! journal names the commit that HEAD was at and the one that takes back; files are renamed into their places.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::exec::{remove_tree, remove_with_folders};
use crate::git::process::{Access, ProcessError, Program, git};
use crate::git::write::{self, Base, Built, Change, CommitBuilder, Entry, NewCommit};
use crate::git::{MODE_GITLINK, Repo, sync_file_system};
use crate::ledger::{Durability, RunLock, write_atomic};
use crate::model::Oid;
use crate::plan::record::PIPELINE_TRAILER;
use crate::run::{RunError, count, io_error, now_ms, now_seconds};

use super::commits::CommitView;
use super::error::{AppError, ExitCode};
use super::touch::{Touch, touches};

/// What is to be taken back.
pub(super) struct Taking {
    /// The commit.
    pub commit: CommitView,
    /// What it touched, also in subdatasets.
    pub touched: Vec<Touch>,
    /// The subdatasets in which some of that stands.
    pub inside: Vec<Inside>,
    /// That later commits of results are taken back already, if there are any.
    pub later: Option<String>,
}

/// A subdataset in which results stand that are to be taken back.
pub(super) struct Inside {
    /// Its path, from the root.
    pub path: String,
    /// The first of its own commits of them.
    pub first: String,
}

/// What is about to be done, kept until it is done.
#[derive(Debug, Serialize, Deserialize)]
struct Journal {
    /// Where HEAD was.
    old: String,
    /// The commit that takes back.
    new: String,
    /// The same of subdatasets, by path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    inner: BTreeMap<String, Self>,
}

fn journal_path(state: &Path) -> PathBuf {
    state.join("undo.json")
}

fn journal(state: &Path) -> Option<Journal> {
    serde_json::from_slice(&fs::read(journal_path(state)).ok()?).ok()
}

/// Whether taking back was cut off, unless somebody is at it.
pub(super) fn is_cut(state: &Path) -> bool {
    journal_path(state).exists()
}

/// Takes a commit back by a new one, whose id it gives, and whether git knew no author. What it touched must stand as
/// HEAD and the commit have it. In subdatasets new commits come first, then the one around them, which moves their gitlinks.
///
/// # Errors
/// When something cannot be read or written; all is as before then.
pub(super) fn take_back(repo: &Repo, taking: &Taking) -> Result<(String, bool), AppError> {
    let state = repo.state_dir();
    let mut back: Vec<Touch> = taking.touched.iter().cloned().map(Touch::reversed).collect();
    let inside = taking.inside.iter();
    let inner: Vec<Part> = inside
        .map(|inside| Part::of_subdataset(repo, taking, inside, &mut back))
        .collect::<Result<_, _>>()?;
    let mut changes: Vec<Change> = back.iter().map(Touch::change).collect();
    changes.extend(inner.iter().map(Part::gitlink));
    let message = message(&taking.commit, &taking.commit.id);
    let own = Part::build(repo.again()?, String::new(), back, (&message, &changes))?;
    let journal = |part: &Part| Journal {
        old: part.base.head.map(|head| head.to_string()).unwrap_or_default(),
        new: part.new.to_string(),
        inner: BTreeMap::new(),
    };
    let by_path = inner.iter().map(|part| (part.path.clone(), journal(part))).collect();
    note(&state, &Journal { inner: by_path, ..journal(&own) })?;
    let parts: Vec<&Part> = inner.iter().chain([&own]).collect();
    if let Err(error) = perform(&parts) {
        parts.iter().try_for_each(|part| write::recover(&part.repo.place()).map(drop))?;
        settle(repo)?;
        return Err(error);
    }
    forget(repo, inner.iter().map(|part| &part.path))?;
    Ok((own.new.to_string(), own.is_stand_in))
}

/// What is taken back in one repository, built: no branch has it yet.
struct Part {
    repo: Repo,
    /// Its path from the project's root; empty for the project itself.
    path: String,
    base: Base,
    built: Built,
    new: Oid,
    is_stand_in: bool,
    /// What becomes of its files.
    back: Vec<Touch>,
    /// Nobody else writes results meanwhile; of the project the caller sees to that.
    _lock: Option<RunLock>,
}

impl Part {
    /// The share of a subdataset, taken out of what is to be touched.
    fn of_subdataset(
        project: &Repo,
        taking: &Taking,
        inside: &Inside,
        all: &mut Vec<Touch>,
    ) -> Result<Self, AppError> {
        let repo = project.subdataset(&inside.path)?;
        let lock = RunLock::acquire(&repo.state_dir(), "undo", now_ms()).map_err(RunError::from)?;
        let below = format!("{}/", inside.path);
        let (own, others): (Vec<Touch>, Vec<Touch>) =
            all.drain(..).partition(|touch| touch.path.starts_with(&below));
        *all = others;
        let strip = |touch: Touch| Touch { path: touch.path[below.len()..].to_owned(), ..touch };
        let back: Vec<Touch> = own.into_iter().map(strip).collect();
        let changes: Vec<Change> = back.iter().map(Touch::change).collect();
        let pipeline = taking.commit.pipeline.as_deref().unwrap_or_default();
        // By it the commit is known for one of results, as long as the project does not record it.
        let message = format!("{}\n{PIPELINE_TRAILER}: {pipeline}\n", message(&taking.commit, &inside.first));
        let part = Self::build(repo, inside.path.clone(), back, (&message, &changes))?;
        Ok(Self { _lock: Some(lock), ..part })
    }

    fn build(
        repo: Repo,
        path: String,
        back: Vec<Touch>,
        (message, changes): (&str, &[Change]),
    ) -> Result<Self, AppError> {
        let place = repo.place();
        let base = write::base(&place)?;
        let identity = write::identity(&place)?;
        let is_stand_in = identity.is_stand_in;
        let mut builder = CommitBuilder::start(&place, base.head, identity)?;
        let message = message.as_bytes();
        let new = builder.commit(&NewCommit { message, changes, seconds: now_seconds() })?;
        let built = builder.finish()?;
        Ok(Self { repo, path, base, built, new, is_stand_in, back, _lock: None })
    }

    fn gitlink(&self) -> Change {
        Change::Known { path: self.path.clone(), mode: MODE_GITLINK, oid: self.new }
    }
}

/// Lays all out, then moves the branches in their order.
fn perform(parts: &[&Part]) -> Result<(), AppError> {
    for part in parts {
        lay(&part.repo, &part.back)?;
    }
    for part in parts {
        let root = part.repo.root();
        sync_file_system(root).map_err(io_error(root))?;
    }
    for part in parts {
        write::publish(&part.repo.place(), &part.base, &part.built, "minipach undo")?;
    }
    Ok(())
}

fn message(commit: &CommitView, reverted: &str) -> String {
    format!("Revert \"{}\"\n\nThis reverts commit {reverted}.\n", commit.subject)
}

fn note(state: &Path, journal: &Journal) -> Result<(), AppError> {
    let text = serde_json::to_vec(journal).map_err(|error| refused(error.to_string()))?;
    Ok(write_atomic(&journal_path(state), &text, Durability::Power)?)
}

fn forget<'a>(repo: &Repo, inner: impl Iterator<Item = &'a String>) -> Result<(), AppError> {
    let below = inner.filter_map(|path| Some(repo.subdataset(path).ok()?.state_dir()));
    for state in below.chain([repo.state_dir()]) {
        drop(remove_tree(&state.join("undo-files")));
        drop(fs::remove_file(state.join("undo-index")));
    }
    let path = journal_path(&repo.state_dir());
    Ok(fs::remove_file(&path).map_err(io_error(&path))?)
}

/// Brings files into the work tree as they are `after`; each comes into its place in one step.
fn lay(repo: &Repo, files: &[Touch]) -> Result<(), AppError> {
    let (root, aside) = (repo.root(), repo.state_dir().join("undo-files"));
    drop(remove_tree(&aside));
    fs::create_dir_all(&aside).map_err(io_error(&aside))?;
    list(repo, files.iter().filter_map(|file| Some((file.path.as_str(), file.after?))))?;
    let mut prefix = std::ffi::OsString::from("--prefix=");
    prefix.push(&aside);
    prefix.push("/");
    said(listed(repo).args(["checkout-index", "--all", "--force", "--quiet"]).arg(prefix))?;
    for file in files.iter().filter(|file| file.after.is_none()) {
        let place = root.join(&file.path);
        remove_with_folders(root, &place).map_err(io_error(&place))?;
    }
    for file in files.iter().filter(|file| file.after.is_some()) {
        let place = root.join(&file.path);
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder).map_err(io_error(folder))?;
        }
        fs::rename(aside.join(&file.path), &place).map_err(io_error(&place))?;
    }
    drop(remove_tree(&aside));
    Ok(())
}

/// git with a list of files of its own instead of the index.
fn listed(repo: &Repo) -> Program {
    git(repo.root(), Access::Write).env("GIT_INDEX_FILE", repo.state_dir().join("undo-index"))
}

/// Makes that list.
fn list<'a>(repo: &Repo, files: impl Iterator<Item = (&'a str, Entry)>) -> Result<(), AppError> {
    drop(fs::remove_file(repo.state_dir().join("undo-index")));
    drop(fs::remove_file(repo.state_dir().join("undo-index.lock")));
    let lines: Vec<u8> = files
        .filter(|(_, entry)| !is_subdataset(Some(entry)))
        .flat_map(|(path, entry)| format!("{:o} {}\t{path}\0", entry.mode, entry.oid).into_bytes())
        .collect();
    said(listed(repo).args(["update-index", "-z", "--index-info"]).stdin(lines)).map(drop)
}

fn said(program: Program) -> Result<Vec<u8>, AppError> {
    program.output().map_err(|error| refused(error.to_string()))
}

/// Finishes or undoes a taking back that was cut off, and says so. Only for who holds the lock, after
/// `write::recover`.
///
/// # Errors
/// When something cannot be read or written.
pub(super) fn settle(repo: &Repo) -> Result<Option<String>, AppError> {
    let state = repo.state_dir();
    if !is_cut(&state) {
        return Ok(None);
    }
    // A journal that cannot be read was never whole, so nothing was begun.
    let Some(journal) = journal(&state) else {
        forget(repo, std::iter::empty())?;
        return Ok(None);
    };
    let said = if is_in_head(repo, &journal.new)? { None } else { Some(put_all_back(repo, &journal)?) };
    forget(repo, journal.inner.keys())?;
    Ok(said)
}

/// Whether HEAD has a commit. A git that was ended has not said no.
fn is_in_head(repo: &Repo, commit: &str) -> Result<bool, AppError> {
    let asked = ["merge-base", "--is-ancestor", commit, "HEAD"];
    match git(repo.root(), Access::Read).args(asked).output() {
        Ok(_) => Ok(true),
        Err(ProcessError::Failed { code: Some(1), .. }) => Ok(false),
        Err(error) => Err(refused(error.to_string())),
    }
}

/// Puts files back that were laid out for a commit that never came, also in subdatasets: one that has its own by then is
/// ahead of what is recorded, and the next run takes that back.
fn put_all_back(repo: &Repo, journal: &Journal) -> Result<String, AppError> {
    let mut number = put_back(repo, journal)?;
    for (path, journal) in &journal.inner {
        let Ok(inner) = repo.subdataset(path) else { continue };
        // Where somebody is at work, what was taken back is made or brought back by the next run.
        if let Ok(_lock) = RunLock::acquire(&inner.state_dir(), "mend", now_ms()) {
            number += put_back(&inner, journal)?;
        }
    }
    Ok(format!("an undo was cut off before it was committed; {} put back", count(number, "file")))
}

/// Puts files of one repository back; others stay as they stand. How many.
fn put_back(repo: &Repo, journal: &Journal) -> Result<usize, AppError> {
    let root = repo.root();
    let since = if is_in_head(repo, &journal.new)? { &journal.new } else { &journal.old };
    let moved: BTreeSet<String> =
        touches(root, since, Some("HEAD"))?.into_iter().map(|touch| touch.path).collect();
    let all = touches(root, &journal.old, Some(&journal.new))?;
    let same = as_listed(repo, &all)?;
    let is_ours = |touch: &Touch| {
        let stands = fs::symlink_metadata(root.join(&touch.path)).is_ok();
        let is_subdataset = is_subdataset(touch.before.as_ref());
        let is_ours = if touch.after.is_some() { same.contains(&touch.path) } else { !stands };
        is_ours && !is_subdataset && !moved.contains(&touch.path)
    };
    let back: Vec<Touch> = all.into_iter().filter(is_ours).map(Touch::reversed).collect();
    lay(repo, &back)?;
    Ok(back.len())
}

/// Those paths whose files stand as they are `after`.
fn as_listed(repo: &Repo, touches: &[Touch]) -> Result<BTreeSet<String>, AppError> {
    let files = || touches.iter().filter_map(|touch| Some((touch.path.as_str(), touch.after?)));
    list(repo, files())?;
    // It ends with 1 where files differ.
    listed(repo)
        .args(["update-index", "-q", "--refresh"])
        .run()
        .map_err(|error| refused(error.to_string()))?;
    let output = said(listed(repo).args(["diff-files", "-z", "--name-only"]))?;
    let other: BTreeSet<&[u8]> = output.split(|byte| *byte == 0).collect();
    Ok(files().map(|(path, _)| path.to_owned()).filter(|path| !other.contains(path.as_bytes())).collect())
}

/// Whether it is a subdataset, whose files are not git's.
pub(super) fn is_subdataset(entry: Option<&Entry>) -> bool {
    entry.is_some_and(|entry| entry.mode == MODE_GITLINK)
}

fn refused(message: String) -> AppError {
    AppError::new(ExitCode::Data, message)
}
