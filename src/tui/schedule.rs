//! When all that is left will be over: which pipeline ends when, what all others wait for, and who has time to spare.

use super::eta::{Eta, count, real, whole};

/// How long one datum of a pipeline takes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Speed {
    /// On average, in milliseconds.
    pub(super) mean_ms: f64,
    /// By how much they differ.
    pub(super) deviation_ms: f64,
    /// From how many that is known.
    pub(super) known: usize,
}

impl Speed {
    /// What is left of one that has lasted so long. One that lasts longer than most is not about to end for that: it may be
    /// one of those by which they differ.
    fn rest(&self, lasted_ms: f64) -> f64 {
        let share = (lasted_ms / self.mean_ms.max(1.0)).min(1.0);
        (self.mean_ms - lasted_ms).max(self.deviation_ms * share)
    }
}

/// What is left of one pipeline.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Task {
    /// What it waits for, by place; each stands before it.
    pub(super) reads: Vec<usize>,
    /// Datums whose command is to run, with those in hand.
    pub(super) left: usize,
    /// How long each of those in hand has lasted, in milliseconds.
    pub(super) in_hand: Vec<u64>,
    /// How long one takes; `None` where nobody can tell.
    pub(super) speed: Option<Speed>,
}

/// How all that is left goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Schedule {
    /// When each ends; `None` where nothing is left, or nobody can tell.
    pub(super) ends: Vec<Option<Eta>>,
    /// When the last one ends.
    pub(super) total: Option<Eta>,
    /// Whether that is the least, as of some nobody can tell how long they take.
    pub(super) is_least: bool,
    /// Those that all others wait for, in order: what makes one of them slower makes all of it slower.
    pub(super) critical: Vec<usize>,
    /// By how much each may be slower at no cost; `None` where nothing is left, or nobody can tell.
    pub(super) slack_ms: Vec<Option<u64>>,
}

impl Task {
    /// Milliseconds of commands that are still to go; 0 where nobody can tell.
    fn work(&self) -> f64 {
        let Some(speed) = self.speed else { return 0.0 };
        let going_on: f64 = self.in_hand.iter().map(|since| speed.rest(real(*since))).sum();
        going_on + speed.mean_ms * count(self.left.saturating_sub(self.in_hand.len()))
    }

    /// The same with all slots to itself.
    fn alone(&self, slots: usize) -> f64 {
        self.work() / count(self.left.min(slots).max(1))
    }

    /// By how much its work may differ, squared: the mean is as uncertain as so few make it, and each scatters.
    fn variance(&self) -> f64 {
        let Some(speed) = self.speed.filter(|_| self.left > 0) else { return 0.0 };
        let left = count(self.left);
        speed.deviation_ms.powi(2) * left * left * (1.0 / count(speed.known.max(1)) + 1.0 / left)
    }

    const fn is_unknown(&self) -> bool {
        self.left > 0 && self.speed.is_none()
    }
}

/// Tells how tasks go on with so many slots, each starting once all that it waits for is over.
pub(super) fn schedule(tasks: &[Task], slots: usize) -> Schedule {
    let slots = slots.max(1);
    let vague = vague(tasks);
    let ends = ends(tasks, &vague, slots);
    let last = ends.iter().flatten().max_by_key(|eta| eta.ms).copied();
    let is_least = vague.contains(&true);
    let last = last.filter(|_| !is_too_little(tasks, &vague));
    let (critical, slack_ms) = path(tasks, slots);
    Schedule { total: last, is_least, critical, slack_ms, ends }
}

/// Of which nobody can tell when they end: it is not known how long they take, or how long something that they wait
/// for takes.
fn vague(tasks: &[Task]) -> Vec<bool> {
    let mut found: Vec<bool> = Vec::with_capacity(tasks.len());
    for task in tasks {
        let waits = task.reads.iter().any(|read| found.get(*read).copied().unwrap_or(false));
        found.push(task.is_unknown() || waits);
    }
    found
}

/// Whether most of what can begin now takes nobody knows how long: what is known would be far too little for all.
fn is_too_little(tasks: &[Task], vague: &[bool]) -> bool {
    let mut follows: Vec<bool> = Vec::with_capacity(tasks.len());
    let (mut known, mut unknown) = (0, 0);
    for (task, is_vague) in tasks.iter().zip(vague) {
        let is_known =
            |read: &usize| tasks.get(*read).is_some_and(|task| task.left > 0 && !task.is_unknown());
        let waits = task.reads.iter().any(|read| is_known(read) || follows.get(*read) == Some(&true));
        // What comes after something known is as far away as that at least.
        unknown += if task.is_unknown() && !waits { task.left } else { 0 };
        known += if *is_vague { 0 } else { task.left };
        follows.push(waits);
    }
    unknown > known
}

