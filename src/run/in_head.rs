//! What HEAD has of a project: which paths differ from it, and its ledgers. Worked out once for one reading.

use std::cell::OnceCell;
use std::sync::Arc;

use crate::git::{Dirty, GitError, Repo, Scan};
use crate::ledger::{PipelineLedger, parse_files, shard_folder, single_path};
use crate::model::{Oid, PipelineName};
use crate::plan::is_claimed;

use super::sources::OpenError;
use super::survey::Ledgers;

/// What was worked out.
#[derive(Default)]
pub(super) struct InHead {
    dirty: OnceCell<Arc<Dirty>>,
    /// HEAD's ledgers, where they differ from those of the work tree.
    pub(super) ledgers: OnceCell<Ledgers>,
}

impl InHead {
    /// Which paths differ from HEAD, as they did when somebody first asked.
    ///
    /// # Errors
    /// When HEAD or the index cannot be read.
    pub(super) fn dirty(&self, scan: &Scan, repo: &Repo) -> Result<Arc<Dirty>, GitError> {
        if let Some(dirty) = self.dirty.get() {
            return Ok(Arc::clone(dirty));
        }
        let dirty = Arc::new(scan.dirty(repo)?);
        Ok(Arc::clone(self.dirty.get_or_init(|| dirty)))
    }
}

/// A pipeline's ledger as a commit has it; an empty one before the first commit.
///
/// # Errors
/// When git or the ledger cannot be read.
pub fn ledger_at(repo: &Repo, name: &PipelineName, commit: Option<Oid>) -> Result<PipelineLedger, OpenError> {
    let Some(commit) = commit else { return Ok(PipelineLedger::default()) };
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    let single = single_path(name);
    if let Some((oid, _)) = repo.object_of(commit, &single)? {
        files.push((single, repo.blob(oid)?));
    }
    for entry in repo.tree_files(commit, &shard_folder(name))? {
        if let Some(oid) = entry.content.oid() {
            files.push((entry.path.to_string(), repo.blob(oid)?));
        }
    }
    Ok(parse_files(files)?)
}

/// Whether a path is a result of some pipeline, as its ledger says.
pub(super) fn hold(ledgers: &Ledgers, path: &str) -> bool {
    ledgers.iter().any(|(name, ledger)| {
        let relative = path.strip_prefix(name.as_str()).and_then(|rest| rest.strip_prefix('/'));
        relative.is_some_and(|relative| is_claimed(ledger.lines(), relative))
    })
}
