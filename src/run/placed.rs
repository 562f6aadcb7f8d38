//! What a logged result puts where, and what stood there before.

use std::collections::BTreeMap;
use std::path::Path;

use crate::git::blob_id_of_file;
use crate::ledger::ResultRecord;
use crate::model::{ContentId, Entry};

/// Whether an entry below `root` has some content, also where it stands under a key of the annex: then it is read.
pub(super) fn has_content(root: &Path, entry: &Entry, content: &ContentId) -> bool {
    let is_annexed = matches!(entry.content, ContentId::Annex(_));
    let is_read =
        || blob_id_of_file(&root.join(&*entry.path)).is_ok_and(|oid| ContentId::Git(oid) == *content);
    entry.content == *content || is_annexed && is_read()
}

/// What a logged result puts where, by path from the pipeline's folder.
pub(super) fn made(record: &ResultRecord) -> BTreeMap<String, &ContentId> {
    let target = record.publish.as_ref().map_or(".", |publish| &publish.target);
    let placed = |path: &str| if target == "." { path.to_owned() } else { format!("{target}/{path}") };
    record.files.iter().map(|file| (placed(&file.path), &file.content)).collect()
}

/// What stood before where a logged result goes, by path from the pipeline's folder.
pub(super) fn replaced(record: &ResultRecord) -> BTreeMap<&str, &ContentId> {
    let replaces = record.publish.iter().flat_map(|publish| &publish.replaces);
    replaces.map(|(path, content)| (&**path, content)).collect()
}

/// A path and the folders above it.
pub(super) fn above(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at]).chain([path])
}
