//! Files of a subdataset at the commit that the project records for it.

use super::{GitError, Repo};
use crate::model::{Entry, Oid};

/// The files of the subdataset at `path`, whose gitlink records `commit`; paths are from the
/// project's root.
pub(super) fn files(project: &Repo, path: &str, commit: Oid) -> Result<Vec<Entry>, GitError> {
    let folder = project.root().join(path);
    if folder.join(".git").symlink_metadata().is_err() {
        return Err(GitError::NotInstalled { path: path.to_owned() });
    }
    let repo = Repo::open_at(&folder)?;
    let head = repo.head()?.commit();
    if head != Some(commit) {
        let actual = head.map_or_else(|| "no commit".to_owned(), |oid| oid.to_string());
        return Err(GitError::Moved { path: path.to_owned(), recorded: commit, actual });
    }
    if !repo.has_object(commit) {
        return Err(GitError::CommitMissing { path: path.to_owned(), recorded: commit });
    }
    let mut entries = repo.tree_files(commit, "")?;
    for entry in &mut entries {
        entry.path = format!("{path}/{}", entry.path).into();
    }
    Ok(entries)
}
