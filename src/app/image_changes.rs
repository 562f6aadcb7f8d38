//! `ImageChanges`: reasons that name the files of an image that changed, each version of an image looked up once.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::plan::Reason;
use crate::run::{Planned, Project};

/// By pipeline, and by what its image contained before: the files that differ since.
#[derive(Default)]
pub(super) struct ImageChanges {
    known: Mutex<BTreeMap<(String, String), Vec<Reason>>>,
}

impl ImageChanges {
    /// Reasons in which an image that changed is replaced by the files that did, where the past tells them.
    pub(super) fn with_files(
        &self,
        project: &Project,
        planned: &Planned,
        reasons: Vec<Reason>,
    ) -> Vec<Reason> {
        let changed = |reason: Reason| match reason.changed_image() {
            Some(old) => match self.files(project, planned, old) {
                files if files.is_empty() => vec![reason],
                files => files,
            },
            None => vec![reason],
        };
        reasons.into_iter().flat_map(changed).collect()
    }

    fn files(&self, project: &Project, planned: &Planned, old: &str) -> Vec<Reason> {
        let of = (planned.pipeline.name.to_string(), old.to_owned());
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let look = || {
            let changes = project.image_changes(planned, old);
            let text =
                |content: Option<_>| content.map(|content: crate::model::ContentId| content.to_string());
            let file = |(path, old, new)| Reason::Image { path, old: text(old), new: text(new) };
            changes.into_iter().map(file).collect()
        };
        known.entry(of).or_insert_with(look).clone()
    }
}
