//! Preflight: whether this machine can run a pipeline's command and keep its results at all.

use std::path::Path;

use crate::exec::Room;
use crate::model::{Event, PipelineName};

use super::clock::now_ms;
use super::engine::Engine;
use super::job::{Job, Preparing};
use super::rooms::Asked;
use super::task::TaskNews;

impl Engine<'_> {
    /// Refuses to start what this machine cannot run, in one sentence.
    pub(super) fn preflight(&mut self, job: &mut Job) {
        if job.queue.is_empty() {
            return;
        }
        if job.planned.pipeline.transform.is_none() {
            return;
        }
        match self.rooms.ask(&job.planned) {
            Ok(Asked::Room(room)) => {
                self.tell_room(&room);
                job.room = room;
            }
            Ok(Asked::Container(preparation)) => job.preparing = Some(Preparing::Due(preparation)),
            Err(sentence) => {
                self.report.missing_program = true;
                job.refuse(sentence);
            }
        }
    }

    /// Makes the image of a job ready in a thread, while other jobs go on.
    pub(super) fn begin_room(&mut self, at: usize) {
        let Some(Preparing::Due(preparation)) = self.jobs[at].preparing.take() else { return };
        self.jobs[at].preparing = Some(Preparing::Begun);
        let news = self.news.clone();
        std::thread::spawn(move || {
            let said = news.clone();
            let mut say = |message| said.tell(TaskNews::Said(message));
            let room = preparation.run(&mut say);
            news.tell(TaskNews::Room(at, room));
        });
    }

    /// The image of a job is ready, or cannot be had.
    pub(super) fn enter_room(&mut self, at: usize, room: Result<Room, String>) {
        if self.jobs[at].preparing.take().is_none() {
            return;
        }
        match room {
            Ok(room) => {
                self.tell_room(&room);
                self.jobs[at].room = room;
            }
            Err(sentence) => {
                self.report.missing_program = true;
                self.jobs[at].refuse(sentence);
            }
        }
    }

    /// Nobody waits for images any more.
    pub(super) fn end_preparing(&mut self) {
        self.jobs.iter_mut().for_each(|job| job.preparing = None);
    }

    /// Says where commands run, the first time.
    fn tell_room(&mut self, room: &Room) {
        let sentence = self.rooms.sentence(room);
        if self.report.left.rooms.insert(sentence.clone()) {
            self.observer.event(&Event::Surroundings { message: sentence, at_ms: now_ms() });
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
