//! `MP213`: results that git would merge line by line.

use crate::check::Ground;
use crate::ledger::result_rules;
use crate::model::{Edit, Finding, Fix, PipelineName, Rule, Severity, show_some};

pub(super) static RULE: Rule = Rule {
    code: "MP213",
    name: "mergeable-output",
    severity: Severity::Info,
    why: "git would merge two results into one that nobody computed",
};

/// So many pipelines are named in a sentence.
const NAMED: usize = 5;

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    let merges = |name: &&PipelineName| !ground.repo.is_unmergeable(&format!("{name}/minipach-result"));
    let exposed: Vec<&str> = ground.names.iter().filter(merges).map(PipelineName::as_str).collect();
    if exposed.is_empty() {
        return Vec::new();
    }
    let lines: Vec<String> = exposed.iter().flat_map(|name| result_rules(name)).collect();
    let named = show_some(&exposed, NAMED);
    let message = format!("git would merge results of {named} line by line, into results nobody computed");
    let help = format!("add to .gitattributes:\n{}", lines.join("\n"));
    let fix =
        Fix::safe("add it to .gitattributes", vec![Edit::Append { path: ".gitattributes".into(), lines }]);
    vec![RULE.on(".gitattributes", message).help(help).fix(fix)]
}
