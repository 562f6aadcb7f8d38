//! `dvc.yaml`: each stage is a pipeline that reads what its `deps` name and writes what its `outs` name.

mod lower;
mod many;
mod outs;
mod shell;
mod stage;
mod template;

use super::error::ImportError;
use super::graph::{LeftOut, leave_out};
use super::report::{Imported, Moved, Report};
use super::source::{Facts, Source, Wishes};
use super::yaml::{Node, document};
use outs::Outs;
use stage::Stage;
use template::Values;

/// Brings in all stages.
///
/// # Errors
/// When the file cannot be read, or a stage is none.
pub(super) fn import(source: &Source, facts: &dyn Facts, wishes: &Wishes) -> Result<Imported, ImportError> {
    let root = document(&source.path, &source.text)?;
    let Some(stages) = root.get("stages").filter(|stages| stages.is_map()) else {
        return Err(ImportError::new(&source.at(root.line), "the file has no `stages`, or they are no map"));
    };
    let mut report = Report::default();
    beside(&root, source, &mut report);
    let values = Values::of(&root, source, facts)?;
    let mut all: Vec<Stage> = Vec::new();
    for (name, node) in stages.entries() {
        all.extend(many::stages(name, node, &values, source, &mut report)?);
    }
    let all = outs::without_doubles(all, source, &mut report);
    let outs = Outs::of(&all);
    let (order, left_out) = in_order(&all, &outs, source, wishes, &mut report);
    let mut imported = Imported::default();
    for stage in order.iter().filter_map(|name| all.iter().find(|stage| stage.name == *name)) {
        let mut draft = lower::lower(stage, &outs, &lower::Around { source, facts, wishes }, &mut report);
        draft.misses(&left_out);
        imported.pipelines.push(draft.finish(wishes, &mut report));
        let moved = outs.of_stage(&stage.name).map(|(old, new)| Moved { old, new: wishes.placed(&new) });
        imported.moved.extend(moved);
    }
    imported.items = report.items;
    Ok(imported)
}

/// What stands beside the stages.
fn beside(root: &Node, source: &Source, report: &mut Report) {
    for (key, node) in root.entries() {
        let why = match key.as_str() {
            "metrics" | "plots" | "artifacts" | "params" => "it only tells DVC what to show, and is left out",
            "stages" => {
                let text = "commands are run by `sh`; DVC takes the shell of `$SHELL`, and `sh` where that is not set";
                report.assumed(&source.at(node.line), "", text);
                continue;
            }
            "vars" => {
                report.assumed(&source.at(node.line), "", "`vars`: values are put in as they are now");
                continue;
            }
            _ => "it has no meaning here, and is left out",
        };
        report.refused(&source.at(node.line), "", format!("`{key}`: {why}"));
    }
}

/// The names of the stages, those first that others need; and what is left out.
fn in_order(
    all: &[Stage],
    outs: &Outs,
    source: &Source,
    wishes: &Wishes,
    report: &mut Report,
) -> (Vec<String>, LeftOut) {
    let needs = |stage: &Stage| {
        stage.deps.iter().filter_map(|dep| outs.maker(&dep.path)).map(str::to_owned).collect()
    };
    let sorted = super::graph::sorted(all.iter().map(|stage| (stage.name.clone(), needs(stage))).collect());
    let known = |name: &str| {
        let stage = all.iter().find(|stage| stage.name == name)?;
        Some((wishes.placed(outs.folder(name)), source.at(stage.line)))
    };
    let why = "none of these stages could ever run; the stage is left out";
    let left_out = leave_out(&sorted.circles, why, known, report);
    (sorted.order, left_out)
}

#[cfg(test)]
mod tests;
