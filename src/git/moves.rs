//! What one commit moved: files that are gone from one path and stand at another with the same content.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use git2::Delta;

use super::index::oid_of;
use super::objects::theirs;
use super::{GitError, Repo};
use crate::model::{ContentId, Oid};

/// Files that came or went, by what they contain.
type ByContent = BTreeMap<ContentId, Vec<String>>;

impl Repo {
    /// The files and subdatasets that a commit moved: each new path with the one in the first parent. Annexed files are
    /// known by their key, so links that lead elsewhere are the same file.
    ///
    /// # Errors
    /// When the commit, its parent or one of their objects cannot be read.
    pub fn moves_of(&self, commit: Oid) -> Result<BTreeMap<String, String>, GitError> {
        let Some(parent) = self.parent_of(commit) else { return Ok(BTreeMap::new()) };
        let failed = GitError::reading(format!("what commit {commit} changed"));
        let (old, new) = (self.tree_of(parent)?, self.tree_of(commit)?);
        let diff = self.inner.diff_tree_to_tree(Some(&old), Some(&new), None).map_err(failed)?;
        if !diff.deltas().any(|delta| delta.status() == Delta::Deleted) {
            return Ok(BTreeMap::new());
        }
        let has_annex = self.has_annex();
        let added = self.contents(&diff, Delta::Added, has_annex)?;
        let mut gone = self.contents(&diff, Delta::Deleted, has_annex)?;
        let mut moved = BTreeMap::new();
        for (content, paths) in added {
            let Some(old) = gone.get_mut(&content) else { continue };
            moved.extend(paths.into_iter().filter_map(|path| Some((path.clone(), take(old, &path)?))));
        }
        Ok(moved)
    }

    /// The files of the index that a commit does not have, by path.
    ///
    /// # Errors
    /// When the commit or the index cannot be read.
    pub fn added_to_index_since(&self, commit: Oid) -> Result<Vec<String>, GitError> {
        let failed = GitError::reading(format!("what came since commit {commit}"));
        let old = self.tree_of(commit)?;
        let diff = self.inner.diff_tree_to_index(Some(&old), None, None).map_err(failed)?;
        let added = diff.deltas().filter(|delta| delta.status() == Delta::Added);
        let path = |delta: git2::DiffDelta<'_>| Some(delta.new_file().path()?.to_str()?.to_owned());
        Ok(added.filter_map(path).collect())
    }

    /// Whether a shallow clone begins with a commit, so that what was before it is not known.
    pub fn is_cut_off(&self, commit: Oid) -> bool {
        let cut = std::fs::read_to_string(self.common_dir().join("shallow")).unwrap_or_default();
        cut.lines().any(|line| line == commit.to_string())
    }

    /// Whether a folder stands in one of a commit's parents.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn had_folder(&self, commit: Oid, folder: &str) -> Result<bool, GitError> {
        let commit =
            self.inner.find_commit(theirs(commit)).map_err(GitError::reading(format!("commit {commit}")))?;
        for parent in commit.parent_ids() {
            if self.folder_of(oid_of(parent), folder)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What a folder (`""` for the root) holds in a commit, by path from the root; names that are not UTF-8 are left out.
    ///
    /// # Errors
    /// When the commit or the folder cannot be read.
    pub fn held_in(&self, commit: Oid, folder: &str) -> Result<Vec<String>, GitError> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let Some(tree) = self.folder_tree(commit, folder)? else { return Ok(Vec::new()) };
        Ok(tree.iter().filter_map(|entry| Some(format!("{prefix}{}", entry.name().ok()?))).collect())
    }

    /// The files that came or went, but for empty ones, which are all alike.
    fn contents(&self, diff: &git2::Diff<'_>, status: Delta, has_annex: bool) -> Result<ByContent, GitError> {
        let mut all = ByContent::new();
        for delta in diff.deltas().filter(|delta| delta.status() == status) {
            let file = if status == Delta::Added { delta.new_file() } else { delta.old_file() };
            let Some(path) = file.path().and_then(|path| path.to_str()) else { continue };
            let (object, mode) = (oid_of(file.id()), u32::from(file.mode()));
            let entry = self.entry(path.to_owned(), object, mode, has_annex)?;
            all.entry(entry.content).or_default().push(path.to_owned());
        }
        all.remove(&ContentId::Git(super::blob_id(b"")));
        Ok(all)
    }
}

/// Takes the path that ends most like a new one.
fn take(old: &mut Vec<String>, new: &str) -> Option<String> {
    let alike = |path: &String| {
        path.bytes().rev().zip(new.bytes().rev()).take_while(|(one, other)| one == other).count()
    };
    let best = (0..old.len()).max_by_key(|at| (alike(&old[*at]), Reverse(*at)))?;
    Some(old.swap_remove(best))
}
