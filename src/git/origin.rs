//! Which commit gave each path what it holds: one walk through the past for many paths.

use std::collections::{BTreeMap, BTreeSet};

use git2::{ObjectType, Sort};

use super::index::oid_of;
use super::objects::theirs;
use super::{GitError, Repo};
use crate::model::{ContentId, Oid};

/// So many commits are gone through for versions of something.
const MOST_STEPS: usize = 10_000;

/// What stands at a path, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The object: a blob, a tree, or a subdataset's commit.
    pub object: Oid,
    /// What a file or link contains; absent for folders and subdatasets.
    pub content: Option<ContentId>,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// The commit that made it so.
    pub commit: Oid,
}

/// Who made a commit, when and with which words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitFacts {
    /// Its id.
    pub id: Oid,
    /// Its first parent; none for a first commit.
    pub parent: Option<Oid>,
    /// Name of its author.
    pub author: String,
    /// Address of its author.
    pub email: String,
    /// When its author made it: seconds since the Unix epoch.
    pub at: i64,
    /// Its whole message.
    pub message: String,
}

impl Repo {
    /// For each of `paths` (files, links, folders or subdatasets) that stands in `start`: the object it is, and the
    /// commit that made it so. Among several lines of the past that agree, the first parent's counts.
    ///
    /// # Errors
    /// When a commit or one of its folders cannot be read. A shallow clone ends at its oldest commits.
    pub fn origins(&self, start: Oid, paths: &[&str]) -> Result<BTreeMap<String, Origin>, GitError> {
        let failed = || GitError::reading(format!("the history of {start}"));
        self.fetch_folders_up_to(theirs(start));
        let mut walk = self.inner.revwalk().map_err(failed())?;
        walk.set_sorting(Sort::TOPOLOGICAL).map_err(failed())?;
        walk.push(theirs(start)).map_err(failed())?;
        let tree = self.tree_of(start)?;
        let standing = paths.iter().filter_map(|path| Some((*path, tree.get_path(path.as_ref()).ok()?)));
        let standing: BTreeMap<&str, git2::TreeEntry<'_>> = standing.collect();
        let mut open = BTreeMap::from([(theirs(start), standing.keys().copied().collect::<Vec<_>>())]);
        let mut found = BTreeMap::new();
        for commit in walk {
            if open.is_empty() {
                break;
            }
            let id = commit.map_err(failed())?;
            let Some(mut mine) = open.remove(&id) else { continue };
            let commit = self.inner.find_commit(id).map_err(failed())?;
            let tree = commit.tree().map_err(failed())?;
            for parent in commit.parents().chain(self.brought_back(&commit)) {
                mine.sort_unstable();
                mine.dedup();
                let same = same_in(self, &tree, &parent.tree().map_err(failed())?, &mine);
                let (kept, passed): (Vec<_>, Vec<_>) = mine.iter().zip(&same).partition(|(_, same)| !**same);
                open.entry(parent.id()).or_default().extend(passed.iter().map(|(path, _)| **path));
                mine = kept.into_iter().map(|(path, _)| *path).collect();
            }
            for path in mine {
                found.insert(path.to_owned(), self.origin(path, &standing[path], oid_of(id))?);
            }
            open.retain(|_, paths| !paths.is_empty());
        }
        Ok(found)
    }

    /// The newest commits on the line of first parents that differ in what stands at some of these paths, newest first,
    /// at most so many.
    ///
    /// # Errors
    /// When a commit cannot be read.
    pub fn versions_of(&self, start: Oid, paths: &[&str], most: usize) -> Result<Vec<Oid>, GitError> {
        let mut found = Vec::new();
        let mut seen = BTreeSet::new();
        let mut next = Some(start);
        for _ in 0..MOST_STEPS {
            let Some(commit) = next.filter(|_| found.len() < most) else { break };
            let tree = self.tree_of(commit)?;
            let object = |path: &&str| tree.get_path(path.as_ref()).ok().map(|entry| entry.id());
            if seen.insert(paths.iter().map(object).collect::<Vec<_>>()) {
                found.push(commit);
            }
            next = self.parent_of(commit);
        }
        Ok(found)
    }

    /// The commit whose files a revert brought back: it made none of them itself.
    fn brought_back<'a>(&'a self, commit: &git2::Commit<'_>) -> Option<git2::Commit<'a>> {
        let digits = reverted_by(&String::from_utf8_lossy(commit.message_bytes()))?;
        let reverted = self.inner.revparse_single(&digits).ok()?.peel_to_commit().ok()?;
        // Of any other one the walk may know nothing.
        let is_past = self.inner.graph_descendant_of(commit.id(), reverted.id()).ok()?;
        reverted.parent(0).ok().filter(|_| is_past)
    }

