//! `MP112`: what finds no partner in a join.

use crate::check::Ground;
use crate::model::{Finding, Rule, Severity, show};

pub(super) static RULE: Rule = Rule {
    code: "MP112",
    name: "unmatched-join",
    severity: Severity::Info,
    why: "what has no partner is in no datum, and nothing else tells so",
};

/// So many are listed.
const LISTED: usize = 5;

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    let alone = ground.outcomes.iter().filter(|(_, outcome)| !outcome.unmatched.is_empty());
    alone
        .map(|(name, outcome)| {
            let count = outcome.unmatched.len();
            let things = if count == 1 { "1 match is" } else { &format!("{count} matches are") };
            let message = format!("{things} in no datum of `{name}`");
            let first = (outcome.unmatched[0].input.as_str(), "repo");
            let mut finding = ground
                .at_input(&RULE, name, first, message)
                .help("`outer_join: true` keeps them, with the other input absent");
            for alone in outcome.unmatched.iter().take(LISTED) {
                finding = finding.note(format!("`{}`: {}", show(&alone.path), alone.sentence()));
            }
            if count > LISTED { finding.note(format!("and {} more", count - LISTED)) } else { finding }
        })
        .collect()
}
