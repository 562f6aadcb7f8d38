//! `GitError`: why a repository could not be read, each with what to do about it.

use crate::model::literal;
use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use super::process::ProcessError;

/// Why a repository could not be read.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// No repository at or above the folder.
    #[error("`{}` is not inside a git repository; make one with `git init` or `minipach new`", .start.display())]
    NotARepository {
        /// Where the search began.
        start: PathBuf,
    },
    /// A file `.git` that leads to no repository.
    #[error(
        "`{}` says that the repository is `{to}`, and none is there; if it was moved, write its new place into that file \
         (`git worktree repair` does for work trees)",
        .file.display()
    )]
    Astray {
        /// The file.
        file: PathBuf,
        /// What it says.
        to: String,
    },
    /// A folder `.git` that is no repository (any more).
    #[error(
        "`{}` is no git repository: its `HEAD` or a folder is missing or damaged; where only `HEAD` is, \
         a file of that name with `ref: refs/heads/BRANCH` and the name of your branch mends it",
        .path.display()
    )]
    Damaged {
        /// The folder.
        path: PathBuf,
    },
    /// References in a form that libgit2 cannot read.
    #[error(
        "`{}` keeps its references in a reftable, which is not supported; `git refs migrate --ref-format=files` converts them",
        .path.display()
    )]
    Reftable {
        /// The repository.
        path: PathBuf,
    },
    /// A repository without a work tree.
    #[error("`{}` is a bare repository, which has no work tree to compute in; clone it first", .path.display())]
    Bare {
        /// The repository.
        path: PathBuf,
    },
    /// A start in git's own folder, which does not tell where its work tree is.
    #[error("`{}` is git's own folder and does not tell where its work tree is; go there and try again", .path.display())]
    Inside {
        /// git's folder.
        path: PathBuf,
    },
    /// A repository with SHA-256 objects.
    #[error("`{}` stores SHA-256 objects, which are not supported; convert it to SHA-1", .path.display())]
    Sha256 {
        /// The repository.
        path: PathBuf,
    },
    /// git's ownership check failed.
    #[error(
        "`{0}` belongs to another user, so git does not trust it; if you do, run \
         `git config --global --add safe.directory '{0}'`",
        .path.display()
    )]
    Owner {
        /// The repository.
        path: PathBuf,
    },
    /// libgit2 could not read something.
    #[error("could not read {what}: {}", .source.message())]
    Read {
        /// What was being read.
        what: String,
        /// What libgit2 says.
        source: git2::Error,
    },
    /// The index uses a layout that libgit2 cannot read.
    #[error(
        "could not read the index `{}`: {}; if it is split or sparse, run \
         `git update-index --no-split-index` or `git sparse-checkout reapply --no-sparse-index`",
        .path.display(), .source.message()
    )]
    Index {
        /// The index file.
        path: PathBuf,
        /// What libgit2 says.
        source: git2::Error,
    },
    /// The index is none.
    #[error(
        "the index `{0}` is damaged; `rm {word} && git read-tree HEAD` makes it anew from HEAD, and leaves all files as they are",
        .path.display(), word = literal(&path.to_string_lossy())
    )]
    DamagedIndex {
        /// The index file.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("could not read `{}`: {source}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file would not hold still.
    #[error("`{path}` changes while it is read; try again when its writer is done")]
    Changing {
        /// Path from the project's root.
        path: String,
    },
    /// A git program failed.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// A subdataset is not there.
    #[error(
        "subdataset `{path}` is not installed; `minipach run` installs it, and so does `datalad get -n {word}`",
        word = literal(path)
    )]
    NotInstalled {
        /// Path from the project's root.
        path: String,
    },
    /// A subdataset is not there, and could not be had.
    #[error(
        "subdataset `{path}` is not installed, and `minipach run` could not install it; `.gitmodules` tells where it comes from: correct its `url` there if it moved, or see to it that you may read it, and run again"
    )]
    Unavailable {
        /// Path from the project's root.
        path: String,
    },
    /// A merge left conflicts in a subdataset, or in what is recorded for it.
    #[error("subdataset `{path}` has conflicts that are not settled; settle them and commit")]
    Unsettled {
        /// Path from the project's root.
        path: String,
    },
    /// A subdataset lacks the recorded commit.
    #[error(
        "subdataset `{path}` does not have the commit that is recorded for it, {recorded}; `{back}` fetches it if it \
         was pushed, and if that fails, whoever has it must push it first"
    )]
    CommitMissing {
        /// Path from the project's root.
        path: String,
        /// The commit the gitlink records.
        recorded: crate::model::Oid,
        /// The command that fetches it.
        back: String,
    },
    /// No commit of the project records a subdataset.
    #[error("no commit records the subdataset `{path}` yet; `datalad save -d . {}` makes one", literal(path))]
    NotRecorded {
        /// Path from the project's root.
        path: String,
    },
    /// A subdataset is at another commit than the project records.
    #[error(
        "subdataset `{path}` is at {actual}, but the project records {recorded}; save it with \
         `datalad save -d . {word}` or go back with `{back}`",
        word = literal(path)
    )]
    Moved {
        /// Path from the project's root.
        path: String,
        /// The commit the gitlink records.
        recorded: crate::model::Oid,
        /// Where the subdataset's HEAD is.
        actual: String,
        /// The command that brings it back.
        back: String,
    },
}

impl GitError {
    /// Whether a file or folder was not any more what it had been a moment before: looking again may help.
    pub fn is_race(&self) -> bool {
        let Self::Io { source, .. } = self else { return false };
        let gone = [Errno::NOENT, Errno::NOTDIR, Errno::ISDIR, Errno::LOOP, Errno::INVAL];
        Errno::from_io_error(source).is_some_and(|errno| gone.contains(&errno))
    }

    /// Whether somebody lacks the right to read something.
    pub(super) fn is_denied(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::PermissionDenied)
    }

    /// Why libgit2 could not read an index: it has other extensions, or is damaged.
    pub(super) fn index(path: &Path, source: git2::Error) -> Self {
        let whole = path.to_owned();
        match source.class() {
            _ if source.message().contains("unsupported") => Self::Index { path: whole, source },
            git2::ErrorClass::Index => Self::DamagedIndex { path: whole },
            _ => Self::reading(format!("the index `{}`", path.display()))(source),
        }
    }

    /// Says what was being read when libgit2 failed.
    pub(super) fn reading(what: impl Into<String>) -> impl FnOnce(git2::Error) -> Self {
        let what = what.into();
        move |source| Self::Read { what, source }
    }

    /// Says which file the system refused.
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::Io { path: path.to_owned(), source }
    }
}
