//! What was read lately: while a project is being removed, readings tell of less and less, and none of them is its last good state.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::app::{FileChange, Snapshot};
use crate::model::DatumState;

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
        let is_late = |at: Instant| now.duration_since(at) <= REMOVAL;
        let less = (1..self.read.len()).find(|number| {
            let ((_, before), (at, after)) = (&self.read[number - 1], &self.read[*number]);
            is_late(*at) && tells_less(before, after)
        });
        let good = self.read.get(less.unwrap_or(self.read.len()).checked_sub(1)?)?.clone();
        self.read = VecDeque::from([good.clone()]);
        less.map(|_| good.1)
    }
}

/// Whether something that one snapshot tells of is missing in a later one, as when a removal has begun.
fn tells_less(before: &Snapshot, after: &Snapshot) -> bool {
    let files = |snapshot: &Snapshot| snapshot.nodes.iter().filter_map(|node| node.files).sum::<usize>();
    let removed = |snapshot: &Snapshot| {
        let changes = snapshot.uncommitted.iter().filter(|(_, change)| *change == FileChange::Removed);
        changes.count()
    };
    let count =
        |snapshot: &Snapshot, state| snapshot.nodes.iter().map(|node| node.counts.get(state)).sum::<usize>();
    // Results that are gone and known stand as cached; those whose ledger is gone as files of somebody else.
    let known =
        |snapshot: &Snapshot| count(snapshot, DatumState::Cached) + count(snapshot, DatumState::InTheWay);
    after.nodes.len() < before.nodes.len()
        || files(after) < files(before)
        || removed(after) > removed(before)
        || (after.head == before.head && known(after) > known(before))
        || (after.head.is_empty() && !before.head.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Node;

    /// A snapshot of a project with so many files.
    fn with_files(files: usize) -> Arc<Snapshot> {
        let node = Node { name: "raw".into(), files: Some(files), ..Node::default() };
        Arc::new(Snapshot { nodes: vec![node], ..Snapshot::default() })
    }

    #[test]
    fn what_was_read_while_the_project_was_being_removed_is_not_its_last_state() {
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        let read = [8, 9, 5, 1].map(with_files);
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
    fn a_ledger_that_was_removed_before_its_results_is_no_last_state() {
        let (begin, whole) = (Instant::now(), with_files(8));
        let mut without = (*whole).clone();
        without.nodes[0].counts.add(DatumState::InTheWay);
        let mut lately = Lately::default();
        lately.keep(&whole, begin);
        lately.keep(&Arc::new(without), begin + Duration::from_mins(1));
        let good = lately.good(begin + Duration::from_secs(61));
        assert!(good.is_some_and(|good| Arc::ptr_eq(&good, &whole)));
    }

    #[test]
    fn what_was_edited_just_before_the_project_went_is_its_last_state() {
        let begin = Instant::now();
        let mut lately = Lately::default();
        let mut edited = (*with_files(8)).clone();
        edited.uncommitted = vec![("raw/a".into(), FileChange::Changed)];
        let mut committed = (*with_files(8)).clone();
        committed.head = "0123456789".into();
        for (number, snapshot) in (0..).zip([with_files(8), Arc::new(edited), Arc::new(committed)]) {
            lately.keep(&snapshot, begin + Duration::from_secs(number));
        }
        assert!(lately.good(begin + Duration::from_secs(4)).is_none(), "the last one stays");
    }

    #[test]
    fn what_was_read_long_before_is_let_go() {
        let begin = Instant::now();
        let read: Vec<Arc<Snapshot>> = (0..50).map(|at| with_files(50 - at)).collect();
        let mut lately = Lately::default();
        for (seconds, snapshot) in (0..).zip(&read) {
            lately.keep(snapshot, begin + Duration::from_secs(seconds));
        }
        assert!(lately.read.len() <= 12, "{}", lately.read.len());
        let good = lately.good(begin + Duration::from_secs(50));
        assert!(good.is_some_and(|good| Arc::ptr_eq(&good, &read[39])));
    }
}
