//! `MP306`: annexed content of which no copy is known.

use crate::check::Ground;
use crate::git::process::{Access, git};
use crate::model::{Finding, Rule, Severity, show};

pub(super) static RULE: Rule = Rule {
    code: "MP306",
    name: "annex-content-lost",
    severity: Severity::Error,
    why: "a key without any copy is lost",
};

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    if !ground.repo.has_annex() {
        return Vec::new();
    }
    let asked =
        git(ground.repo.root(), Access::Read).args(["annex", "find", "--not", "--copies=1", "--print0"]);
    let Ok(said) = asked.output() else { return Vec::new() };
    let paths = said.split(|byte| *byte == 0).filter_map(|path| std::str::from_utf8(path).ok());
    let finding = |path: &str| {
        RULE.on(path, format!("no copy of `{}` is known anywhere", show(path)))
            .help("`git annex fsck` looks again; a copy elsewhere is taken in by `git annex reinject`; a result is made again by `minipach run --force`")
    };
    paths.filter(|path| !path.is_empty()).map(finding).collect()
}
