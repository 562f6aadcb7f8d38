//! The errors of running: each names the place and what was being done there.

use std::path::{Path, PathBuf};

use rustix::io::Errno;

/// A farm, process or folder operation that the system refused.
#[derive(Debug, thiserror::Error)]
pub enum ExecError {
    /// A system call failed.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// What was being done, as a verb: `create`, `link`, `remove`.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A farm path that would lead out of the farm or is empty.
    #[error("`{path}` is no path below `/pfs`")]
    BadFarmPath {
        /// The path as given.
        path: String,
    },
}

/// Why a datum's output cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// The output holds something that is not allowed; `path` is relative to `/pfs/out`.
    #[error("output `{path}` {reason}")]
    Refused {
        /// Path below `/pfs/out`, lossy if it is not UTF-8.
        path: String,
        /// A fragment that follows the path: "is a named pipe; …".
        reason: String,
    },
    /// Reading or tidying the output failed.
    #[error(transparent)]
    Exec(#[from] ExecError),
}

/// Why a collected output could not be moved into place; what is staged stays staged.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// Something that is no folder, or a folder with foreign files, stands where a result belongs.
    #[error("`{}` is in the way of a result: {reason}", path.display())]
    InTheWay {
        /// Where it stands.
        path: PathBuf,
        /// What it is.
        reason: &'static str,
    },
    /// Moving or removing failed.
    #[error(transparent)]
    Exec(#[from] ExecError),
}

/// Names the place of a failed system call.
pub(super) fn io(
    action: &'static str,
    path: impl AsRef<Path>,
    source: impl Into<std::io::Error>,
) -> ExecError {
    ExecError::Io { action, path: path.as_ref().to_owned(), source: source.into() }
}

/// Takes "it is not there" as success: for removals that may be repeated.
pub(super) fn missing_is_fine(result: Result<(), Errno>) -> Result<(), Errno> {
    match result {
        Err(Errno::NOENT) => Ok(()),
        other => other,
    }
}
