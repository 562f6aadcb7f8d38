//! Installs a subdataset: its history and the names of its files, without annexed content.

use std::path::Path;
use std::process::Command;

use super::program::{git, last_words, output, run, with_questions};
use super::{Place, WriteError};

/// What people call the command.
const DATALAD: &str = "datalad get";

/// Installs the subdataset at `path`, at the commit that is recorded for it. `DataLad` finds more places where one may
/// be than git, so it is asked where it is installed.
///
/// # Errors
/// When it cannot be had: then its folder is empty again, for a clone without the recorded commit stands at another one.
pub fn install(project: &Place, path: &str) -> Result<(), WriteError> {
    let outer = outer(&project.root, path);
    let below = path.strip_prefix(outer).unwrap_or(path).trim_start_matches('/');
    let place = Place { root: project.root.join(outer), git_dir: project.git_dir.clone() };
    let folder = place.root.join(below);
    let was_empty = is_empty(&folder);
    let installed = clone(&place, below);
    let is_left = || was_empty && folder.join(".git").symlink_metadata().is_ok();
    if installed.is_err() && is_left() && stands_elsewhere(&place, below) {
        let emptied = std::fs::remove_dir_all(&folder).and_then(|()| std::fs::create_dir(&folder));
        emptied.map_err(WriteError::io("empty", &folder))?;
    }
    installed
}

/// Whether a folder is empty or absent. One that cannot be read may hold anything.
fn is_empty(folder: &Path) -> bool {
    match std::fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

/// Whether a subdataset is at another commit than is recorded for it. A clone that somebody else is still making is at
/// none.
fn stands_elsewhere(place: &Place, below: &str) -> bool {
    let asked = |words: &[&str]| output(git(place, words), "git", b"").ok();
    let Some(told) = asked(&["submodule", "status", "--", below]) else { return false };
    let inside = place.root.join(below);
    let head = asked(&["-C", &inside.to_string_lossy(), "rev-parse", "--verify", "--quiet", "HEAD^{commit}"]);
    let head = head.map(|head| String::from_utf8_lossy(&head).trim().to_owned());
    let is_at_none_recorded = matches!(told.first(), Some(b'+' | b'-'));
    // After the sign stands the commit: the recorded one after `-`, that of the clone after `+`.
    is_at_none_recorded
        && head.is_some_and(|head| {
            !head.is_empty() && (told[0] == b'+' || !told[1..].starts_with(head.as_bytes()))
        })
}

fn clone(place: &Place, below: &str) -> Result<(), WriteError> {
    match run(datalad(place, below), DATALAD, b"") {
        Err(WriteError::NotStarted { .. }) => {}
        Err(error) => return Err(error),
        Ok(ended) if ended.status.success() => return Ok(()),
        Ok(ended) => {
            let message = why(&String::from_utf8_lossy(&ended.stdout));
            let message = message.unwrap_or_else(|| last_words(&[ended.stderr, ended.stdout].concat()));
            return Err(WriteError::Failed { program: DATALAD.to_owned(), message });
        }
    }
    let words = ["submodule", "--quiet", "update", "--init", "--checkout", "--", below];
    output(with_questions(git(place, &words)), "git submodule update", b"").map(drop)
}

fn datalad(place: &Place, path: &str) -> Command {
    let mut command = Command::new("datalad");
    command.env("GIT_TERMINAL_PROMPT", "0").env_remove("GIT_DIR").env_remove("GIT_WORK_TREE");
    command.args(["get", "--no-data", "--", path]).current_dir(&place.root);
    command
}

/// Of what `DataLad` says of a clone that failed: where it looked, and what git said to that. It tries most addresses twice.
fn why(said: &str) -> Option<String> {
    let mut tried: Vec<(&str, &str)> = Vec::new();
    let mut address = "";
    for line in said.lines() {
        address = line.strip_prefix("- ").unwrap_or(address);
        if let Some((_, reason)) = line.split_once("fatal: ").filter(|_| !address.is_empty()) {
            tried.push((address, reason.trim_end_matches([']', '\''])));
        }
    }
    let addresses: Vec<&str> = tried.iter().map(|(address, _)| *address).collect();
    let is_twin = |address: &str| address.strip_suffix("/.git").is_some_and(|own| addresses.contains(&own));
    tried.retain(|(address, _)| !is_twin(address));
    tried.dedup_by_key(|(address, _)| *address);
    let told: Vec<String> = tried.iter().map(|(address, reason)| format!("`{address}`: {reason}")).collect();
    (!told.is_empty()).then(|| format!("it looked at {}", told.join("; ")))
}

/// The innermost repository around a path; empty for the project.
fn outer<'a>(root: &Path, path: &'a str) -> &'a str {
    let ends = path.match_indices('/').map(|(at, _)| &path[..at]);
    ends.rev().find(|folder| root.join(folder).join(".git").symlink_metadata().is_ok()).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_seen_to_be_empty_is() {
        let dir = tempfile::tempdir().unwrap();
        assert!(is_empty(dir.path()) && is_empty(&dir.path().join("none")));
        std::fs::write(dir.path().join("file"), "").unwrap();
        assert!(!is_empty(dir.path()) && !is_empty(&dir.path().join("file")), "a file is no empty folder");
    }

    #[test]
    fn tells_where_it_looked_and_why_that_failed() {
        let said = "install(error): /p/raw (dataset) [Failed to clone from any candidate source URL. Encountered errors per each url were:
- /nowhere/x
  CommandError: 'git clone --progress /nowhere/x /p/raw' failed with exitcode 128 [err: 'fatal: repository '/nowhere/x' does not exist']
- https://a.b/y
  CommandError: 'git clone' failed with exitcode 128 [err: 'Cloning into '/p/raw'...
fatal: unable to access 'https://a.b/y/': Failed to connect']
- https://a.b/y/.git
  CommandError: 'git clone' failed with exitcode 128 [err: 'Cloning into '/p/raw'...
fatal: unable to access 'https://a.b/y/.git/': Failed to connect']]
";
        assert_eq!(
            why(said).as_deref(),
            Some(
                "it looked at `/nowhere/x`: repository '/nowhere/x' does not exist; `https://a.b/y`: unable to access 'https://a.b/y/': Failed to connect"
            )
        );
        assert_eq!(why("get(impossible): raw [path does not exist]\n"), None);
    }
}
