//! `MP307`: repositories inside this one that it does not know.

use crate::check::Ground;
use crate::model::{Finding, Rule, Severity, show};

pub(super) static RULE: Rule = Rule {
    code: "MP307",
    name: "nested-repository",
    severity: Severity::Warning,
    why: "files of a repository that is no subdataset do not count",
};

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    let finding = |path: &std::sync::Arc<str>| {
        let message = format!(
            "`{}` is a repository inside this one that is no subdataset, so its files do not count",
            show(path)
        );
        RULE.on(path, message).help("register it: `datalad save -d .`, or `git submodule add`")
    };
    ground.scan.nested_repositories().iter().map(finding).collect()
}
