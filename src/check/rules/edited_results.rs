//! `MP203`: results that hold other bytes than any known run made.

use super::datums_in;
use crate::check::Ground;
use crate::model::{DatumState, Finding, Rule, Severity, literal};

pub(super) static RULE: Rule = Rule {
    code: "MP203",
    name: "edited-results",
    severity: Severity::Warning,
    why: "a result that somebody changed is no result of its inputs",
};

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    datums_in(ground, DatumState::Edited)
        .map(|(name, count)| {
            let word = literal(name.as_str());
            let strays = ground.outcomes.get(name).map_or(&[][..], |outcome| &outcome.strays);
            let strays = strays.first().map_or_else(String::new, |first| match strays.len() - 1 {
                0 => format!(": {first}"),
                more => format!(": {first} (and so in {more} more)"),
            });
            RULE.on(
                &format!("{name}/spec.yml"),
                format!("{} of `{name}` changed since a run made them{strays}", results(count)),
            )
            .help(format!(
                "see them: `minipach datums {word} --state edited`; keep them: `minipach accept {word}`"
            ))
        })
        .collect()
}

fn results(count: usize) -> String {
    if count == 1 { "1 result".to_owned() } else { format!("{count} results") }
}
