//! `MP601`: BIDS data sets without their description.

use super::bids::{datasets, inside};
use crate::check::Ground;
use crate::model::{Edit, Finding, Fix, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "MP601",
    name: "bids-no-description",
    severity: Severity::Warning,
    why: "BIDS programs refuse a data set without dataset_description.json",
};

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    let lacks = |dataset: &String| !ground.scan.contains(&inside(dataset, "dataset_description.json"));
    let finding = |dataset: String| {
        let path = inside(&dataset, "dataset_description.json");
        let name = dataset.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("data set");
        let text =
            format!("{{\n  \"Name\": {},\n  \"BIDSVersion\": \"1.9.0\"\n}}\n", serde_json::Value::from(name));
        let fix = Fix::safe(
            format!("write `{path}` to be filled in"),
            vec![Edit::Create { path: path.clone(), text }],
        );
        let place = if dataset.is_empty() { "the project".to_owned() } else { format!("`{dataset}`") };
        RULE.on(&path, format!("{place} is laid out as BIDS, but has no dataset_description.json"))
            .help("say at least `Name` and `BIDSVersion` in it")
            .fix(fix)
    };
    datasets(ground).into_iter().filter(lacks).map(finding).collect()
}
