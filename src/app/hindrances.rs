//! `Hindrances`: reasons that tell beforehand what a run would stumble over, looked up once for each pipeline.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::model::DatumState;
use crate::plan::Reason;
use crate::run::{Planned, Project};

/// By pipeline: what is missing of what its command needs.
#[derive(Default)]
pub(super) struct Hindrances {
    known: Mutex<BTreeMap<String, Vec<Reason>>>,
    /// Whether programs are tried for that, which takes a while.
    tries: AtomicBool,
}

impl Hindrances {
    /// From now on programs are tried.
    pub(super) fn try_programs(&self) {
        self.tries.store(true, Ordering::Relaxed);
    }

    /// Reasons, and of a datum that a run would compute, what hinders it: behind a failure, before all else.
    pub(super) fn with(
        &self,
        project: &Project,
        planned: &Planned,
        state: DatumState,
        reasons: Vec<Reason>,
    ) -> Vec<Reason> {
        let is_computed = matches!(
            state,
            DatumState::Pending | DatumState::Stale | DatumState::Failed | DatumState::Recovered
        );
        if !is_computed {
            return reasons;
        }
        let (failures, others): (Vec<_>, Vec<_>) = reasons.into_iter().partition(Reason::is_failure);
        let (cannot, may): (Vec<_>, Vec<_>) = self
            .of(project, planned)
            .into_iter()
            .partition(|reason| matches!(reason, Reason::CannotRun { .. }));
        failures.into_iter().chain(cannot).chain(others).chain(may).collect()
    }

    /// Why the commands of a pipeline cannot run here, if that is known.
    pub(super) fn refusal(&self, project: &Project, planned: &Planned) -> Option<String> {
        self.of(project, planned).into_iter().find_map(|reason| match reason {
            Reason::CannotRun { message } => Some(message),
            _ => None,
        })
    }

    fn of(&self, project: &Project, planned: &Planned) -> Vec<Reason> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let name = planned.pipeline.name.to_string();
        known
            .entry(name)
            .or_insert_with(|| project.hindrances(planned, self.tries.load(Ordering::Relaxed)))
            .clone()
    }
}
