//! Preflight: whether this machine can run a pipeline's command and keep its results at all.

use std::collections::BTreeSet;
use std::path::Path;

use crate::exec::Room;
use crate::git::Scan;
use crate::model::{Event, ImageSource, PipelineName, literal, show_some};

use super::absent::entries;
use super::clock::now_ms;
use super::engine::Engine;
use super::handing::Handing;
use super::job::{Job, Preparing};
use super::planner::Planned;
use super::project::Project;
use super::rooms::Asked;
use super::task_news::TaskNews;

impl Engine<'_> {
    /// Refuses to start what this machine cannot run, in one sentence.
    pub(super) fn preflight(&mut self, job: &mut Job) {
        if job.queue.is_empty() {
            return;
        }
        if job.planned.pipeline.transform.is_none() {
            return;
        }
        job.handing = Handing::of(&job.planned, &self.shared.root);
        let note = job.handing.note.take();
        job.notes.extend(note);
        match self.rooms.ask(&job.planned) {
            Ok(Asked::Room(room)) => {
                self.tell_room(&room);
                job.room = room;
            }
            Ok(Asked::Container(preparation)) => job.preparing = Some(Preparing::Due(preparation)),
            Err(sentence) => {
                note_image(self.project, &job.planned, Some(&sentence));
                if self.rooms.is_image_wrong(&job.planned) {
                    self.report.bad_specs = true;
                    job.refuse(at_image(self.project, &job.planned, &sentence));
                } else {
                    self.report.missing_program = true;
                    job.refuse(sentence);
                }
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
        note_image(self.project, &self.jobs[at].planned, room.as_ref().err().map(String::as_str));
        match room {
            Ok(room) => {
                self.tell_room(&room);
                self.jobs[at].room = room;
            }
            Err(sentence) if is_made_here(&self.jobs[at].planned) => {
                self.report.bad_data = true;
                let sentence = at_image(self.project, &self.jobs[at].planned, &sentence);
                self.jobs[at].refuse(sentence);
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

/// Notes why the image of a pipeline could not be made ready, or that it could; nothing of one that needs none.
fn note_image(project: &Project, planned: &Planned, why: Option<&str>) {
    if let Some(Ok(image)) = &planned.code.image {
        project.note_hindrance(&planned.pipeline.name, image, why);
    }
}

/// Whether the image of a pipeline is made of files of the project.
fn is_made_here(planned: &Planned) -> bool {
    matches!(&planned.code.image, Some(Ok(image)) if image.source != ImageSource::Named)
}

/// A sentence on the image of a pipeline, with the place where its spec names that.
fn at_image(project: &Project, planned: &Planned, sentence: &str) -> String {
    let place = project.image_spot(planned).map(|spot| format!(" ({}:{})", spot.path, spot.span.line));
    format!("{sentence}{}", place.unwrap_or_default())
}

/// Starts nothing whose inputs a sparse checkout leaves out, and says so; gives whether it had to.
pub(super) fn refuse_left_out(scan: &Scan, job: &mut Job) -> bool {
    if job.queue.is_empty() || !scan.has_left_out() {
        return false;
    }
    let (mut all, mut without) = (Vec::new(), BTreeSet::new());
    for datums in job.queue.iter().map(|unit| &job.units[*unit].datums) {
        // Their inputs are of one content, and the first one's are handed over.
        let used = entries(&job.planned, datums[0]).filter_map(|entry| scan.left_out_below(&entry.path));
        let known = all.len();
        all.extend(used.map(str::to_owned));
        if all.len() > known {
            without.extend(datums.iter().copied());
        }
    }
    job.drop_datums(|datum| without.contains(&datum));
    let Some(folder) = all.first().map(|path| path.rsplit_once('/').map_or(&**path, |(folder, _)| folder))
    else {
        return false;
    };
    let (are, word) = (if all.len() > 1 { "are" } else { "is" }, literal(folder));
    let paths: Vec<&str> = all.iter().map(String::as_str).collect();
    job.note_trouble(format!(
        "{} {are} left out by a sparse checkout; `git sparse-checkout add {word}` brings that here",
        show_some(&paths, 1)
    ));
    true
}

/// Why results cannot be placed in a pipeline's folder, as one sentence; `None` when they can.
pub(super) fn read_only(folder: &Path, name: &PipelineName) -> Option<String> {
    let error = rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).err()?;
    let reason = std::io::Error::from(error);
    Some(format!("results cannot be placed in `{name}/` ({reason}); make the folder writable"))
}
