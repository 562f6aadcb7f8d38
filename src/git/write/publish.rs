//! Moving the branch to finished commits, with the user's index brought along, crash-safely.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::model::Oid;

use super::entries::{Change, Entry, from_git2};
use super::index::{Mark, Prepared, Update, prepare, updates};
use super::lock::{lock_path, mark_of, take};
use super::objects::{Built, NewCommit, Stats};
use super::program::{git, last_words, run};
use super::{CommitBuilder, Place, WriteError, fault, identity};

/// How often a commit is prepared anew because the index changed meanwhile.
const ROUNDS: usize = 20;

/// Where the next commit goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// The branch that `HEAD` names, or `HEAD` itself when it is detached.
    pub reference: String,
    /// The commit it is at; absent on an unborn branch.
    pub head: Option<Oid>,
}

/// What moving the branch did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// Paths where the user has staged something else: the index was left alone there.
    pub left: Vec<String>,
}

/// What a commit is about to do, kept on disk until it is done.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Journal {
    pub(super) reference: String,
    pub(super) old: Option<String>,
    pub(super) new: String,
    pub(super) file: PathBuf,
    pub(super) mark: Option<[i64; 4]>,
}

impl Journal {
    pub(super) fn path(place: &Place) -> PathBuf {
        place.state_dir().join("commit.json")
    }

    fn write(&self, place: &Place) -> Result<(), WriteError> {
        let folder = place.state_dir();
        fs::create_dir_all(&folder).map_err(WriteError::io("create", &folder))?;
        let text = serde_json::to_vec(self).expect("a journal is plain data");
        let temporary = folder.join("commit.json.tmp");
        fs::write(&temporary, text).map_err(WriteError::io("write", &temporary))?;
        fs::rename(&temporary, Self::path(place)).map_err(WriteError::io("rename", &temporary))
    }
}

/// Reads where `HEAD` is.
///
/// # Errors
/// [`WriteError::Busy`] in the middle of a merge, rebase and the like.
pub fn base(place: &Place) -> Result<Base, WriteError> {
    let repo = git2::Repository::open(&place.root)?;
    if let Some(what) = busy(repo.state()) {
        return Err(WriteError::Busy { what });
    }
    read_base(&repo)
}

fn read_base(repo: &git2::Repository) -> Result<Base, WriteError> {
    let head = repo.find_reference("HEAD")?;
    let reference = head.symbolic_target().ok().flatten().unwrap_or("HEAD").to_owned();
    Ok(Base { head: resolve(repo, &reference)?, reference })
}

/// The commit a reference is at, if it exists.
pub(super) fn resolve(repo: &git2::Repository, reference: &str) -> Result<Option<Oid>, WriteError> {
    match repo.refname_to_id(reference) {
        Ok(oid) => Ok(Some(from_git2(oid))),
        Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn busy(state: git2::RepositoryState) -> Option<&'static str> {
    use git2::RepositoryState as State;
    match state {
        State::Clean => None,
        State::Merge => Some("a merge"),
        State::Revert | State::RevertSequence => Some("a revert"),
        State::CherryPick | State::CherryPickSequence => Some("a cherry-pick"),
        State::Bisect => Some("a bisect"),
        State::Rebase | State::RebaseInteractive | State::RebaseMerge => Some("a rebase"),
        State::ApplyMailbox | State::ApplyMailboxOrRebase => Some("applying patches"),
    }
}

/// Moves the branch from `base` to the last of `built`'s commits; `log` is the reflog's sentence.
///
/// The order, and what a kill leaves: objects (garbage) → a refreshed index in a file of our own
/// (garbage) → journal → `index.lock` (undone by [`super::recover()`]) → branch → index (finished by it).
///
/// # Errors
/// Nothing has changed when it fails: [`WriteError::Moved`] when the branch is elsewhere,
/// [`WriteError::IndexLocked`] when another program keeps the index.
pub fn publish(place: &Place, base: &Base, built: &Built, log: &str) -> Result<Published, WriteError> {
    let Some(&new) = built.commits.last() else {
        return Ok(Published::default());
    };
    let repo = git2::Repository::open(&place.root)?;
    let updates = updates(&repo, base.head, new)?;
    let step = Step { place, base, new, updates: &updates, stats: &built.stats, log: Some(log) };
    step.run()
}

/// Puts the work tree's bytes at `paths` into the index at stage 0, conflicts or not, so that the
/// user can conclude a merge. The branch stays.
///
/// # Errors
/// As for [`publish`].
pub fn resolve_in_index(place: &Place, changes: &[Change]) -> Result<(), WriteError> {
    let repo = git2::Repository::open(&place.root)?;
    let base = read_base(&repo)?;
    let mut builder = CommitBuilder::start(place, base.head, identity(place)?)?;
    // A commit that nobody names: only its tree is of use.
    let scratch = builder.commit(&NewCommit { message: b"scratch", changes, seconds: 0 })?;
    let built = builder.finish()?;
    let repo = git2::Repository::open(&place.root)?;
    let tree = repo.find_commit(super::entries::to_git2(scratch))?.tree()?;
    let entry = |path: &str| {
        let found = tree.get_path(Path::new(path)).ok()?;
        Some(Entry { mode: u32::try_from(found.filemode()).ok()?, oid: from_git2(found.id()) })
    };
    let update = |change: &Change| {
        let path = change.path().to_owned();
        Update { after: entry(&path), before: None, path, force: true }
    };
    let updates: Vec<Update> = changes.iter().map(update).collect();
    let Some(new) = base.head else { return Ok(()) };
    Step { place, base: &base, new, updates: &updates, stats: &built.stats, log: None }.run().map(|_| ())
}

/// One change of index and, with a `log`, branch.
pub(super) struct Step<'a> {
    pub(super) place: &'a Place,
    pub(super) base: &'a Base,
    pub(super) new: Oid,
    pub(super) updates: &'a [Update],
    pub(super) stats: &'a Stats,
    /// The reflog's sentence; absent when the branch is to stay.
    pub(super) log: Option<&'a str>,
}

