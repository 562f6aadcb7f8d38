//! `MP302`: what pipelines read is not committed.

use crate::check::Ground;
use crate::model::{Finding, Rule, Severity, is_at_or_below, show, show_some};

pub(super) static RULE: Rule = Rule {
    code: "MP302",
    name: "uncommitted-inputs",
    severity: Severity::Info,
    why: "results wait for their commit until what they used is committed",
};

/// So many files are named in a sentence.
const NAMED: usize = 3;

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    // Of a pipeline's folder only results are read.
    let is_pipeline =
        |repo: &str| ground.pipelines.iter().any(|loaded| loaded.pipeline.name.as_str() == repo);
    let is_read = |path: &&String| {
        let is_code = || ground.outcomes.values().any(|outcome| outcome.code.contains(path));
        let leaves = || ground.pipelines.iter().flat_map(|loaded| loaded.pipeline.input.leaves());
        path.ends_with("/spec.yml")
            || leaves()
                .any(|leaf| !is_pipeline(leaf.repo.as_str()) && is_at_or_below(path, leaf.repo.as_str()))
            || is_code()
    };
    let changed = ground.uncommitted.iter().filter(|path| !ground.is_output(path));
    let read: Vec<&str> = changed.filter(is_read).map(String::as_str).collect();
    if read.is_empty() || ground.repo.head().is_ok_and(|head| head.commit().is_none()) {
        return Vec::new();
    }
    let (is, it) = if read.len() == 1 { ("is", "it") } else { ("are", "them") };
    let message = format!("{} {is} not committed, and pipelines use {it}", show_some(&read, NAMED));
    let unmerged = ground.scan.unmerged();
    let help = match read.iter().find(|path| unmerged.contains(path)) {
        Some(path) => format!("settle the merge conflict in `{}` and `git add` it first", show(path)),
        None => "`minipach save -m '…'` commits them, annex-aware".to_owned(),
    };
    vec![RULE.on("", message).help(help)]
}
