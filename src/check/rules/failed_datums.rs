//! `MP503`: datums whose last attempt failed.

use super::datums_in;
use crate::check::Ground;
use crate::model::{DatumState, Finding, Rule, Severity, literal};

pub(super) static RULE: Rule = Rule {
    code: "MP503",
    name: "failed-datums",
    severity: Severity::Warning,
    why: "what comes after them waits",
};

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    datums_in(ground, DatumState::Failed)
        .map(|(name, count)| {
            let datums = if count == 1 { "1 datum".to_owned() } else { format!("{count} datums") };
            let word = literal(name.as_str());
            RULE.on(&format!("{name}/spec.yml"), format!("{datums} of `{name}` failed")).help(format!(
                "`minipach datums {word} --state failed` lists them, `minipach logs {word}:KEY` shows what they said"
            ))
        })
        .collect()
}
