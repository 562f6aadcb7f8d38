//! Failures in groups: the same exit code and the same last words, whatever numbers are in them.

use std::collections::BTreeMap;

use crate::app::RunProgress;
use crate::model::{DatumState, alike};
use crate::plan::{CUT_SINCE, FAILED};
use crate::tui::facts::Facts;

/// Failures that look alike.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::tui) struct Group {
    /// The exit code, if the command ended by itself.
    pub(in crate::tui) exit: Option<i32>,
    /// What the first of them said.
    pub(in crate::tui) message: String,
    /// The pipelines they are of.
    pub(in crate::tui) pipelines: Vec<String>,
    /// Pipelines and keys.
    pub(in crate::tui) datums: Vec<(String, String)>,
}

impl Group {
    /// Its datums as targets of a run.
    pub(in crate::tui) fn targets(&self) -> impl Iterator<Item = String> {
        self.datums.iter().map(|(pipeline, key)| format!("{pipeline}:{key}"))
    }
}

/// So many failures of one exit code may each say something of their own.
const LONERS: usize = 4;

/// Said of failures that have only their exit code in common.
pub(in crate::tui) const DIFFERENT: &str = "each says something else";

/// Failures that have only their exit code in common.
fn together(alone: Vec<Group>) -> Group {
    let mut all = Group::default();
    for group in alone {
        all.exit = group.exit;
        all.pipelines.extend(group.pipelines);
        all.datums.extend(group.datums);
    }
    all.datums.sort();
    all.pipelines.sort();
    all.pipelines.dedup();
    Group { message: DIFFERENT.into(), ..all }
}

/// Failures by what they have in common.
#[derive(Default)]
struct Alike(BTreeMap<(Option<i32>, String), Group>);

impl Alike {
    fn add(&mut self, pipeline: &str, key: &str, reason: &str) {
        let (exit, message) = parts(reason);
        let new = || Group { exit, message: message.to_owned(), ..Group::default() };
        let group = self.0.entry((exit, alike(message))).or_insert_with(new);
        if group.pipelines.last().is_none_or(|last| last != pipeline) {
            group.pipelines.push(pipeline.to_owned());
        }
        group.datums.push((pipeline.to_owned(), key.to_owned()));
    }

    fn add_node(&mut self, facts: &Facts, at: usize, most: usize) {
        let Some(node) = facts.snapshot.nodes.get(at) else { return };
        let states = facts.states(at).iter().enumerate();
        for (row, _) in states.filter(|(_, state)| **state == DatumState::Failed).take(most) {
            self.add(&node.name, node.table.key(row), &facts.reason(at, row));
        }
    }

    /// The largest first. Where many of one exit code say something that no other says, only the code tells anything.
    fn groups(self) -> Vec<Group> {
        let is_alone = |group: &Group| group.exit.is_some() && group.datums.len() == 1;
        let (alone, mut groups): (Vec<_>, Vec<_>) = self.0.into_values().partition(is_alone);
        let mut by_exit: BTreeMap<Option<i32>, Vec<Group>> = BTreeMap::new();
        for group in alone {
            by_exit.entry(group.exit).or_default().push(group);
        }
        for alone in by_exit.into_values() {
            if alone.len() > LONERS { groups.push(together(alone)) } else { groups.extend(alone) }
        }
        groups.sort_by_key(|group| std::cmp::Reverse(group.datums.len()));
        groups
    }
}

/// What failed in a run, in groups, the largest first.
pub(super) fn groups_of(run: &RunProgress) -> Vec<Group> {
    let mut found = Alike::default();
    for failed in &run.failures {
        found.add(&failed.pipeline, &failed.key, failed.message.as_deref().unwrap_or(""));
    }
    found.groups()
}

/// All failed datums in groups, the largest first.
pub(in crate::tui) fn groups(facts: &Facts) -> Vec<Group> {
    let mut found = Alike::default();
    (0..facts.snapshot.nodes.len()).for_each(|at| found.add_node(facts, at, usize::MAX));
    found.groups()
}

/// The first of one pipeline's failed datums, at most so many.
pub(in crate::tui) fn groups_in(facts: &Facts, at: usize, most: usize) -> Vec<Group> {
    let mut found = Alike::default();
    found.add_node(facts, at, most);
    found.groups()
}

/// The exit code and the words after it of a sentence like `the last attempt failed: exit code 1: cut off`.
fn parts(reason: &str) -> (Option<i32>, &str) {
    let told = [FAILED, CUT_SINCE].iter().find_map(|said| reason.strip_prefix(said)).unwrap_or(reason);
    let Some(rest) = told.strip_prefix("exit code ") else { return (None, told) };
    let (code, words) = rest.split_once(": ").unwrap_or((rest, ""));
    match code.parse() {
        Ok(code) => (Some(code), words),
        Err(_) => (None, told),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Snapshot;
    use crate::tui::facts::fixture;
    use std::sync::Arc;

    #[test]
    fn failures_are_parted_by_exit_code_and_words_and_counted() {
        let failed = |key, reason| (key, DatumState::Failed, reason);
        let node = fixture::pipeline(
            "fs",
            Vec::new(),
            &[
                failed("a", "the last attempt failed: exit code 137: sub-1 is cut off"),
                failed(
                    "b",
                    "the last attempt was cut off; the one before failed: exit code 1: sub-2 is cut off",
                ),
                failed("c", "exit code 1: sub-33 is cut off"),
                failed("d", "killed by signal 9"),
                ("e", DatumState::Done, "exit code 1: sub-2 is cut off"),
            ],
        );
        let snapshot = Arc::new(Snapshot { nodes: vec![node], ..Snapshot::default() });
        let mut facts = Facts::default();
        facts.snapshot = snapshot;
        let found = groups(&facts);
        let seen: Vec<_> =
            found.iter().map(|group| (group.exit, group.targets().collect::<Vec<_>>().join(" "))).collect();
        assert_eq!(
            seen,
            [(Some(1), "fs:b fs:c".into()), (None, "fs:d".into()), (Some(137), "fs:a".to_owned())]
        );
        assert_eq!(found[0].message, "sub-2 is cut off");
    }
    #[test]
    fn where_each_failure_says_something_else_the_exit_code_is_what_they_share() {
        let groups = |words: &[&str]| {
            let mut found = Alike::default();
            found.add("fs", "a", "exit code 7: no space");
            for (at, word) in words.iter().enumerate() {
                found.add("fs", &format!("sub-{at}"), &format!("exit code 3: {word}"));
            }
            found.groups().into_iter().map(|group| (group.exit, group.datums.len())).collect::<Vec<_>>()
        };
        assert_eq!(groups(&["one", "two"]), [(Some(3), 1), (Some(3), 1), (Some(7), 1)]);
        assert_eq!(groups(&["one", "two", "three", "four", "five"]), [(Some(3), 5), (Some(7), 1)]);
    }
}
