//! What of a run, and which runs, are shown, and in which order.

use std::cmp::Reverse;

use crate::app::RunProgress;
use crate::model::DatumState;
use crate::tui::terms::Terms;

use super::groups::Group;
use super::rows::Row;

/// What rows are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sort {
    /// As they came: what began first, of runs the newest one.
    #[default]
    Came,
    /// By how many failed, the most first.
    Worst,
    /// By how long it took, the longest first.
    Time,
    /// By name; runs have none.
    Name,
}

/// What is asked for of one list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// The filter as typed.
    pub(super) filter: String,
    /// What rows are sorted by.
    pub(super) sort: Sort,
    /// The other way round.
    pub(super) is_reversed: bool,
}

impl Asked {
    /// Sorts by the next thing, or the other way round.
    pub(super) fn turn(&mut self, is_reverse: bool, has_names: bool) {
        if is_reverse {
            self.is_reversed = !self.is_reversed;
            return;
        }
        self.is_reversed = false;
        self.sort = match self.sort {
            Sort::Came => Sort::Worst,
            Sort::Worst => Sort::Time,
            Sort::Time if has_names => Sort::Name,
            Sort::Time | Sort::Name => Sort::Came,
        };
    }

    /// Whether rows may be hidden.
    pub(super) fn is_filtered(&self) -> bool {
        !self.filter.trim().is_empty()
    }

    /// The order in words; of rows as they came, `came` or what the other way round is.
    pub(super) const fn name(&self, came: [&'static str; 2]) -> &'static str {
        match (self.sort, self.is_reversed) {
            (Sort::Came, false) => came[0],
            (Sort::Came, true) => came[1],
            (Sort::Worst, false) => "worst first",
            (Sort::Worst, true) => "best first",
            (Sort::Time, false) => "longest first",
            (Sort::Time, true) => "shortest first",
            (Sort::Name, false) => "by name",
            (Sort::Name, true) => "by name, last first",
        }
    }

    /// The rows of one section that are shown, in order.
    pub(super) fn rows<'a>(&self, rows: impl Iterator<Item = Row<'a>>, is_live: bool) -> Vec<Row<'a>> {
        let terms = Terms::parse(&self.filter);
        let takes = |row: &Row<'_>| {
            let states = states(*row, is_live);
            let is_there = |wanted: &[DatumState]| states.iter().any(|state| wanted.contains(state));
            terms.take(terms.words_in(&text(*row)), is_there, time(*row))
        };
        let mut rows: Vec<Row<'a>> = rows.filter(takes).collect();
        match self.sort {
            Sort::Came => {}
            Sort::Worst => rows.sort_by_key(|row| Reverse(failures(*row))),
            Sort::Time => rows.sort_by_key(|row| Reverse(time(*row))),
            Sort::Name => rows.sort_by_key(|row| text(*row)),
        }
        if self.is_reversed {
            rows.reverse();
        }
        rows
    }

    /// The runs that are shown, in order.
    pub(super) fn runs<'a>(&self, mut runs: Vec<&'a RunProgress>, now_ms: u64) -> Vec<&'a RunProgress> {
        let terms = Terms::parse(&self.filter);
        let took =
            |run: &RunProgress| run.ended.map_or(now_ms, |(.., at_ms)| at_ms).saturating_sub(run.started_ms);
        runs.retain(|run| {
            let states = [if failed(run) > 0 { DatumState::Failed } else { DatumState::Done }];
            let is_there = |wanted: &[DatumState]| wanted.contains(&states[0]);
            terms.take(terms.words_in(&told(run)), is_there, took(run))
        });
        match self.sort {
            Sort::Came | Sort::Name => {}
            Sort::Worst => runs.sort_by_key(|run| Reverse(failed(run))),
            Sort::Time => runs.sort_by_key(|run| Reverse(took(run))),
        }
        if self.is_reversed {
            runs.reverse();
        }
        runs
    }
}

/// The heading of failures of now, and what stands there if there are none.
pub(super) const NOW: (&str, &str) = ("failed now, like with like", "nothing is failed");

/// The same of a run of the past.
pub(super) const THEN: (&str, &str) = ("failed then, like with like", "nothing failed");

/// The heading of what a stop or a kill cut off.
const CUT_OFF: &str = "cut off: a later run does what is not done";

/// What stands for all rows where a filter leaves none.
pub(super) const NO_MATCH: &str = "nothing matches the filter; Esc shows all again";

