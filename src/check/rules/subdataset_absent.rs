//! `MP313`: subdatasets that are not installed.

use crate::check::Ground;
use crate::git::Standing;
use crate::model::{Finding, Rule, Severity, show_some};

pub(super) static RULE: Rule = Rule {
    code: "MP313",
    name: "subdataset-absent",
    severity: Severity::Info,
    why: "of a subdataset that is not installed nobody knows what it holds",
};

/// So many are named.
const NAMED: usize = 5;

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    let all = ground.scan.standings(ground.repo).into_iter();
    let absent: Vec<String> =
        all.filter(|(_, standing)| *standing == Standing::Absent).map(|(path, _)| path).collect();
    let paths: Vec<&str> = absent.iter().map(String::as_str).collect();
    let finding = |first: &&str| {
        let message = match paths.len() {
            1 => format!("the subdataset {} is not installed", show_some(&paths, NAMED)),
            _ => format!("the subdatasets {} are not installed", show_some(&paths, NAMED)),
        };
        RULE.on(first, message).help("a run installs those that it reads; `datalad get -n PATH` does it too")
    };
    paths.first().map(finding).into_iter().collect()
}
