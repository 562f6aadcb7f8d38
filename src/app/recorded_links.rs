//! Which subdatasets `save` records, and at which commits: those that were added, moved, or have commits of their own since.

use std::collections::BTreeMap;

use crate::git::Head;
use crate::model::{Kind, Oid, is_at_or_below};
use crate::run::Project;

use super::error::AppError;

/// The commits that HEAD does not record, by path, each with whether it records none there: of each installed subdataset the one that it is at, else the one that
/// git's index has. Where results stand in one, a run records what it commits there.
///
/// # Errors
/// When git cannot be read.
pub(super) fn unrecorded(project: &Project) -> Result<BTreeMap<String, (Oid, bool)>, AppError> {
    let mut found = BTreeMap::new();
    let head = project.repo.head()?.commit();
    for path in project.scan.subdatasets() {
        let Some(staged) = project.scan.gitlink(path) else { continue };
        let recorded = match head.map(|head| project.repo.object_of(head, path)).transpose()?.flatten() {
            Some((commit, Kind::Gitlink)) => Some(commit),
            _ => None,
        };
        let holds_results = is_entered(project, path);
        let wanted = if holds_results { staged } else { standing(project, path).unwrap_or(staged) };
        let is_settled = recorded.is_some() && holds_results || recorded == Some(wanted);
        if !is_settled {
            found.insert(path.to_owned(), (wanted, recorded.is_none()));
        }
    }
    Ok(found)
}

/// Subdatasets at or below one of some folders that have changes which no commit of their own holds: nothing of these is saved.
pub(super) fn changed_inside(project: &Project, folders: &[String]) -> Vec<String> {
    let is_meant =
        |path: &&str| folders.iter().any(|folder| folder.is_empty() || is_at_or_below(path, folder));
    let installed = project.scan.installed_subdatasets(project.repo.root());
    let open = installed.filter(is_meant).filter(|path| !is_entered(project, path));
    open.filter(|path| project.repo.is_dirty(path)).map(str::to_owned).collect()
}

fn is_entered(project: &Project, path: &str) -> bool {
    project.scan.entered().iter().any(|entered| *entered.path == *path)
}

/// The commit that an installed subdataset is at, if others can have it: not one of git-annex's own branches.
fn standing(project: &Project, path: &str) -> Option<Oid> {
    match project.repo.subdataset(path).ok()?.head().ok()? {
        Head::Branch { name, .. } if name.starts_with("refs/heads/adjusted/") => None,
        head => head.commit(),
    }
}
