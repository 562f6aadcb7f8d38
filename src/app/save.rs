//! `save`: commits inputs, specs and code, then the results that waited for them.

use std::path::Path;

use crate::git::Repo;
use crate::git::process::{Access, git};
use crate::git::write::{self, Change, CommitBuilder, NewCommit};
use crate::ledger::RunLock;
use crate::model::PipelineName;
use crate::run::{Known, Project, RunError, now_ms, now_seconds};

use super::error::{AppError, ExitCode};

/// What `save` did.
#[derive(Clone, Debug, Default)]
pub struct Saved {
    /// The commit of inputs, specs and code, if anything had changed.
    pub commit: Option<String>,
    /// How many paths it holds.
    pub paths: usize,
    /// Commits of results.
    pub results: Vec<(PipelineName, Vec<String>)>,
    /// Results that still wait, and why.
    pub held: Vec<(PipelineName, String)>,
}

/// Commits what is not a result, then results that waited.
///
/// # Errors
/// When another run is going on, or git cannot be written.
pub fn save(start: &Path, message: Option<&str>) -> Result<Saved, AppError> {
    let repo = Repo::open(start)?;
    let _lock = RunLock::acquire(&repo.state_dir(), "save", now_ms()).map_err(RunError::from)?;
    super::mend::mend(&repo)?;
    let mut project = Project::open(repo.root())?;
    let mut saved = save_inputs(&project, message)?;
    if saved.commit.is_some() {
        project = Project::open(repo.root())?;
    }
    if project.loaded.is_config_broken {
        return Ok(saved);
    }
    let known = Known::new(&project.repo, &project.results, &project.ledgers);
    let report = project.commit_all(&project.plan_all(&known))?;
    saved.results = report.commits;
    saved.held = report.held.into_iter().collect();
    Ok(saved)
}

/// Commits every changed or new file that is no result of a pipeline.
///
/// # Errors
/// When git is in the middle of something, or cannot be written.
pub(super) fn save_inputs(project: &Project, message: Option<&str>) -> Result<Saved, AppError> {
    let (repo, scan) = (&project.repo, &project.scan);
    let is_result = |path: &str| path.starts_with(".minipach/ledger/") || project.is_result(path);
    let dirty = scan.dirty(repo)?;
    let paths: Vec<String> =
        dirty.paths().iter().map(ToString::to_string).filter(|path| !is_result(path)).collect();
    if paths.is_empty() {
        return Ok(Saved::default());
    }
    let root = repo.root();
    let change = |path: &String| match std::fs::symlink_metadata(root.join(path)) {
        Ok(meta) if !meta.is_dir() => Some(Change::Write { path: path.clone(), expect: None }),
        Ok(_) => None,
        Err(_) => Some(Change::Delete { path: path.clone() }),
    };
    let changes: Vec<Change> = paths.iter().filter_map(change).collect();
    stage_again(repo, &paths)?;
    let subject = message.map_or_else(|| default_message(&paths), str::to_owned);
    let commit = commit(repo, &changes, &format!("{subject}\n"))?;
    Ok(Saved { commit: Some(commit), paths: changes.len(), ..Saved::default() })
}

/// What is staged with other content than the work tree has is staged as it stands: that is what is saved.
fn stage_again(repo: &Repo, paths: &[String]) -> Result<(), AppError> {
    let refused = |error: crate::git::process::ProcessError| AppError::new(ExitCode::Data, error.to_string());
    let staged = git(repo.root(), Access::Read).args(["diff", "--cached", "--name-only", "-z"]);
    let staged = staged.output().map_err(refused)?;
    let staged: Vec<&[u8]> = staged.split(|byte| *byte == 0).collect();
    let again: Vec<&String> = paths.iter().filter(|path| staged.contains(&path.as_bytes())).collect();
    if again.is_empty() {
        return Ok(());
    }
    let list = again.into_iter().flat_map(|path| [path.as_bytes(), b"\0"].concat()).collect();
    let add =
        git(repo.root(), Access::Write).args(["add", "-A", "--pathspec-from-file=-", "--pathspec-file-nul"]);
    add.stdin(list).output().map_err(refused)?;
    Ok(())
}

fn commit(repo: &Repo, changes: &[Change], message: &str) -> Result<String, AppError> {
    let place = repo.place();
    let base = write::base(&place)?;
    let mut builder = CommitBuilder::start(&place, base.head, write::identity(&place)?)?;
    let seconds = now_seconds();
    let oid = builder.commit(&NewCommit { message: message.as_bytes(), changes, seconds })?;
    let built = builder.finish()?;
    let published = write::publish(&place, &base, &built, "minipach save")?;
    if let Some(path) = published.left.first() {
        return Err(AppError::new(
            ExitCode::Data,
            format!("`{path}` is staged with other content than it has"),
        )
        .hint("`git add` it again, or `git restore --staged` it, then save again"));
    }
    Ok(oid.to_string())
}

fn default_message(paths: &[String]) -> String {
    match paths {
        [one] => format!("Save {one}"),
        many => format!("Save {} files", many.len()),
    }
}
