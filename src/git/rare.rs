//! What few files of a scan are, and many ask for: learnt once.

use std::sync::Arc;

/// What is rare among the files, and often asked for.
#[derive(Debug, Default)]
pub(super) struct Rare {
    /// Subdatasets whose files are not among these.
    pub(super) gitlinks: Vec<Arc<str>>,
    /// Whether a sparse checkout leaves out any file.
    pub(super) has_left_out: bool,
}
