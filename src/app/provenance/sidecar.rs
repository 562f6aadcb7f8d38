//! What a run record leaves to the project: records beside commits, and globs of inputs.

use glob::{MatchOptions, Pattern};

use crate::git::Repo;
use crate::model::{ContentId, Kind, Oid, is_at_or_below, normal_path};
use crate::plan::record::{self, Record, Recorded, read_json};

use super::super::error::AppError;

/// Where `DataLad` keeps records that stand beside commits.
const FOLDER: &str = ".datalad/runinfo";

/// As Python's `glob`: stars stop at slashes and pass over hidden names.
const AS_PYTHON: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// A record that stands beside its commit, where its content is here.
fn read(repo: &Repo, commit: Oid, name: &str) -> Record {
    let broken = |why: &str| Record::Broken(format!("`{FOLDER}/{name}` {why}"));
    let path = format!("{FOLDER}/{name}");
    let entry = repo
        .tree_files(commit, FOLDER)
        .ok()
        .and_then(|all| all.into_iter().find(|entry| *entry.path == *path));
    let bytes = match entry.map(|entry| (entry.kind, entry.content)) {
        None => return broken("is not in its commit"),
        Some((Kind::File | Kind::Exec, ContentId::Git(oid))) => repo.blob(oid).ok(),
        Some((_, ContentId::Annex(_))) => std::fs::read(repo.root().join(&path)).ok(),
        Some(_) => None,
    };
    let Some(bytes) = bytes else { return broken("has no content here; `git annex get` it") };
    let mut text = Vec::new();
    match lzma_rs::xz_decompress(&mut bytes.as_slice(), &mut text) {
        Ok(()) => read_json(&String::from_utf8_lossy(&text)),
        Err(_) => broken("is not compressed by xz"),
    }
}

/// The run record that a commit's message holds or names, in whole.
pub(in crate::app) fn record_of(repo: &Repo, commit: Oid, message: &str) -> Option<Record> {
    match record::read(message)? {
        Record::Sidecar(name) => Some(read(repo, commit, &name)),
        found => Some(found),
    }
}

/// Whether a record names what stands at a path of its commit among what it made.
pub(in crate::app) fn names(repo: &Repo, commit: Oid, record: &Recorded, path: &str) -> bool {
    let made = expand(repo, commit, &record.pwd, &record.outputs);
    made.is_ok_and(|made| made.iter().any(|made| is_at_or_below(path, made)))
}

/// The paths that globs name in a commit, from its root. One that names nothing is taken for a path.
pub(super) fn expand(repo: &Repo, commit: Oid, pwd: &str, globs: &[String]) -> Result<Vec<String>, AppError> {
    let below = |glob: &String| normal_path(&format!("{pwd}/{glob}")).unwrap_or_else(|| glob.clone());
    let globs: Vec<String> = globs.iter().map(below).collect();
    if !globs.iter().any(|glob| glob.contains(['*', '?', '['])) {
        return Ok(globs);
    }
    let files = repo.tree_files(commit, "")?;
    let mut paths: Vec<&str> = files.iter().map(|entry| &*entry.path).collect();
    let folders: std::collections::BTreeSet<&str> =
        paths.iter().flat_map(|path| path.match_indices('/').map(|(at, _)| &path[..at])).collect();
    paths.extend(folders);
    let mut found = Vec::new();
    for glob in globs {
        let pattern = Pattern::new(&glob).ok();
        let matched: Vec<String> = pattern
            .iter()
            .flat_map(|pattern| {
                paths
                    .iter()
                    .filter(|path| pattern.matches_with(path, AS_PYTHON))
                    .map(|path| (*path).to_owned())
            })
            .collect();
        found.extend(if matched.is_empty() { vec![glob] } else { matched });
    }
    found.sort();
    found.dedup();
    Ok(found)
}
