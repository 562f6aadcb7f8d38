//! `LedgerError`: why remembered state could not be read or written.

use std::io;
use std::path::{Path, PathBuf};

/// Why a ledger, the attempt log or an event file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The file system refused.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A newer minipach wrote the file.
    #[error("`{path}` is in format {version}, but this minipach reads formats up to {ours}; update minipach")]
    Newer {
        /// The file.
        path: String,
        /// Its version.
        version: u64,
        /// The newest version that is understood.
        ours: u64,
    },
}

impl LedgerError {
    /// Turns a system error into one that names what was tried and where.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }
}
