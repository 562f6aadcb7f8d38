//! `Entered`: a subdataset with results, whose files a scan holds in the place of its gitlink.

use std::path::PathBuf;

use super::write::Place;
use crate::model::Oid;

/// A subdataset whose files a scan holds.
#[derive(Clone, Debug)]
pub struct Entered {
    /// Its path from the project's root.
    pub path: Box<str>,
    /// The folder of the pipeline that it lies in.
    pub pipeline: Box<str>,
    /// The commit that the project's index records for it.
    pub recorded: Oid,
    /// The commit it is at: that one, or commits of results on top of it.
    pub head: Oid,
    /// Where its commits are written.
    pub place: Place,
    /// The folder that holds its `annex/objects`.
    pub annex_dir: PathBuf,
    /// Whether git-annex has been used in it.
    pub has_annex: bool,
}

impl Entered {
    /// A path from the project's root as one from its own, if it lies in there.
    pub fn inside<'p>(&self, path: &'p str) -> Option<&'p str> {
        path.strip_prefix(&*self.path)?.strip_prefix('/')
    }

    /// A path from its own root as one from the project's.
    pub fn outside(&self, path: &str) -> String {
        format!("{}/{path}", self.path)
    }

    /// Whether it has commits of results that the project does not record, as after a kill between the two.
    pub fn is_ahead(&self) -> bool {
        self.head != self.recorded
    }
}
