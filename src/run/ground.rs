//! What specs may name: folders with files that count, and why no file counts in others.

use std::collections::BTreeSet;
use std::path::Path;

use crate::git::{Repo, Scan};
use crate::model::Leaf;
use crate::spec::{Checked, Ground, Loaded, Unseen, check_project};

/// More files than this are not looked at to find one that git ignores.
const MOST: usize = 10_000;

/// Checks the pipelines against each other and against what stands in the project.
pub(super) fn check(repo: &Repo, scan: &Scan, loaded: &Loaded) -> Checked {
    let folders = folders_to_check(scan, loaded);
    let unseen = |folder: &str| unseen(repo, scan, folder);
    check_project(loaded, Ground { folders: &folders, unseen: &unseen })
}

/// The folders that specs may name: all that are, unless all that are named exist.
fn folders_to_check(scan: &Scan, loaded: &Loaded) -> BTreeSet<String> {
    let leaves = loaded.pipelines.iter().flat_map(|loaded| loaded.pipeline.input.leaves());
    let named: BTreeSet<String> =
        leaves.filter(|leaf| !leaf.is_cron).map(|leaf| leaf.repo.to_string()).collect();
    if named.iter().all(|folder| scan.may_have_folder(folder)) {
        return named;
    }
    let inside = named.into_iter().filter(|folder| scan.may_have_folder(folder));
    scan.folders().into_iter().chain(inside).collect()
}

/// Why no file counts in a folder without any that does; absent if it does not exist.
fn unseen(repo: &Repo, scan: &Scan, folder: &str) -> Option<Unseen> {
    if let Some(linked) = linked(repo.root(), folder) {
        return Some(linked);
    }
    if !repo.root().join(folder).is_dir() {
        return None;
    }
    let files = repo.files_on_disk(folder, MOST);
    if let Some(path) = scan.odd_name_below(folder) {
        return Some(Unseen::Odd { path });
    }
    if files.is_empty() {
        return Some(Unseen::Empty);
    }
    let path = files.into_iter().find(|path| repo.is_ignored(path))?;
    let rule = repo.ignore_rule(&path);
    Some(Unseen::Ignored { path, rule })
}

/// The first link on the way to a folder, if there is one.
fn linked(root: &Path, folder: &str) -> Option<Unseen> {
    let ends = folder.match_indices('/').map(|(at, _)| at).chain([folder.len()]);
    let (link, to) = ends.into_iter().find_map(|end| {
        let link = &folder[..end];
        Some((link.to_owned(), std::fs::read_link(root.join(link)).ok()?))
    })?;
    let behind = root.join(folder).canonicalize().ok();
    let root = root.canonicalize().ok()?;
    let inside = behind.as_deref().and_then(|path| path.strip_prefix(&root).ok()).and_then(Path::to_str);
    let inside = inside.filter(|path| !path.is_empty()).map(str::to_owned);
    Some(Unseen::Linked { link, to: to.to_string_lossy().into_owned(), inside })
}

/// A fact for a glob that matches nothing: a file that it would take if git did not ignore it.
pub(super) fn ignored_match(repo: &Repo, scan: &Scan, leaf: &Leaf) -> Option<String> {
    let folder = leaf.repo.as_str();
    let takes = |path: &str| {
        let inside = path.get(folder.len()..).unwrap_or_default();
        let ends = inside.match_indices('/').skip(1).map(|(at, _)| at).chain([inside.len()]);
        ends.into_iter().any(|end| leaf.glob.find(&inside[..end]).is_some())
    };
    let files = repo.files_on_disk(folder, MOST);
    let path = files.into_iter().find(|path| takes(path) && !scan.contains(path) && repo.is_ignored(path))?;
    let rule = repo.ignore_rule(&path).unwrap_or_else(|| "the rules of git".into());
    Some(format!("it would take `{path}`, but that is ignored by {rule}"))
}
