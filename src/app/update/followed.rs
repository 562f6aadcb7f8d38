//! A project that follows a scaffold, and whether it is ready to be merged into.

use std::path::{Path, PathBuf};

use crate::app::error::{AppError, ExitCode};
use crate::git::process::{Access, git};
use crate::git::template;
use crate::git::{Listed, Repo, changed_files};
use crate::scaffold::{RECORD, Record, RenderedFile};

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
    let changed = changed_files(&followed.root, Listed::Tracked).map_err(trouble)?;
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
