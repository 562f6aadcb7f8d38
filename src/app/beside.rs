//! `Beside`: how much longer a slot is busy with a datum than its command takes, as a run goes on.

use std::time::Duration;

/// So many datums must have ended before anything is said.
const ENOUGH: usize = 5;

/// What a slot does beside commands: inputs are laid out, results checked and placed. It is measured while the same
/// jobs go on and more waits than there are slots for, so that none of them is idle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// For each datum, as it was measured last; absent until enough have ended.
    pub each: Option<Duration>,
    /// Datums of open jobs whose command is still to end.
    waiting: usize,
    /// When a job began or ended last, and what those in hand had taken by then.
    from: Moment,
    /// Datums whose command ended since, and how long these took together.
    tried: usize,
    took_ms: u64,
}

/// A moment of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Moment {
    /// When: milliseconds since the Unix epoch.
    pub(super) at_ms: u64,
    /// How long the commands in hand have lasted, together.
    pub(super) in_hand_ms: u64,
}

impl Beside {
    /// A job began, with so many datums to run.
    pub(super) fn job_began(&mut self, to_run: usize, now: Moment) {
        self.waiting += to_run;
        self.begin(now);
    }

    /// A job ended that left so many of its datums.
    pub(super) fn job_ended(&mut self, left: usize, now: Moment) {
        self.waiting = self.waiting.saturating_sub(left);
        self.begin(now);
    }

    fn begin(&mut self, now: Moment) {
        (self.from, self.tried, self.took_ms) = (now, 0, 0);
    }

    /// A command ended after so long, where so many go on at a time.
    pub(super) fn tried(&mut self, took_ms: u64, slots: usize, now: Moment) {
        self.waiting = self.waiting.saturating_sub(1);
        (self.tried, self.took_ms) = (self.tried + 1, self.took_ms + took_ms);
        if self.waiting <= slots || self.tried < ENOUGH {
            return;
        }
        let passed = now.at_ms.saturating_sub(self.from.at_ms).saturating_mul(slots as u64);
        let busy = (passed + self.from.in_hand_ms).saturating_sub(now.in_hand_ms);
        let beside = Duration::from_millis(busy.saturating_sub(self.took_ms));
        self.each = Some(beside / u32::try_from(self.tried).unwrap_or(u32::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(at_ms: u64, in_hand_ms: u64) -> Moment {
        Moment { at_ms, in_hand_ms }
    }

    #[test]
    fn it_is_measured_of_several_jobs_together_and_not_while_slots_may_be_idle() {
        let mut beside = Beside::default();
        beside.job_began(20, at(1000, 0));
        beside.job_began(20, at(1000, 0));
        // Two slots; each datum takes 100 ms of command and 60 ms of the rest.
        for number in 1..=38_u64 {
            beside.tried(100, 2, at(1000 + number * 80, 0));
            let told = beside.each.map(|each| each.as_millis());
            assert_eq!(told, (number >= 5).then_some(60), "{number}");
        }
        // The last ones end late, for one slot has nothing to do.
        beside.tried(100, 2, at(9000, 0));
        assert_eq!(beside.each, Some(Duration::from_millis(60)));
        // What was in hand when another job began had lasted a while.
        beside.job_ended(0, at(9000, 0));
        beside.job_began(100, at(9000, 500));
        (0..5).for_each(|number| beside.tried(300, 1, at(9000 + number, 0)));
        assert_eq!(beside.each, Some(Duration::ZERO), "nothing is taken back");
    }
}