/// When each ends: time goes on from one end to the next, and slots go to those that may run in their order.
fn ends(tasks: &[Task], vague: &[bool], slots: usize) -> Vec<Option<Eta>> {
    let known = |(task, is_vague): (&Task, &bool)| if *is_vague { 0.0 } else { task.work() };
    let mut work: Vec<f64> = tasks.iter().zip(vague).map(known).collect();
    let mut is_over: Vec<bool> = vec![false; tasks.len()];
    let mut ends: Vec<Option<Eta>> = vec![None; tasks.len()];
    let (mut now, mut variance) = (0.0, 0.0);
    loop {
        let running = running(tasks, &work, &mut is_over, slots);
        let step = running.iter().map(|(at, hands)| work[*at] / hands).fold(f64::INFINITY, f64::min);
        if running.is_empty() || !step.is_finite() {
            return ends;
        }
        now += step;
        for (at, hands) in running {
            work[at] -= step * hands;
            // What is left after a step is what rounding left.
            if work[at] < 0.001 {
                (work[at], is_over[at]) = (0.0, true);
                variance += tasks[at].variance();
                let spread_ms = whole(variance.sqrt() / count(slots));
                ends[at] = Some(Eta { ms: whole(now), spread_ms });
            }
        }
    }
}

/// Who runs now, with how many slots each. Those of which nobody knows how long they take are over at once.
fn running(tasks: &[Task], work: &[f64], is_over: &mut [bool], slots: usize) -> Vec<(usize, f64)> {
    let mut free = slots;
    let mut found = Vec::new();
    for (at, task) in tasks.iter().enumerate() {
        if is_over[at] || !task.reads.iter().all(|read| is_over.get(*read).copied().unwrap_or(true)) {
            continue;
        }
        let Some(speed) = task.speed.filter(|_| work[at] > 0.0) else {
            is_over[at] = true;
            continue;
        };
        let datums = (1..=free).find(|datums| count(*datums) * speed.mean_ms >= work[at]).unwrap_or(free);
        if datums > 0 {
            free -= datums;
            found.push((at, count(datums)));
        }
    }
    found
}

