//! A row about a run: a job, what is in hand, what failed, what it said and committed.

use crate::app::{InHand, JobProgress};

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
    /// What `run` is to be told to do it again; nothing of what is not run.
    pub(super) fn targets(&self) -> Vec<String> {
        match self {
            Row::Job(job) => vec![job.pipeline.clone()],
            Row::Cut(pipeline, key, _) => vec![format!("{pipeline}:{key}")],
            Row::Group(group) => group.targets().collect(),
            _ => Vec::new(),
        }
    }

    /// Whether the cursor can stand on it.
    pub(super) const fn is_something(&self) -> bool {
        !matches!(self, Self::Head(_) | Self::Nothing(_))
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
