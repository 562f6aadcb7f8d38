//! From what is known to what is left: the tasks of a run that goes on, or of all work, and how they will go on.

use std::collections::BTreeMap;

use crate::app::{JobProgress, Node, Usual};
use crate::model::{DatumState, StateCounts};

use super::eta::{ENOUGH, Eta, count, deviation, pace, real};
use super::facts::{Facts, span};
use super::schedule::{Schedule, Speed, Task, schedule};
use super::theme::Theme;

/// How all that is left goes on: of the run, while one goes on, else of a run that did everything.
pub(super) fn forecast(facts: &Facts) -> Schedule {
    let nodes = &facts.snapshot.nodes;
    let tasks: Vec<Task> = (0..nodes.len()).map(|at| task(facts, at)).collect();
    schedule(&tasks, slots(facts))
}

/// How long so many datums of some pipelines take, with the others at rest; `None` where nobody can tell. Where each of
/// them has a time of its `own`, only these count.
pub(super) fn about(facts: &Facts, runs: &[(String, usize)], own: &BTreeMap<String, Usual>) -> Option<Eta> {
    let nodes = &facts.snapshot.nodes;
    let task = |node: &Node| {
        let left = runs.iter().find(|(name, _)| *name == node.name).map_or(0, |(_, count)| *count);
        let own = own.get(&node.name).filter(|own| left > 0 && own.known >= left);
        let speed = match own {
            Some(own) => Some(usual_speed(own)),
            None => speed(None, facts.usual.get(&node.name), node.counts.total()),
        };
        Task { reads: node.reads.clone(), left, in_hand: Vec::new(), speed: speed.filter(|_| left > 0) }
    };
    let found = schedule(&nodes.iter().map(task).collect::<Vec<_>>(), slots(facts));
    found.total.filter(|_| !found.is_least)
}

/// How many commands run at a time.
pub(super) fn slots(facts: &Facts) -> usize {
    let seen = facts.run.at_once();
    if facts.is_live && seen > 0 { seen } else { facts.slots.max(1) }
}

/// How long something is still to take, in words: `1h42 ±12m`, with `≥` before it where that is the least.
pub(super) fn told(eta: Eta, is_least: bool, theme: Theme) -> String {
    let least = if is_least { theme.pick("≥", ">=") } else { "" };
    let spread = format!(" {}{}", theme.pick("±", "+-"), span(eta.spread_ms));
    let is_sure = eta.spread_ms < 100 || eta.spread_ms * 100 < eta.ms;
    format!("{least}{}{}", span(eta.ms), if is_sure { "" } else { &spread })
}

/// The same of all that is left; `None` if nothing is.
pub(super) fn told_of_all(schedule: &Schedule, theme: Theme) -> Option<String> {
    match schedule.total {
        Some(eta) => Some(told(eta, schedule.is_least, theme)),
        None => schedule.is_least.then(|| "unknown".into()),
    }
}

fn task(facts: &Facts, at: usize) -> Task {
    let node = &facts.snapshot.nodes[at];
    let reads = node.reads.clone();
    let is_meant = !facts.is_live || is_meant(facts, node);
    if !node.is_pipeline() || !is_meant || node.spec.command.is_empty() {
        return Task { reads, ..Task::default() };
    }
    let job = facts.is_live.then(|| job(facts, &node.name)).flatten();
    let hands = facts.run.running.iter().filter(|((pipeline, _), _)| facts.is_live && *pipeline == node.name);
    let in_hand: Vec<u64> = hands.map(|(_, hand)| facts.now_ms.saturating_sub(hand.since_ms)).collect();
    let left = match job {
        Some(job) if job.ended.is_some() => 0,
        Some(job) => job.to_run.saturating_sub(job.tried()),
        None => waiting(node, &facts.counts(at)),
    };
    let beside =
        facts.run.beside.each.filter(|_| facts.is_live).map_or(0.0, |each| each.as_secs_f64() * 1000.0);
    let speed = speed(job, facts.usual.get(&node.name), node.counts.total());
    let speed = speed.map(|speed| Speed { mean_ms: speed.mean_ms + beside, ..speed });
    Task { reads, left: left.max(in_hand.len()), in_hand, speed }
}

/// Whether the run that goes on means a pipeline. One that did not say so is taken to mean everything.
fn is_meant(facts: &Facts, node: &Node) -> bool {
    facts.run.planned.is_empty() || facts.run.planned.contains(&node.name)
}

fn job<'a>(facts: &'a Facts, name: &str) -> Option<&'a JobProgress> {
    facts.run.jobs.iter().rev().find(|job| job.pipeline == name)
}

/// Datums that are to run, or may have to once what they wait for is done; at least one where none is known yet.
fn waiting(node: &Node, counts: &StateCounts) -> usize {
    let states = [
        DatumState::Pending,
        DatumState::Stale,
        DatumState::Failed,
        DatumState::Recovered,
        DatumState::Blocked,
        DatumState::Queued,
        DatumState::Running,
    ];
    let found = states.into_iter().map(|state| counts.get(state)).sum();
    if found == 0 && node.is_lower_bound && counts.total() == 0 { 1 } else { found }
}

