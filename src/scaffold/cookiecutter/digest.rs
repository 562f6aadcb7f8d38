//! The digest of a template's files; of a folder that did not change since it was read, by the stats of its files alone.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::git::clock;
use crate::ledger::{Durability, write_atomic};
use crate::model::{Stamp, Stat};

use super::error::{CookieError, refused};

/// What was read last, below the state of a work tree.
const FILE: &str = "template.json";

/// A template as it was read.
#[derive(Serialize, Deserialize)]
struct Seen {
    /// Its folder.
    folder: PathBuf,
    /// The digest of its files' names and stats.
    stats: String,
    /// The digest of their bytes.
    content: String,
}

/// The digest of a template's files, without what git keeps of them.
pub(super) fn digest(template: &Path) -> Result<String, CookieError> {
    let mut hasher = blake3::Hasher::new();
    walk(template, "", &mut |path, inside, about| {
        hasher.update(inside.as_bytes());
        if about.is_symlink() {
            hasher.update(std::fs::read_link(path).map_err(refused(path))?.as_os_str().as_encoded_bytes());
        } else if about.is_file() {
            hasher.update(&about.len().to_le_bytes());
            hasher.update(&std::fs::read(path).map_err(refused(path))?);
        }
        Ok(())
    })?;
    Ok(hasher.finalize().to_hex().to_string())
}

/// As [`digest`], read only where something changed since it was read last.
pub(super) fn remembered(template: &Path, state: &Path) -> Result<String, CookieError> {
    // What changes from now on has another stat than it has now, if that is older than a tick of the clock.
    let taken = clock(state).ok();
    let (stats, newest) = look(template)?;
    let path = state.join(FILE);
    let seen = std::fs::read(&path).ok().and_then(|bytes| serde_json::from_slice::<Seen>(&bytes).ok());
    if let Some(seen) = seen.filter(|seen| seen.folder == template && seen.stats == stats) {
        return Ok(seen.content);
    }
    let content = digest(template)?;
    if taken.is_some_and(|taken| newest.is_clearly_before(taken)) {
        let seen = Seen { folder: template.to_owned(), stats, content: content.clone() };
        // What is not remembered is read once more.
        drop(write_atomic(&path, &serde_json::to_vec(&seen).unwrap_or_default(), Durability::Process));
    }
    Ok(content)
}

/// The digest of all names and stats, and the moment of the last change.
fn look(template: &Path) -> Result<(String, Stamp), CookieError> {
    let mut hasher = blake3::Hasher::new();
    let mut newest = Stamp::default();
    walk(template, "", &mut |path, inside, about| {
        if about.is_dir() {
            return Ok(());
        }
        let stat = rustix::fs::lstat(path).map_err(|error| refused(path)(error.into()))?;
        let stat = Stat::new(&stat);
        newest = newest.max(stat.ctime);
        hasher.update(inside.as_bytes());
        hasher.update(format!("\0{stat:?}\0").as_bytes());
        Ok(())
    })?;
    Ok((hasher.finalize().to_hex().to_string(), newest))
}

/// Shows all below a folder, in order, but for what git keeps.
fn walk(
    folder: &Path,
    at: &str,
    shown: &mut dyn FnMut(&Path, &str, &std::fs::Metadata) -> Result<(), CookieError>,
) -> Result<(), CookieError> {
    let entries = std::fs::read_dir(folder).map_err(refused(folder))?;
    let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
    names.sort();
    for name in names.into_iter().filter(|name| name != ".git") {
        let (path, inside) = (folder.join(&name), format!("{at}/{}", name.to_string_lossy()));
        let about = path.symlink_metadata().map_err(refused(&path))?;
        shown(&path, &inside, &about)?;
        if about.is_dir() {
            walk(&path, &inside, shown)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_did_not_change_is_not_read_again() {
        let state = tempfile::tempdir().expect("a folder");
        // It stood long before this test.
        let old = Path::new(env!("CARGO_MANIFEST_DIR")).join("scaffolds/yoda");
        let read = remembered(&old, state.path()).expect("it can be read");
        assert_eq!(read, digest(&old).expect("it can be read"));
        let path = state.path().join(FILE);
        let told = std::fs::read_to_string(&path).expect("it is remembered");
        std::fs::write(&path, told.replace(&read, "as remembered")).expect("a file");
        assert_eq!(remembered(&old, state.path()).expect("known"), "as remembered");
    }

    #[test]
    fn what_changes_is_read_also_within_a_tick() {
        let (state, template) =
            (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let read = || remembered(template.path(), state.path()).expect("it can be read");
        let mut all = std::collections::BTreeSet::new();
        for text in ["one", "two", "six"] {
            std::fs::write(template.path().join("x"), text).expect("a file");
            all.insert(read());
        }
        std::fs::rename(template.path().join("x"), template.path().join("y")).expect("renamed");
        all.insert(read());
        assert_eq!(all.len(), 4);
    }
}
