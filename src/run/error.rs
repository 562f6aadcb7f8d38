//! Why a run ends early.

use std::path::Path;

use crate::exec::{ExecError, PublishError};
use crate::git::GitError;
use crate::git::write::WriteError;
use crate::ledger::LedgerError;

use super::request::TargetError;
use super::sources::OpenError;

/// Why a run ends early; all that was settled stays settled.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The project cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A target means nothing.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// Another run, or state that cannot be written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Another run is going on.
    #[error(transparent)]
    Lock(#[from] crate::ledger::LockError),
    /// Folders of the run cannot be made.
    #[error(transparent)]
    Exec(#[from] ExecError),
    /// A result cannot be moved into place.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// git cannot be read.
    #[error(transparent)]
    Git(#[from] GitError),
    /// git cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The project file has errors.
    #[error(
        "`minipach.yml` has errors, and without it every spec may mean something else, so nothing can be planned"
    )]
    BrokenConfig,
    /// A folder or file of minipach's own cannot be written.
    #[error("cannot write `{path}`: {source}")]
    Io {
        /// Where.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// git is in the middle of something.
    #[error("git is in the middle of a {operation}; finish or abort it first")]
    InOperation {
        /// Merge, rebase, …
        operation: String,
    },
    /// A worker thread ended early; a bug, which it told before.
    #[error(
        "a worker of minipach broke down, so this run ends; what is finished is kept, and the next run goes on"
    )]
    WorkersGone,
}

/// For `map_err`: a folder or file of minipach's own cannot be written.
pub(crate) fn io_error(path: &Path) -> impl FnOnce(std::io::Error) -> RunError {
    let path = path.display().to_string();
    move |source| RunError::Io { path, source }
}