/// From this job, once enough of it has ended; else from before, if that was enough, or all that there is.
fn speed(job: Option<&JobProgress>, usual: Option<&Usual>, total: usize) -> Option<Speed> {
    if let Some((job, (mean_ms, deviation_ms))) = job.and_then(|job| Some((job, pace(job)?))) {
        return Some(Speed { mean_ms, deviation_ms, known: job.tried() });
    }
    let usual = usual.filter(|usual| usual.known >= ENOUGH.min(total.max(1)))?;
    Some(usual_speed(usual))
}

fn usual_speed(usual: &Usual) -> Speed {
    let mean_ms = real(usual.took_ms) / count(usual.known.max(1));
    let deviation_ms = deviation(usual.squares, mean_ms, usual.known);
    Speed { mean_ms, deviation_ms, known: usual.known }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::RunProgress;
    use crate::tui::facts::fixture;
    use std::sync::Arc;
    use std::time::Duration;

    fn usual(times: &[u64]) -> Usual {
        let mut usual = Usual::default();
        times.iter().copied().for_each(|time| usual.add(time));
        usual
    }

    fn facts() -> Facts {
        let mut facts = fixture::facts();
        facts.usual.insert("fs".into(), usual(&[1000, 1000, 1000]));
        facts.usual.insert("stats".into(), usual(&[4000]));
        facts.slots = 2;
        facts
    }

    #[test]
    fn without_a_run_all_work_is_foretold() {
        let found = forecast(&facts());
        // `fs` has one failed and one stale datum, side by side; `stats` waits for it.
        let ends: Vec<_> = found.ends.iter().map(|end| end.map(|end| end.ms)).collect();
        assert_eq!(ends, [None, None, Some(1000), Some(5000)]);
        assert_eq!((found.critical, found.is_least), (vec![2, 3], false));
    }

    #[test]
    fn little_that_is_known_is_enough_only_for_few_datums() {
        let mut facts = facts();
        facts.usual.insert("fs".into(), usual(&[1000, 1000]));
        let found = forecast(&facts);
        // `stats` takes four seconds, but waits for `fs`.
        assert!(found.is_least && found.ends[2].is_none() && found.ends[3].is_none());
        assert_eq!(told_of_all(&found, Theme::default()).as_deref(), Some("unknown"));
    }

    #[test]
    fn datums_with_times_of_their_own_are_foretold_by_these() {
        let mut facts = facts();
        facts.usual.insert("fs".into(), usual(&[40, 44, 25_000]));
        let runs = [("fs".to_owned(), 2)];
        let ms =
            |own: &[u64]| about(&facts, &runs, &[("fs".to_owned(), usual(own))].into()).map(|eta| eta.ms);
        assert_eq!(ms(&[40, 44]), Some(42), "side by side");
        assert!(ms(&[40]).is_some_and(|ms| ms > 8000), "one of them is not known");
    }

    #[test]
    fn it_is_told_with_its_spread_and_whether_it_is_the_least() {
        let (eta, theme) = (Eta { ms: 6_120_000, spread_ms: 720_000 }, Theme::default());
        let all = |total, is_least| told_of_all(&Schedule { total, is_least, ..Schedule::default() }, theme);
        assert_eq!(all(Some(eta), false).as_deref(), Some("1h42 ±12m00"));
        assert_eq!(all(Some(Eta { spread_ms: 60_000, ..eta }), false).as_deref(), Some("1h42"));
        assert_eq!(all(Some(eta), true).as_deref(), Some("≥1h42 ±12m00"));
        assert_eq!((all(None, true).as_deref(), all(None, false)), (Some("unknown"), None));
    }

    #[test]
    fn of_a_run_only_what_it_means_counts_and_its_own_times_are_taken() {
        let mut facts = facts();
        let (to_run, ran, took_ms, squares) = (10, 5, 10_000, 20_000_000);
        let job = JobProgress {
            pipeline: "fs".into(),
            started_ms: facts.now_ms,
            to_run,
            ran,
            took_ms,
            squares,
            ..JobProgress::default()
        };
        let run = RunProgress {
            run: "r".into(),
            jobs: vec![job],
            planned: vec!["fs".into()],
            ..Default::default()
        };
        (facts.run, facts.is_live) = (Arc::new(run.clone()), true);
        assert_eq!(forecast(&facts).total.map(|eta| eta.ms), Some(5000), "five of two seconds by two");
        facts.run = Arc::new(RunProgress { planned: Vec::new(), most_at_once: 6, slots: 5, ..run.clone() });
        assert_eq!(forecast(&facts).total.map(|eta| eta.ms), Some(6000), "and then `stats`");
        // What slots do beside commands takes time too, also in what has not begun.
        let mut run = RunProgress { planned: Vec::new(), ..run };
        run.beside.each = Some(Duration::from_millis(1200));
        facts.run = Arc::new(run);
        let ends: Vec<_> = forecast(&facts).ends.iter().flatten().map(|end| end.ms).collect();
        assert_eq!(ends, [8000, 13_200]);
    }
}
