//! When `.git` lies on another file system: a staged output is first copied next to its target.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::error::{ExecError, io};
use super::stage::{self, Staged};
use super::{Publication, remove_tree};

/// The hidden staging folder of a publication inside its pipeline's folder.
fn local(publication: &Publication) -> PathBuf {
    let attempt = publication.staged.file_name().unwrap_or_default().to_string_lossy();
    publication.pipeline.join(format!(".minipach-staged-{attempt}"))
}

/// The staging folder in force: the local one only if its copy was finished, that is, if the original
/// is gone. An unfinished copy is removed.
pub(super) fn current(publication: &Publication) -> Result<PathBuf, ExecError> {
    let local = local(publication);
    if local.symlink_metadata().is_err() {
        return Ok(publication.staged.clone());
    }
    if let Staged::New(_) = stage::look(&publication.staged)? {
        remove_tree(&local)?;
        return Ok(publication.staged.clone());
    }
    Ok(local)
}

/// Copies the output `new` into the local staging folder, removes the original, and gives the folder.
pub(super) fn copy(publication: &Publication, new: &Path) -> Result<PathBuf, ExecError> {
    let local = local(publication);
    remove_tree(&local)?;
    std::fs::create_dir(&local).map_err(|error| io("create", &local, error))?;
    let copying = local.join("copying");
    copy_folder(new, &copying)?;
    let inode = std::fs::metadata(&copying).map_err(|error| io("read", &copying, error))?.ino();
    let named = local.join(inode.to_string());
    rustix::fs::rename(&copying, &named).map_err(|error| io("move", &copying, error))?;
    // Gone at once, for a half removed original must not be taken for the output.
    let copied = publication.staged.join("copied");
    rustix::fs::rename(new, &copied).map_err(|error| io("move", new, error))?;
    remove_tree(&copied)?;
    Ok(local)
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
