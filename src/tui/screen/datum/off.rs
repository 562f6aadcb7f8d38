//! Why an action on a datum can do nothing now.

use crate::model::DatumState;
use crate::tui::action::Action;
use crate::tui::facts::Facts;
use crate::tui::screen::pipeline::no_origin;

use super::{Datum, Known};

/// Why an action can do nothing; `None` if it can.
pub(super) fn off(datum: &Datum, facts: &Facts, action: Action) -> Option<String> {
    let missing = |is_next| datum.neighbour(facts, is_next).is_none();
    match action {
        Action::Compare if facts.is_past => Some("a commit is looked at: nothing changes in it".into()),
        Action::Rerun | Action::RerunDownstream | Action::AllLogs | Action::Compare | Action::Enter
            if matches!(datum.answer, Known::Gone) =>
        {
            Some("there is no such datum any more".into())
        }
        Action::Accept => datum.accept_off(facts),
        Action::Log | Action::Open => datum.log_off(facts),
        Action::Pager => datum.log_off(facts).or_else(|| {
            let is_read = datum.text(facts).is_some_and(Result::is_ok);
            (!is_read).then(|| "there is no log yet".into())
        }),
        Action::EarlierAttempt => datum.attempt_off(facts, false),
        Action::LaterAttempt => datum.attempt_off(facts, true),
        Action::Previous if missing(false) => Some("this is the first datum".into()),
        Action::Next if missing(true) => Some("this is the last datum".into()),
        Action::Provenance if datum.found().is_some_and(|view| view.outputs.is_empty()) => {
            Some(no_origin(datum.state(facts)))
        }
        Action::RerunDownstream => datum.at(facts).and_then(|(node, _)| facts.no_reader(node)),
        Action::OpenOutput if datum.found().is_none_or(|view| view.outputs.is_empty()) => {
            Some("it has no result".into())
        }
        _ => None,
    }
}

impl Datum {
    fn accept_off(&self, facts: &Facts) -> Option<String> {
        let state = self.state(facts);
        let is_standing = self.found().is_some_and(|view| view.is_acceptable);
        match state {
            DatumState::Done => Some("it is done: there is nothing to accept".into()),
            DatumState::Stale
            | DatumState::Edited
            | DatumState::Failed
            | DatumState::Recovered
            | DatumState::InTheWay
                if is_standing =>
            {
                None
            }
            _ => Some("no result of it stands that could be accepted".into()),
        }
    }

    fn log_off(&self, facts: &Facts) -> Option<String> {
        match (self.attempts(facts).is_empty(), self.source(facts)) {
            (true, _) => Some("no attempt at it is known here".into()),
            (false, None) => Some("this attempt printed nothing".into()),
            (false, Some(_)) => None,
        }
    }

    fn attempt_off(&self, facts: &Facts, is_later: bool) -> Option<String> {
        let attempts = self.attempts(facts);
        match self.chosen(&attempts) {
            None => Some("no attempt at it is known here".into()),
            Some(0) if !is_later => Some("this is the first attempt".into()),
            Some(at) if is_later && at + 1 == attempts.len() => Some("this is the last attempt".into()),
            Some(_) => None,
        }
    }
}
