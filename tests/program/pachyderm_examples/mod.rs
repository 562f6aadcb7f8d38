//! The published Pachyderm examples, with small shell scripts and data of our own: the same datums and outputs.
//!
//! Shapes, globs, keys and file names are those of `pachyderm/pachyderm`, `examples/…`, as named at each test;
//! commands and contents are ours. All of them use Pachyderm's own view of paths (no `output:`).

mod group;
mod hyperparameter;
mod joins;
mod retail;
mod single;

use std::collections::BTreeMap;

use crate::support::Project;

/// Asserts a pipeline's datums by key, all of them done, and its results.
#[track_caller]
pub(crate) fn check(project: &Project, pipeline: &str, keys: &[&str], results: &BTreeMap<String, String>) {
    let expected = keys.iter().map(|key| ((*key).to_owned(), "done".to_owned())).collect();
    assert_eq!(project.states(pipeline), expected, "datums of {pipeline}");
    assert_eq!(&project.tree(pipeline), results, "results of {pipeline}");
}

/// Commits what was laid out, runs it, and asserts that a second run has nothing to do.
#[track_caller]
pub(crate) fn run(project: &Project) {
    project.commit("data, code and specs");
    project.minipach(["run"]).ok();
    assert_eq!(project.changed(), "", "the run left something uncommitted");
    project.nothing_to_do();
}
