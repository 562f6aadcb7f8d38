//! `MP305`: specs, code and prose in the annex.

use crate::check::{Ground, is_code};
use crate::model::{Finding, Rule, Severity, show};

pub(super) static RULE: Rule = Rule {
    code: "MP305",
    name: "text-in-annex",
    severity: Severity::Warning,
    why: "what is annexed cannot be edited, compared or read in a clone before it is fetched",
};

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    let is_text = |path: &&str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        let is_prose = || name.to_ascii_lowercase().starts_with("readme") && !ground.is_output(path);
        (matches!(name, "spec.yml" | "minipach.yml") || is_code(path) || is_prose())
            && ground.is_annexed(path)
    };
    let finding = |path: &str| {
        RULE.on(path, format!("`{}` is kept in the annex", show(path)))
            .help("`git annex unannex` it, tell .gitattributes (`annex.largefiles=nothing`), and `git add` it again")
    };
    ground.scan.paths().filter(is_text).map(finding).collect()
}
