//! `MP207`: a project that others can get, without words on what they may do with it.

use crate::check::Ground;
use crate::model::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "MP207",
    name: "no-licence",
    severity: Severity::Info,
    why: "without a licence nobody may use what you share",
};

/// How files with licences begin.
const NAMES: &[&str] = &["license", "licence", "copying", "licenses/", "unlicense"];

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    let is_licence = |path: &str| NAMES.iter().any(|name| path.to_ascii_lowercase().starts_with(name));
    if !ground.repo.has_remote() || ground.scan.paths().any(is_licence) {
        return Vec::new();
    }
    let help = "add a LICENSE file; https://choosealicense.com and https://creativecommons.org/choose help to choose";
    vec![RULE.on("", "the project has a remote, but no licence").help(help)]
}
