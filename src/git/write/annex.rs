//! Results in an annexed repository: `git annex add` decides, beside the user's index.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::entries::Entry;
use super::identity::{identity, stand_in_for};
use super::lock::or_locked;
use super::program::{git, output, run, without_questions};
use super::{Place, TEMPORARY, WriteError};
use crate::git::annex::righted;
use crate::git::repo::has_annex_branch;

/// Bytes of paths handed to one `git annex add`.
const ARGUMENT_BYTES: usize = 100 * 1024;

/// Whether git-annex has been set up here, or sets itself up as soon as it is asked, as in a clone of where it was.
pub(super) fn is_annexed(repo: &git2::Repository) -> bool {
    let is_refused = || repo.workdir().is_some_and(|root| root.join(".noannex").exists());
    is_set_up(repo) || (has_annex_branch(repo) && !is_refused())
}

fn is_set_up(repo: &git2::Repository) -> bool {
    repo.config().is_ok_and(|config| config.get_string("annex.uuid").is_ok())
}

/// Sets git-annex up in a clone, as it would itself; but not beside the user's index.
fn set_up(place: &Place, is_nobody: bool, mark: Option<(&str, &str)>) -> Result<(), WriteError> {
    if is_set_up(&git2::Repository::open(&place.root)?) {
        return Ok(());
    }
    let mut command = git(place, &["annex", "init", "--quiet"]);
    command.envs(mark);
    without_questions(&mut command);
    if is_nobody {
        stand_in_for(&mut command);
    }
    output(command, "git annex init", b"").map(drop).map_err(or_locked)
}

/// Adds `paths` by the annex's own rules and gives what it made of them. In the work tree, files
/// that went to the annex become links (or stay, where the annex keeps files unlocked). What a `.gitignore` among them
/// says is no reason to leave one out. `mark` is a variable for all that is started.
pub(super) fn add(
    place: &Place,
    paths: &[&str],
    mark: Option<(&str, &str)>,
) -> Result<BTreeMap<String, Entry>, WriteError> {
    if paths.is_empty() {
        return Ok(BTreeMap::new());
    }
    if !is_here(place)? {
        return Err(WriteError::NoAnnex);
    }
    let is_nobody = identity(place)?.is_stand_in;
    set_up(place, is_nobody, mark)?;
    let folder = own_index(place)?;
    let index = folder.path().join("index");
    let with_index = |mut command: Command| {
        command.env("GIT_INDEX_FILE", &index).envs(mark);
        command
    };
    for chunk in chunks(paths) {
        // As DataLad does it: else git-annex would keep names with a dot before them in git itself.
        let words = ["-c", "annex.dotfiles=true", "annex", "add", "--quiet", "--no-check-gitignore", "--"];
        let mut command = with_index(git(place, &words));
        without_questions(&mut command);
        if is_nobody {
            // git-annex commits to a branch of its own, and git refuses that to somebody without a name.
            stand_in_for(&mut command);
        }
        command.args(chunk);
        output(command, "git annex add", b"").map_err(or_locked)?;
    }
    let listing = output(with_index(git(place, &["ls-files", "-s", "-z"])), "git ls-files", b"")?;
    let wanted: BTreeSet<&str> = paths.iter().copied().collect();
    let entries: BTreeMap<_, _> = listing
        .split(|&byte| byte == 0)
        .filter_map(|line| parse(std::str::from_utf8(line).ok()?))
        .filter(|(path, _)| wanted.contains(path.as_str()))
        .collect();
    match paths.iter().find(|path| !entries.contains_key(**path)) {
        Some(path) => Err(not_added(path)),
        None => Ok(entries),
    }
}

/// Whether git finds git-annex.
fn is_here(place: &Place) -> Result<bool, WriteError> {
    Ok(run(git(place, &["annex", "version", "--raw"]), "git annex", b"")?.status.success())
}

/// A folder with a copy of the user's index, for git-annex to write to.
fn own_index(place: &Place) -> Result<tempfile::TempDir, WriteError> {
    let folder = tempfile::Builder::new().prefix(TEMPORARY).tempdir_in(&place.git_dir);
    let folder = folder.map_err(WriteError::io("write in", &place.git_dir))?;
    let users = place.git_dir.join("index");
    if users.exists() {
        fs::copy(&users, folder.path().join("index")).map_err(WriteError::io("copy", &users))?;
    }
    Ok(folder)
}

