//! `MP314`: ledgers in the annex.

use crate::check::Ground;
use crate::model::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "MP314",
    name: "ledger-in-annex",
    severity: Severity::Error,
    why: "a clone without content would know nothing of finished work",
};

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    let ledgers = ground.scan.paths().filter(|path| path.starts_with(".minipach/ledger/"));
    let finding = |path: &str| {
        RULE.on(path, format!("the ledger `{path}` is kept in the annex")).help(
            "`git annex unannex` it and let `.minipach/.gitattributes` say `* annex.largefiles=nothing`",
        )
    };
    ledgers.filter(|path| ground.is_annexed(path)).map(finding).collect()
}
