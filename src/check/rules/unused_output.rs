//! `MP130`: commands that never mention `/pfs/out`.

use super::words_of_command::words_of_command;
use crate::check::Ground;
use crate::model::{Finding, Pipeline, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "MP130",
    name: "unused-output",
    severity: Severity::Warning,
    why: "only what is written to /pfs/out is a result",
};

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    let never = |pipeline: &&Pipeline| {
        let words = words_of_command(ground, pipeline);
        words
            .is_some_and(|words| !["pfs/out", "PFS", "pfs\"", "pfs'"].iter().any(|word| words.contains(word)))
    };
    let finding = |pipeline: &Pipeline| {
        let message = format!("the command of `{}` never mentions `/pfs/out`", pipeline.name);
        ground
            .at_field(&RULE, &pipeline.name, "transform.cmd", message)
            .help("write results to `/pfs/out`; what is written elsewhere is lost")
    };
    ground.pipelines.iter().map(|loaded| &loaded.pipeline).filter(never).map(finding).collect()
}
