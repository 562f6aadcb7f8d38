//! Preflight: whether this machine can run a pipeline's command and keep its results at all.

use std::path::Path;

use crate::exec::Room;
use crate::model::{Event, PipelineName};

use super::clock::now_ms;
use super::engine::Engine;
use super::job::Job;

impl Engine<'_> {
    /// Refuses to start what this machine cannot run, in one sentence.
    pub(super) fn preflight(&mut self, job: &mut Job) {
        if job.queue.is_empty() {
            return;
        }
        if job.planned.pipeline.transform.is_none() {
            return;
        }
        let Self { rooms, observer, .. } = self;
        let mut say = |message| observer.event(&Event::Note { message, at_ms: now_ms() });
        match rooms.room(&job.planned, &mut say) {
            Ok(room) => {
                self.tell_room(&room);
                job.room = room;
            }
            Err(sentence) => {
                job.queue.clear();
                self.report.missing_program = true;
                job.note_trouble(sentence);
            }
        }
    }

    /// Says where commands run, the first time.
    fn tell_room(&mut self, room: &Room) {
        let sentence = self.rooms.sentence(room);
        if self.report.left.rooms.insert(sentence.clone()) {
            self.observer.event(&Event::Note { message: sentence, at_ms: now_ms() });
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
