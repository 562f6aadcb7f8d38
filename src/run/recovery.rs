//! Recovery: which staged results a killed run had logged but not finished moving into place.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::exec::{Publication, attempt_of, is_intact};
use crate::git::{Repo, Scan, StatMemory};
use crate::ledger::{AttemptLog, ResultRecord};
use crate::model::{Entry, OutFile, Tree};
use crate::plan::entries_of;

use super::error::RunError;
use super::kept_links::as_it_stands;
use super::placed::{has_content, made, replaced};
use super::settle::removed;

/// The publications to finish, for those folders below `staged` whose result stands in the log and whose
/// place was not touched since. One that was touched stays as it is: what a person did there counts more.
/// After a power cut (`was_cut`) only those whose bytes are those of the log: staged ones may be torn.
///
/// # Errors
/// When the log, the work tree or what is staged cannot be read.
pub fn unfinished(
    repo: &Repo,
    staged: &Path,
    log: &AttemptLog,
    was_cut: bool,
) -> Result<Vec<Publication>, RunError> {
    let paths = staged_paths(staged);
    let records = log.staged(&names_of(&paths))?;
    if records.is_empty() {
        return Ok(Vec::new());
    }
    let tree = read_places(repo, records.values())?;
    // A folder that was moved or removed meanwhile is somebody's doing, too.
    let stands_there = |record: &&ResultRecord| repo.root().join(record.pipeline.as_str()).is_dir();
    let known =
        paths.iter().filter_map(|path| Some((path, records.get(attempt_of(path)?).filter(stands_there)?)));
    let mut found = Vec::new();
    for (path, record) in known {
        let files = tree.below(record.pipeline.as_str());
        let publication = publication(repo.root(), path, record).filter(|_| gives_way(record, &files));
        let Some(publication) = publication else { continue };
        if !was_cut || is_intact(&publication, &|file| stands(repo.root(), record, file, &files))? {
            found.push(publication);
        }
    }
    Ok(found)
}

/// What waits in the staging folder, in order; nothing if there is no such folder.
fn staged_paths(staged: &Path) -> Vec<PathBuf> {
    let Ok(children) = std::fs::read_dir(staged) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = children.filter_map(|child| Some(child.ok()?.path())).collect();
    paths.sort();
    paths
}

fn names_of(paths: &[PathBuf]) -> BTreeSet<Box<str>> {
    paths.iter().filter_map(|path| attempt_of(path)).map(Into::into).collect()
}

/// The attempts of which something waits in the staging folder.
pub(super) fn staged_names(staged: &Path) -> BTreeSet<Box<str>> {
    names_of(&staged_paths(staged))
}

/// Whether a file of a logged result stands in its place.
fn stands(root: &Path, record: &ResultRecord, file: &OutFile, files: &Tree) -> bool {
    let target = record.publish.as_ref().map_or(".", |publish| &publish.target);
    let prefix = files.prefix();
    let path = if target == "." {
        format!("{prefix}{}", file.path)
    } else {
        format!("{prefix}{target}/{}", file.path)
    };
    files.get(&path).is_some_and(|entry| has_content(root, entry, &file.content))
}

/// The files of the pipelines whose results are to be moved, as they stand now; links are themselves.
fn read_places<'a>(repo: &Repo, records: impl Iterator<Item = &'a ResultRecord>) -> Result<Tree, RunError> {
    let mut memory = StatMemory::open(&repo.state_dir());
    let mut scan = Scan::read(repo, &mut memory)?;
    let folders: BTreeSet<&str> = records.map(|record| record.pipeline.as_str()).collect();
    let all: Vec<&str> = folders.iter().copied().collect();
    scan.enter(repo, &all);
    scan.resolve(repo, &mut memory, &all)?;
    let mut entries: Vec<Entry> =
        all.iter().flat_map(|folder| scan.tree(folder).entries().to_vec()).collect();
    entries.sort_unstable_by(|one, other| one.path.cmp(&other.path));
    entries.dedup_by(|one, other| one.path == other.path);
    Ok(as_it_stands(&Tree::new("", entries.into()), &scan, &folders))
}

