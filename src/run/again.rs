//! Another round of a run: datums that were dropped, since what they used changed meanwhile, are planned again.

use std::sync::Arc;

use crate::git::LinkFault;
use crate::model::{DatumState, Event, PipelineName, RunSummary, is_at_or_below};

use super::clock::now_ms;
use super::datum_end::DatumEnd;
use super::engine::{Engine, Report};
use super::spoilt::own_doing;
use crate::exec::Room;

impl Report {
    /// Whether something was dropped that another round may settle, or links lead to what was made since they were read.
    pub fn wants_another(&self) -> bool {
        let is_any = !self.left.dropped.is_empty() || self.left.leads_to_new;
        is_any && !self.interrupted && !self.left.is_spoilt
    }

    /// What the next round goes on from: what was done stays, what it finds out anew does not.
    #[must_use]
    pub fn go_on(self) -> Self {
        let Self { summary, commits, mut left, .. } = self;
        left.again = std::mem::take(&mut left.dropped);
        left.leads_to_new = false;
        let changed = std::mem::take(&mut left.changed);
        left.changed_before.extend(changed);
        let summary = RunSummary { left: 0, failed: 0, recovered: 0, ..summary };
        Self { summary, commits, left, ..Self::default() }
    }
}

impl Engine<'_> {
    /// Whether a link that a selected pipeline reads leads to what this round put into place. Only the specs tell who
    /// reads whom, so that nobody waited for that.
    pub(super) fn leads_to_new(&self) -> bool {
        let placed = self.shared.placed.read().expect("nobody panics with the lock");
        if placed.is_empty() {
            return false;
        }
        let scan = &self.project.scan;
        let leads = |through: &[Arc<str>]| through.iter().any(|path| placed.contains_key(&**path));
        let standing = scan.link_targets().filter(|(_, through)| leads(through)).map(|(link, _)| link);
        let dangling = scan.bad_links().iter().filter(|(_, fault)| **fault == LinkFault::Dangling);
        let mended = dangling.map(|(link, _)| &**link).filter(|link| self.shared.root.join(link).exists());
        standing.chain(mended).any(|link| self.is_read(link))
    }

    /// Whether a selected pipeline reads the folder of a file.
    fn is_read(&self, path: &str) -> bool {
        let leaves = |name: &PipelineName| self.project.pipelines[name].input.leaves();
        let mut leaves = self.selection.pipelines.keys().flat_map(leaves);
        leaves.any(|leaf| is_at_or_below(path, leaf.repo.as_str()))
    }

    /// Ends the datums of a unit whose input or code did not stay as it was; `began` tells whether the command
    /// ran meanwhile, and `gone` what is said if it may have removed any. What changes round after round, without a sandbox,
    /// is likely changed by the command itself.
    pub(super) fn drop_unit(
        &mut self,
        (at, unit): (usize, usize),
        path: &str,
        (began, gone): (bool, Option<String>),
        took_ms: u64,
    ) {
        let seen = (self.jobs[at].name().clone(), path.to_owned());
        // Elsewhere no command can write to the project.
        let is_host = matches!(self.jobs[at].room, Room::Host);
        let is_own = is_host && self.report.left.changed_before.contains(&seen);
        let is_code = self.jobs[at].planned.code.used().any(|file| file == path);
        // A command that removes its input would be planned again with what is left of it.
        self.report.left.is_spoilt |= gone.is_some();
        let is_its_doing = is_own && began;
        let said = || if is_its_doing { own_doing(self.shared, path, is_code) } else { input_changed(path) };
        let message = gone.unwrap_or_else(said);
        self.report.left.changed.insert(seen);
        let end = DatumEnd { took_ms, ..DatumEnd::at_once(DatumState::Stale, Some(message)) };
        for datum in self.jobs[at].units[unit].datums.clone() {
            self.end_datum(at, datum, &end);
            if is_own {
                let key = self.jobs[at].planned.plan.datums[datum].key.to_string();
                self.report.left.dropped.remove(&(self.jobs[at].name().clone(), key));
            }
        }
    }

    /// Whether nothing new is to be started: the run is asked to stop, or a command damaged the annex, and the next one
    /// could damage more of it.
    pub(super) fn starts_nothing(&self) -> bool {
        self.stop.is_asked() || self.shared.is_annex_damaged()
    }

    /// Takes note that an input is gone or damaged, and tells, once, if the run ends for that.
    pub(super) fn note_spoilt(&mut self) {
        self.report.left.is_spoilt = true;
        if let Some(message) = self.shared.take_why_ended() {
            self.observer.event(&Event::Note { message, at_ms: now_ms() });
        }
    }

    /// Takes note of an end that matters to the next round.
    pub(super) fn note_end(&mut self, at: usize, datum: usize, state: DatumState) {
        let planned = &self.jobs[at].planned.plan.datums[datum];
        match state {
            DatumState::Failed | DatumState::Recovered => drop(self.report.left.tried.insert(planned.id)),
            DatumState::Stale => {
                let dropped = (self.jobs[at].name().clone(), planned.key.to_string());
                self.report.left.dropped.insert(dropped);
            }
            _ => {}
        }
    }
}

/// What is said of a datum whose input did not stay as it was.
pub(super) fn input_changed(path: &str) -> String {
    format!("`{path}` changed while it was used, so its result was dropped")
}
