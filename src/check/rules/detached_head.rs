//! `MP309`: commits that no branch will remember.

use crate::check::Ground;
use crate::git::Head;
use crate::model::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "MP309",
    name: "detached-head",
    severity: Severity::Info,
    why: "commits made now are on no branch",
};

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    match ground.repo.head() {
        Ok(Head::Detached { .. }) => {
            vec![RULE.on("", "HEAD is on no branch").help("`git switch -c NAME` makes a branch here")]
        }
        _ => Vec::new(),
    }
}
