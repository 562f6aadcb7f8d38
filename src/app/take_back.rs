//! Taking a commit back: its reverse is built as a commit, laid out in the work tree and published, and a kill at any
//! point is mended.
//!
//! No program of git's has the index locked meanwhile: `git::write` publishes, and its lock is known as ours. A
//! journal names the commit that HEAD was at and the one that takes back; files are renamed into their places.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::exec::{remove_tree, remove_with_folders};
use crate::git::process::{Access, Program, git};
use crate::git::write::{self, Change, CommitBuilder, Entry, NewCommit};
use crate::git::{MODE_GITLINK, Repo, sync_file_system};
use crate::ledger::{Durability, write_atomic};
use crate::run::{count, io_error, now_seconds};

use super::commits::CommitView;
use super::error::{AppError, ExitCode};
use super::touch::{Touch, touches};

/// What is about to be done, kept until it is done.
#[derive(Debug, Serialize, Deserialize)]
struct Journal {
    /// Where HEAD was.
    old: String,
    /// The commit that takes back.
    new: String,
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
/// HEAD and the commit have it.
///
/// # Errors
/// When something cannot be read or written; all is as before then.
pub(super) fn take_back(
    repo: &Repo,
    commit: &CommitView,
    touched: &[Touch],
) -> Result<(String, bool), AppError> {
    let (place, state) = (repo.place(), repo.state_dir());
    let base = write::base(&place)?;
    let identity = write::identity(&place)?;
    let is_stand_in = identity.is_stand_in;
    let back: Vec<Touch> = touched.iter().cloned().map(Touch::reversed).collect();
    let changes: Vec<Change> = back.iter().map(Touch::change).collect();
    let message = format!("Revert \"{}\"\n\nThis reverts commit {}.\n", commit.subject, commit.id);
    let mut builder = CommitBuilder::start(&place, base.head, identity)?;
    let new = builder.commit(&NewCommit {
        message: message.as_bytes(),
        changes: &changes,
        seconds: now_seconds(),
    })?;
    let built = builder.finish()?;
    let old = base.head.map(|head| head.to_string()).unwrap_or_default();
    note(&state, &Journal { old, new: new.to_string() })?;
    let done = lay(repo, &back).and_then(|()| {
        sync_file_system(repo.root()).map_err(io_error(repo.root()))?;
        Ok(write::publish(&place, &base, &built, "minipach undo")?)
    });
    if let Err(error) = done {
        write::recover(&place)?;
        settle(repo)?;
        return Err(error);
    }
    forget(&state)?;
    Ok((new.to_string(), is_stand_in))
}

fn note(state: &Path, journal: &Journal) -> Result<(), AppError> {
    let text = serde_json::to_vec(journal).map_err(|error| refused(error.to_string()))?;
    Ok(write_atomic(&journal_path(state), &text, Durability::Power)?)
}

fn forget(state: &Path) -> Result<(), AppError> {
    drop(remove_tree(&state.join("undo-files")));
    drop(fs::remove_file(state.join("undo-index")));
    let path = journal_path(state);
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
        forget(&state)?;
        return Ok(None);
    };
    let is_done = ["merge-base", "--is-ancestor", &journal.new, "HEAD"];
    let is_done = git(repo.root(), Access::Read).args(is_done).output().is_ok();
    let said = if is_done { None } else { Some(put_back(repo, &journal)?) };
    forget(&state)?;
    Ok(said)
}

/// Puts files back that were laid out for a commit that never came; others stay as they stand.
fn put_back(repo: &Repo, journal: &Journal) -> Result<String, AppError> {
    let root = repo.root();
    let moved: BTreeSet<String> =
        touches(root, &journal.old, Some("HEAD"))?.into_iter().map(|touch| touch.path).collect();
    let all = touches(root, &journal.old, Some(&journal.new))?;
    let same = as_listed(repo, &all)?;
    let is_ours = |touch: &Touch| {
        let stands = fs::symlink_metadata(root.join(&touch.path)).is_ok();
        let is_ours = if touch.after.is_some() { same.contains(&touch.path) } else { !stands };
        is_ours && !moved.contains(&touch.path)
    };
    let back: Vec<Touch> = all.into_iter().filter(is_ours).map(Touch::reversed).collect();
    lay(repo, &back)?;
    Ok(format!("an undo was cut off before it was committed; {} put back", count(back.len(), "file")))
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
