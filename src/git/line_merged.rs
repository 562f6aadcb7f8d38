//! Files that a merge, or a pick as of a rebase, put together of the lines of both its sides, so that nobody wrote them.

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
    /// The commit that was merged, or onto which another one was picked.
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

/// So many versions of a file are tried as what two others come from.
const MOST_BASES: usize = 20;

/// A file of which it is asked who wrote it.
#[derive(Clone, Copy, Debug)]
pub struct Merged<'a> {
    /// Its path from the root.
    pub path: &'a str,
    /// What it is.
    pub object: Oid,
    /// What results are at its path.
    pub made: &'a BTreeSet<Oid>,
}

impl LineMerges {
    /// Of what git put a file together by lines, each side having other bytes: the merge or pick that gave the file its bytes in
    /// `commit`, or the one that git is in the middle of on top of that. Of a pick, what it brought in is one of the results,
    /// and the side is that onto which it came. What a person made of a conflict git did not make. The past is gone through
    /// once for `all` paths that may be asked for.
    pub fn sides(
        &self,
        repo: &Repo,
        commit: Oid,
        file: Merged<'_>,
        all: &BTreeSet<&str>,
    ) -> Option<Vec<Side>> {
        let of_merge = |commits| self.merged(repo, commits, file);
        if let Some(sides) = repo.merged_in(commit).and_then(of_merge) {
            return Some(sides);
        }
        if repo.file_in(commit, file.path) != Some(file.object) {
            return picked(repo, commit, file).map(|side| vec![side]);
        }
        match *repo.parents_of(self.origin(repo, commit, file.path, all)?) {
            [onto] => picked(repo, onto, file).map(|side| vec![side]),
            [ours, theirs] => of_merge([ours, theirs]),
            _ => None,
        }
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

    fn merged(&self, repo: &Repo, commits: [Oid; 2], file: Merged<'_>) -> Option<Vec<Side>> {
        let at = |commit: Oid| repo.file_in(commit, file.path);
        let objects = [at(commits[0])?, at(commits[1])?];
        let is_merged = !objects.contains(&file.object)
            && (0..WAYS.len()).any(|way| {
                let made = || repo.merge_of(commits, WAYS[way]);
                let tree = *self.trees.borrow_mut().entry((commits, way)).or_insert_with(made);
                tree.and_then(|tree| repo.object_in(tree, file.path)) == Some(file.object)
            });
        let side = |at: usize| Side { commit: commits[at], object: objects[at] };
        is_merged.then(|| vec![side(0), side(1)])
    }
}

/// What stood in a commit, if a file is that with the change from some version of it to one of the results: so a pick
/// makes it, whose own commit may be here no more.
fn picked(repo: &Repo, onto: Oid, file: Merged<'_>) -> Option<Side> {
    let ours = repo.file_in(onto, file.path)?;
    let past = repo.versions_of(onto, &[file.path], MOST_BASES).unwrap_or_default();
    let past = past.into_iter().filter_map(|commit| repo.file_in(commit, file.path));
    let bases: BTreeSet<Oid> = past.chain(file.made.iter().copied()).filter(|base| *base != ours).collect();
    let theirs = file.made.iter().filter(|theirs| repo.has_lines_of(file.object, [ours, **theirs]));
    let mut changes = theirs.flat_map(|theirs| bases.iter().map(|base| [*base, ours, *theirs]));
    let is_it = |versions: [Oid; 3]| {
        let makes = |way: &[&str]| repo.merge_of_file(file.path, versions, way) == Some(file.object);
        WAYS.into_iter().any(makes)
    };
    changes.any(is_it).then_some(Side { commit: onto, object: ours })
}

impl Repo {
    fn file_in(&self, commit: Oid, path: &str) -> Option<Oid> {
        self.object_of(commit, path).ok().flatten().map(|(object, _)| object)
    }

    /// Whether a file has no line that neither of two others has.
    fn has_lines_of(&self, object: Oid, others: [Oid; 2]) -> bool {
        let [Ok(file), Ok(one), Ok(other)] = [object, others[0], others[1]].map(|oid| self.blob(oid)) else {
            return false;
        };
        let known: BTreeSet<&[u8]> = [&one, &other].into_iter().flat_map(|bytes| lines_of(bytes)).collect();
        lines_of(&file).all(|line| known.contains(line))
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

    /// What git makes of a file of which two versions come from a first one, as `git merge` does that is told a way.
    fn merge_of_file(&self, path: &str, [base, ours, theirs]: [Oid; 3], way: &[&str]) -> Option<Oid> {
        let base = self.lone_file(path, base, None).ok()?;
        let side = |object| self.lone_file(path, object, Some(base)).ok().map(oid_of);
        self.object_in(self.merge_of([side(ours)?, side(theirs)?], way)?, path)
    }

    /// A commit on no branch that has one file and no other.
    fn lone_file(
        &self,
        path: &str,
        object: Oid,
        parent: Option<git2::Oid>,
    ) -> Result<git2::Oid, git2::Error> {
        let empty = self.inner.find_tree(self.inner.treebuilder(None)?.write()?)?;
        let mut tree = git2::build::TreeUpdateBuilder::new();
        tree.upsert(path, theirs(object), git2::FileMode::Blob);
        let tree = self.inner.find_tree(tree.create_updated(&self.inner, &empty)?)?;
        let parent = parent.map(|parent| self.inner.find_commit(parent)).transpose()?;
        let who = git2::Signature::new("minipach", "minipach@localhost", &git2::Time::new(0, 0))?;
        self.inner.commit(None, &who, &who, "", &tree, &parent.iter().collect::<Vec<_>>())
    }
}

fn lines_of(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == b'\n')
}
