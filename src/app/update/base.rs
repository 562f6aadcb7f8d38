//! Where a project and its scaffold parted: the commit of what was laid out.

use std::collections::BTreeMap;

use crate::app::error::{AppError, ExitCode};
use crate::app::scaffolds::open_scaffold;
use crate::git::template::{self, Blobs, TEMPLATE, absent_blobs, commit_tree, store_blob, write_tree};
use crate::run::count;
use crate::scaffold::{RECORD, Source, blob_of};

use super::followed::{Followed, trouble};
use super::latest::rendered;

/// The commit of the render that the record tells of: the one that the ref names, or one made of blobs that the
/// repository has, or of what the old scaffold renders to.
pub(super) fn base_of(followed: &Followed, is_stand_in: bool) -> Result<String, AppError> {
    let root = &followed.root;
    let mut files: Blobs = followed.record.files.clone();
    for file in &followed.once_more {
        store_blob(root, &file.bytes).map_err(trouble)?;
    }
    let absent = absent_blobs(root, &files).map_err(trouble)?;
    if !absent.is_empty() {
        render_again(followed, &absent)?;
    }
    let text = std::fs::read(root.join(RECORD)).unwrap_or_default();
    let id = store_blob(root, &text).map_err(trouble)?;
    files.insert(RECORD.to_owned(), format!("100644 {id}"));
    let tree = write_tree(root, &files).map_err(trouble)?;
    let known = template::resolve(root, &format!("{TEMPLATE}^{{tree}}"));
    if let (true, Some(commit)) = (known.as_ref() == Some(&tree), template::resolve(root, TEMPLATE)) {
        return Ok(commit);
    }
    let message =
        format!("Version {} of the `{}` scaffold\n", followed.record.version, followed.record.scaffold);
    commit_tree(root, &tree, &[], &message, is_stand_in).map_err(trouble)
}

/// Stores blobs that the repository lacks, by rendering the scaffold as it was.
fn render_again(followed: &Followed, absent: &[String]) -> Result<(), AppError> {
    let record = &followed.record;
    let (text, checkout) = match &record.source {
        Source::BuiltIn(id) => (id, None),
        Source::Folder(folder) => (folder, None),
        Source::Git { url, commit, .. } => (url, Some(commit.as_str())),
        Source::Template(_) => return Err(lost(absent.len())),
    };
    let opened = open_scaffold(text, &followed.root, checkout)?;
    let old = rendered(&followed.root, &opened, &record.typed(), &BTreeMap::new(), |_| true)?;
    let mut left: Vec<&String> = absent.iter().collect();
    for file in &old.files {
        let blob = blob_of(file);
        let is_wanted = |id: &&String| blob.ends_with(id.as_str());
        if left.iter().any(is_wanted) {
            store_blob(&followed.root, &file.bytes).map_err(trouble)?;
            left.retain(|id| !blob.ends_with(id.as_str()));
        }
    }
    if left.is_empty() { Ok(()) } else { Err(lost(left.len())) }
}

fn lost(files: usize) -> AppError {
    let message = format!(
        "what the project was laid out as is not here any more ({}), and the scaffold is another by now",
        count(files, "file")
    );
    AppError::new(ExitCode::Data, message)
        .hint(format!("remove `{RECORD}`, commit, and `minipach adopt` the scaffold as it is now"))
}
