//! `MP134`: pipelines whose results depend on the names of their inputs.

use crate::check::Ground;
use crate::model::{Finding, Pipeline, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "MP134",
    name: "path-in-identity",
    severity: Severity::Info,
    why: "renaming an input runs its command again, and equal inputs are computed twice",
};

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    let sees_paths = |pipeline: &&Pipeline| pipeline.output.is_none();
    let finding = |pipeline: &Pipeline| {
        RULE.on(&pipeline.spec_path(), format!("`{}` sees the paths of its inputs", pipeline.name))
            .help("with `output: /$1` each datum has a folder of its own, and only content counts")
    };
    ground.pipelines.iter().map(|loaded| &loaded.pipeline).filter(sees_paths).map(finding).collect()
}
