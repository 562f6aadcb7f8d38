//! `MP312`: a dataset that `DataLad` cannot tell from others.

use crate::check::Ground;
use crate::model::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "MP312",
    name: "no-dataset-id",
    severity: Severity::Info,
    why: "DataLad knows a dataset by its id, wherever it lies",
};

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    const PATH: &str = ".datalad/config";
    let Some(text) = ground.text(PATH) else { return Vec::new() };
    let has_id = text.lines().any(|line| line.trim_start().starts_with("id") && line.contains('='));
    if has_id {
        return Vec::new();
    }
    vec![RULE.on(PATH, "the dataset has no id").help("`datalad create --force` gives it one")]
}
