//! Results in conflict of which a side was edited by hand: no run settles these, since that would lose the edit.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Oid, PipelineName, Tree, is_at_or_below};
use crate::plan::{Standing, is_claimed, standing_of};

use super::error::RunError;
use super::in_head::ledger_at;
use super::project::Project;

impl Project {
    /// Of paths of results in conflict, those that HEAD, or a commit which git is bringing in, has with other bytes than its
    /// own ledger tells.
    ///
    /// # Errors
    /// When a commit or its ledger cannot be read.
    pub fn edited_sides(&self, paths: &[String]) -> Result<BTreeSet<String>, RunError> {
        let mut edited = BTreeSet::new();
        let brought_in = self.repo.brought_in();
        if brought_in.is_empty() {
            return Ok(edited);
        }
        for (name, paths) in self.by_pipeline(paths) {
            for side in self.head.iter().chain(&brought_in).copied() {
                edited.extend(self.edited_in(side, name, &paths)?);
            }
        }
        Ok(edited)
    }

    fn by_pipeline<'p>(&self, paths: &'p [String]) -> BTreeMap<&PipelineName, Vec<&'p str>> {
        let mut found = BTreeMap::<_, Vec<&str>>::new();
        for path in paths {
            if let Some(name) = self.ledgers.keys().find(|name| is_at_or_below(path, name.as_str())) {
                found.entry(name).or_default().push(path);
            }
        }
        found
    }

    fn edited_in(&self, side: Oid, name: &PipelineName, paths: &[&str]) -> Result<Vec<String>, RunError> {
        let ledger = ledger_at(&self.repo, name, Some(side))?;
        let files = Tree::new("", self.repo.tree_files(side, name.as_str())?.into()).below(name.as_str());
        let prefix = files.prefix().len();
        let is_known = |path: &str| {
            let mut whole = ledger.lines().iter().filter(|line| standing_of(line, &files) == Standing::Whole);
            whole.any(|line| is_claimed(std::slice::from_ref(line), path))
        };
        let is_edited = |path: &&&str| files.get(path).is_some() && !is_known(&path[prefix..]);
        Ok(paths.iter().filter(is_edited).map(|path| (*path).to_owned()).collect())
    }
}
