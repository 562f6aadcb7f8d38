//! Writing commits beside the user: own objects, the user's index kept in step, the branch moved last.

mod annex;
mod branch;
mod dataset;
mod entries;
pub mod fault;
mod fetch;
mod filters;
mod identity;
mod index;
mod install;
mod keep;
mod lock;
mod objects;
mod others;
mod program;
mod publish;
mod recover;
mod stale;
mod touched;

use std::path::{Path, PathBuf};

use crate::model::Oid;

pub use annex::fill_pointers;
pub use branch::{Base, base};
pub use dataset::{is_dataset, make_dataset, missing_for_dataset};
pub use entries::{Change, Entry, subtree};
pub use fetch::{Fetching, NOBODY_HAS_IT, fetch};
pub use identity::{Identity, NOBODY, identity};
pub use install::install;
pub use keep::{Copied, copy, copy_from, forget_kept};
pub use objects::{Built, CommitBuilder, NewCommit};
pub use program::{interrupt, is_helper};
pub use publish::{
    Published, Resolved, changes_to, publish, publish_over, resolve_in_index, scratch_builder,
};
pub use recover::{Recovered, begun_below, free_annex_branch, has_locked, recover};
pub use touched::{tell_index, unstage};

/// Beginning of the names of our files beside the index.
const TEMPORARY: &str = "minipach-index-";

/// A work tree and its git folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Root of the work tree, absolute.
    pub root: PathBuf,
    /// Its own git folder, absolute (of a linked worktree: the one below `worktrees/`).
    pub git_dir: PathBuf,
}

impl Place {
    /// Where minipach keeps what is never tracked.
    pub fn state_dir(&self) -> PathBuf {
        self.git_dir.join("minipach")
    }
}

/// Why a commit could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A program could not be started.
    #[error("cannot run `{program}`: {source}")]
    NotStarted {
        /// The program.
        program: String,
        /// Why.
        source: std::io::Error,
    },
    /// A program said no.
    #[error("`{program}` failed: {message}")]
    Failed {
        /// The program and its verb.
        program: String,
        /// The end of what it said.
        message: String,
    },
    /// A file could not be read or written.
    #[error("cannot {doing} `{}`: {source}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// libgit2 could not read something.
    #[error("cannot read the repository: {0}")]
    Git(#[from] git2::Error),
    /// A result's bytes are not those that were recorded.
    #[error("`{path}` changed while it was being committed; run again")]
    Changed {
        /// The file, from the root.
        path: String,
    },
    /// git-annex dropped a result's bytes for a damaged object under their key.
    #[error(
        "the annex had a damaged object under the key of `{path}`, and git-annex dropped the new bytes for it; the object is in `.git/annex/bad` now: run again"
    )]
    Damaged {
        /// The file, from the root.
        path: String,
    },
    /// git would store a result with other bytes than its command wrote.
    #[error("git would store `{path}` with other bytes than it has (`{by}`), and clones would get those")]
    Converted {
        /// The file, from the root.
        path: String,
        /// The attribute or setting.
        by: String,
    },
    /// Something that is neither a file nor a link stands where a file should be committed.
    #[error("`{path}` is neither a file nor a link, so git cannot hold it")]
    OddFile {
        /// The path, from the root.
        path: String,
    },
    /// The repository is annexed but git-annex is missing.
    #[error(
        "this repository is annexed, but `git annex` is not installed; install git-annex, or run with `--no-commit`"
    )]
    NoAnnex,
    /// The index stayed locked, or a branch.
    #[error("`{}` has been there for {age_seconds} s, so the commit waits; if no git program runs, remove it", path.display())]
    Locked {
        /// The lock.
        path: PathBuf,
        /// How old it is.
        age_seconds: u64,
    },
    /// The branch is no longer where the commit was built.
    #[error("`{reference}` moved away from {expected} meanwhile; run again")]
    Moved {
        /// The branch, or `HEAD`.
        reference: String,
        /// The commit it should have been at.
        expected: Oid,
    },
    /// The index was another one each time it was looked at.
    #[error("another program keeps changing the index; run again when it is done")]
    Restless,
    /// A merge, rebase or the like is going on.
    #[error("{what} is going on; finish it first (`git status` says how)")]
    Busy {
        /// What git is in the middle of.
        what: &'static str,
    },
}

impl WriteError {
    /// A branch (or `HEAD`) is not at `expected` any more.
    pub(crate) fn moved(reference: &str, expected: Option<Oid>) -> Self {
        Self::Moved { reference: reference.to_owned(), expected: expected.unwrap_or(Oid([0; 20])) }
    }

    /// Whether it may work the next time: mostly somebody else did something at the same time.
    pub const fn is_race(&self) -> bool {
        matches!(
            self,
            Self::Changed { .. }
                | Self::Damaged { .. }
                | Self::OddFile { .. }
                | Self::Moved { .. }
                | Self::Restless
                | Self::Busy { .. }
        )
    }

    /// Whether a lock stays, and it is neither that of the index of `place` nor that of the branch that commits go to.
    pub fn is_locked_elsewhere(&self, place: &Place) -> bool {
        let of_branch = |path: &Path| {
            let repo = git2::Repository::open(&place.root);
            let of_head = || path == place.git_dir.join("HEAD.lock");
            repo.map_or_else(|_| of_head(), |repo| branch::locks(place, &repo).iter().any(|own| own == path))
        };
        let is_own = |path: &Path| path == lock::lock_path(place) || of_branch(path);
        matches!(self, Self::Locked { path, .. } if !is_own(path))
    }

    /// For `map_err`: an IO error while `doing` something to `path`.
    pub(crate) fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { doing, path, source }
    }
}
