//! When `.git` lies on another file system: a staged output is first copied next to its target.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::error::{ExecError, io};
use super::stage::{self, Staged};
use super::{Publication, fault, remove_tree};

/// The hidden staging folder of a publication inside its pipeline's folder.
fn local(publication: &Publication) -> PathBuf {
    let attempt = stage::attempt_of(&publication.staged).unwrap_or_default();
    publication.pipeline.join(format!(".minipach-staged-{attempt}"))
}

/// Where the output is staged now: in the local folder only if its copy was finished, that is, if the original
/// is gone. An unfinished copy is removed.
pub(super) fn current(publication: &Publication) -> Result<PathBuf, ExecError> {
    let local = local(publication);
    if local.symlink_metadata().is_err() {
        return Ok(publication.staged.clone());
    }
    if stage::look(&publication.staged)? == Staged::New {
        remove_tree(&local)?;
        return Ok(publication.staged.clone());
    }
    named(&local)
}

/// The new output in a local staging folder; an emptied one gives a path that is not there.
fn named(local: &Path) -> Result<PathBuf, ExecError> {
    let read = |error| io("read", local, error);
    for entry in std::fs::read_dir(local).map_err(read)? {
        let path = entry.map_err(read)?.path();
        if stage::look(&path)? == Staged::New {
            return Ok(path);
        }
    }
    Ok(local.join("0-0"))
}

/// Removes the local staging folder, if there is one. The original's rest goes after it: as long as
/// that stands, somebody knows that there is something to finish.
pub(super) fn remove(publication: &Publication) -> Result<(), ExecError> {
    remove_tree(&local(publication))
}

/// Copies the output into the local staging folder, makes the original a rest, and gives the copy's
/// staged path and the rest's.
pub(super) fn copy(publication: &Publication) -> Result<(PathBuf, PathBuf), ExecError> {
    let new = &publication.staged;
    let local = local(publication);
    remove_tree(&local)?;
    std::fs::create_dir(&local).map_err(|error| io("create", &local, error))?;
    let copying = local.join("copying");
    copy_folder(new, &copying)?;
    let inode = std::fs::metadata(&copying).map_err(|error| io("read", &copying, error))?.ino();
    let named = local.join(format!("0-{inode}"));
    rustix::fs::rename(&copying, &named).map_err(|error| io("move", &copying, error))?;
    // Gone at once, for a half removed original must not be taken for the output.
    let copied = stage::rest(new, ".copied");
    rustix::fs::rename(new, &copied).map_err(|error| io("move", new, error))?;
    fault::point("publish:copied");
    Ok((named, copied))
}

/// Copies a collected output: real folders, files with their rights, and links as they are.
fn copy_folder(from: &Path, to: &Path) -> Result<(), ExecError> {
    std::fs::create_dir(to).map_err(|error| io("create", to, error))?;
    let read = |error| io("read", from, error);
    for entry in std::fs::read_dir(from).map_err(read)? {
        let entry = entry.map_err(read)?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().map_err(read)?;
        if kind.is_dir() {
            copy_folder(&source, &target)?;
        } else if kind.is_symlink() {
            let text = std::fs::read_link(&source).map_err(read)?;
            std::os::unix::fs::symlink(text, &target).map_err(|error| io("link", &target, error))?;
        } else {
            std::fs::copy(&source, &target).map_err(|error| io("copy", &source, error))?;
        }
    }
    Ok(())
}
