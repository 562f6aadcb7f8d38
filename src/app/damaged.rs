//! Content that the annex has damaged, or that git-annex set aside since it was: what is said of it, and what helps.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::git::{Annexes, annex};
use crate::model::{ContentId, Entry, is_at_or_below, show_some};
use crate::run::Project;

use super::start::quoted;

/// More files than this of one datum are not looked at.
const MOST: usize = 10_000;

/// What is wrong with the annexed content of files at or below some paths, a sentence for each.
pub fn damaged(project: &Project, paths: &[&str]) -> Vec<String> {
    if !project.scan.has_annex() {
        return Vec::new();
    }
    let annexes = project.annexes();
    let entries: BTreeSet<&str> =
        paths.iter().flat_map(|path| below(project, path)).map(|entry| &*entry.path).take(MOST).collect();
    entries.into_iter().filter_map(|path| fault(project, &annexes, path)).collect()
}

/// The files at or below a path, of an input or a result.
fn below<'a>(project: &'a Project, path: &'a str) -> impl Iterator<Item = &'a Entry> {
    let entries = project.tree.entries();
    let first = entries.partition_point(|entry| *entry.path < *path);
    entries[first..]
        .iter()
        .take_while(move |entry| entry.path.starts_with(path))
        .filter(move |entry| is_at_or_below(&entry.path, path))
}

fn fault(project: &Project, annexes: &Annexes, path: &str) -> Option<String> {
    let key = project.scan.annex_key(path)?;
    let keeper = annexes.of(path);
    let named = show_some(&[path], 1);
    if let Some(object) = keeper.object(&key) {
        let (is, told) = annex::wrong_size(&object, &key)?;
        let fsck = keeper.command("annex fsck", path);
        return Some(format!(
            "the content of {named} in the annex is damaged: it has {is} bytes, and its key says {told}; {fsck} sets it \
             aside, then {}",
            remedy(project, annexes, path)
        ));
    }
    keeper.has_set_aside(&key).then(|| {
        format!("git-annex set the damaged content of {named} aside; {}", remedy(project, annexes, path))
    })
}

/// What brings content back that is not here.
fn remedy(project: &Project, annexes: &Annexes, path: &str) -> String {
    let get = annexes.of(path).get(path);
    if project.is_result(path) {
        let word = quoted(path);
        return format!(
            "{get} brings it from another place, or `minipach run --force {word}` makes it again"
        );
    }
    format!("{get} brings it from another place")
}

/// That content which files of the project have was set aside by git-annex and is not here; none where there is none.
/// Where nothing was set aside ever, nothing is looked at.
pub fn set_aside(project: &Project) -> Option<String> {
    let keys: BTreeSet<Arc<str>> = annex::keys_set_aside(project.repo.annex_dir()).into_iter().collect();
    if keys.is_empty() {
        return None;
    }
    let annexes = project.annexes();
    let is_lost = |entry: &&Entry| match &entry.content {
        ContentId::Annex(key) => keys.contains(key) && annexes.of(&entry.path).object(key).is_none(),
        _ => false,
    };
    let lost: Vec<&str> = project.tree.entries().iter().filter(is_lost).map(|entry| &*entry.path).collect();
    let first = lost.first()?;
    let remedy = remedy(project, &annexes, first);
    Some(format!("git-annex set damaged content aside, of {}; {remedy}", show_some(&lost, 3)))
}
