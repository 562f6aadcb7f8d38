//! Subdatasets that a run could not install, so that nobody is told that the next one will.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::git::Repo;
use crate::ledger::{Durability, write_atomic};
use crate::model::Digest;

use super::project::Project;

/// The file in the state folder: each such subdataset, and a digest of what tells where it comes from.
const FILE: &str = "unavailable.json";

impl Project {
    /// Notes that a subdataset could be installed, or could not. A cache: failing to is no error.
    pub fn note_attempt(&self, path: &str, is_installed: bool) {
        let file = self.repo.state_dir().join(FILE);
        let mut noted = noted(&file);
        let was = noted.clone();
        if is_installed {
            self.unavailable.borrow_mut().remove(path);
            noted.remove(path);
        } else {
            self.unavailable.borrow_mut().insert(path.to_owned());
            noted.insert(path.to_owned(), self.origin_of(path));
        }
        if noted != was
            && let Ok(bytes) = serde_json::to_vec(&noted)
        {
            drop(write_atomic(&file, &bytes, Durability::Process));
        }
    }

    /// Whether a subdataset could not be installed, here or by the last run that tried, and nothing changed since in what is
    /// recorded of it and in where it comes from.
    pub(super) fn is_unavailable(&self, path: &str) -> bool {
        let file = self.repo.state_dir().join(FILE);
        self.unavailable.borrow().contains(path)
            || noted(&file).get(path).is_some_and(|origin| *origin == self.origin_of(path))
    }

    /// What tells which commit of a subdataset is wanted, and from where: both stand in the repository around it.
    fn origin_of(&self, path: &str) -> String {
        let keeper = self.annexes().of(path);
        let mut digest = Digest::default();
        let (commit, files) = match self.repo.subdataset(&keeper.path) {
            Ok(outer) if !keeper.is_project() => {
                let below = path.strip_prefix(&*keeper.path).unwrap_or(path).trim_start_matches('/');
                (outer.recorded_at_head(below).ok().flatten(), origin_files(&outer))
            }
            _ => (self.scan.gitlink(path), origin_files(&self.repo)),
        };
        digest.update(commit.map(|commit| commit.to_string()).unwrap_or_default().as_bytes());
        for file in files {
            digest.update(b"\0").update(&fs::read(file).unwrap_or_default());
        }
        blake3::Hash::from(digest.finish()).to_hex()[..32].to_owned()
    }
}

/// The files that say where subdatasets of a repository come from; those of git are shared by its worktrees.
fn origin_files(repo: &Repo) -> [PathBuf; 3] {
    let (shared, own) = (repo.common_dir(), repo.git_dir());
    [repo.root().join(".gitmodules"), shared.join("config"), own.join("config.worktree")]
}

fn noted(file: &Path) -> BTreeMap<String, String> {
    fs::read(file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}
