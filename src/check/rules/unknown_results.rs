//! `MP502`: files where results belong that no known run made.

use super::datums_in;
use crate::check::Ground;
use crate::model::{DatumState, Finding, Rule, Severity, literal, show_some};

/// So many folders are named.
const NAMED: usize = 3;

pub(super) static RULE: Rule = Rule {
    code: "MP502",
    name: "unknown-results",
    severity: Severity::Warning,
    why: "nobody can say how they came about",
};

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    let mut found = in_the_way(ground);
    let unmade = ground.outcomes.iter().filter(|(_, outcome)| !outcome.unmade.is_empty());
    found.extend(unmade.map(|(name, outcome)| {
        let named: Vec<&str> = outcome.unmade.iter().map(String::as_str).collect();
        let message = format!(
            "files that no known run made stand in {}, where no datum of `{name}` has its result",
            show_some(&named, NAMED)
        );
        let help = "no pipeline reads them there: move them to a folder of data, or remove them";
        RULE.on(&format!("{name}/spec.yml"), message).help(help)
    }));
    found
}

/// Results that cannot be placed, as something stands there.
fn in_the_way(ground: &Ground<'_>) -> Vec<Finding> {
    datums_in(ground, DatumState::InTheWay)
        .map(|(name, count)| {
            let where_ = if count == 1 { "1 result of" } else { &format!("{count} results of") };
            let message = format!("files that no known run made stand where {where_} `{name}` belong");
            let word = literal(name.as_str());
            RULE.on(&format!("{name}/spec.yml"), message).help(format!(
                "move them away, or declare them good: `minipach accept {word}`; `minipach datums {word} --state in_the_way` lists them"
            ))
        })
        .collect()
}
