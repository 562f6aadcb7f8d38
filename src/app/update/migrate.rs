//! The migrations of a scaffold in an update: files that moved there move here, in a commit of their own before the merge.

use std::path::Path;

use crate::app::error::AppError;
use crate::git::process::{Access, git};
use crate::git::template::{Blobs, blobs_of, commit_as, commit_tree, write_tree};
use crate::scaffold::{RECORD, moved, moved_along};

use super::followed::{Followed, trouble};
use super::latest::Latest;

/// The old layout under the names that its files have by now.
pub(super) fn files_by_now(latest: &Latest, old: &Blobs) -> Blobs {
    let by_now = |(path, blob): (&String, &String)| Some((moved(&latest.migrations, path)?, blob.clone()));
    old.iter().filter_map(by_now).collect()
}

/// Files that are here, are elsewhere by now, and in nobody's way there: from and to. With a folder of the old layout that
/// moved go the project's own files in it.
pub(super) fn moves(latest: &Latest, old: &Blobs, here: &Blobs) -> Vec<(String, String)> {
    let by_now = |path: &String| {
        if old.contains_key(path) {
            return moved(&latest.migrations, path);
        }
        moved_along(&latest.migrations, path)
    };
    let moves = here.keys().filter_map(|path| Some((path.clone(), by_now(path)?)));
    moves.filter(|(from, to)| from != to && !here.contains_key(to)).collect()
}

/// Whether the old layout is another under the names of now.
pub(super) fn is_migration(latest: &Latest, old: &Blobs) -> bool {
    old.keys().any(|path| moved(&latest.migrations, path).as_ref() != Some(path))
}

/// Moves files, and commits that.
pub(super) fn move_files(
    root: &Path,
    moves: &[(String, String)],
    message: &str,
    is_stand_in: bool,
) -> Result<(), AppError> {
    for (from, to) in moves {
        if let Some(folder) = root.join(to).parent() {
            std::fs::create_dir_all(folder)
                .map_err(|error| trouble(format!("cannot make `{}`: {error}", folder.display())))?;
        }
        git(root, Access::Write).args(["mv", "--", from, to]).output().map_err(trouble)?;
    }
    for (from, _) in moves {
        remove_emptied(root, from);
    }
    commit_as(root, message, is_stand_in).map_err(trouble)
}

/// Removes the folders that a file stood in, as far as nothing is left in them.
fn remove_emptied(root: &Path, path: &str) {
    for (end, _) in path.rmatch_indices('/') {
        if std::fs::remove_dir(root.join(&path[..end])).is_err() {
            return;
        }
    }
}

/// The commit of the old layout under the names of now, on top of that of the layout as it was.
pub(super) fn base_by_now(
    followed: &Followed,
    latest: &Latest,
    base: &str,
    is_stand_in: bool,
) -> Result<String, AppError> {
    let root = &followed.root;
    let mut files = blobs_of(root, base).map_err(trouble)?;
    let record = files.remove(RECORD);
    let mut files = files_by_now(latest, &files);
    files.extend(record.map(|blob| (RECORD.to_owned(), blob)));
    let tree = write_tree(root, &files).map_err(trouble)?;
    let message =
        format!("The layout of version {} as {} names it\n", followed.record.version, latest.record.version);
    commit_tree(root, &tree, &[base], &message, is_stand_in).map_err(trouble)
}
