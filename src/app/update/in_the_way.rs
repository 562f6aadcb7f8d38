//! What git does not have and an update would overwrite.

use std::path::Path;

use crate::app::error::{AppError, ExitCode};
use crate::git::template::{Blobs, blobs_of};

use super::followed::trouble;

/// Refuses to lay files where something stands that git does not have.
pub(super) fn refuse<'a>(root: &Path, laid: impl Iterator<Item = &'a String>) -> Result<(), AppError> {
    let here = blobs_of(root, "HEAD").map_err(trouble)?;
    let mut new = laid.filter(|path| !here.contains_key(*path));
    let Some(path) = new.find_map(|path| in_the_way(root, path, &here)) else { return Ok(()) };
    let message =
        format!("`{path}` is here and git does not have it, and the update brings another in its place");
    Err(AppError::new(ExitCode::Data, message).hint("move it away, or commit it, and update then"))
}

/// What git does not have and stands at a path or above it.
fn in_the_way<'a>(root: &Path, path: &'a str, here: &Blobs) -> Option<&'a str> {
    let is_there = |path: &str| root.join(path).symlink_metadata().ok();
    let is_file = |path: &str| is_there(path).is_some_and(|found| !found.is_dir());
    let mut above = path.match_indices('/').map(|(at, _)| &path[..at]);
    above.find(|path| is_file(path) && !here.contains_key(*path)).or_else(|| is_there(path).map(|_| path))
}
