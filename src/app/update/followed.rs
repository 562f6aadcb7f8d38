//! A project that follows a scaffold, and whether it is ready to be merged into.

use std::path::{Path, PathBuf};

use crate::app::error::{AppError, ExitCode};
use crate::git::Repo;
use crate::git::process::{Access, git};
use crate::git::template::{self, Blobs, blobs_of};
use crate::scaffold::{RECORD, Record, RenderedFile};

use super::Updated;
use super::latest::Latest;

/// A project that has a record.
pub(super) struct Followed {
    /// Its repository.
    pub(super) repo: Repo,
    /// Its root.
    pub(super) root: PathBuf,
    /// What it was laid out from.
    pub(super) record: Record,
    /// What that comes to, where it was just rendered once more.
    pub(super) once_more: Vec<RenderedFile>,
}

/// Opens a project that has a record.
pub(super) fn open(start: &Path) -> Result<Followed, AppError> {
    let repo = Repo::open(start)?;
    let root = repo.root().to_owned();
    let text = std::fs::read_to_string(root.join(RECORD)).map_err(|_| {
        if let Some(inner) = start.ancestors().find(|folder| folder.join(RECORD).is_file()) {
            let message = format!(
                "`{}` lies in the repository `{}`, and only what is a repository of its own can be updated",
                inner.display(),
                root.display()
            );
            return AppError::usage(message);
        }
        AppError::usage(format!("there is no `{RECORD}`, so nobody knows what this project follows"))
            .hint("`minipach adopt SCAFFOLD` lets it follow one")
    })?;
    let record = Record::parse(&text).map_err(|error| AppError::new(ExitCode::Data, error.to_string()))?;
    Ok(Followed { repo, root, record, once_more: Vec::new() })
}

/// What git said, at the edge.
pub(super) fn trouble(error: impl std::fmt::Display) -> AppError {
    AppError::new(ExitCode::Data, error.to_string())
}

/// Refuses to begin while git is in the middle of something.
pub(super) fn refuse_operation(repo: &Repo) -> Result<(), AppError> {
    let Some(what) = repo.operation() else { return Ok(()) };
    let error = AppError::new(ExitCode::Data, format!("a {what} is going on; finish it first"));
    Err(error.hint("`minipach update --abort` takes an update back"))
}

/// Refuses a project that a merge could harm.
pub(super) fn refuse_unready(followed: &Followed) -> Result<(), AppError> {
    refuse_operation(&followed.repo)?;
    let changed = template::changed_files(&followed.root).map_err(trouble)?;
    if let Some(first) = changed.first() {
        let message =
            format!("`{first}` has changes that are not committed, and an update could mix with them");
        return Err(AppError::new(ExitCode::Data, message).hint("`minipach save` or `git commit` them first"));
    }
    let branch = branch_of(&followed.root)?;
    if branch.starts_with("adjusted/") {
        let message = format!("`{branch}` is an adjusted branch of git-annex, which cannot be merged into");
        return Err(
            AppError::new(ExitCode::Data, message).hint("`git checkout` the branch it is made of first")
        );
    }
    Ok(())
}

/// Refuses to lay a file where something stands that git does not have.
pub(super) fn refuse_in_the_way(
    followed: &Followed,
    latest: &Latest,
    updated: &Updated,
) -> Result<(), AppError> {
    let here = blobs_of(&followed.root, "HEAD").map_err(trouble)?;
    let laid = updated.changed.iter().filter(|path| latest.record.files.contains_key(*path));
    let targets = laid.chain(updated.moved.iter().map(|(_, to)| to));
    let new = targets.filter(|path| !here.contains_key(*path));
    let Some(path) = new.filter_map(|path| in_the_way(followed, path, &here)).next() else { return Ok(()) };
    let message =
        format!("`{path}` is here and git does not have it, and the update brings another in its place");
    Err(AppError::new(ExitCode::Data, message).hint("move it away, or commit it, and update then"))
}

/// What git does not have and stands at a path or above it.
fn in_the_way<'a>(followed: &Followed, path: &'a str, here: &Blobs) -> Option<&'a str> {
    let is_there = |path: &str| followed.root.join(path).symlink_metadata().ok();
    let is_file = |path: &str| is_there(path).is_some_and(|found| !found.is_dir());
    let mut above = path.match_indices('/').map(|(at, _)| &path[..at]);
    above.find(|path| is_file(path) && !here.contains_key(*path)).or_else(|| is_there(path).map(|_| path))
}

/// Whether a name is one of a branch.
pub(super) fn is_branch(root: &Path, name: &str) -> bool {
    template::resolve(root, &format!("refs/heads/{name}")).is_some()
}

/// The branch that is checked out, or the commit.
pub(super) fn branch_of(root: &Path) -> Result<String, AppError> {
    let name = git(root, Access::Read).args(["symbolic-ref", "--quiet", "--short", "HEAD"]).output();
    let name =
        name.or_else(|_| git(root, Access::Read).args(["rev-parse", "HEAD"]).output()).map_err(trouble)?;
    Ok(String::from_utf8_lossy(&name).trim().to_owned())
}
