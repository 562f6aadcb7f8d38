//! Clones that have only a part of the past, or of the files.

use super::{UPPER, laid_out};
use crate::support::{Project, finish};

#[test]
fn where_a_shallow_clone_begins_nobody_is_named() {
    let project = Project::new();
    laid_out(&project);
    project.commit("subjects");
    project.write("note", "later\n").commit("later");
    project.git(["clone", "-q", "--depth=1", &format!("file://{}", project.root().display()), "../shallow"]);
    let clone = project.home().join("shallow").display().to_string();
    let said = project.minipach(["-C", &clone, "provenance", "raw/a"]).code(0);
    let said = said.says("raw/a is older than this shallow clone").says("git fetch --unshallow");
    assert!(!said.stdout.contains("brought"), "{said:?}");
    // Where it begins with a run, only what that run recorded is its work.
    project.write("upper/spec.yml", UPPER.replace("(*)", "(a)")).commit("one");
    project.minipach(["run", "upper"]).ok();
    project.write("upper/spec.yml", UPPER).commit("both");
    project.minipach(["run", "upper"]).ok();
    project.git(["clone", "-q", "--depth=1", &format!("file://{}", project.root().display()), "../run"]);
    let clone = project.home().join("run").display().to_string();
    let told = |path: &str| project.minipach(["-C", &clone, "provenance", path]).code(0).stdout;
    let made = told("upper/b");
    assert!(made.starts_with("upper/b was made by upper:b"), "{made}");
    assert!(made.contains("raw/b is older than this shallow clone"), "{made}");
    assert!(!made.contains("datalad run"), "{made}");
    assert!(told("upper/a").contains("upper/a is older than this shallow clone"), "{}", told("upper/a"));
}

#[test]
fn a_partial_clone_fetches_what_it_asks_for() {
    let project = Project::new();
    laid_out(&project);
    project.commit("subjects");
    project.minipach(["run"]).ok();
    project.write("code/upper.sh", "# the same\ntr a-z A-Z < \"$raw/text\" > \"$PFS/out/text\"\n");
    project.minipach(["run", "--save"]).ok();
    project.git(["config", "uploadpack.allowfilter", "true"]);
    let from = format!("file://{}", project.root().display());
    project.git(["clone", "-q", "--filter=blob:none", &from, "../clone"]);
    let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
    command.current_dir(project.home().join("clone")).args(["provenance", "all/all"]);
    let said = finish(command).code(0).says("all/all was made by all, Ada");
    assert!(said.stdout.contains("raw/a was brought by Ada"), "{}", said.stdout);
}
