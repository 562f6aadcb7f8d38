//! Whether this machine has the program of a pipeline's command.

use std::path::Path;

use crate::model::Pipeline;

/// Why a pipeline cannot run here, as one sentence; `None` when it can.
pub(super) fn missing(pipeline: &Pipeline) -> Option<String> {
    missing_of(pipeline, pipeline.transform.as_ref()?.cmd.first()?)
}

/// Why the error command of a pipeline without an image cannot run here.
pub(super) fn missing_for_errors(pipeline: &Pipeline) -> Option<String> {
    let transform = pipeline.transform.as_ref()?;
    missing_of(pipeline, transform.err_cmd.as_ref()?.first()?)
}

fn missing_of(pipeline: &Pipeline, program: &str) -> Option<String> {
    let transform = pipeline.transform.as_ref()?;
    let is_absent = program.starts_with('/') && !program.starts_with("/pfs/") && !Path::new(program).exists();
    if is_absent {
        return Some(format!(
            "`{program}` is not on this machine; a container that has it is needed to run it"
        ));
    }
    let has_own_path = transform.env.contains_key("PATH") || pipeline.clean_env;
    let is_unknown = !program.contains('/') && !has_own_path && !on_path(program);
    is_unknown.then(|| {
        format!("`{program}` is not found on the search path (`PATH`); install it, or give its path")
    })
}

/// Whether a program of this name is where programs are looked for.
pub fn on_path(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(program).is_file()))
}
