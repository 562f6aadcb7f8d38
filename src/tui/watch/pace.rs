//! `Pace`: when a change is to be looked at: soon, but not for every file of a burst, and seldom while a run writes.

/// Quiet for so long, a change is looked at, in milliseconds.
const QUIET: u64 = 150;

/// Without quiet it is looked at after so long.
const AT_MOST: u64 = 600;

/// While a run writes, or somebody writes without end, looks are so far apart.
const CALM: u64 = 2000;

/// So many looks in ten seconds are without end.
const MANY: usize = 12;

/// Changes that wait to be looked at.
#[derive(Clone, Debug, Default)]
pub(super) struct Pace {
    /// When the first and the last of them came.
    waiting: Option<(u64, u64)>,
    /// Whether one of them is not a run's own.
    is_foreign: bool,
    /// When the last looks were.
    looks: Vec<u64>,
}

impl Pace {
    /// A change was seen; whether a run may have made it.
    pub(super) fn noticed(&mut self, now_ms: u64, is_runs: bool) {
        let (first, _) = self.waiting.unwrap_or((now_ms, now_ms));
        self.waiting = Some((first, now_ms));
        self.is_foreign |= !is_runs;
    }

    /// How long to wait until the next look; `None` if nothing waits.
    pub(super) fn wait(&self, now_ms: u64, is_live: bool) -> Option<u64> {
        let (first, last) = self.waiting?;
        let soon = (last + QUIET).min(first + AT_MOST);
        let before = self.looks.last().map_or(0, |look| look + CALM);
        let recent = self.looks.iter().filter(|look| **look + 10_000 > now_ms).count();
        let is_calm = (is_live && !self.is_foreign) || recent >= MANY;
        let due = if is_calm { soon.max(before) } else { soon };
        Some(due.saturating_sub(now_ms))
    }

    /// A look is taken now.
    pub(super) fn looked(&mut self, now_ms: u64) {
        (self.waiting, self.is_foreign) = (None, false);
        self.looks.push(now_ms);
        if self.looks.len() > MANY {
            self.looks.remove(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_one_look_and_an_endless_one_is_looked_at_now_and_then() {
        let mut pace = Pace::default();
        assert_eq!(pace.wait(10, false), None);
        pace.noticed(1000, false);
        assert_eq!(pace.wait(1000, false), Some(150));
        pace.noticed(1100, false);
        assert_eq!((pace.wait(1100, false), pace.wait(1250, false)), (Some(150), Some(0)));
        for now in (1200..1600).step_by(100) {
            pace.noticed(now, false);
        }
        assert_eq!(pace.wait(1500, false), Some(100));
        pace.looked(1600);
        assert_eq!(pace.wait(1600, false), None);
    }

    #[test]
    fn what_a_run_writes_is_looked_at_every_two_seconds_and_an_edit_at_once() {
        let mut pace = Pace::default();
        pace.looked(1000);
        pace.noticed(1100, true);
        assert_eq!((pace.wait(1100, true), pace.wait(1100, false)), (Some(1900), Some(150)));
        pace.noticed(1200, false);
        assert_eq!(pace.wait(1200, true), Some(150));
    }

    #[test]
    fn somebody_who_writes_without_end_does_not_keep_the_machine_busy() {
        let mut pace = Pace::default();
        (0..MANY).for_each(|look| pace.looked(1000 + 200 * look as u64));
        let last = 1000 + 200 * (MANY as u64 - 1);
        pace.noticed(last, false);
        assert_eq!(pace.wait(last, false), Some(CALM));
        pace.noticed(last + 20_000, false);
        assert_eq!(pace.wait(last + 20_000, false), Some(0));
    }
}
