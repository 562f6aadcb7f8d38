//! The managed block of `.gitattributes` in an update: it lists pipelines, so two lists are laid together and not their lines.

use std::path::Path;

use crate::app::error::AppError;
use crate::git::template::{merge_texts, stage, staged};
use crate::scaffold::with_one_block;

use super::followed::trouble;

/// The file with the block.
const ATTRIBUTES: &str = ".gitattributes";

/// Settles a conflict in the file, if nothing but the block is in conflict; the files in conflict that are left.
pub(super) fn settle(root: &Path, mut conflicts: Vec<String>) -> Result<Vec<String>, AppError> {
    let Some(at) = conflicts.iter().position(|path| path == ATTRIBUTES) else { return Ok(conflicts) };
    let texts = [1, 2, 3].map(|number| stage(root, number, ATTRIBUTES));
    let [Some(base), Some(ours), Some(theirs)] = texts else { return Ok(conflicts) };
    let Some(sides) = with_one_block(&base, &ours, &theirs) else { return Ok(conflicts) };
    if let Some(text) = merge_texts(root, &sides).map_err(trouble)? {
        staged(root, ATTRIBUTES, &text).map_err(trouble)?;
        conflicts.remove(at);
    }
    Ok(conflicts)
}
