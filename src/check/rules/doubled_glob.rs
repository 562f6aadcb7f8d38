//! `MP108`: globs that take a folder and what is in it.

use crate::check::Ground;
use crate::model::{Finding, Rule, Severity, show};

pub(super) static RULE: Rule = Rule {
    code: "MP108",
    name: "doubled-glob",
    severity: Severity::Warning,
    why: "a folder and what is in it are separate datums, so the same files are worked on twice",
};

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    let doubled =
        ground.outcomes.iter().filter_map(|(name, outcome)| Some((name, outcome.doubled.as_ref()?)));
    doubled
        .map(|(name, (input, folder, inside))| {
            let (folder, inside) = (show(folder), show(inside));
            let message = format!("the glob of input `{input}` takes the folder `{folder}` and `{inside}` in it");
            ground.at_input(&RULE, name, (input, "glob"), message)
                .help("`/*` takes what stands at the top, `/**.nii` files of one ending at any depth; try globs with `minipach glob`")
        })
        .collect()
}
