//! `MP216`: links to nothing in folders that pipelines read.

use crate::check::Ground;
use crate::git::LinkFault;
use crate::model::{Finding, Rule, Severity, show};

pub(super) static RULE: Rule = Rule {
    code: "MP216",
    name: "broken-link",
    severity: Severity::Warning,
    why: "a link to nothing is no data",
};

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    let is_broken = |fault: &LinkFault| matches!(fault, LinkFault::Dangling | LinkFault::Loop);
    let broken =
        ground.scan.bad_links().iter().filter(|(path, fault)| is_broken(fault) && !ground.is_annexed(path));
    let finding = |(path, fault): (&std::sync::Arc<str>, &LinkFault)| {
        RULE.on(path, format!("the link `{}` {fault}", show(path)))
            .help("put back what it leads to, or remove it")
    };
    broken.map(finding).collect()
}
