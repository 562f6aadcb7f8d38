//! `.gitattributes` for new pipelines: their results are kept out of text merging.

use std::collections::BTreeSet;

use crate::ledger::{Durability, write_atomic};
use crate::scaffold::with_outputs_block;

use super::error::AppError;
use super::session::Session;

const ATTRIBUTES: &str = ".gitattributes";

/// The file's text with the results of some more pipelines in its block; `None` if none of them would be merged as
/// text already, or the file is no regular one.
pub(super) fn with(session: &Session, names: &[&str]) -> Option<String> {
    let repo = &session.project.repo;
    let stands = std::fs::symlink_metadata(repo.root().join(ATTRIBUTES));
    let is_kept = |name: &&str| repo.is_unmergeable(&format!("{name}/minipach-result"));
    if names.iter().all(is_kept) || stands.as_ref().is_ok_and(|about| !about.is_file()) {
        return None;
    }
    let text = match stands {
        Ok(_) => std::fs::read_to_string(repo.root().join(ATTRIBUTES)).ok()?,
        Err(_) => String::new(),
    };
    let all: BTreeSet<&str> = session.project.names().chain(names.iter().copied()).collect();
    Some(with_outputs_block(&text, all))
}

/// Replaces the file.
///
/// # Errors
/// When it cannot be written.
pub(super) fn write(session: &Session, text: &str) -> Result<(), AppError> {
    let file = session.project.repo.root().join(ATTRIBUTES);
    Ok(write_atomic(&file, text.as_bytes(), Durability::Process)?)
}
