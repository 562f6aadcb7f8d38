//! Code in subdatasets: their files at the commits that are recorded, and why they cannot count.

use std::collections::BTreeSet;

use crate::model::{Entry, Kind, Pipeline, Tree, is_at_or_below};
use crate::plan::{Code, find_code};

use super::linked_folders::LinkedFolders;
use super::planner::PlanningError;
use super::project::{Project, Raw};
use super::raw::hidden_change;

impl Project {
    /// The code of a pipeline as it is found, and the files that it was found among: those of the project, and of the
    /// subdatasets in which it names something.
    pub(super) fn find_code(&self, pipeline: &Pipeline, is_data: &dyn Fn(&str) -> bool) -> (Code, Tree) {
        let links = LinkedFolders::of(self);
        let is_tracked = |path: &str| {
            let path = links.behind(path);
            self.scan.is_tracked(&path) || self.scan.is_in_subdataset(&path)
        };
        let is_data = |path: &str| is_data(&links.behind(path));
        let read = |path: &str| std::fs::read(self.repo.root().join(path)).ok();
        let (mut files, mut looked) = (links.shown(&self.tree), BTreeSet::new());
        loop {
            let found = find_code(pipeline, &files, &is_tracked, &is_data, &read);
            let code = links.resolved(found);
            let named = self.named_subdatasets(&code).into_iter().filter(|path| looked.insert(*path));
            let inside: Vec<Raw> = named.filter_map(|path| self.raw(path).ok()).collect();
            if inside.iter().all(|raw| raw.tree.is_empty()) {
                return (code, files);
            }
            files = joined(&files, inside.iter().flat_map(|raw| raw.tree.entries()));
        }
    }

    /// The files among which code in subdatasets would be looked for.
    pub(super) fn files_for_code(&self, pipeline: &Pipeline) -> Tree {
        match &pipeline.transform {
            Some(transform) if transform.code.is_some() => self.find_code(pipeline, &|_| false).1,
            _ => self.tree.clone(),
        }
    }

    /// The subdatasets that some code names, or in which it names something.
    fn named_subdatasets(&self, code: &Code) -> Vec<&str> {
        let is_named = |path: &&str| named(code).any(|named| is_at_or_below(named, path));
        let is_link = |path: &&str| self.tree.get(path).is_some_and(|entry| entry.kind == Kind::Gitlink);
        self.scan.subdatasets().filter(is_link).filter(is_named).collect()
    }

    /// Subdatasets that hold some code, at any depth.
    pub(super) fn subdatasets_of_code(&self, code: &Code) -> BTreeSet<String> {
        let raws = self.named_subdatasets(code).into_iter().filter_map(|path| self.raw(path).ok());
        raws.flat_map(|raw| raw.subdatasets).collect()
    }

    /// Subdatasets that are not installed and in which some code names something.
    pub(super) fn absent_with_code(&self, code: &Code) -> BTreeSet<String> {
        let raws = self.named_subdatasets(code).into_iter().filter_map(|path| self.raw(path).ok());
        let is_named = |path: &String| named(code).any(|named| is_at_or_below(named, path));
        raws.flat_map(|raw| raw.absent).filter(is_named).collect()
    }

    /// Refuses code in a subdataset that does not stand as it is recorded, as nobody would know what is run.
    pub(super) fn check_code_inside(&self, code: &Code) -> Result<(), PlanningError> {
        let is_named = |path: &str| named(code).any(|named| is_at_or_below(named, path));
        for path in self.named_subdatasets(code) {
            let raw = self.raw(path)?;
            if let Some(off) = raw.off.iter().find(|off| is_named(&off.path)) {
                return Err(off.error().into());
            }
            let has_code = |path: &str| code.used().any(|file| is_at_or_below(&file, path));
            let changed = raw.dirty.into_iter().find(|path| has_code(path));
            let is_new = |new: &String| code.inside.iter().any(|path| is_at_or_below(path, new));
            let mut loose = raw.loose.into_iter();
            let with_new = || loose.find(|(_, new)| new.iter().any(is_new)).map(|(path, _)| path);
            if let Some(path) = changed.or_else(with_new) {
                return Err(PlanningError::DirtySubdataset { path });
            }
            if let Some(hidden) = raw.hidden.iter().find(|(path, _)| has_code(path)) {
                return Err(hidden_change(hidden));
            }
        }
        Ok(())
    }
}

/// The files of a project, and those of subdatasets.
pub(super) fn joined<'a>(files: &'a Tree, inside: impl IntoIterator<Item = &'a Entry>) -> Tree {
    let mut all: Vec<Entry> = files.entries().iter().chain(inside).cloned().collect();
    all.sort_unstable_by(|one, other| one.path.cmp(&other.path));
    Tree::new("", all.into())
}

/// All that some code names.
fn named(code: &Code) -> impl Iterator<Item = &String> {
    code.files.keys().chain(&code.inside)
}
