//! Finishing and sealing: what a job made is offered downstream at once; when it is safe it is recorded and committed.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::git::write::{Place, tell_index};
use crate::model::{DatumState, Event};
use crate::plan::target;

use super::clock::now_ms;
use super::engine::Engine;
use super::error::RunError;
use super::syncing::Sealing;

impl Engine<'_> {
    /// Finishes each job that is over; whether there was one, so that others may start.
    pub(super) fn finish_jobs(&mut self) -> Result<bool, RunError> {
        let before = self.finished.len();
        for at in 0..self.jobs.len() {
            if self.jobs[at].is_over() && !self.finished.contains(self.jobs[at].name()) {
                self.finish_job(at)?;
            }
        }
        Ok(self.finished.len() > before)
    }

    /// Offers what a job made to those that read it, which may start while it is being made safe.
    pub(super) fn finish_job(&mut self, at: usize) -> Result<(), RunError> {
        let name = self.jobs[at].name().clone();
        self.finished.insert(name.clone());
        let is_selected = self.selection.pipelines.contains_key(&name);
        self.end_ahead()?;
        self.end_fetch(at);
        if is_selected {
            self.remove_orphans(at)?;
            let syncing = self.begin_sync(at)?;
            self.sealing.push_back(Sealing { at, syncing });
        }
        if self.project.graph.downstream(&name).next().is_some() {
            self.offer_outputs(at);
        }
        if self.may_annex(at) { self.seal_all() } else { self.seal_jobs() }
    }

    /// Whether committing a job may have git-annex put a link where a file was, under the eyes of whoever reads it.
    fn may_annex(&self, at: usize) -> bool {
        self.shared.has_annex || self.project.inner_of(self.jobs[at].name()).any(|inner| inner.has_annex)
    }

    /// Seals what is safe by now, in the order in which jobs ended: a commit needs those of its upstream.
    pub(super) fn seal_jobs(&mut self) -> Result<(), RunError> {
        while let Some(next) = self.sealing.pop_front_if(|next| next.is_ready()) {
            self.seal(next)?;
        }
        Ok(())
    }

    /// Waits for all that are not sealed yet.
    fn seal_all(&mut self) -> Result<(), RunError> {
        while let Some(next) = self.sealing.pop_front() {
            self.seal(next)?;
        }
        Ok(())
    }

    /// Records a job's results and commits them, once they are safe.
    fn seal(&mut self, Sealing { at, syncing }: Sealing) -> Result<(), RunError> {
        self.end_sync(syncing)?;
        self.write_ledger(at)?;
        let commits = self.commit_job(at)?;
        self.tell_index(at);
        self.report.commits += commits.len();
        let name = self.jobs[at].name().clone();
        if self.jobs[at].states.contains(&DatumState::Failed) && !self.report.failed.contains(&name) {
            self.report.failed.push(name.clone());
        }
        if let Some(message) = self.jobs[at].wrote_nothing() {
            self.observer.event(&Event::Note { message, at_ms: now_ms() });
        }
        let job = &self.jobs[at];
        self.observer.event(&Event::JobFinished {
            pipeline: name.to_string(),
            complete: job.is_complete(),
            message: job.trouble.clone().or_else(|| self.held.get(&name).cloned()),
            commits,
            at_ms: now_ms(),
        });
        Ok(())
    }

    /// Has git's index know what a job placed again as it was.
    fn tell_index(&self, at: usize) {
        let (scan, repo) = (&self.project.scan, &self.project.repo);
        if !scan.may_convert() && !repo.has_annex() && scan.entered().is_empty() {
            return;
        }
        let job = &self.jobs[at];
        let mut by_place: BTreeMap<PathBuf, (Place, Vec<String>)> = BTreeMap::new();
        for (datum, files) in &job.placed {
            let folder = target(&job.planned.pipeline, &job.planned.plan.datums[*datum].key);
            for path in files.iter().map(|file| format!("{folder}/{}", file.path)) {
                let inner = self.project.scan.entered_around(&path);
                let inside =
                    inner.and_then(|inner| Some((inner.place.clone(), inner.inside(&path)?.to_owned())));
                let (place, path) = inside.unwrap_or_else(|| (self.project.repo.place(), path));
                by_place.entry(place.root.clone()).or_insert_with(|| (place, Vec::new())).1.push(path);
            }
        }
        for (place, paths) in by_place.into_values() {
            // An index that somebody else keeps only looks older than it is.
            drop(tell_index(&place, &paths));
        }
    }
}
