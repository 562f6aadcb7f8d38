//! What was read lately: while a project is being removed, readings tell of less and less, and none of them is its last good state.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::app::Snapshot;

/// So long before a project is gone its removal may have begun.
const REMOVAL: Duration = Duration::from_secs(10);

/// Snapshots of the time in which a removal may have begun, and the last one before it; oldest first.
#[derive(Debug, Default)]
pub(super) struct Lately {
    read: VecDeque<(Instant, Arc<Snapshot>)>,
}

impl Lately {
    /// Takes in what was read now; the same as before counts as of then.
    pub(super) fn keep(&mut self, snapshot: &Arc<Snapshot>, now: Instant) {
        if self.read.back().is_some_and(|(_, last)| Arc::ptr_eq(last, snapshot)) {
            return;
        }
        self.read.push_back((now, Arc::clone(snapshot)));
        while self.read.get(1).is_some_and(|(at, _)| now.duration_since(*at) > REMOVAL) {
            self.read.pop_front();
        }
    }

    /// The last one of which no removal can have taken anything, now that the project is gone; none where that was told
    /// last.
    pub(super) fn good(&mut self, now: Instant) -> Option<Arc<Snapshot>> {
        let is_old = |(at, _): &&(Instant, Arc<Snapshot>)| now.duration_since(*at) > REMOVAL;
        let good = self.read.iter().rev().find(is_old).or(self.read.front()).cloned()?;
        let is_last = self.read.back().is_some_and(|(_, last)| Arc::ptr_eq(last, &good.1));
        self.read = VecDeque::from([good.clone()]);
        (!is_last).then_some(good.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_while_the_project_was_being_removed_is_not_its_last_state() {
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        let read: Vec<Arc<Snapshot>> = (0..4).map(|_| Arc::default()).collect();
        let mut lately = Lately::default();
        assert!(lately.good(at(0)).is_none());
        lately.keep(&read[0], at(0));
        lately.keep(&read[1], at(100));
        assert!(lately.good(at(200)).is_none(), "it was removed at one blow");
        for (number, seconds) in [(2, 300), (3, 301)] {
            lately.keep(&read[number], at(seconds));
        }
        assert!(lately.good(at(302)).is_some_and(|good| Arc::ptr_eq(&good, &read[1])));
        assert!(lately.good(at(400)).is_none(), "it is told once");
    }

    #[test]
    fn what_was_read_long_before_is_let_go() {
        let begin = Instant::now();
        let read: Vec<Arc<Snapshot>> = (0..50).map(|_| Arc::default()).collect();
        let mut lately = Lately::default();
        for (seconds, snapshot) in (0..).zip(&read) {
            lately.keep(snapshot, begin + Duration::from_secs(seconds));
        }
        assert!(lately.read.len() <= 12, "{}", lately.read.len());
        let good = lately.good(begin + Duration::from_secs(50));
        assert!(good.is_some_and(|good| Arc::ptr_eq(&good, &read[39])));
    }
}