impl Step<'_> {
    pub(super) fn run(&self) -> Result<Published, WriteError> {
        for _ in 0..ROUNDS {
            let prepared = prepare(self.place, self.updates, self.stats)?;
            fault::point("commit:after-index");
            let done = self.attempt(&prepared);
            // Ours alone; the index, if it is in place, is a second name of the same file.
            drop(fs::remove_file(&prepared.file));
            drop(fs::remove_file(Journal::path(self.place)));
            if done? {
                return Ok(Published { left: prepared.left });
            }
        }
        Err(WriteError::Failed {
            program: "committing".into(),
            message: "another program keeps changing the index".into(),
        })
    }

    /// Whether it was done; not when the index had changed since it was copied.
    fn attempt(&self, prepared: &Prepared) -> Result<bool, WriteError> {
        self.journal(prepared).write(self.place)?;
        fault::point("commit:after-journal");
        take(self.place, &prepared.file)?;
        fault::point("commit:after-link");
        let lock = lock_path(self.place);
        let index = self.place.git_dir.join("index");
        let moved = match Mark::of(&index) {
            Ok(mark) if mark == prepared.mark => self.move_branch(),
            Ok(_) => {
                fs::remove_file(&lock).map_err(WriteError::io("remove", &lock))?;
                return Ok(false);
            }
            Err(error) => Err(error),
        };
        if let Err(error) = moved {
            drop(fs::remove_file(&lock));
            return Err(error);
        }
        fault::point("commit:after-ref");
        fs::rename(&lock, &index).map_err(WriteError::io("rename", &lock))?;
        fault::point("commit:after-rename");
        Ok(true)
    }

    fn journal(&self, prepared: &Prepared) -> Journal {
        Journal {
            reference: self.base.reference.clone(),
            old: self.base.head.map(|oid| oid.to_string()),
            new: self.new.to_string(),
            file: prepared.file.clone(),
            mark: mark_of(&prepared.file),
        }
    }

    fn move_branch(&self) -> Result<(), WriteError> {
        let Some(log) = self.log else { return Ok(()) };
        // Under the lock no well-behaved program switches branches or starts a merge.
        let now = base(self.place)?;
        if now != *self.base {
            return Err(self.moved());
        }
        let (new, zero) = (self.new.to_string(), Oid([0; 20]));
        let old = self.base.head.unwrap_or(zero).to_string();
        let arguments = ["update-ref", "--no-deref", "-m", log, &self.base.reference, &new, &old];
        let output = run(git(self.place, &arguments), "git update-ref", b"")?;
        if output.status.success() {
            return Ok(());
        }
        if base(self.place)? != *self.base {
            return Err(self.moved());
        }
        Err(WriteError::Failed { program: "git update-ref".into(), message: last_words(&output.stderr) })
    }

    fn moved(&self) -> WriteError {
        let expected = self.base.head.unwrap_or(Oid([0; 20]));
        WriteError::Moved { reference: self.base.reference.clone(), expected }
    }
}
