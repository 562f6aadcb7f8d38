//! Recovery: which staged results a killed run had logged but not finished moving into place.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::exec::{Publication, attempt_of};
use crate::ledger::{AttemptLog, LedgerError, ResultRecord};

/// The publications to finish, for those folders below `staged` whose result stands in the log.
///
/// # Errors
/// When the log cannot be read.
pub fn unfinished(root: &Path, staged: &Path, log: &AttemptLog) -> Result<Vec<Publication>, LedgerError> {
    let Ok(children) = std::fs::read_dir(staged) else { return Ok(Vec::new()) };
    let mut paths: Vec<PathBuf> = children.filter_map(|child| Some(child.ok()?.path())).collect();
    paths.sort();
    let names: BTreeSet<Box<str>> =
        paths.iter().filter_map(|path| attempt_of(path)).map(Into::into).collect();
    let records = log.staged(&names)?;
    let known = paths.iter().filter_map(|path| Some((path, records.get(attempt_of(path)?)?)));
    Ok(known.filter_map(|(path, record)| publication(root, path, record)).collect())
}

/// How a logged result comes from `staged` to its place.
pub(super) fn publication(root: &Path, staged: &Path, record: &ResultRecord) -> Option<Publication> {
    let publish = record.publish.as_ref()?;
    let made: BTreeSet<&str> = record.files.iter().map(|file| &*file.path).collect();
    let gone = publish.replaces.iter().filter(|(path, _)| !publish.whole && !made.contains(&**path));
    Some(Publication {
        staged: staged.to_owned(),
        pipeline: root.join(record.pipeline.as_str()),
        target: publish.target.clone(),
        whole: publish.whole,
        files: record.files.clone(),
        remove: gone.map(|(path, _)| path.clone()).collect(),
    })
}
