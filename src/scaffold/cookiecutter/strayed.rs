//! What hooks made that would be lost or lead nowhere once the project is moved to its place.

use std::fs;
use std::path::Path;

use super::error::{CookieError, refused};
use crate::model::{show, show_some};

/// Refuses what hooks left beside the project's folder in `holder`. Gives what in the folder names where it stands for now.
///
/// Errors: there is such a file, or something cannot be read.
pub(super) fn refuse(holder: &Path, folder: &Path) -> Result<Vec<String>, CookieError> {
    if let Some(name) = names(holder)?.iter().find(|name| Some(name.as_os_str()) != folder.file_name()) {
        return Err(CookieError::Hook(format!(
            "a hook made `../{}`, beside the project, which would be lost, so nothing was laid out; `--hooks skip` lays the template out, and the hook can be run in the project afterwards",
            show(&name.to_string_lossy())
        )));
    }
    let mut found = Vec::new();
    let here = holder.file_name().unwrap_or_default().as_encoded_bytes();
    below(folder, Path::new(""), here, &mut found)?;
    Ok(found)
}

/// What is said of files that name the folder that hooks ran in.
pub(super) fn sentence(found: &[String]) -> Option<String> {
    let names: Vec<&str> = found.iter().map(String::as_str).collect();
    (!names.is_empty()).then(|| {
        format!(
            "hooks ran in a folder that has been moved to its place since, and {} still named it: make these anew there",
            show_some(&names, 3)
        )
    })
}

fn below(folder: &Path, inside: &Path, here: &[u8], found: &mut Vec<String>) -> Result<(), CookieError> {
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
            found.push(inside.to_string_lossy().into_owned());
        }
        if kind.is_dir() {
            below(folder, &inside, here, found)?;
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
