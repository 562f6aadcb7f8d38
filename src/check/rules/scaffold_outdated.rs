//! `MP801`: a project whose scaffold has a newer version. Scaffolds behind an address are not asked.

use crate::check::{Ground, Origin};
use crate::model::{Finding, Rule, Severity, show};

pub(super) static RULE: Rule = Rule {
    code: "MP801",
    name: "scaffold-outdated",
    severity: Severity::Info,
    why: "what was mended in the scaffold since is not in the project",
};

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    let Origin::Outdated { path, scaffold, versions: (old, new) } = ground.origin else { return Vec::new() };
    let message =
        format!("the scaffold `{}` is at {}, the project at {}", show(scaffold), show(new), show(old));
    vec![RULE.on(path, message).help("`minipach update` merges what changed")]
}
