//! What hooks made that would be lost or lead nowhere once the project is moved to its place.

use std::fs;
use std::path::Path;

use super::error::{CookieError, refused};
use crate::model::show;

/// Refuses what hooks left beside the project's folder in `holder`, and what in the folder names where it stands for now.
///
/// Errors: there is such a file, or something cannot be read.
pub(super) fn refuse(holder: &Path, folder: &Path) -> Result<(), CookieError> {
    for name in names(holder)? {
        if Some(name.as_os_str()) != folder.file_name() {
            let what =
                format!("`../{}`, beside the project, which would be lost", show(&name.to_string_lossy()));
            return Err(wrong(&what));
        }
    }
    let here = holder.file_name().unwrap_or_default().as_encoded_bytes();
    below(folder, Path::new(""), here)
}

fn below(folder: &Path, inside: &Path, here: &[u8]) -> Result<(), CookieError> {
    for name in names(&folder.join(inside))? {
        let inside = inside.join(name);
        let path = folder.join(&inside);
        let kind = path.symlink_metadata().map_err(refused(&path))?.file_type();
        let is_named = if kind.is_symlink() {
            holds(fs::read_link(&path).map_err(refused(&path))?.as_os_str().as_encoded_bytes(), here)
        } else {
            // What the hooks themselves may not read is theirs.
            kind.is_file() && fs::read(&path).is_ok_and(|bytes| holds(&bytes, here))
        };
        if is_named {
            let shown = show(&inside.to_string_lossy());
            return Err(wrong(&format!(
                "`{shown}`, which names the folder that the project is made in, and it is moved then"
            )));
        }
        if kind.is_dir() {
            below(folder, &inside, here)?;
        }
    }
    Ok(())
}

fn names(folder: &Path) -> Result<Vec<std::ffi::OsString>, CookieError> {
    let entries = fs::read_dir(folder).map_err(refused(folder))?;
    let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
    names.sort();
    Ok(names)
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    let first = |at: &usize| bytes[*at] == part[0];
    !part.is_empty() && (0..bytes.len()).filter(first).any(|at| bytes[at..].starts_with(part))
}

fn wrong(what: &str) -> CookieError {
    CookieError::Hook(format!(
        "a hook made {what}; `--hooks skip` lays the template out, and the hook can be run in the project afterwards"
    ))
}
