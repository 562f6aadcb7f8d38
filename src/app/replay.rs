//! Replaying a commit of results: what its record says is done again by `datalad rerun`, on a new branch.

use std::path::Path;

use crate::git::process::{Access, git};
use crate::git::{Listed, Repo, changed_files};
use crate::model::show;
use crate::plan::record::PREFIX;

use super::commits::CommitView;
use super::engines::version;
use super::error::{AppError, ExitCode};

/// So many branches of one name are tried.
const BRANCHES: usize = 99;

/// What a replay would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replay {
    /// In words, a line each.
    pub lines: Vec<String>,
    /// The shell command that does it.
    pub command: String,
}

/// What making a commit's results again would do, in the project that holds a folder.
///
/// # Errors
/// When the commit has no record, something is not committed, or `datalad` is missing: in a sentence.
pub fn would_replay(start: &Path, commit: &CommitView) -> Result<Replay, AppError> {
    let repo = Repo::open(start)?;
    let root = repo.root();
    let ask = |words: &[&str]| git(root, Access::Read).args(words).output();
    let said = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim().to_owned();
    let subject = ask(&["log", "--max-count=1", "--format=%s", &commit.id]).map(said).unwrap_or_default();
    if !subject.starts_with(PREFIX) {
        return Err(refused(format!("{} carries no record of a run, so nothing tells how", commit.short())));
    }
    let changed = changed_files(root, Listed::All).map_err(|error| refused(error.to_string()))?;
    if let Some(path) = changed.first() {
        let why = "is not committed, and a replay checks another commit out; `A` saves it";
        return Err(refused(format!("`{}` {why}", show(path))));
    }
    if version("datalad").is_none() {
        let why = "`datalad` is not installed, and it is what reads a record and runs it";
        return Err(AppError::new(ExitCode::Program, why));
    }
    let exists =
        |name: &str| ask(&["rev-parse", "--verify", "--quiet", &format!("refs/heads/{name}")]).is_ok();
    let names = std::iter::once(format!("replay-{}", commit.short()))
        .chain((2..BRANCHES).map(|number| format!("replay-{}-{number}", commit.short())));
    let branch = names.into_iter().find(|name| !exists(name));
    let branch = branch.ok_or_else(|| refused("too many branches of earlier replays are there".into()))?;
    let lines = vec![
        format!("{} {}, by {}", commit.short(), show(&commit.subject), show(&commit.by)),
        format!(
            "Checks out what it was made of on a new branch `{branch}`, runs what it recorded, commits what comes out."
        ),
        "Your branch stays as it is. You are on the new one then; `git switch -` leads back.".to_owned(),
    ];
    let (short, command) = (commit.short(), "datalad rerun --onto");
    Ok(Replay { lines, command: format!("{command} {short}^ -b {branch} {short}") })
}

fn refused(message: String) -> AppError {
    AppError::new(ExitCode::Data, message)
}
