//! Preflight: whether this machine can run a pipeline's command and keep its results at all.

use std::path::Path;

use crate::model::{Pipeline, PipelineName};

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
fn read_only(folder: &Path, name: &PipelineName) -> Option<String> {
    let error = rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).err()?;
    let reason = std::io::Error::from(error);
    Some(format!("results cannot be placed in `{name}/` ({reason}); make the folder writable"))
}

/// Why a pipeline cannot run here, as one sentence; `None` when it can.
fn missing(pipeline: &Pipeline) -> Option<String> {
    let transform = pipeline.transform.as_ref()?;
    if let Some(image) = &transform.image {
        return Some(format!(
            "it asks for the image `{image}`, so containers are needed to run it; remove `image` to run it on this machine as it is"
        ));
    }
    let program = transform.cmd.first()?;
    let is_absent = program.starts_with('/') && !program.starts_with("/pfs/") && !Path::new(program).exists();
    if is_absent {
        return Some(format!(
            "`{program}` is not on this machine; a container that has it is needed to run it"
        ));
    }
    let has_own_path = transform.env.contains_key("PATH") || pipeline.clean_env;
    let is_unknown = !program.contains('/') && !has_own_path && !on_path(program);
    is_unknown.then(|| {
        format!("`{program}` is not found on the search path (`PATH`); install it, or give its path")
    })
}

fn on_path(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(program).is_file()))
}