/// The longest way through all that is left, and how much shorter every other way is.
fn path(tasks: &[Task], slots: usize) -> (Vec<usize>, Vec<Option<u64>>) {
    let alone: Vec<f64> = tasks.iter().map(|task| task.alone(slots)).collect();
    let mut before = vec![0.0_f64; tasks.len()];
    let mut after = vec![0.0_f64; tasks.len()];
    for (at, task) in tasks.iter().enumerate() {
        before[at] = task.reads.iter().map(|read| before[*read] + alone[*read]).fold(0.0, f64::max);
    }
    for (at, task) in tasks.iter().enumerate().rev() {
        for read in &task.reads {
            after[*read] = after[*read].max(after[at] + alone[at]);
        }
    }
    let through = |at: usize| before[at] + alone[at] + after[at];
    let longest = (0..tasks.len()).map(through).fold(0.0, f64::max);
    let is_critical = |at: &usize| alone[*at] > 0.0 && longest - through(*at) < 0.5;
    // Of ways of one length the first is told.
    let mut critical: Vec<usize> = Vec::new();
    for at in (0..tasks.len()).filter(is_critical) {
        let end = critical.last().map_or(0.0, |last| before[*last] + alone[*last]);
        if (before[at] - end).abs() < 0.5 {
            critical.push(at);
        }
    }
    let slack = |at: usize| {
        let task = &tasks[at];
        (task.left > 0 && !task.is_unknown()).then(|| whole(longest - through(at)))
    };
    (critical, (0..tasks.len()).map(slack).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(reads: &[usize], left: usize, mean_ms: u32) -> Task {
        let speed = Speed { mean_ms: f64::from(mean_ms), deviation_ms: 0.0, known: 10 };
        Task { reads: reads.to_vec(), left, in_hand: Vec::new(), speed: Some(speed) }
    }

    fn ms(schedule: &Schedule) -> Vec<Option<u64>> {
        schedule.ends.iter().map(|end| end.map(|end| end.ms)).collect()
    }

    #[test]
    fn one_after_the_other_and_side_by_side() {
        // raw → a → b, and c beside them.
        let tasks = [Task::default(), task(&[0], 10, 1000), task(&[1], 1, 3000), task(&[0], 4, 500)];
        let found = schedule(&tasks, 2);
        // `a` has both slots first, then `b` and `c` one each.
        assert_eq!(ms(&found), [None, Some(5000), Some(8000), Some(7000)]);
        assert_eq!(found.total, Some(Eta { ms: 8000, spread_ms: 0 }));
        assert_eq!((found.critical, found.is_least), (vec![1, 2], false));
        assert_eq!(found.slack_ms, [None, Some(0), Some(0), Some(7000)]);
    }

    #[test]
    fn one_datum_needs_its_time_whatever_slots_there_are() {
        let found = schedule(&[task(&[], 1, 9000), task(&[0], 3, 1000)], 64);
        assert_eq!(ms(&found), [Some(9000), Some(10_000)]);
        let mut in_hand = task(&[], 2, 9000);
        in_hand.in_hand = vec![8000, 20_000];
        assert_eq!(ms(&schedule(&[in_hand], 64)), [Some(1000)]);
    }

    #[test]
    fn what_lasts_longer_than_most_is_not_taken_to_be_over() {
        let of = |deviation_ms, lasted: u64| {
            let speed = Some(Speed { mean_ms: 8000.0, deviation_ms, known: 3 });
            let task = Task { left: 3, in_hand: vec![lasted, lasted], speed, ..Task::default() };
            schedule(&[task], 2).total.map_or(0, |eta| eta.ms)
        };
        assert_eq!(of(0.0, 10_000), 8000, "all take the same, so they are about to end");
        assert!(of(14_000.0, 10_000) > 16_000, "{}", of(14_000.0, 10_000));
        assert!(of(14_000.0, 10) < 13_000, "{}", of(14_000.0, 10));
    }

    #[test]
    fn what_nobody_knows_makes_it_the_least() {
        let unknown = |left| Task { left, reads: vec![0], ..Task::default() };
        let found = schedule(&[task(&[], 4, 1000), unknown(2), task(&[1], 1, 500)], 4);
        assert!(found.is_least);
        // What waits for it ends nobody knows when.
        assert_eq!(ms(&found), [Some(1000), None, None]);
        assert_eq!(found.total.map(|eta| eta.ms), Some(1000));
        assert_eq!(found.slack_ms, [Some(0), None, Some(0)]);
        // Where that is most of what can begin, there is nothing to tell yet.
        let first = Task { reads: Vec::new(), ..unknown(40) };
        let found = schedule(&[task(&[], 4, 1000), first, task(&[1], 1, 500)], 4);
        assert_eq!((found.total, found.is_least, ms(&found)[0]), (None, true, Some(1000)));
        let none = schedule(&[Task { left: 5, ..Task::default() }], 4);
        assert_eq!((none.total, none.critical.is_empty()), (None, true));
        assert_eq!(schedule(&[], 0), Schedule::default());
    }

    #[test]
    fn the_spread_adds_up_as_scatter_does() {
        let scattered = |left| {
            let mut task = task(&[], left, 1000);
            task.speed = task.speed.map(|speed| Speed { deviation_ms: 300.0, ..speed });
            task
        };
        let spread = |tasks: &[Task]| schedule(tasks, 1).total.map_or(0, |eta| eta.spread_ms);
        let (one, two) = (spread(&[scattered(10)]), spread(&[scattered(10), scattered(10)]));
        assert!(one > 900 && two > one && two < 2 * one, "{one} {two}");
    }

    #[test]
    fn two_hundred_pipelines_come_to_an_end() {
        let tasks: Vec<Task> = (0..200_u32)
            .map(|at| {
                let reads: Vec<usize> = (at as usize).checked_sub(7).into_iter().collect();
                task(&reads, 1 + at as usize % 13, 1 + at * 37 % 1000)
            })
            .collect();
        let found = schedule(&tasks, 8);
        assert!(found.ends.iter().all(Option::is_some));
        let work: f64 = tasks.iter().map(Task::work).sum();
        assert!(found.total.is_some_and(|eta| real(eta.ms) >= work / 8.0));
    }
}
