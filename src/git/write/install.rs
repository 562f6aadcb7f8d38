//! Installs a subdataset: its history and the names of its files, without annexed content.

use std::path::Path;
use std::process::Command;

use super::program::{git, output, with_questions};
use super::{Place, WriteError};

/// Installs the subdataset at `path`, at the commit that is recorded for it. `DataLad` finds more places where one may
/// be than git, so it is asked where it is installed.
///
/// # Errors
/// When it cannot be had.
pub fn install(project: &Place, path: &str) -> Result<(), WriteError> {
    let outer = outer(&project.root, path);
    let below = path.strip_prefix(outer).unwrap_or(path).trim_start_matches('/');
    let place = Place { root: project.root.join(outer), git_dir: project.git_dir.clone() };
    match output(datalad(&place, below), "datalad get", b"") {
        Err(WriteError::NotStarted { .. }) => {}
        other => return other.map(drop),
    }
    let words = ["submodule", "--quiet", "update", "--init", "--checkout", "--", below];
    output(with_questions(git(&place, &words)), "git submodule update", b"").map(drop)
}

fn datalad(place: &Place, path: &str) -> Command {
    let mut command = Command::new("datalad");
    command.env("GIT_TERMINAL_PROMPT", "0").env_remove("GIT_DIR").env_remove("GIT_WORK_TREE");
    command.args(["get", "--no-data", "--", path]).current_dir(&place.root);
    command
}

/// The innermost repository around a path; empty for the project.
fn outer<'a>(root: &Path, path: &'a str) -> &'a str {
    let ends = path.match_indices('/').map(|(at, _)| &path[..at]);
    ends.rev().find(|folder| root.join(folder).join(".git").symlink_metadata().is_ok()).unwrap_or("")
}
