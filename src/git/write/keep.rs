//! Keeps files as they stand under a ref of ours, so that git can give them back after they were replaced.

use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;

use git2::build::TreeUpdateBuilder;
use git2::{FileMode, Repository, Signature, Time};

use super::branch::resolve;
use super::entries::from_git2;
use super::identity::Identity;
use super::objects::{CommitBuilder, NewCommit};
use super::{Change, Place, WriteError};
use crate::model::Oid;

/// More files than this go through `git fast-import`, which packs them.
const FEW: usize = 256;
const MESSAGE: &str = "Keep results that were replaced before they were committed\n";

/// Commits the files at `paths` (from the root), with their raw bytes, on top of what `reference` holds.
///
/// # Errors
/// When a file cannot be read or an object cannot be written.
pub fn keep(place: &Place, reference: &str, paths: &[String], seconds: i64) -> Result<Oid, WriteError> {
    let repo = Repository::open(&place.root)?;
    let parent = resolve(&repo, reference)?;
    if paths.len() <= FEW {
        return keep_few(&repo, place, (reference, parent), paths, seconds);
    }
    let mut builder = CommitBuilder::start(place, parent, Identity::stand_in())?.raw();
    let changes: Vec<Change> =
        paths.iter().map(|path| Change::Write { path: path.clone(), expect: None }).collect();
    let oid = builder.commit(&NewCommit { message: MESSAGE.as_bytes(), changes: &changes, seconds })?;
    builder.finish()?;
    let overwrite = true;
    repo.reference(reference, super::entries::to_git2(oid), overwrite, MESSAGE.trim_end())?;
    Ok(oid)
}

/// Without starting a program: a run that replaces one result should not wait for four.
fn keep_few(
    repo: &Repository,
    place: &Place,
    (reference, parent): (&str, Option<Oid>),
    paths: &[String],
    seconds: i64,
) -> Result<Oid, WriteError> {
    let mut tree = TreeUpdateBuilder::new();
    for path in paths {
        let (oid, mode) = blob(repo, place, path)?;
        tree.upsert(path, oid, mode);
    }
    let empty = repo.find_tree(repo.treebuilder(None)?.write()?)?;
    let tree = repo.find_tree(tree.create_updated(repo, &empty)?)?;
    let by = Signature::new("minipach", "minipach@localhost", &Time::new(seconds, 0))?;
    let parent = parent.map(|oid| repo.find_commit(super::entries::to_git2(oid))).transpose()?;
    let parents: Vec<_> = parent.iter().collect();
    Ok(from_git2(repo.commit(Some(reference), &by, &by, MESSAGE, &tree, &parents)?))
}

fn blob(repo: &Repository, place: &Place, path: &str) -> Result<(git2::Oid, FileMode), WriteError> {
    let full = place.root.join(path);
    let failed = |error| WriteError::io("read", &full)(error);
    let stat = fs::symlink_metadata(&full).map_err(failed)?;
    if stat.is_symlink() {
        let text = fs::read_link(&full).map_err(failed)?;
        return Ok((repo.blob(text.as_os_str().as_bytes())?, FileMode::Link));
    }
    let mut file = File::open(&full).map_err(failed)?;
    let mut writer = repo.blob_writer(None)?;
    io::copy(&mut file, &mut writer).map_err(failed)?;
    let is_executable = stat.permissions().mode() & 0o100 != 0;
    let mode = if is_executable { FileMode::BlobExecutable } else { FileMode::Blob };
    Ok((writer.commit()?, mode))
}
