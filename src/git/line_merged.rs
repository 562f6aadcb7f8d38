//! Files that a merge put together of the lines of both its sides, so that nobody wrote them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::Repo;
use super::index::oid_of;
use super::objects::theirs;
use super::process::{Access, git};
use crate::model::Oid;

/// A file as a merge made it, of a version on each side that has other bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineMerged {
    /// What git made.
    pub object: Oid,
    /// What it made that of.
    pub sides: [Oid; 2],
}

/// What git makes of pairs of commits, each asked for once.
#[derive(Debug, Default)]
pub struct LineMerges {
    trees: RefCell<BTreeMap<[Oid; 2], Option<Oid>>>,
}

impl LineMerges {
    /// Of some files, those that the merge which gave HEAD their bytes, or the one that git is in the middle of, put
    /// together of lines. What a person made of a conflict is not among them.
    pub fn made(&self, repo: &Repo, head: Oid, paths: &BTreeSet<&str>) -> BTreeMap<String, LineMerged> {
        let all: Vec<&str> = paths.iter().copied().collect();
        let origins = repo.origins(head, &all).unwrap_or_default();
        let past = |path: &str| repo.sides_of(origins.get(path)?.commit);
        let now = repo.merged_in(head);
        let made = |path: &&str| {
            let mut sides = now.into_iter().chain(past(path));
            let found = sides.find_map(|sides| self.merged(repo, sides, path))?;
            Some(((*path).to_owned(), found))
        };
        all.iter().filter_map(made).collect()
    }

    fn merged(&self, repo: &Repo, commits: [Oid; 2], path: &str) -> Option<LineMerged> {
        let at = |commit: Oid| repo.object_of(commit, path).ok().flatten().map(|(object, _)| object);
        let sides = [at(commits[0])?, at(commits[1])?];
        let tree = *self.trees.borrow_mut().entry(commits).or_insert_with(|| repo.merge_of(commits));
        let object = repo.object_in(tree?, path).filter(|object| !sides.contains(object))?;
        Some(LineMerged { object, sides })
    }
}

impl Repo {
    /// The two sides that a commit merged.
    fn sides_of(&self, commit: Oid) -> Option<[Oid; 2]> {
        let commit = self.inner.find_commit(theirs(commit)).ok()?;
        let parents: Vec<Oid> = commit.parent_ids().map(oid_of).collect();
        parents.try_into().ok()
    }

    fn object_in(&self, tree: Oid, path: &str) -> Option<Oid> {
        Some(oid_of(self.inner.find_tree(theirs(tree)).ok()?.get_path(path.as_ref()).ok()?.id()))
    }

    /// The sides of the merge that git is in the middle of.
    fn merged_in(&self, head: Oid) -> Option<[Oid; 2]> {
        let text = std::fs::read_to_string(self.git_dir().join("MERGE_HEAD")).ok()?;
        let mut lines = text.lines();
        let other = lines.next()?.parse().ok()?;
        lines.next().is_none().then_some([head, other])
    }

    /// The tree that git makes of two commits, as `git merge` does, whatever conflicts are left in it.
    fn merge_of(&self, [ours, theirs]: [Oid; 2]) -> Option<Oid> {
        let words = ["merge-tree", "--write-tree", "-z", "--no-messages"];
        let merge = git(self.root(), Access::Write).args(words);
        let said = merge.arg(ours.to_string()).arg(theirs.to_string()).run().ok()?;
        // It ends with 1 where it left conflicts.
        let tree = said.stdout.split(|byte| *byte == 0).next()?;
        std::str::from_utf8(tree).ok()?.parse().ok()
    }
}
