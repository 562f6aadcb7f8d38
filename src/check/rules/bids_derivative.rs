//! `MP603`: derived BIDS data sets that do not say what made them.

use crate::check::Ground;
use crate::model::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "MP603",
    name: "bids-derivative",
    severity: Severity::Info,
    why: "BIDS wants derived data to name the program that made them",
};

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    let descriptions = ground.scan.paths().filter(|path| path.ends_with("/dataset_description.json"));
    let lacks = |path: &&str| {
        ground.is_output(path) && ground.text(path).is_some_and(|text| !text.contains("GeneratedBy"))
    };
    let finding = |path: &str| {
        RULE.on(path, format!("`{path}` has no `GeneratedBy`"))
            .help("let the command write `\"GeneratedBy\": [{\"Name\": \"…\"}]` and `\"DatasetType\": \"derivative\"`")
    };
    descriptions.filter(lacks).map(finding).collect()
}
