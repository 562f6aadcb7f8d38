//! Moving the branch to finished commits, with the user's index brought along, crash-safely.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::model::Oid;

use super::branch::{Base, BranchMove, locks, quiet_base, read_base};
use super::entries::{Change, Entry, from_git2, to_git2};
use super::index::{Mark, Prepared, Update, prepare, updates};
use super::lock::{lock_path, mark_of, take, wait_for};
use super::objects::{Built, NewCommit, Stats};
use super::{CommitBuilder, Place, WriteError, fault, identity};

/// How often a commit is prepared anew because the index changed meanwhile.
const ROUNDS: usize = 20;

/// What moving the branch did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// Paths where the user has staged something else: the index was left alone there.
    pub left: Vec<String>,
}

/// What the index is after [`resolve_in_index`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// Whether other paths are in conflict still.
    pub is_conflict_left: bool,
    /// Whether it has just what HEAD has, so that there is nothing to commit.
    pub is_as_head: bool,
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

/// Moves the branch from `base` to the last of `built`'s commits; `log` is the reflog's sentence.
///
/// The order, and what a kill leaves: objects (garbage) → a refreshed index in a file of our own
/// (garbage) → journal → `index.lock` (undone by [`super::recover()`]) → branch → index (finished by it).
///
/// # Errors
/// Nothing has changed when it fails: [`WriteError::Moved`] when the branch is elsewhere,
/// [`WriteError::Locked`] when another program keeps the index.
pub fn publish(place: &Place, base: &Base, built: &Built, log: &str) -> Result<Published, WriteError> {
    publish_over(place, base, built, log, &[])
}

/// As [`publish`]; at the paths of `staged` the index gets what the commits have, whatever is staged there.
///
/// # Errors
/// As for [`publish`]: what is staged stays staged then.
pub fn publish_over(
    place: &Place,
    base: &Base,
    built: &Built,
    log: &str,
    staged: &[String],
) -> Result<Published, WriteError> {
    let Some(&new) = built.commits.last() else {
        return Ok(Published::default());
    };
    let repo = git2::Repository::open(&place.root)?;
    let mut updates = updates(&repo, base.head, new)?;
    let tree = repo.find_commit(to_git2(new))?.tree()?;
    updates.extend(written_again(&tree, &updates, &built.stats));
    for path in staged {
        updates.retain(|update| update.path != *path);
        updates.push(forced(&tree, path));
    }
    let step = Step { place, base, new, updates: &updates, stats: &built.stats, log: Some(log) };
    step.run()
}

impl Built {
    /// Whether the last commit holds other files than the one that it is built on.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn changes_files(&self, place: &Place, base: &Base) -> Result<bool, WriteError> {
        let (Some(&last), Some(head)) = (self.commits.last(), base.head) else { return Ok(true) };
        let repo = git2::Repository::open(&place.root)?;
        let tree = |commit| Ok::<_, WriteError>(repo.find_commit(to_git2(commit))?.tree_id());
        Ok(tree(last)? != tree(head)?)
    }
}

/// The changes that make the files of the commit `to` from those of `from`.
///
/// # Errors
/// When one of them cannot be read.
pub fn changes_to(place: &Place, from: Oid, to: Oid) -> Result<Vec<Change>, WriteError> {
    let repo = git2::Repository::open(&place.root)?;
    let change = |Update { path, after, .. }| match after {
        Some(Entry { mode, oid }) => Change::Known { path, mode, oid },
        None => Change::Delete { path },
    };
    Ok(updates(&repo, Some(from), to)?.into_iter().map(change).collect())
}

/// Files that were written and are what they were: they may have another stat than the index knows, and where git
/// converts bytes, also another size, which it takes for a change.
fn written_again(tree: &git2::Tree<'_>, updates: &[Update], stats: &Stats) -> Vec<Update> {
    let known: BTreeSet<&str> = updates.iter().map(|update| update.path.as_str()).collect();
    let again = stats.keys().filter(|path| !known.contains(path.as_str()));
    again
        .map(|path| forced(tree, path))
        .map(|all| Update { before: all.after, force: false, ..all })
        .collect()
}