/// Whether all that stands in a result's place is what it replaces, or the result itself.
pub(super) fn gives_way(record: &ResultRecord, files: &Tree) -> bool {
    let Some(publish) = &record.publish else { return false };
    let (made, replaced) = (made(record), replaced(record));
    let prefix = files.prefix().len();
    let is_expected = |entry: &Entry| {
        let path = &entry.path[prefix..];
        made.get(path) == Some(&&entry.content) || replaced.get(path) == Some(&&entry.content)
    };
    let is_concerned = |entry: &&Entry| {
        let path = &entry.path[prefix..];
        made.contains_key(path) || replaced.contains_key(path)
    };
    if publish.whole {
        entries_of(files, &publish.target).iter().all(is_expected)
    } else {
        files.entries().iter().filter(is_concerned).all(is_expected)
    }
}

/// How a logged result comes from `staged` to its place.
fn publication(root: &Path, staged: &Path, record: &ResultRecord) -> Option<Publication> {
    let publish = record.publish.as_ref()?;
    Some(Publication {
        staged: staged.to_owned(),
        pipeline: root.join(record.pipeline.as_str()),
        target: publish.target.clone(),
        whole: publish.whole,
        files: record.files.clone(),
        remove: removed(publish, &record.files),
        is_begun: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Publish;
    use crate::model::{ContentId, DatumId, Kind, Oid, PipelineName, Place, WorkId};

    fn id(byte: u8) -> ContentId {
        ContentId::Git(Oid([byte; 20]))
    }

    fn record(target: &str, replaces: &[(&str, u8)]) -> ResultRecord {
        let publish = Publish {
            staged: "1".into(),
            target: target.into(),
            whole: target != ".",
            replaces: replaces.iter().map(|(path, byte)| ((*path).into(), id(*byte))).collect(),
        };
        ResultRecord {
            id: DatumId([0; 32]),
            work: WorkId([0; 32]),
            pipeline: PipelineName::parse("fs").unwrap(),
            key: "k".into(),
            place: Place::Env,
            at_ms: 0,
            inputs: Vec::new(),
            files: vec![OutFile { path: "a".into(), kind: Kind::File, content: id(1) }],
            publish: Some(publish),
        }
    }

    fn tree(files: &[(&str, u8)]) -> Tree {
        let entry = |(path, byte): &(&str, u8)| Entry {
            path: format!("fs/{path}").into(),
            kind: Kind::File,
            content: id(*byte),
        };
        Tree::new("fs/", files.iter().map(entry).collect())
    }

    #[test]
    fn only_what_a_result_replaces_gives_way() {
        let old = [("sub/a", 7), ("sub/b", 8)];
        let whole = record("sub", &old);
        assert!(gives_way(&whole, &tree(&[])), "nothing stands there");
        assert!(gives_way(&whole, &tree(&old)), "the old result");
        assert!(gives_way(&whole, &tree(&[("sub/a", 1)])), "the result itself, moved before the kill");
        assert!(!gives_way(&whole, &tree(&[("sub/a", 9), ("sub/b", 8)])), "an edited file");
        assert!(!gives_way(&whole, &tree(&[("sub/a", 7), ("sub/new", 9)])), "a foreign file");
        assert!(gives_way(&whole, &tree(&[("other/a", 9)])), "somewhere else");
        let shared = record(".", &[("a", 7), ("b", 8)]);
        assert!(gives_way(&shared, &tree(&[("a", 1), ("b", 8), ("c", 9)])), "another's file");
        assert!(!gives_way(&shared, &tree(&[("a", 9)])), "an edited file");
        assert!(!gives_way(&shared, &tree(&[("b", 9)])), "one that would be removed");
    }
}
