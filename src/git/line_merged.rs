//! Files that a merge put together of the lines of both its sides, so that nobody wrote them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::Repo;
use super::index::oid_of;
use super::objects::theirs;
use super::process::{Access, git};
use crate::model::Oid;

/// What a file was merged of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Side {
    /// The commit that was merged.
    pub commit: Oid,
    /// What the file was in it.
    pub object: Oid,
}

/// Two commits, and which of the [`WAYS`] they are merged in.
type Asked = ([Oid; 2], usize);

/// What git makes of pairs of commits, and which commits gave files their bytes: each asked for once.
#[derive(Debug, Default)]
pub struct LineMerges {
    trees: RefCell<BTreeMap<Asked, Option<Oid>>>,
    /// By commit that was looked from, the commits that gave files their bytes.
    origins: RefCell<BTreeMap<Oid, BTreeMap<String, Oid>>>,
}

/// How `git merge` may have been told to settle conflicts.
const WAYS: [&[&str]; 3] = [&[], &["-Xours"], &["-Xtheirs"]];

impl LineMerges {
    /// Of what a merge put `object` at `path` together by lines, each side having other bytes: the merge that gave the file
    /// its bytes in `commit`, or the one that git is in the middle of on top of that. What a person made of a conflict no
    /// merge made. The past is gone through once for `all` paths that may be asked for.
    pub fn sides(
        &self,
        repo: &Repo,
        commit: Oid,
        (path, object): (&str, Oid),
        all: &BTreeSet<&str>,
    ) -> Option<[Side; 2]> {
        let now = repo.merged_in(commit);
        let past = || repo.sides_of(self.origin(repo, commit, path, all)?);
        let found = now.and_then(|commits| self.merged(repo, commits, path, object));
        found.or_else(|| self.merged(repo, past()?, path, object))
    }

    /// The commit that gave a file the bytes that it has in `commit`.
    fn origin(&self, repo: &Repo, commit: Oid, path: &str, all: &BTreeSet<&str>) -> Option<Oid> {
        let look = |paths: &[&str]| {
            let origins = repo.origins(commit, paths).unwrap_or_default();
            origins.into_iter().map(|(path, origin)| (path, origin.commit)).collect::<BTreeMap<_, _>>()
        };
        let mut origins = self.origins.borrow_mut();
        let known = origins.entry(commit).or_insert_with(|| look(&all.iter().copied().collect::<Vec<_>>()));
        if !all.contains(path) && !known.contains_key(path) {
            known.extend(look(&[path]));
        }
        known.get(path).copied()
    }

    fn merged(&self, repo: &Repo, commits: [Oid; 2], path: &str, object: Oid) -> Option<[Side; 2]> {
        let at = |commit: Oid| repo.object_of(commit, path).ok().flatten().map(|(object, _)| object);
        let objects = [at(commits[0])?, at(commits[1])?];
        let is_merged = !objects.contains(&object)
            && (0..WAYS.len()).any(|way| {
                let made = || repo.merge_of(commits, WAYS[way]);
                let tree = *self.trees.borrow_mut().entry((commits, way)).or_insert_with(made);
                tree.and_then(|tree| repo.object_in(tree, path)) == Some(object)
            });
        let side = |at: usize| Side { commit: commits[at], object: objects[at] };
        is_merged.then(|| [side(0), side(1)])
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

    /// The sides of the merge that git is in the middle of, if it is on top of a commit.
    fn merged_in(&self, head: Oid) -> Option<[Oid; 2]> {
        let text = std::fs::read_to_string(self.git_dir().join("MERGE_HEAD")).ok()?;
        let mut lines = text.lines();
        let other = lines.next()?.parse().ok()?;
        lines.next().is_none().then_some([head, other])
    }

    /// The tree that git makes of two commits, as `git merge` does that is told a way, whatever conflicts are left in it.
    fn merge_of(&self, [ours, theirs]: [Oid; 2], way: &[&str]) -> Option<Oid> {
        let words = ["merge-tree", "--write-tree", "-z", "--no-messages"];
        let merge = git(self.root(), Access::Write).args(words).args(way);
        let said = merge.arg(ours.to_string()).arg(theirs.to_string()).run().ok()?;
        // It ends with 1 where it left conflicts.
        let tree = said.stdout.split(|byte| *byte == 0).next()?;
        std::str::from_utf8(tree).ok()?.parse().ok()
    }
}