    fn origin(&self, path: &str, entry: &git2::TreeEntry<'_>, commit: Oid) -> Result<Origin, GitError> {
        let (object, mode) = (oid_of(entry.id()), entry.filemode().cast_unsigned());
        let content = match entry.kind() {
            Some(ObjectType::Blob) => {
                Some(self.entry(path.to_owned(), object, mode, self.has_annex())?.content)
            }
            _ => None,
        };
        Ok(Origin { object, content, is_folder: entry.kind() == Some(ObjectType::Tree), commit })
    }

    /// The subdataset that holds a path in a commit: its path, and its own commit there.
    pub fn subdataset_of<'a>(&self, commit: Oid, path: &'a str) -> Option<(&'a str, Oid)> {
        let tree = self.tree_of(commit).ok()?;
        let ends = path.match_indices('/').map(|(at, _)| &path[..at]);
        ends.chain([path]).find_map(|part| {
            let entry = tree.get_path(part.as_ref()).ok()?;
            (entry.kind() == Some(ObjectType::Commit)).then(|| (part, oid_of(entry.id())))
        })
    }

    /// Whether a commit is another one, or on top of it.
    pub fn has_ancestor(&self, commit: Oid, other: Oid) -> bool {
        let is_on_top = || self.inner.graph_descendant_of(theirs(commit), theirs(other));
        commit == other || is_on_top().unwrap_or(false)
    }

    /// The commits before one, the first first.
    pub fn parents_of(&self, commit: Oid) -> Vec<Oid> {
        let commit = self.inner.find_commit(theirs(commit));
        commit.map(|commit| commit.parent_ids().map(oid_of).collect()).unwrap_or_default()
    }

    /// Who made a commit, and with which words.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn commit_facts(&self, id: Oid) -> Result<CommitFacts, GitError> {
        let commit = self.inner.find_commit(theirs(id)).map_err(GitError::reading(format!("commit {id}")))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let author = commit.author();
        Ok(CommitFacts {
            id,
            parent: commit.parent_id(0).ok().map(oid_of),
            author: text(author.name_bytes()),
            email: text(author.email_bytes()),
            at: author.when().seconds(),
            message: text(commit.message_bytes()),
        })
    }
}

/// The commit that a message says it takes back: its id, or with `revert.reference` the start of it. A shorter one
/// names nothing for sure.
pub fn reverted_by(message: &str) -> Option<String> {
    let said = message.lines().find_map(|line| line.strip_prefix("This reverts commit "))?;
    let digits: String = said.chars().take_while(char::is_ascii_hexdigit).collect();
    (digits.len() >= 4).then_some(digits)
}

/// Which of the sorted `paths` are the same object in both trees. Equal folders are not looked into.
fn same_in(repo: &Repo, one: &git2::Tree<'_>, other: &git2::Tree<'_>, paths: &[&str]) -> Vec<bool> {
    if one.id() == other.id() {
        return vec![true; paths.len()];
    }
    let mut same = Vec::with_capacity(paths.len());
    for group in paths.chunk_by(|a, b| first_part(a) == first_part(b)) {
        let name = first_part(group[0]);
        let entries = (one.get_name(name), other.get_name(name));
        let is_same =
            matches!(&entries, (Some(a), Some(b)) if a.id() == b.id() && a.filemode() == b.filemode());
        let folders = (
            entries.0.as_ref().and_then(|e| folder(repo, e)),
            entries.1.as_ref().and_then(|e| folder(repo, e)),
        );
        let below = |path: &str| path.get(name.len() + 1..).map_or(String::new(), str::to_owned);
        match folders {
            (Some(a), Some(b)) if !is_same => {
                let rest: Vec<String> = group.iter().map(|path| below(path)).collect();
                let inner: Vec<&str> =
                    rest.iter().map(String::as_str).filter(|rest| !rest.is_empty()).collect();
                let mut found = same_in(repo, &a, &b, &inner).into_iter();
                same.extend(rest.iter().map(|rest| !rest.is_empty() && found.next().unwrap_or(false)));
            }
            _ => same.extend(group.iter().map(|_| is_same)),
        }
    }
    same
}

fn folder<'a>(repo: &'a Repo, entry: &git2::TreeEntry<'_>) -> Option<git2::Tree<'a>> {
    (entry.kind() == Some(ObjectType::Tree)).then(|| repo.inner.find_tree(entry.id()).ok())?
}

fn first_part(path: &str) -> &str {
    path.split('/').next().unwrap_or(path)
}
