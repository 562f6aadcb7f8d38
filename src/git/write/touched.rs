//! Files that stand again as git has them: the index learns their size, where git stores other bytes than they have.

use std::collections::BTreeMap;
use std::fs;

use crate::git::attributes::{converted_by, is_automatic};
use crate::model::Oid;

use super::annex::is_annexed;
use super::entries::from_git2;
use super::filters::quoted;
use super::program::{git, output};
use super::{Place, WriteError};

/// Has the index know those of `paths` that differ from what it has in their size alone: git takes another size for a
/// change without a look at the bytes that it would store.
///
/// # Errors
/// When the index cannot be read or is locked, or git fails.
pub fn tell_index(place: &Place, paths: &[String]) -> Result<(), WriteError> {
    let repo = git2::Repository::open(&place.root)?;
    let (is_annexed, is_automatic) = (is_annexed(&repo), is_automatic(&repo));
    let is_converted =
        |path: &&String| is_annexed || converted_by(&repo, is_automatic, path).is_ok_and(|by| by.is_some());
    let paths: Vec<&String> = paths.iter().filter(is_converted).collect();
    if paths.is_empty() {
        return Ok(());
    }
    let index = repo.index()?;
    let resized = paths.into_iter().filter_map(|path| {
        let entry = index.get_path(path.as_ref(), 0)?;
        let stat = fs::symlink_metadata(place.root.join(path)).ok()?;
        let is_resized = stat.is_file() && u64::from(entry.file_size) != stat.len() & u64::from(u32::MAX);
        is_resized.then(|| (path.as_str(), from_git2(entry.id)))
    });
    let resized: BTreeMap<&str, Oid> = resized.collect();
    if resized.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = resized.keys().map(|path| quoted(path)).collect();
    let names = names.join("\n") + "\n";
    let stored = output(git(place, &["hash-object", "--stdin-paths"]), "git hash-object", names.as_bytes())?;
    let stored = String::from_utf8_lossy(&stored);
    let same = resized.iter().zip(stored.lines()).filter(|((_, oid), line)| oid.to_string() == **line);
    let same: Vec<u8> = same.flat_map(|((path, _), _)| [path.as_bytes(), b"\0"].concat()).collect();
    output(git(place, &["update-index", "-z", "--stdin"]), "git update-index", &same).map(drop)
}

/// Has the index as HEAD at these paths.
///
/// # Errors
/// When git fails, as where the index is locked.
pub fn unstage(place: &Place, paths: &[String]) -> Result<(), WriteError> {
    let list: Vec<u8> = paths.iter().flat_map(|path| [path.as_bytes(), b"\0"].concat()).collect();
    let words = ["--literal-pathspecs", "reset", "--quiet", "--pathspec-from-file=-", "--pathspec-file-nul"];
    output(git(place, &words), "git reset", &list).map(drop)
}
