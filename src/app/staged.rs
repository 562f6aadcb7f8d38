//! What is staged: of which index git makes a commit, its paths, and the project as that commit would have it.

use std::path::{Path, PathBuf};

use crate::git::Repo;
use crate::git::process::{Access, git};

use super::error::{AppError, ExitCode};
use super::moment::Moment;
use super::replica::Replica;
use super::session::Session;
use super::start::quoted;
use crate::model::show;

/// Paths from the root that git has staged, but for those that are removed.
///
/// # Errors
/// When there is no project, or git does not say.
pub fn staged_paths(start: &Path) -> Result<Vec<String>, AppError> {
    let repo = Repo::open(start)?;
    paths(&repo, &index_of(&repo), &["--cached", "--diff-filter=d"])
}

/// Refuses where a file of the work tree is not as it is staged: what mends files would mend another one.
///
/// # Errors
/// When there is such a file, there is no project, or git does not say.
pub fn refuse_unstaged(start: &Path) -> Result<(), AppError> {
    let repo = Repo::open(start)?;
    match paths(&repo, &index_of(&repo), &["--ignore-submodules=dirty"])?.first() {
        None => Ok(()),
        Some(path) => {
            let problem = format!(
                "`{}` is not as it is staged for this commit, and only files that stand there are mended",
                show(path)
            );
            let is_in_part = index_of(&repo) != repo.git_dir().join("index");
            let hint = if is_in_part {
                "git makes a commit of a part of what is staged; commit all of it, or leave out `--fix`"
                    .to_owned()
            } else {
                format!("`git add {}`, or leave out `--staged`", quoted(path))
            };
            Err(AppError::usage(problem).hint(hint))
        }
    }
}

impl Moment {
    /// The project as what is staged would make it. Where the work tree stands so, that is looked at.
    ///
    /// # Errors
    /// When there is no usable project, the index is in conflict, or there is no room to lay it out.
    pub fn staged(dir: &Path) -> Result<Self, AppError> {
        let repo = Repo::open(dir)?;
        let index = index_of(&repo);
        if paths(&repo, &index, &["--ignore-submodules=dirty"])?.is_empty() {
            return Self::open(dir, None);
        }
        let replica = Replica::of_index(&repo, &index)?;
        replica.lay_subdatasets(&repo)?;
        let mut session = Session::open(replica.root())?;
        session.is_past = true;
        Ok(Self { session, commit: None, replica: Some(replica) })
    }
}

/// The index of which git makes a commit: of `git commit -a` and `git commit PATH` it tells its hooks another one, which
/// stands in its folder, too. What is told of another repository is not of this one.
fn index_of(repo: &Repo) -> PathBuf {
    let own = repo.git_dir().join("index");
    let told = std::env::var_os("GIT_INDEX_FILE").map(|told| repo.root().join(told));
    let folder = |file: &Path| file.parent()?.canonicalize().ok();
    told.filter(|told| told.is_file() && folder(told) == folder(&own)).unwrap_or(own)
}

fn paths(repo: &Repo, index: &Path, words: &[&str]) -> Result<Vec<String>, AppError> {
    let asked = git(repo.root(), Access::Read).env("GIT_INDEX_FILE", index);
    let asked = asked.args(["diff", "--name-only", "--no-renames", "-z"]).args(words);
    let said = asked.output().map_err(|error| AppError::new(ExitCode::Data, error.to_string()))?;
    let paths = said.split(|byte| *byte == 0).filter(|path| !path.is_empty());
    Ok(paths.map(|path| String::from_utf8_lossy(path).into_owned()).collect())
}
