//! `MP802`: a record of the scaffold that was edited by hand.

use crate::check::{Ground, Origin};
use crate::model::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "MP802",
    name: "answers-edited",
    severity: Severity::Warning,
    why: "an update merges from what the record says; if that is not what was laid out, it merges wrong",
};

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    let Origin::Unusable { path, why } = ground.origin else { return Vec::new() };
    vec![RULE.on(path, why.clone())]
}
