//! What a run is made of, row by row: its jobs, what is in hand, what failed, what it said and committed.

use crate::app::{InHand, JobProgress, RunProgress};

use super::groups::Group;

/// A row about a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Row<'a> {
    /// A heading.
    Head(&'static str),
    /// Why there is nothing below a heading.
    Nothing(&'static str),
    /// A pipeline's share.
    Job(&'a JobProgress),
    /// A datum whose command runs: pipeline, key.
    Hand(&'a str, &'a str, &'a InHand),
    /// A datum that was cut off: pipeline, key.
    Cut(&'a str, &'a str, &'a InHand),
    /// Failures that look alike.
    Group(&'a Group),
    /// Something it said.
    Note(&'a str),
    /// A commit it made for a pipeline.
    Commit(&'a str, &'a str),
}

impl Row<'_> {
    /// Whether the cursor can stand on it.
    pub(super) const fn is_something(&self) -> bool {
        !matches!(self, Self::Head(_) | Self::Nothing(_))
    }
}

/// The heading of failures of now, and what stands there if there are none.
pub(super) const NOW: (&str, &str) = ("failed now, like with like", "nothing is failed");

/// The same of a run of the past.
pub(super) const THEN: (&str, &str) = ("failed then, like with like", "nothing failed");

/// The heading of what a stop or a kill cut off.
const CUT_OFF: &str = "cut off: a later run does them";

/// All rows of a run with its failures under their heading.
pub(super) fn rows<'a>(
    run: &'a RunProgress,
    (head, none): (&'static str, &'static str),
    groups: &'a [Group],
    is_live: bool,
) -> Vec<Row<'a>> {
    let mut rows = Vec::new();
    section(&mut rows, "jobs", jobless(run, is_live), run.jobs.iter().map(Row::Job));
    if is_live {
        let hands = run.running.iter().map(|((pipeline, key), hand)| Row::Hand(pipeline, key, hand));
        let none = if run.is_paused {
            "it is paused: no command is begun until `P` lets it go on"
        } else {
            "no command runs now: it plans, places results or commits"
        };
        section(&mut rows, "in hand", none, hands);
    }
    if !run.cut_off.is_empty() {
        let cut = run.cut_off.iter().map(|((pipeline, key), hand)| Row::Cut(pipeline, key, hand));
        section(&mut rows, CUT_OFF, "", cut);
    }
    section(&mut rows, head, none, groups.iter().map(Row::Group));
    let notes = run.error.iter().chain(run.notes.iter().rev()).map(|note| Row::Note(note));
    let commits =
        run.jobs.iter().flat_map(|job| job.commits.iter().map(|commit| Row::Commit(&job.pipeline, commit)));
    section(&mut rows, "notes and commits", "it said nothing and committed nothing", notes.chain(commits));
    rows
}

const fn jobless(run: &RunProgress, is_live: bool) -> &'static str {
    match (is_live, run.left_out.is_empty()) {
        _ if run.error.is_some() => "no job began: an error came first",
        (true, _) => "it plans; no job has begun",
        (false, true) => "no job began: there was nothing to do",
        (false, false) => "no job began: what has errors was left out",
    }
}

fn section<'a>(
    rows: &mut Vec<Row<'a>>,
    head: &'static str,
    nothing: &'static str,
    found: impl Iterator<Item = Row<'a>>,
) {
    rows.push(Row::Head(head));
    let before = rows.len();
    rows.extend(found);
    if rows.len() == before {
        rows.push(Row::Nothing(nothing));
    }
}

/// The row nearest to `at` that the cursor can stand on, looked for upwards or downwards first.
pub(super) fn nearest(rows: &[Row<'_>], at: usize, is_up: bool) -> usize {
    let at = at.min(rows.len().saturating_sub(1));
    let below = (at..rows.len()).find(|row| rows[*row].is_something());
    let above = (0..=at).rev().find(|row| rows.get(*row).is_some_and(Row::is_something));
    let found = if is_up { above.or(below) } else { below.or(above) };
    found.unwrap_or(at)
}
