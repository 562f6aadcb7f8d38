//! `MP315`: specs in subdatasets.

use crate::check::Ground;
use crate::git::Standing;
use crate::model::{Finding, Rule, Severity, show, show_some};

pub(super) static RULE: Rule = Rule {
    code: "MP315",
    name: "subdataset-pipeline",
    severity: Severity::Info,
    why: "a spec in a subdataset is a pipeline of that one",
};

/// So many are named.
const NAMED: usize = 5;

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    let all = ground.scan.standings(ground.repo).into_iter();
    let there = all.filter(|(_, standing)| *standing == Standing::There);
    there.filter_map(|(path, _)| in_one(ground, &path)).collect()
}

fn in_one(ground: &Ground<'_>, subdataset: &str) -> Option<Finding> {
    let files = ground.scan.inside(ground.repo, subdataset).ok()?.files;
    let is_spec = |path: &&str| path.ends_with("/spec.yml") && !path.contains("/.");
    let specs: Vec<&str> = files.iter().map(|file| &*file.path).filter(is_spec).collect();
    let first = *specs.first()?;
    let shown = show(subdataset);
    let message =
        format!("{} of the subdataset `{shown}` is no pipeline of this project", show_some(&specs, NAMED));
    Some(RULE.on(first, message).help(format!(
        "results go into the dataset that holds the spec: `minipach run --recursive` runs it there and records {shown} here"
    )))
}
