//! `MP202`: scripts at the root instead of below `code/`.

use crate::check::{Ground, is_code};
use crate::model::{Finding, Rule, Severity, literal};

pub(super) static RULE: Rule = Rule {
    code: "MP202",
    name: "code-outside-code",
    severity: Severity::Info,
    why: "YODA keeps code in `code/`, apart from data and results",
};

/// Files that other programs want at the root, beside `.mk`, which stands where its Makefile does.
const AT_ROOT: &[&str] = &["setup.py", "conftest.py", "noxfile.py", "tasks.py", "build.rs"];

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    let is_script = |path: &&str| {
        let has_ending = path.rsplit_once('.').is_some_and(|(stem, _)| !stem.is_empty());
        !path.contains('/')
            && has_ending
            && is_code(path)
            && !AT_ROOT.contains(path)
            && path.rsplit_once('.').is_none_or(|(_, ending)| ending != "mk")
    };
    let scripts = ground.scan.paths().filter(is_script);
    let finding = |path: &str| {
        RULE.on(path, format!("the script `{path}` stands at the project's root")).help(format!(
            "move it: `git mv {} {}`, and name it so where it is used",
            literal(path),
            literal(&format!("code/{path}"))
        ))
    };
    scripts.map(finding).collect()
}
