//! `MP501`: results of other inputs, code or commands than those that stand.

use super::datums_in;
use crate::check::Ground;
use crate::model::{DatumState, Finding, Rule, Severity, literal};

pub(super) static RULE: Rule = Rule {
    code: "MP501",
    name: "stale-results",
    severity: Severity::Warning,
    why: "the results do not belong to what stands beside them",
};

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    datums_in(ground, DatumState::Stale)
        .map(|(name, count)| {
            let is = if count == 1 { "1 datum is" } else { &format!("{count} datums are") };
            let word = literal(name.as_str());
            RULE.on(&format!("{name}/spec.yml"), format!("{is} stale in `{name}`")).help(format!(
                "`minipach why {word}` says what changed; `minipach run {word}` runs them again"
            ))
        })
        .collect()
}
