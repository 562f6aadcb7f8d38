//! Lays out a project aside, with its repository and first commit, and moves it into place in one step.

use std::fs;
use std::io;
use std::path::Path;

use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::scaffold::{RenderedFile, put_whole};

use super::error::{AppError, ExitCode};

/// Writes files into a folder aside, lets `make` do the rest there, and moves all of it to `dir`, which holds nothing.
/// Unless all of that works, `dir` is as it was.
///
/// # Errors
/// Of `make`, or when files cannot be written or moved.
pub(super) fn lay_out_fresh<T>(
    dir: &Path,
    files: &[RenderedFile],
    make: impl FnOnce(&Path) -> Result<T, AppError>,
) -> Result<T, AppError> {
    let refused = |error: io::Error| {
        AppError::new(ExitCode::Data, format!("`{}` cannot be written: {error}", dir.display()))
    };
    let parent = dir.parent().unwrap_or(Path::new("/"));
    // Whoever stands in an empty folder goes on to stand in it, so it is filled and not replaced.
    let beside = if dir.exists() { dir } else { parent };
    fs::create_dir_all(beside).map_err(refused)?;
    let aside = tempfile::Builder::new().prefix(".minipach-new-").tempdir_in(beside).map_err(refused)?;
    let root = aside.path().join("project");
    fs::create_dir(&root).map_err(refused)?;
    put_whole(&root, files).map_err(|error| AppError::new(ExitCode::Data, error.to_string()))?;
    let made = make(&root)?;
    if dir.exists() { fill(&root, dir) } else { fs::rename(&root, dir) }.map_err(refused)?;
    Ok(made)
}

/// Moves all that stands in one folder into another; if that fails, what was moved goes back.
fn fill(from: &Path, to: &Path) -> io::Result<()> {
    let names: Vec<_> = fs::read_dir(from)?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<_>>()?;
    for (at, name) in names.iter().enumerate() {
        let moved = renameat_with(CWD, from.join(name), CWD, to.join(name), RenameFlags::NOREPLACE);
        if let Err(error) = moved {
            for name in &names[..at] {
                // The first error is the one to report.
                drop(fs::rename(to.join(name), from.join(name)));
            }
            return Err(error.into());
        }
    }
    Ok(())
}