/// Puts content into the place of pointers that git left in the work tree, as after `git stash pop`, where it is here:
/// git-annex notes them in `noted` and does so after a checkout, but nobody calls it then. The user's index stays. Where
/// git-annex is missing, whatever needs it says so.
///
/// # Errors
/// When the index cannot be copied, or git-annex fails.
pub fn fill_pointers(place: &Place, noted: &Path) -> Result<(), WriteError> {
    if !fs::metadata(noted).is_ok_and(|stat| stat.len() > 0) || !is_here(place)? {
        return Ok(());
    }
    let folder = own_index(place)?;
    let mut command = git(place, &["annex", "smudge", "--update", "--quiet"]);
    command.env("GIT_INDEX_FILE", folder.path().join("index"));
    without_questions(&mut command);
    output(command, "git annex smudge", b"").map(drop).map_err(or_locked)
}

fn not_added(path: &str) -> WriteError {
    let word = crate::model::literal(path);
    let message = format!("it did not add `{path}`; `git annex add --no-check-gitignore {word}` says why");
    WriteError::Failed { program: "git annex add".into(), message }
}

/// What a link says. One that leads beside the annex, since it came here from a folder of another depth, is replaced
/// by one that leads into it.
pub(super) fn right_link(place: &Place, path: &str) -> Result<PathBuf, WriteError> {
    let full = place.root.join(path);
    let text = fs::read_link(&full).map_err(WriteError::io("read the link", &full))?;
    let Some(right) = text.to_str().and_then(|text| righted(path, text)) else { return Ok(text) };
    let folder = tempfile::Builder::new().prefix(TEMPORARY).tempdir_in(&place.git_dir);
    let folder = folder.map_err(WriteError::io("write in", &place.git_dir))?;
    let beside = folder.path().join("link");
    let is_made = symlink(&right, &beside).and_then(|()| {
        // The git folder may lie on another file system.
        fs::rename(&beside, &full).or_else(|_| replace_link(&right, &full))
    });
    is_made.map_err(WriteError::io("replace the link", &full))?;
    Ok(right.into())
}

/// Replaces a link by another that is made beside it first, so that a link stands at every moment.
fn replace_link(right: &str, full: &Path) -> io::Result<()> {
    let folder = full.parent().unwrap_or(full);
    let name = format!(".{TEMPORARY}");
    let beside = tempfile::Builder::new().prefix(&name).make_in(folder, |path| symlink(right, path))?;
    Ok(beside.into_temp_path().persist(full)?)
}

fn chunks<'a>(paths: &'a [&'a str]) -> Vec<&'a [&'a str]> {
    let (mut chunks, mut start, mut bytes) = (Vec::new(), 0, 0);
    for (number, path) in paths.iter().enumerate() {
        if bytes + path.len() > ARGUMENT_BYTES && number > start {
            chunks.push(&paths[start..number]);
            (start, bytes) = (number, 0);
        }
        bytes += path.len() + 1;
    }
    chunks.push(&paths[start..]);
    chunks
}

/// Reads `mode oid stage<TAB>path`.
fn parse(line: &str) -> Option<(String, Entry)> {
    let (facts, path) = line.split_once('\t')?;
    let mut facts = facts.split(' ');
    let mode = u32::from_str_radix(facts.next()?, 8).ok()?;
    let oid = facts.next()?.parse().ok()?;
    (facts.next() == Some("0")).then(|| (path.to_owned(), Entry { mode, oid }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_keep_every_path() {
        let long = "x".repeat(60 * 1024);
        let paths = [long.as_str(), "a", long.as_str(), long.as_str()];
        let parts = chunks(&paths);
        assert_eq!(parts.concat(), paths);
        assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [2, 1, 1]);
    }

    #[test]
    fn a_link_is_replaced_and_nothing_stays_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("a");
        symlink("old", &link).unwrap();
        replace_link("new", &link).unwrap();
        assert_eq!(fs::read_link(&link).unwrap(), Path::new("new"));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        // What cannot be replaced stays as it was.
        let folder = dir.path().join("folder");
        fs::create_dir(&folder).unwrap();
        replace_link("new", &folder).unwrap_err();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
    }

    #[test]
    fn reads_listings() {
        let line = "120000 0123456789012345678901234567890123456789 0\ta\tb";
        assert_eq!(parse(line).map(|(path, entry)| (path, entry.mode)), Some(("a\tb".into(), 0o120_000)));
        assert_eq!(parse("100644 0123456789012345678901234567890123456789 2\ta"), None);
    }
}
