//! Takes an update back that is not committed yet.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::app::error::{AppError, ExitCode};
use crate::app::start::quoted;
use crate::git::Repo;
use crate::git::process::{Access, git};
use crate::git::template::{self, TEMPLATE};
use crate::ledger::{Durability, write_atomic};

use super::followed::{branch_of, is_branch, trouble};

/// The note of the update that goes on, below the state of this work tree.
const FILE: &str = "update.json";

/// What was there before an update began.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Note {
    /// The branch that was checked out.
    pub(super) before: String,
    /// The update's own branch, if it has one.
    pub(super) branch: Option<String>,
    /// The commit that was checked out.
    pub(super) head: String,
    /// The commit of what was moved before the merge, on top of that.
    #[serde(default)]
    pub(super) moved: Option<String>,
    /// Where the template's ref was.
    pub(super) template: Option<String>,
}

impl Note {
    /// Writes it.
    pub(super) fn write(&self, state: &Path) -> Result<(), AppError> {
        std::fs::create_dir_all(state).map_err(|error| {
            AppError::new(ExitCode::Data, format!("cannot write `{}`: {error}", state.display()))
        })?;
        let bytes = serde_json::to_vec(self).unwrap_or_default();
        Ok(write_atomic(&state.join(FILE), &bytes, Durability::Process)?)
    }

    fn read(state: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(state.join(FILE)).ok()?).ok()
    }

    /// Makes all as it was.
    pub(super) fn take_back(&self, root: &Path, state: &Path) -> Result<(), AppError> {
        if self.branch.is_none() && self.moved.is_some() {
            git(root, Access::Write)
                .args(["reset", "--quiet", "--keep", &self.head])
                .output()
                .map_err(trouble)?;
        }
        if let Some(branch) = &self.branch {
            let switch = git(root, Access::Write).args(["switch", "--quiet"]);
            let switch = if is_branch(root, &self.before) { switch } else { switch.arg("--detach") };
            switch.arg(&self.before).output().map_err(trouble)?;
            template::set_ref(root, &format!("refs/heads/{branch}"), None).map_err(trouble)?;
        }
        if template::resolve(root, TEMPLATE).is_some() || self.template.is_some() {
            template::set_ref(root, TEMPLATE, self.template.as_deref()).map_err(trouble)?;
        }
        drop(std::fs::remove_file(state.join(FILE)));
        Ok(())
    }
}

/// Takes back the update that is not committed yet; the branch that is checked out then.
///
/// # Errors
/// When none is going on.
pub fn abort_update(start: &Path) -> Result<String, AppError> {
    let repo = Repo::open(start)?;
    let (root, state) = (repo.root(), repo.state_dir());
    let nothing = || AppError::usage("no update is going on");
    let note = Note::read(&state).ok_or_else(nothing)?;
    let head = note.moved.as_ref().unwrap_or(&note.head);
    if template::resolve(root, "HEAD").as_ref() != Some(head) {
        let error = AppError::usage("the update is committed already");
        return Err(match &note.branch {
            Some(branch) => {
                let detach = if is_branch(root, &note.before) { "" } else { "--detach " };
                error.hint(format!(
                    "`git switch {detach}{}` and `git branch -D {}` leave it behind",
                    quoted(&note.before),
                    quoted(branch)
                ))
            }
            None => error.hint("`git revert -m 1 HEAD` takes it back"),
        });
    }
    match repo.operation() {
        Some("merge") => drop(git(root, Access::Write).args(["merge", "--abort"]).output().map_err(trouble)?),
        // After `git merge --abort` its branch is still there, and checked out.
        None if note.branch.is_some() && branch_of(root).ok() == note.branch => {}
        _ => return Err(nothing()),
    }
    note.take_back(root, &state)?;
    Ok(note.before)
}
