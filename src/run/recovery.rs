//! Recovery: which staged results a killed run had logged but not finished moving into place.

use std::collections::BTreeSet;
use std::path::Path;

use crate::exec::Publication;
use crate::ledger::{AttemptLog, ResultRecord};

/// The publications to finish, for those folders below `staged` whose result stands in the log.
pub fn unfinished(root: &Path, staged: &Path, log: &AttemptLog) -> Vec<Publication> {
    let Ok(children) = std::fs::read_dir(staged) else { return Vec::new() };
    let names: BTreeSet<String> =
        children.filter_map(|child| Some(child.ok()?.file_name().to_str()?.to_owned())).collect();
    let records = log.staged(&names);
    records.iter().filter_map(|record| publication(root, staged, record)).collect()
}

fn publication(root: &Path, staged: &Path, record: &ResultRecord) -> Option<Publication> {
    let publish = record.publish.as_ref()?;
    let made: BTreeSet<&str> = record.files.iter().map(|file| &*file.path).collect();
    let folder = root.join(record.pipeline.as_str());
    let gone = publish.replaces.iter().filter(|(path, _)| !publish.whole && !made.contains(&**path));
    Some(Publication {
        staged: staged.join(&*publish.staged),
        target: root.join(&*publish.target),
        whole: publish.whole,
        files: record.files.clone(),
        remove: gone.map(|(path, _)| folder.join(&**path)).collect(),
    })
}
