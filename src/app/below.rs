//! Subdatasets with pipelines of their own, for `run --recursive`: which there are, and recording in the project around one
//! what runs committed in it.

use std::path::{Path, PathBuf};

use crate::git::write::{self, Change, CommitBuilder, NewCommit};
use crate::git::{CommitFacts, GitError, MODE_GITLINK, Repo, Scan};
use crate::ledger::RunLock;
use crate::model::{Oid, show};
use crate::plan::record::{above, is_own};
use crate::run::{RunError, dataset_id, now_ms, now_seconds};

use super::error::{AppError, ExitCode};
use super::start::quoted;

/// An installed subdataset that holds pipelines, or one that does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Below {
    /// Path from the project that was asked for.
    pub path: String,
    /// Root of its work tree.
    pub root: PathBuf,
    /// Root of the dataset that records it.
    pub outer: PathBuf,
    /// Path from there.
    pub name: String,
    /// Whether it holds specs itself.
    pub has_specs: bool,
}

/// The subdatasets of the project around `start` that a recursive run enters, at any depth, inner ones first.
///
/// # Errors
/// When there is no project, or one of its datasets cannot be read.
pub fn below(start: &Path) -> Result<Vec<Below>, AppError> {
    let mut found = Vec::new();
    look(&Repo::open(start)?, "", &mut found)?;
    Ok(found)
}

/// Adds what lies in one dataset; whether that holds specs, and whether something in it does.
fn look(repo: &Repo, prefix: &str, found: &mut Vec<Below>) -> Result<(bool, bool), GitError> {
    let (scan, _) = Scan::open(repo)?;
    let has_specs = !scan.specs().is_empty();
    let mut holds_some = false;
    for name in scan.installed_subdatasets(repo.root()) {
        let root = repo.root().join(name);
        let path = format!("{prefix}{name}");
        let (has_specs, holds_more) = look(&Repo::open(&root)?, &format!("{path}/"), found)?;
        if has_specs || holds_more {
            holds_some = true;
            let (outer, name) = (repo.root().to_owned(), name.to_owned());
            found.push(Below { path, root, outer, name, has_specs });
        }
    }
    Ok((has_specs, holds_some))
}

/// Records in the dataset around a subdataset each commit that runs made in it, by a commit of its own with the same run
/// record; gives these. With `all`, commits that no run made too. What a killed run left undone of this is done so.
///
/// # Errors
/// When a run goes on there, other commits are not recorded either, or git cannot be written; nothing has changed then.
pub fn record(below: &Below, all: bool) -> Result<Vec<String>, AppError> {
    let repo = Repo::open(&below.outer)?;
    let _lock = RunLock::acquire(&repo.state_dir(), "run", now_ms()).map_err(RunError::from)?;
    super::mend::mend(&repo)?;
    let ahead = repo.ahead(&below.name)?;
    if let Some(foreign) = ahead.iter().find(|facts| !all && !is_own(&facts.message)) {
        return Err(unrecorded(below, foreign));
    }
    if ahead.is_empty() {
        return Ok(Vec::new());
    }
    let dsid = dataset_id(repo.root());
    let message = |facts: &CommitFacts| above(&facts.message, &below.name, dsid.as_deref());
    commit(&repo, &below.name, ahead.iter().map(|facts| (facts.id, message(facts))))
}

fn commit(
    repo: &Repo,
    name: &str,
    steps: impl Iterator<Item = (Oid, Vec<u8>)>,
) -> Result<Vec<String>, AppError> {
    let place = repo.place();
    let base = write::base(&place)?;
    let mut builder = CommitBuilder::start(&place, base.head, write::identity(&place)?)?;
    for (oid, message) in steps {
        let changes = [Change::Known { path: name.to_owned(), mode: MODE_GITLINK, oid }];
        builder.commit(&NewCommit { message: &message, changes: &changes, seconds: now_seconds() })?;
    }
    let built = builder.finish()?;
    write::publish(&place, &base, &built, &format!("minipach: {name}"))?;
    Ok(built.commits.iter().map(ToString::to_string).collect())
}

fn unrecorded(below: &Below, foreign: &CommitFacts) -> AppError {
    let subject = foreign.message.lines().next().unwrap_or_default();
    let message = format!(
        "the subdataset `{}` has a commit that no run made and that is not recorded: {}",
        show(&below.path),
        show(subject)
    );
    AppError::new(ExitCode::Data, message)
        .hint(format!("`datalad save -d . {}` records it, and so does `--save`", quoted(&below.path)))
}
