//! `MP212`: results whose pipeline is gone.

use crate::check::Ground;
use crate::ledger::{shard_folder, single_path};
use crate::model::{Finding, PipelineName, Rule, Severity, literal};

pub(super) static RULE: Rule = Rule {
    code: "MP212",
    name: "spec-orphan",
    severity: Severity::Info,
    why: "results whose pipeline is gone stay for ever, unless someone removes them",
};

/// Where a ledger stands: in one file, or in a folder of parts.
fn ledger_of(ground: &Ground<'_>, name: &PipelineName) -> String {
    let (single, parts) = (single_path(name), shard_folder(name));
    if ground.repo.root().join(&single).exists() { single } else { parts }
}

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    let names = crate::ledger::names(ground.repo.root()).unwrap_or_default();
    let is_gone = |name: &PipelineName| {
        !ground.names.contains(name) && !ground.scan.contains(&format!("{name}/spec.yml"))
    };
    let finding = |name: PipelineName| {
        let ledger = ledger_of(ground, &name);
        let (message, help) = if ground.scan.has_folder(name.as_str()) {
            let help = format!("put `{name}/spec.yml` back, or remove `{name}/` and its ledger");
            (format!("`{name}` has a ledger but no `spec.yml`"), help)
        } else {
            let help = format!(
                "nothing stands of it, and what is known of its results serves a pipeline that has the same work, as after a new name; `git rm -r {}` forgets it",
                literal(&ledger)
            );
            (format!("`{name}` has a ledger but no folder"), help)
        };
        RULE.on(&ledger, message).help(help)
    };
    names.into_iter().filter(is_gone).map(finding).collect()
}