/// The rows of a run that are asked for, with its failures under their heading.
pub(super) fn rows<'a>(
    run: &'a RunProgress,
    (head, none): (&'static str, &'static str),
    groups: &'a [Group],
    is_live: bool,
    asked: &Asked,
) -> Vec<Row<'a>> {
    let mut rows = Rows { found: Vec::new(), asked, is_live };
    rows.section("jobs", jobless(run, is_live), run.jobs.iter().map(Row::Job));
    if is_live {
        let hands = run.running.iter().map(|((pipeline, key), hand)| Row::Hand(pipeline, key, hand));
        let none = if run.is_paused {
            "it is paused: no command is begun until `P` lets it go on"
        } else {
            "no command runs now: it plans, places results or commits"
        };
        rows.section("in hand", none, hands);
    }
    if !run.cut_off.is_empty() {
        let cut = run.cut_off.iter().map(|((pipeline, key), hand)| Row::Cut(pipeline, key, hand));
        rows.section(CUT_OFF, "", cut);
    }
    rows.section(head, none, groups.iter().map(Row::Group));
    let notes = run.error.iter().chain(run.notes.iter().rev()).map(|note| Row::Note(note));
    let commits =
        run.jobs.iter().flat_map(|job| job.commits.iter().map(|commit| Row::Commit(&job.pipeline, commit)));
    rows.section("notes and commits", "it said nothing and committed nothing", notes.chain(commits));
    if rows.found.is_empty() {
        rows.found.push(Row::Nothing(NO_MATCH));
    }
    rows.found
}

const fn jobless(run: &RunProgress, is_live: bool) -> &'static str {
    match (is_live, run.left_out.is_empty()) {
        _ if run.error.is_some() => "no job began: an error came first",
        (true, _) => "it plans; no job has begun",
        (false, true) => "no job began: there was nothing to do",
        (false, false) => "no job began: what has errors was left out",
    }
}

/// Rows on their way, section by section.
struct Rows<'a, 'b> {
    found: Vec<Row<'a>>,
    asked: &'b Asked,
    is_live: bool,
}

impl<'a> Rows<'a, '_> {
    /// Adds a section; one in which a filter leaves nothing is left out.
    fn section(&mut self, head: &'static str, nothing: &'static str, all: impl Iterator<Item = Row<'a>>) {
        let found = self.asked.rows(all, self.is_live);
        if found.is_empty() && self.asked.is_filtered() {
            return;
        }
        self.found.push(Row::Head(head));
        if found.is_empty() {
            self.found.push(Row::Nothing(nothing));
        }
        self.found.extend(found);
    }
}

/// What a filter looks for in a row.
fn text(row: Row<'_>) -> String {
    match row {
        Row::Head(_) | Row::Nothing(_) => String::new(),
        Row::Job(job) => format!("{} {}", job.pipeline, job.message.as_deref().unwrap_or_default()),
        Row::Hand(pipeline, key, _) | Row::Cut(pipeline, key, _) => format!("{pipeline}:{key}"),
        Row::Group(group) => {
            let exit = group.exit.map(|code| format!("exit {code}")).unwrap_or_default();
            let targets: Vec<String> = group.targets().collect();
            format!("{exit} {} {}", group.message, targets.join(" "))
        }
        Row::Note(note) => note.to_owned(),
        Row::Commit(pipeline, commit) => format!("{pipeline} commit {commit}"),
    }
}

/// The same of a run: its name, what it ran, how it ended and what it said.
fn told(run: &RunProgress) -> String {
    let names: Vec<&str> = run.jobs.iter().map(|job| job.pipeline.as_str()).collect();
    let end = match (&run.error, run.ended) {
        (Some(error), _) => error.as_str(),
        (None, Some((_, true, _))) => "stopped",
        (None, Some(_)) if failed(run) > 0 => "failed",
        (None, _) => "",
    };
    format!("{} {} {end}", run.run, names.join(" "))
}

fn states(row: Row<'_>, is_live: bool) -> Vec<DatumState> {
    match row {
        Row::Job(job) => {
            let failed = (job.failed > 0).then_some(DatumState::Failed);
            let end = match job.ended {
                Some(true) => Some(DatumState::Done),
                None if is_live => Some(DatumState::Running),
                _ => None,
            };
            failed.into_iter().chain(end).collect()
        }
        Row::Hand(..) => vec![DatumState::Running],
        Row::Cut(..) => vec![DatumState::Pending],
        Row::Group(_) => vec![DatumState::Failed],
        Row::Head(_) | Row::Nothing(_) | Row::Note(_) | Row::Commit(..) => Vec::new(),
    }
}

fn failures(row: Row<'_>) -> usize {
    match row {
        Row::Job(job) => job.failed,
        Row::Group(group) => group.datums.len(),
        _ => 0,
    }
}

/// How long a job's commands took; what is in hand took longer the earlier it began.
fn time(row: Row<'_>) -> u64 {
    match row {
        Row::Job(job) => job.took_ms,
        Row::Hand(_, _, hand) | Row::Cut(_, _, hand) => u64::MAX - hand.since_ms,
        _ => 0,
    }
}

fn failed(run: &RunProgress) -> usize {
    run.jobs.iter().map(|job| job.failed).sum()
}