/// Brings a path into the index as a tree has it.
fn forced(tree: &git2::Tree<'_>, path: &str) -> Update {
    let found = tree.get_path(Path::new(path)).ok();
    let entry = found.and_then(|found| {
        Some(Entry { mode: u32::try_from(found.filemode()).ok()?, oid: from_git2(found.id()) })
    });
    Update { path: path.to_owned(), before: None, after: entry, force: true }
}

/// Starts a builder for [`resolve_in_index`], in the middle of anything.
///
/// # Errors
/// As for [`CommitBuilder::start`].
pub fn scratch_builder(place: &Place) -> Result<CommitBuilder, WriteError> {
    let base = read_base(&git2::Repository::open(&place.root)?)?;
    CommitBuilder::start(place, base.head, identity(place)?)
}

/// Makes `changes` in the index at stage 0, conflicts or not, so that the user can conclude a merge. The branch
/// stays. What `builder` has put into the annex already is known to it.
///
/// # Errors
/// As for [`publish`].
pub fn resolve_in_index(
    mut builder: CommitBuilder,
    place: &Place,
    changes: &[Change],
) -> Result<Resolved, WriteError> {
    let base = read_base(&git2::Repository::open(&place.root)?)?;
    // A commit that nobody names: only its tree is of use.
    let scratch = builder.commit(&NewCommit { message: b"scratch", changes, seconds: 0 })?;
    let built = builder.finish()?;
    let repo = git2::Repository::open(&place.root)?;
    let tree = repo.find_commit(to_git2(scratch))?.tree()?;
    let updates: Vec<Update> = changes.iter().map(|change| forced(&tree, change.path())).collect();
    if let Some(new) = base.head {
        Step { place, base: &base, new, updates: &updates, stats: &built.stats, log: None }.run()?;
    }
    let repo = git2::Repository::open(&place.root)?;
    let index = repo.index()?;
    let tree = base.head.map(|head| repo.find_commit(to_git2(head))?.tree()).transpose()?;
    let is_as_head = repo.diff_tree_to_index(tree.as_ref(), Some(&index), None)?.deltas().len() == 0;
    Ok(Resolved { is_conflict_left: index.has_conflicts(), is_as_head })
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
        Err(WriteError::Restless)
    }

    /// Whether it was done; not when the index had changed since it was copied.
    ///
    /// All that takes time is done before the index is locked: git and libgit2 have started by then.
    fn attempt(&self, prepared: &Prepared) -> Result<bool, WriteError> {
        let repo = git2::Repository::open(&self.place.root)?;
        let start = |log| BranchMove::start(self.place, self.base, self.new, log);
        let mut branch = self.log.map(start).transpose()?;
        if self.log.is_some() {
            wait_for(&locks(self.place, &repo))?;
        }
        self.journal(prepared).write(self.place)?;
        fault::point("commit:after-journal");
        take(self.place, &prepared.file)?;
        fault::point("commit:after-link");
        let lock = lock_path(self.place);
        let index = self.place.git_dir.join("index");
        let moved = match Mark::of(&index) {
            Ok(mark) if mark == prepared.mark => self.move_branch(&repo, branch.as_mut()),
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

    fn move_branch(
        &self,
        repo: &git2::Repository,
        branch: Option<&mut BranchMove>,
    ) -> Result<(), WriteError> {
        let Some(branch) = branch else { return Ok(()) };
        // Under the lock no well-behaved program switches branches or starts a merge.
        if quiet_base(repo)? != *self.base {
            return Err(self.moved());
        }
        let Err(refused) = branch.perform() else { return Ok(()) };
        Err(if quiet_base(repo)? == *self.base { refused } else { self.moved() })
    }

    fn moved(&self) -> WriteError {
        WriteError::moved(&self.base.reference, self.base.head)
    }
}
