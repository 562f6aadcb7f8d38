//! The command lines of Apptainer and Singularity.

use super::{Call, ContainerView, One};
use crate::model::ContainerProgram;

/// Runs one command in a container that ends with it.
pub(super) fn call(view: &ContainerView, one: &One<'_>) -> Call {
    let mut all: Vec<String> = vec![view.program(), "exec".into()];
    // Nothing of the machine but what is named, processes of its own, and what it writes elsewhere is gone afterwards.
    all.extend(["--containall", "--writable-tmpfs"].map(str::to_owned));
    if !view.network {
        all.extend(["--net", "--network", "none"].map(str::to_owned));
    }
    match &view.limits.gpus {
        Some(gpus) if gpus.kind.starts_with("amd") => all.push("--rocm".into()),
        Some(_) => all.push("--nv".into()),
        None => {}
    }
    for (from, to, is_writable) in &one.mounts {
        let rights = if *is_writable { "rw" } else { "ro" };
        all.extend(["--bind".to_owned(), format!("{}:{}:{rights}", from.display(), to.display())]);
    }
    if let Some(cwd) = one.cwd {
        all.extend(["--pwd".to_owned(), cwd.display().to_string()]);
    }
    all.extend(view.options.iter().cloned());
    all.push(view.image.clone());
    all.extend(one.args.iter().cloned());
    Call { args: all, env: env(view, one), undo: Vec::new() }
}

/// Variables go in by names with a prefix: the option for them would cut values at commas.
fn env(view: &ContainerView, one: &One<'_>) -> Vec<(String, String)> {
    let is_older = view.found.program == ContainerProgram::Singularity;
    let prefix = if is_older { "SINGULARITY" } else { "APPTAINER" };
    let own = one.env.iter().map(|(name, value)| (format!("{prefix}ENV_{name}"), value.clone()));
    // Values are what they are: no shell looks at them.
    own.chain([(format!("{prefix}_NO_EVAL"), "1".to_owned())]).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{one_for_tests, view_for_tests};
    use super::*;
    use crate::model::{Gpus, Limits};

    #[test]
    fn as_it_is_typed() {
        let args = ["sh".to_owned(), "a b".to_owned()];
        let mut view = view_for_tests(ContainerProgram::Apptainer);
        view.image = "/study/envs/tool.sif".into();
        let call = call(&view, &one_for_tests(&args));
        assert_eq!(
            call.args.join(" "),
            "/usr/bin/apptainer exec --containall --writable-tmpfs --net --network none --bind /study:/study:ro \
             --bind /study/.git/w/pfs:/pfs:rw --pwd /study /study/envs/tool.sif sh a b"
        );
        let names: Vec<String> = call.env.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(names, ["APPTAINERENV_PFS=/pfs", "APPTAINER_NO_EVAL=1"]);
        assert!(call.undo.is_empty());
    }

    #[test]
    fn with_network_graphics_and_options_of_ones_own() {
        let args = ["true".to_owned()];
        let mut view = view_for_tests(ContainerProgram::Singularity);
        view.network = true;
        view.options = vec!["--fakeroot".into()];
        for (kind, option) in [("nvidia.com/gpu", "--nv"), ("amd.com/gpu", "--rocm")] {
            view.limits = Limits { gpus: Some(Gpus { kind: kind.into(), number: 1 }), ..Limits::default() };
            let one = One { cwd: None, mounts: Vec::new(), ..one_for_tests(&args) };
            let call = call(&view, &one);
            assert_eq!(
                call.args.join(" "),
                format!(
                    "/usr/bin/singularity exec --containall --writable-tmpfs {option} --fakeroot tool:1 true"
                )
            );
            assert_eq!(call.env[0].0, "SINGULARITYENV_PFS");
        }
    }
}
