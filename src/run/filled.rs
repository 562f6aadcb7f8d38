//! Files that git-annex fills in as it fetches their key for somebody else.

use std::sync::Arc;

use crate::git::{annex, blob_id_of_file};
use crate::model::ContentId;

use super::project::Project;

impl Project {
    /// Whether a file stands as the scan saw it, or has got the content of its key since: where one comes, git-annex
    /// fills in each unlocked file of it, also a result whose bytes are those of an input.
    pub(super) fn stands_as_seen(&self, path: &str) -> bool {
        self.scan.unchanged(path) || self.has_got_content(path)
    }

    fn has_got_content(&self, path: &str) -> bool {
        let key = match self.results.get(path).map(|entry| &entry.content) {
            Some(ContentId::Annex(key)) => Some(Arc::clone(key)),
            _ => self.scan.annex_key(path),
        };
        let Some(key) = key else { return false };
        let size = self.scan.stat_now(path).map(|stat| stat.size_bytes);
        if size.is_none() || size != annex::size_of(&key) {
            return false;
        }
        let object = annex::object_path(self.annex_dir_of(path), &key);
        match (blob_id_of_file(&self.repo.root().join(path)), blob_id_of_file(&object)) {
            (Ok(stands), Ok(meant)) => stands == meant,
            _ => false,
        }
    }
}
