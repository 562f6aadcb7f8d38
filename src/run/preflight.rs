//! Preflight: whether this machine can run a pipeline's command and keep its results at all.

use std::path::Path;

use crate::model::PipelineName;

use super::ability::missing;
use super::engine::Engine;
use super::job::Job;

impl Engine<'_> {
    /// Refuses to start what this machine cannot run, in one sentence.
    pub(super) fn preflight(&mut self, job: &mut Job) {
        if job.queue.is_empty() {
            return;
        }
        if let Some(sentence) = missing(&job.planned.pipeline) {
            job.queue.clear();
            self.report.missing_program = true;
            job.note_trouble(sentence);
        }
    }

    /// Starts and places nothing when the pipeline's folder cannot be written.
    pub(super) fn refuse_read_only(&mut self, job: &mut Job, to_place: &mut Vec<usize>) {
        if job.queue.is_empty() && to_place.is_empty() {
            return;
        }
        let folder = self.shared.root.join(job.name().as_str());
        if let Some(sentence) = read_only(&folder, job.name()) {
            job.queue.clear();
            to_place.clear();
            self.report.bad_data = true;
            job.note_trouble(sentence);
        }
    }
}

/// Why results cannot be placed in a pipeline's folder, as one sentence; `None` when they can.
pub(super) fn read_only(folder: &Path, name: &PipelineName) -> Option<String> {
    let error = rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).err()?;
    let reason = std::io::Error::from(error);
    Some(format!("results cannot be placed in `{name}/` ({reason}); make the folder writable"))
}
