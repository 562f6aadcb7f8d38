//! Which templates may run their hooks without being asked about again: those that somebody said so of, as long as no
//! byte of them changes.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::{CookieError, refused};

/// What somebody says of the hooks of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// They are left out.
    No,
    /// They run.
    Once,
    /// They run, now and whenever the template is the same.
    Always,
}

/// A template that may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    /// What it was called, for people who read the file.
    template: String,
    /// The digest of all that was fetched with it.
    content: String,
}

/// The file that remembers them, in the user's state folder.
fn file() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = set("XDG_STATE_HOME").or_else(|| Some(set("HOME")?.join(".local/state")))?;
    Some(state.join("minipach/hooks.json"))
}

fn known(file: &Path) -> Vec<Known> {
    let read = || serde_json::from_slice(&std::fs::read(file).ok()?).ok();
    // What cannot be read is consent to nothing.
    read().unwrap_or_default()
}

/// Whether the hooks of a template with these files may run.
pub(super) fn is_given(content: &str) -> bool {
    file().is_some_and(|file| known(&file).iter().any(|known| known.content == content))
}

/// Remembers that they may.
pub(super) fn give(template: &str, content: &str) -> Result<(), CookieError> {
    let Some(file) = file() else { return Ok(()) };
    let mut all = known(&file);
    all.push(Known { template: template.to_owned(), content: content.to_owned() });
    let folder = file.parent().unwrap_or(Path::new("/"));
    std::fs::create_dir_all(folder).map_err(refused(folder))?;
    let fresh = tempfile::NamedTempFile::new_in(folder).map_err(refused(folder))?;
    std::fs::write(fresh.path(), serde_json::to_vec_pretty(&all).unwrap_or_default())
        .map_err(refused(&file))?;
    fresh.persist(&file).map(drop).map_err(|error| refused(&file)(error.error))
}
