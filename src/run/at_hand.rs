//! Whether the bytes of known results can be had: without a look elsewhere, or fetched by git in a partial clone.

use crate::model::{ContentId, Oid, OutFile};

use super::memory::Known;

impl Known<'_> {
    /// Whether the bytes of all files are in git, in the annex here, stand in the work tree or are on their way there. What a
    /// partial clone lacks is fetched.
    pub(super) fn can_be_had(&self, files: &[OutFile]) -> bool {
        let absent = files.iter().map(|file| &file.content).filter(|content| !self.is_at_hand(content));
        let absent: Option<Vec<Oid>> = absent.map(ContentId::oid).collect();
        absent.is_some_and(|oids| self.all_repos().any(|repo| repo.has_promised(&oids)))
    }

    /// Whether some content can be had and nothing is to be fetched for it.
    fn is_at_hand(&self, content: &ContentId) -> bool {
        match content {
            ContentId::Git(oid) if self.all_repos().any(|repo| repo.has_object(*oid)) => true,
            ContentId::Annex(key) => self.object_of(key).is_some(),
            content => {
                self.standing_contents().contains(content)
                    || self.staged.contains(content)
                    || self.annexed_object(content).is_some()
            }
        }
    }
}
