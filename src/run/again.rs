//! Another round of a run: datums that were dropped, since what they used changed meanwhile, are planned again.

use crate::model::{ContentId, DatumState, RunSummary};

use super::datum_end::DatumEnd;
use super::engine::{Engine, Report};
use super::planner::Planned;
use super::spoilt::{brought_back, checkout};
use super::work::Shared;

impl Report {
    /// Whether something was dropped that another round may settle.
    pub fn wants_another(&self) -> bool {
        !self.interrupted && !self.left.is_spoilt && !self.left.dropped.is_empty()
    }

    /// What the next round goes on from: what was done stays, what it finds out anew does not.
    #[must_use]
    pub fn go_on(self) -> Self {
        let Self { summary, commits, mut left, .. } = self;
        left.again = std::mem::take(&mut left.dropped);
        let changed = std::mem::take(&mut left.changed);
        left.changed_before.extend(changed);
        let summary = RunSummary { left: 0, failed: 0, recovered: 0, ..summary };
        Self { summary, commits, left, ..Self::default() }
    }
}

impl Engine<'_> {
    /// Ends the datums of a unit whose input or code did not stay as it was; `began` tells whether the command
    /// ran meanwhile, and `gone` what is said if it may have removed any. What changes round after round is changed by the
    /// command itself.
    pub(super) fn drop_unit(
        &mut self,
        (at, unit): (usize, usize),
        path: &str,
        (began, gone): (bool, Option<String>),
        took_ms: u64,
    ) {
        let seen = (self.jobs[at].name().clone(), path.to_owned());
        let is_own = self.report.left.changed_before.contains(&seen);
        let is_code = self.jobs[at].planned.code.used().any(|file| file == path);
        let is_annexed =
            self.project.tree.get(path).is_some_and(|file| matches!(file.content, ContentId::Annex(_)));
        // A command that removes its input would be planned again with what is left of it.
        self.report.left.is_spoilt |= gone.is_some();
        let message = gone.unwrap_or_else(|| match (is_own && began, is_code) {
            (true, true) => own_code(path),
            (true, false) if is_annexed => own_annexed(self.shared, path),
            (true, false) => own_input(self.shared, path),
            (false, _) => input_changed(path),
        });
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

/// What is said of a file that changes whenever a command runs and fails.
pub(super) fn own_doing(shared: &Shared, planned: &Planned, path: &str) -> String {
    match (planned.code.used().any(|file| file == path), shared.scan.annex_key(path)) {
        (true, _) => own_code(path),
        (_, Some(_)) => own_annexed(shared, path),
        (_, None) => own_input(shared, path),
    }
}

fn own_input(shared: &Shared, path: &str) -> String {
    format!(
        "`{path}` changed while it was used, again (if nobody edited it, the command writes to its own input: restore it with {} and set `copy_inputs: true`)",
        checkout(shared, path)
    )
}

fn own_annexed(shared: &Shared, path: &str) -> String {
    format!(
        "`{path}` changed while it was used, again; {} (if nobody edited it, the command writes into the annex: set `copy_inputs: true`)",
        brought_back(shared, path)
    )
}

fn own_code(path: &str) -> String {
    format!(
        "`{path}` changes whenever the command runs, and counts as its code since the command names it, so no result would stay current; let the command write elsewhere, or set `transform.code` to files without `{path}`"
    )
}
