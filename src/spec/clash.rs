//! Variables of `env` that take the place of what a command is told about its datum.

use super::rules::ENV_CLASH;
use super::typed::Typed;
use super::words::clip;
use crate::model::{Finding, Input};

/// Warnings for variables in `env` that hide what would be set for every datum. One that says what would
/// be set anyway, such as `PFS: /pfs`, hides nothing.
pub(super) fn clashes(transform: &Typed, input: &Input) -> Vec<Finding> {
    let leaves = input.leaves();
    let names: Vec<&str> = leaves.iter().map(|leaf| &*leaf.name).collect();
    let finding = |(name, value): (&str, &Typed)| {
        let hidden = hidden(name, value.text().unwrap_or_default(), &names)?;
        let message = format!("`{}` in `env` hides {hidden} from the command", clip(name));
        let help = "give the variable another name, or remove it";
        Some(ENV_CLASH.at(&value.key_spot, message).help(help))
    };
    transform.get("env").into_iter().flat_map(Typed::entries).filter_map(finding).collect()
}

/// What is hidden by a variable of this name and value; `None` if nothing is.
fn hidden(name: &str, value: &str, inputs: &[&str]) -> Option<String> {
    if name == "PFS" {
        return (value != "/pfs").then(|| "the folder of its inputs and its output".into());
    }
    if name.starts_with("PACH_") || name == "PPS_PIPELINE_NAME" {
        return Some("what minipach sets under such names".into());
    }
    if inputs.contains(&name) {
        return (value != format!("/pfs/{name}")).then(|| format!("the path of input `{}`", clip(name)));
    }
    let of = name.strip_suffix("_COMMIT").filter(|of| inputs.contains(of))?;
    Some(format!("which content of input `{}` it reads", clip(of)))
}
