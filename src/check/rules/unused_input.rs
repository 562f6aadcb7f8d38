//! `MP129`: inputs that a command never mentions.

use super::unset_variables::{shell_text, unset_variables};
use super::words_of_command::words_of_command;
use crate::check::Ground;
use crate::model::{Finding, Pipeline, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "MP129",
    name: "unused-input",
    severity: Severity::Info,
    why: "what is not used still makes results stale when it changes",
};

pub(super) fn look(ground: &Ground<'_>) -> Vec<Finding> {
    ground.pipelines.iter().flat_map(|loaded| unused(ground, &loaded.pipeline)).collect()
}

fn unused(ground: &Ground<'_>, pipeline: &Pipeline) -> Vec<Finding> {
    let unset = unset_variables(pipeline);
    // A command that takes a variable which nothing sets is at fault, whatever else its programs read.
    let shell_text = || (!unset.is_empty()).then(|| shell_text(pipeline)).flatten();
    let Some(words) = words_of_command(ground, pipeline).or_else(shell_text) else { return Vec::new() };
    // A loop over all of it mentions each.
    if [
        "/pfs/*",
        "/pfs/$",
        "PFS/*",
        "PFS/$",
        "PFS}/*",
        "PFS}/$",
        "os.environ",
        "/pfs\"",
        "/pfs'",
        "Sys.getenv",
    ]
    .iter()
    .any(|all| words.contains(all))
    {
        return Vec::new();
    }
    let leaves = pipeline.input.leaves();
    let is_unused = |name: &&str| !words.contains(*name);
    let names = leaves.iter().filter(|leaf| !leaf.is_cron && !leaf.empty_files).map(|leaf| &*leaf.name);
    let finding = |name: &str| {
        let message = format!("the command of `{}` never mentions its input `{name}`", pipeline.name);
        ground
            .at_input(&RULE, &pipeline.name, (name, "repo"), message)
            .help(match unset.first() {
                Some(variable) => format!(
                    "nothing sets `${variable}`: what it should be stands in the files of the input, which are at `/pfs/{name}` (`${name}`)"
                ),
                None => format!("read `/pfs/{name}`, or take the input out of the spec"),
            })
    };
    names.filter(is_unused).map(finding).collect()
}
