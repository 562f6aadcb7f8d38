//! After a kill: a commit that was cut off is finished or undone.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::model::Oid;

use super::branch::{Base, resolve};
use super::entries::to_git2;
use super::index::updates;
use super::keep::kept_ref;
use super::lock::{lock_path, mark_of};
use super::objects::Stats;
use super::others::while_nobody_works;
use super::publish::{Journal, Step};
use super::stale::{is_crash_report, release};
use super::{Place, TEMPORARY, WriteError};

/// What was found after a kill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovered {
    /// No commit was under way.
    Nothing,
    /// The branch had moved; the index now agrees.
    Finished,
    /// The branch had not moved; the lock is gone.
    Undone,
}

/// Whether the index is locked by a commit of ours: one under way, or cut off if nobody is at work.
pub fn has_locked(place: &Place) -> bool {
    let journal = read_journal(place);
    journal.is_some_and(|journal| journal.mark.is_some() && mark_of(&lock_path(place)) == journal.mark)
}

fn read_journal(place: &Place) -> Option<Journal> {
    serde_json::from_slice(&fs::read(Journal::path(place)).ok()?).ok()
}

/// Roots of those installed subdatasets of the project at `root` in which a commit was begun and has not ended.
pub fn begun_below(root: &Path) -> Vec<PathBuf> {
    let mut found = named_below(root);
    found.retain(|root| git_dir_of(root).is_some_and(|git_dir| has_journal(root, git_dir)));
    found
}

/// Removes the lock of git-annex's own branch, in the project at `root` and its subdatasets, where it was taken since
/// a moment: a git-annex of ours was killed that had begun then. Only for who holds minipach's own lock, and once all is
/// ended that was ours. A lock that another program may hold stays; whether none did.
///
/// # Errors
/// When a lock cannot be removed.
pub fn free_annex_branch(root: &Path, since: SystemTime, patience: Duration) -> Result<bool, WriteError> {
    let mut is_free = true;
    for root in std::iter::once(root.to_owned()).chain(named_below(root)) {
        // One that is not installed has no locks.
        let Ok(repo) = git2::Repository::open(&root) else { continue };
        let lock = repo.commondir().join("refs/heads/git-annex.lock");
        if fs::symlink_metadata(&lock).and_then(|stat| stat.modified()).is_ok_and(|time| time >= since) {
            is_free &= while_nobody_works(&repo, patience, || remove(&lock))?;
        }
    }
    Ok(is_free)
}

fn remove(lock: &Path) -> Result<(), WriteError> {
    match fs::remove_file(lock) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(WriteError::io("remove", lock)(error))
        }
        _ => Ok(()),
    }
}

/// Roots of the subdatasets that the project at `root` names.
fn named_below(root: &Path) -> Vec<PathBuf> {
    let named = root.join(".gitmodules");
    let named = if named.is_file() { git2::Config::open(&named) } else { return Vec::new() };
    let mut found = Vec::new();
    let listed = named.and_then(|named| {
        let paths = named.entries(Some("^submodule\\..*\\.path$"))?;
        paths.for_each(|path| found.extend(path.value().ok().map(|path| root.join(path))))
    });
    // One that cannot be read names nothing.
    drop(listed);
    found
}

fn has_journal(root: &Path, git_dir: PathBuf) -> bool {
    Journal::path(&Place { root: root.to_owned(), git_dir }).exists()
}

/// The git folder of the repository with this root, as its `.git` says; nothing is opened.
fn git_dir_of(root: &Path) -> Option<PathBuf> {
    let git_dir = root.join(".git");
    if git_dir.is_dir() {
        return Some(git_dir);
    }
    let text = fs::read_to_string(git_dir).ok()?;
    Some(root.join(text.strip_prefix("gitdir:")?.trim()))
}

/// Finishes or undoes what a killed process left. Only for who holds minipach's own lock.
///
/// # Errors
/// When the repository cannot be read or changed.
pub fn recover(place: &Place) -> Result<Recovered, WriteError> {
    let recovered = match &read_journal(place) {
        Some(journal) => settle(place, journal)?,
        None => Recovered::Nothing,
    };
    drop(fs::remove_file(Journal::path(place)));
    remove_leftovers(place)?;
    Ok(recovered)
}

fn settle(place: &Place, journal: &Journal) -> Result<Recovered, WriteError> {
    let repo = git2::Repository::open(&place.root)?;
    let lock = lock_path(place);
    let is_ours = journal.mark.is_some() && mark_of(&lock) == journal.mark;
    let parse = |text: &str| text.parse::<Oid>().ok();
    let Some(new) = parse(&journal.new) else { return Ok(Recovered::Nothing) };
    if is_ours {
        let common = repo.commondir().join(format!("{}.lock", journal.reference));
        release([place.git_dir.join("HEAD.lock"), common])?;
    }
    let now = resolve(&repo, &journal.reference)?;
    if !has(&repo, now, new)? {
        if is_ours {
            fs::remove_file(&lock).map_err(WriteError::io("remove", &lock))?;
        }
        return Ok(Recovered::Undone);
    }
    let index = place.git_dir.join("index");
    if is_ours {
        fs::rename(&lock, &index).map_err(WriteError::io("rename", &lock))?;
    } else if mark_of(&index) != journal.mark && now == Some(new) {
        // Somebody removed our lock by hand before the index was in place.
        let base =
            Base { reference: journal.reference.clone(), head: journal.old.as_deref().and_then(parse) };
        let updates = updates(&repo, base.head, new)?;
        Step { place, base: &base, new, updates: &updates, stats: &Stats::new(), log: None }.run()?;
    }
    Ok(Recovered::Finished)
}

/// Whether the branch at `now` holds the commit `new`.
fn has(repo: &git2::Repository, now: Option<Oid>, new: Oid) -> Result<bool, WriteError> {
    match now {
        Some(now) if now == new => Ok(true),
        Some(now) if repo.find_commit(to_git2(new)).is_ok() => {
            Ok(repo.graph_descendant_of(to_git2(now), to_git2(new))?)
        }
        _ => Ok(false),
    }
}

fn remove_leftovers(place: &Place) -> Result<(), WriteError> {
    for entry in fs::read_dir(&place.git_dir).map_err(WriteError::io("list", &place.git_dir))?.flatten() {
        let path = entry.path();
        if is_leftover(&path) && path.is_dir() {
            drop(fs::remove_dir_all(path));
        } else if is_leftover(&path) || is_crash_report(&path) {
            drop(fs::remove_file(path));
        }
    }
    let repo = git2::Repository::open(&place.root)?;
    release([repo.commondir().join(format!("{}.lock", kept_ref(place)))])
}

fn is_leftover(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(TEMPORARY))
}
