//! `MP310`: results that git ignores.

use crate::check::Ground;
use crate::model::{Finding, PipelineName, Rule, Severity, literal};

pub(super) static RULE: Rule = Rule {
    code: "MP310",
    name: "gitignored-output",
    severity: Severity::Error,
    why: "results that git ignores can never be committed",
};

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    let is_ignored = |name: &&PipelineName| ground.repo.is_ignored(&format!("{name}/minipach-result"));
    let finding = |name: &PipelineName| {
        let help = format!(
            "take the line out of .gitignore that ignores it (`git check-ignore -v {}` says which one)",
            literal(&format!("{name}/x"))
        );
        RULE.on(&format!("{name}/spec.yml"), format!("git ignores the results of `{name}`")).help(help)
    };
    ground.names.iter().filter(is_ignored).map(finding).collect()
}
