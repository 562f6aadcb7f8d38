//! `MP604`: a list of participants that does not agree with the folders of subjects.

use std::collections::BTreeSet;

use super::bids::{datasets, inside, subjects};
use crate::check::Ground;
use crate::model::{Finding, Rule, Severity, show_some};

pub(super) static RULE: Rule = Rule {
    code: "MP604",
    name: "bids-participants",
    severity: Severity::Warning,
    why: "a table of participants that misses some leads to wrong groups",
};

/// So many subjects are named in a sentence.
const NAMED: usize = 5;

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    datasets(ground).iter().flat_map(|dataset| compare(ground, dataset)).collect()
}

fn compare(ground: &Ground<'_>, dataset: &str) -> Vec<Finding> {
    let path = inside(dataset, "participants.tsv");
    let Some(text) = ground.text(&path) else { return Vec::new() };
    let column = |line: &'_ str| line.split('\t').next().unwrap_or_default().trim().to_owned();
    let listed: BTreeSet<String> = text.lines().skip(1).map(column).filter(|name| !name.is_empty()).collect();
    let there: BTreeSet<String> = subjects(ground, dataset).into_iter().map(str::to_owned).collect();
    let differ = |one: &BTreeSet<String>, other: &BTreeSet<String>| {
        let names: Vec<&str> = one.difference(other).map(String::as_str).collect();
        (!names.is_empty()).then(|| show_some(&names, NAMED))
    };
    let unlisted = differ(&there, &listed).map(|names| format!("`{path}` does not list {names}"));
    let absent =
        differ(&listed, &there).map(|names| format!("`{path}` lists {names}, of whom there is no folder"));
    let finding = |message: String| RULE.on(&path, message).help("let table and folders agree");
    unlisted.into_iter().chain(absent).map(finding).collect()
}
