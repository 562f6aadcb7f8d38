//! Results in subdatasets: the ledger and the record that tell of them stand in the repository around.

use crate::git::Repo;
use crate::model::{Oid, PipelineName, Tree};

use super::super::error::AppError;
use super::trace::{Open, Tracer};

impl Tracer<'_> {
    /// A thing in a subdataset as the repository around has it: by the commit that first recorded it. Nothing where none
    /// of its commits made it, by a ledger or a record.
    pub(super) fn outside(&mut self, open: &Open) -> Result<Option<Open>, AppError> {
        let Some(outer) = open.need.outer.as_deref() else { return Ok(None) };
        let (around, inner) = (self.repo(outer.repository), self.repo(open.need.repository));
        let Some((subdataset, _)) = around.subdataset_of(outer.start, &outer.path) else { return Ok(None) };
        let key = (outer.repository, outer.start, subdataset.to_owned(), open.origin.commit);
        let known = self.recorded_by.get(&key).copied();
        let found = match known {
            Some(known) => known,
            None => first_with(around, inner, outer.start, subdataset, open.origin.commit)?,
        };
        self.recorded_by.insert(key, found);
        let Some(commit) = found else { return Ok(None) };
        let (_, facts) = self.commit(outer.repository, commit)?;
        if crate::plan::record::read(&facts.message).is_none() && !crate::plan::record::is_own(&facts.message)
        {
            return Ok(None);
        }
        let mut origin = open.origin.clone();
        origin.commit = commit;
        Ok(Some(Open { thing: open.thing, need: outer.clone(), origin, parts: Vec::new() }))
    }

    /// The folder of a pipeline in a commit, with what stands in installed subdatasets.
    pub(super) fn folder(&mut self, repository: usize, commit: Oid, name: &PipelineName) -> Option<Tree> {
        let key = (repository, commit, name.to_string());
        if let Some(known) = self.folders.get(&key) {
            return known.clone();
        }
        let entries = self.repo(repository).files_in_all(commit, name.as_str()).ok();
        let tree = entries.map(|entries| Tree::new(&format!("{name}/"), entries.into()));
        self.folders.insert(key, tree.clone());
        tree
    }
}

/// The oldest commit, back from `start`, that records the commit `wanted` of a subdataset, or one on top of it.
fn first_with(
    around: &Repo,
    inner: &Repo,
    start: Oid,
    subdataset: &str,
    wanted: Oid,
) -> Result<Option<Oid>, AppError> {
    let mut next = Some(start);
    let mut found = None;
    while let Some(commit) = next {
        let Some(origin) = around.origins(commit, &[subdataset])?.remove(subdataset) else { break };
        if !inner.has_ancestor(origin.object, wanted) {
            break;
        }
        found = Some(origin.commit);
        next = around.commit_facts(origin.commit)?.parent;
    }
    Ok(found)
}
