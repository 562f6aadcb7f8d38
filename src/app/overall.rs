//! `Overall`: the one word for a pipeline as a whole, for `status` and the terminal UI alike.

use crate::model::{DatumState, StateCounts};
use crate::run::{Planned, PlanningError};
use crate::spec::{MISSING_REPO, Unsound};

/// What stands for a pipeline or raw repo as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overall {
    /// A raw repo.
    #[default]
    Input,
    /// Its spec has errors, or it cannot be planned.
    Broken,
    /// It needs one that is broken, or a subdataset that is not installed.
    LeftOut,
    /// The state that tells most of its datums.
    Datum(DatumState),
}

impl Overall {
    /// The word of a sound pipeline: the first of its datums' states by precedence. `is_partial` tells that more
    /// datums may come, since an upstream is incomplete.
    pub fn of(counts: &StateCounts, is_partial: bool) -> Self {
        let waits = is_partial && counts.total() == 0;
        let rest = if waits { DatumState::Blocked } else { DatumState::Done };
        Self::Datum(counts.foremost().unwrap_or(rest))
    }

    /// The same of a plan, or of none.
    pub(super) fn of_plan(
        planned: &Result<std::sync::Arc<Planned>, PlanningError>,
        counts: &StateCounts,
    ) -> Self {
        match planned {
            Ok(planned) => Self::of(counts, !planned.plan.incomplete.is_empty()),
            Err(PlanningError::Upstream { .. }) => Self::LeftOut,
            // Nothing is wrong with it: it waits for what is elsewhere.
            Err(error) if error.absent_subdataset().is_some() => Self::LeftOut,
            Err(_) => Self::Broken,
        }
    }

    /// What people and `--json` call it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Broken => "broken",
            Self::LeftOut => "left_out",
            Self::Datum(state) => state.word(),
        }
    }

    /// Whether it is a pipeline that is not planned.
    pub const fn is_unsound(self) -> bool {
        matches!(self, Self::Broken | Self::LeftOut)
    }
}

/// Where it lies that a pipeline is broken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    /// In its own spec.
    #[default]
    Spec,
    /// In `minipach.yml`.
    Settings,
    /// In what its inputs or its folder hold.
    Project,
}

impl Fault {
    /// What lies behind it that a pipeline is not sound.
    pub(super) fn of(unsound: &Unsound) -> Self {
        match unsound {
            Unsound::Broken(Some(first)) if first.path == "minipach.yml" => Self::Settings,
            Unsound::Broken(Some(first)) if first.code == MISSING_REPO.code => Self::Project,
            Unsound::Unplanned(_) => Self::Project,
            Unsound::Broken(_) | Unsound::LeftOut(_) => Self::Spec,
        }
    }

    /// It in a few words.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Spec => "its spec has errors",
            Self::Settings => "`minipach.yml` has errors",
            Self::Project => "it cannot be planned",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DatumState::{
        Blocked, Cached, Done, Edited, Failed, InTheWay, Orphaned, Pending, Queued, Recovered, Running, Stale,
    };

    fn word(states: &[DatumState], is_partial: bool) -> &'static str {
        let mut counts = StateCounts::default();
        for state in states {
            counts.add(*state);
        }
        Overall::of(&counts, is_partial).word()
    }

    #[test]
    fn the_first_state_by_precedence_is_the_word() {
        for (states, expected) in [
            (&[Done, Stale, Failed, Edited, Running][..], "running"),
            (&[Done, Stale, Failed, Edited], "edited"),
            (&[Stale, Failed, InTheWay], "in_the_way"),
            (&[Blocked, Pending, Stale, Failed], "failed"),
            (&[Blocked, Pending, Stale], "stale"),
            (&[Pending, Queued], "queued"),
            (&[Cached, Pending], "pending"),
            (&[Recovered, Cached], "cached"),
            (&[Done, Orphaned, Recovered], "recovered"),
            (&[Blocked, Orphaned], "orphaned"),
            (&[Done, Blocked], "blocked"),
            (&[Done, DatumState::Unknown], "unknown"),
            (&[Done, Done], "done"),
            (&[], "done"),
        ] {
            assert_eq!(word(states, false), expected, "{states:?}");
        }
    }

    #[test]
    fn without_a_datum_it_waits_for_what_may_still_come() {
        assert_eq!(
            (word(&[], true), word(&[Done], true), word(&[Orphaned], true)),
            ("blocked", "done", "orphaned")
        );
        assert!(
            Overall::Broken.is_unsound() && Overall::LeftOut.is_unsound() && !Overall::Input.is_unsound()
        );
    }
}
