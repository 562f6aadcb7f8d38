//! `MP305`: specs, code and prose in the annex.

use crate::check::Ground;
use crate::check::ground::{is_own_text, is_readme};
use crate::model::{Finding, Rule, Severity, show};

pub(super) static RULE: Rule = Rule {
    code: "MP305",
    name: "text-in-annex",
    severity: Severity::Warning,
    why: "what is annexed cannot be edited, compared or read in a clone before it is fetched",
};

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    let is_text = |path: &&str| {
        let is_own = is_own_text(path) && !(is_readme(path) && ground.is_output(path));
        is_own && ground.is_annexed(path)
    };
    let finding = |path: &str| {
        RULE.on(path, format!("`{}` is kept in the annex", show(path)))
            .help("`git annex unannex` it, tell .gitattributes (`annex.largefiles=nothing`), and `git add` it again")
    };
    ground.scan.paths().filter(is_text).map(finding).collect()
}
