//! `Replica`: a commit of the project in a folder and a repository of its own, so that it is planned like any project.

use std::path::{Path, PathBuf};

use crate::exec::remove_tree;
use crate::git::Repo;
use crate::git::process::{Access, ProcessError, git};

use super::error::{AppError, ExitCode};

/// How the names of its folders begin; the process that uses them follows.
const PREFIX: &str = "past-";

/// A commit, laid out beside the project. Its objects are the project's own, so that only files are written; the
/// folder goes with it.
pub struct Replica {
    root: PathBuf,
}

impl Replica {
    /// Lays out a commit. It has no branches and none of the project's local memory: it knows what its commits tell.
    ///
    /// # Errors
    /// When there is no such commit, or no room.
    pub fn at(repo: &Repo, commit: &str) -> Result<Self, AppError> {
        let state = repo.state_dir();
        std::fs::create_dir_all(&state).map_err(trouble)?;
        clear(&state);
        let prefix = format!("{PREFIX}{}-", std::process::id());
        let made = tempfile::Builder::new().prefix(&prefix).tempdir_in(&state).map_err(trouble)?;
        let replica = Self { root: made.keep() };
        replica.fill(repo, commit)?;
        Ok(replica)
    }

    /// The same for the project that holds a folder.
    ///
    /// # Errors
    /// When there is no project, or as for [`Replica::at`].
    pub fn of(dir: &Path, commit: &str) -> Result<Self, AppError> {
        Self::at(&Repo::open(dir)?, commit)
    }

    /// Its root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn fill(&self, repo: &Repo, commit: &str) -> Result<(), AppError> {
        self.git(["init", "--quiet"])?;
        let objects = repo.common_dir().join("objects");
        let line = [objects.as_os_str().as_encoded_bytes(), b"\n"].concat();
        std::fs::write(self.root.join(".git/objects/info/alternates"), line).map_err(trouble)?;
        // Without it annexed files would be taken for links that lead nowhere.
        if let Some(annex) = repo.reference("refs/heads/git-annex") {
            self.git(["update-ref", "refs/heads/git-annex", &annex.to_string()])?;
        }
        self.git(["checkout", "--quiet", "--detach", commit])
    }

    /// Gives it the project's local memory of attempts, to be read.
    ///
    /// # Errors
    /// When it cannot be put there.
    pub(super) fn lend_memory(&self, repo: &Repo) -> Result<(), AppError> {
        let log = repo.state_dir().join("attempts.jsonl");
        let state = self.root.join(".git/minipach");
        std::fs::create_dir_all(&state).map_err(trouble)?;
        if log.exists() {
            std::os::unix::fs::symlink(log, state.join("attempts.jsonl")).map_err(trouble)?;
        }
        Ok(())
    }

    /// Runs git in it.
    pub(super) fn git<const N: usize>(&self, words: [&str; N]) -> Result<(), AppError> {
        // What is committed here is thrown away.
        let nobody = ["-c", "user.name=minipach", "-c", "user.email=minipach@localhost"];
        let asked = git(&self.root, Access::Write).args(nobody).args(words).output();
        asked.map(drop).map_err(|error: ProcessError| AppError::new(ExitCode::Data, error.to_string()))
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        // What stays is cleared by the next one.
        drop(remove_tree(&self.root));
    }
}

/// Removes what processes left that are gone.
fn clear(state: &Path) {
    let Ok(entries) = std::fs::read_dir(state) else { return };
    for entry in entries.flatten().filter(|_| Path::new("/proc/self").exists()) {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.split('-').next());
        if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            drop(remove_tree(&entry.path()));
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` gives")]
fn trouble(error: std::io::Error) -> AppError {
    AppError::new(ExitCode::Data, format!("cannot lay out a commit beside the project: {error}"))
}
