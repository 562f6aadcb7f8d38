//! `MP404`: results of a stand-in instead of the real program.

use crate::check::Ground;
use crate::model::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "MP404",
    name: "stand-in",
    severity: Severity::Info,
    why: "numbers of a stand-in mean nothing",
};

/// How files that stand-ins leave among their results are named.
const MARKS: &[&str] = &["STANDIN", "STAND-IN", "stand-in.txt"];

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    let is_mark = |path: &&str| MARKS.contains(&path.rsplit('/').next().unwrap_or(path));
    let of = |name: &&crate::model::PipelineName| {
        let prefix = format!("{name}/");
        ground.scan.paths().filter(|path| path.starts_with(&prefix)).any(|path| is_mark(&path))
    };
    let finding = |name: &crate::model::PipelineName| {
        RULE.on(
            &format!("{name}/spec.yml"),
            format!("results of `{name}` come from a stand-in, not from the real program"),
        )
        .help("put the real program into its script or its image, then `minipach run`")
    };
    ground.names.iter().filter(of).map(finding).collect()
}
