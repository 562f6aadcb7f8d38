//! `MP212`: results whose pipeline is gone.

use crate::check::Ground;
use crate::model::{Finding, PipelineName, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "MP212",
    name: "spec-orphan",
    severity: Severity::Info,
    why: "results whose pipeline is gone stay for ever, unless someone removes them",
};

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    let names = crate::ledger::names(ground.repo.root()).unwrap_or_default();
    let is_gone = |name: &PipelineName| {
        !ground.names.contains(name) && !ground.scan.contains(&format!("{name}/spec.yml"))
    };
    let finding = |name: PipelineName| {
        RULE.on(&format!(".minipach/ledger/{name}.jsonl"), format!("`{name}` has a ledger but no `spec.yml`"))
            .help(format!("put `{name}/spec.yml` back, or remove `{name}/` and its ledger"))
    };
    names.into_iter().filter(is_gone).map(finding).collect()
}
