//! Content of the annex that is no input and that a command changed all the same: looked for once commands have run without
//! a sandbox, where nothing keeps them from it and `git status` does not show it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::exec::Room;
use crate::git::{annex, has_bytes_of};
use crate::model::ContentId;

use super::absent::entries;
use super::engine::Engine;
use super::job::Job;
use super::spoilt::brought_back;

/// Time stamps of files may be so much older than the moment they are of.
const TICK: Duration = Duration::from_millis(20);

impl Engine<'_> {
    /// Tells of such content, one file by name. Inputs are looked at with each datum that reads them.
    pub(super) fn tell_changed_annex(&mut self) {
        let on_host = |job: &Job| {
            let has_command = job.planned.pipeline.transform.is_some();
            matches!(job.room, Room::Host) && has_command && !job.units.is_empty()
        };
        if !self.shared.has_annex || !self.jobs.iter().any(on_host) {
            return;
        }
        let since = self.shared.began.checked_sub(TICK).unwrap_or(self.shared.began);
        let mut written = objects_since(self.project.repo.annex_dir(), since);
        if written.is_empty() {
            return;
        }
        let inputs = self.inputs_by_key();
        written.retain(|object| {
            let key = annex::key_of_link(object.as_os_str().as_encoded_bytes());
            let is_changed = |key: &Arc<str>| {
                annex::wrong_size(object, key).is_some()
                    || !inputs.contains(key) && has_bytes_of(key, object) == Some(false)
            };
            self.shared.why_spoilt(object).is_none() && key.as_ref().is_some_and(is_changed)
        });
        if let Some(sentence) = self.changed_annex(&written) {
            self.report.bad_data = true;
            self.report.trouble.push(sentence);
        }
    }

    /// The keys of all that was read: what was fetched for it is among them.
    fn inputs_by_key(&self) -> BTreeSet<Arc<str>> {
        let datums = self.jobs.iter().flat_map(|job| {
            let used = job.units.iter().flat_map(|unit| &unit.datums);
            used.map(|datum| (&job.planned, *datum))
        });
        let contents =
            datums.flat_map(|(planned, datum)| entries(planned, datum)).map(|entry| &entry.content);
        let key = |content: &ContentId| match content {
            ContentId::Annex(key) => Some(Arc::clone(key)),
            _ => None,
        };
        contents.filter_map(key).collect()
    }

    fn changed_annex(&self, objects: &[PathBuf]) -> Option<String> {
        let first = annex::key_of_link(objects.first()?.as_os_str().as_encoded_bytes())?;
        let scan = &self.shared.scan;
        let path = scan.paths().find(|path| scan.annex_key_now(path).as_ref() == Some(&first));
        let (what, remedy) = path.map_or_else(
            || (format!("the key `{first}`"), "`git annex fsck --all` sets it aside".to_owned()),
            |path| (format!("`{path}`"), brought_back(self.shared, path)),
        );
        let more = if objects.len() > 1 { format!(" and {} more", objects.len() - 1) } else { String::new() };
        Some(format!(
            "the content of {what}{more}, no input of what ran, was changed in the annex itself while commands ran without a sandbox; {remedy}; `sandbox: always` in `minipach.yml` keeps commands away from the annex"
        ))
    }
}

/// The objects of an annex that were written to since a moment; what cannot be read is passed over.
fn objects_since(annex_dir: &Path, since: SystemTime) -> Vec<PathBuf> {
    let mut folders = vec![annex_dir.join("annex/objects")];
    for _ in 0..3 {
        folders = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flat_map(below).collect();
    }
    let object = |folder: PathBuf| Some(folder.join(folder.file_name()?));
    let is_written = |object: &PathBuf| {
        let written = object.symlink_metadata().and_then(|found| found.modified());
        written.is_ok_and(|at| at >= since)
    };
    folders.into_iter().filter_map(object).filter(is_written).collect()
}

fn below(folder: fs::ReadDir) -> impl Iterator<Item = PathBuf> {
    folder.filter_map(|entry| Some(entry.ok()?.path()))
}
