//! How inputs are handed to commands, and what is told of a datum whose input did not stay, or whose place cannot be.

use crate::support::{Project, table};

/// `p` counts the files that its command finds.
fn study(command: &str, more: &str) -> Project {
    let project = Project::new();
    project.write("raw/a", "1\n").write("raw/b", "2\n").write("code/all.sh", format!("{command}\n"));
    let spec = "input: {pfs: {repo: raw, glob: /}}\noutput: /\ntransform: {cmd: [sh, code/all.sh]}\n";
    project.spec("p", &format!("{spec}{more}")).commit("a study");
    project
}

#[test]
fn a_command_that_passes_over_links_is_given_copies() {
    let found = "cat $(find \"$PFS/raw\" -type f | sort) /dev/null > \"$PFS/out/all\"";
    let project = study(found, "");
    let told = "p: its inputs are copied, since `code/all.sh` says `find -type f`, which passes over links";
    project.minipach(["run"]).code(0).says(told);
    assert_eq!(project.tree("p"), table([("all", "1\n2\n")]));
    project.nothing_to_do();
    // A file system that shares bytes has no links anyway.
    let said = study(found, "copy_inputs: false\n").minipach(["run"]).code(0).stderr;
    assert!(!said.contains("are copied"), "{said}");
    let said = study("cat \"$PFS/raw/a\" > \"$PFS/out/all\"", "").minipach(["run"]).code(0).stderr;
    assert!(!said.contains("are copied"), "{said}");
}

#[test]
fn a_name_that_is_too_long_stops_its_own_pipeline_alone() {
    let project = study("cat \"$PFS/raw/a\" > \"$PFS/out/all\"", "");
    let long = "k".repeat(240);
    project.write(&format!("more/{long}"), "x\n");
    let spec = "input: {pfs: {repo: more, glob: '/(*)'}}\noutput: /$1-of-all-that-there-is\n";
    project.spec("long", &format!("{spec}transform: {{cmd: [sh, -c, 'true']}}\n")).commit("a long name");
    let run = project.minipach(["run"]).code(3).says("which has a component of more than 255 bytes");
    run.says("`output: /$1-of-all-that-there-is` of `long`");
    assert_eq!((project.read("p/all"), project.changed()), ("1\n".into(), String::new()));
}

#[test]
fn a_job_has_its_time_from_its_first_command_on() {
    let project = study("sleep 1; cat \"$PFS/raw/a\" > \"$PFS/out/all\"", "");
    let quick = "input: {pfs: {repo: raw, glob: '/(*)'}}\noutput: /$1\njob_timeout: 900ms\n";
    project.spec("quick", &format!("{quick}transform: {{cmd: [sh, -c, 'echo > $PFS/out/x']}}\n"));
    project.commit("one that waits for the other");
    project.minipach(["run", "-j", "1"]).code(0);
    assert!(project.exists("quick/a/x") && project.exists("quick/b/x"));
}

#[test]
fn what_runs_every_time_is_planned_every_time() {
    let project = study("cat \"$PFS/raw/a\" > \"$PFS/out/all\"", "reprocess_spec: every_job\n");
    project.minipach(["run"]).code(0);
    let told = "`reprocess_spec: every_job` runs it every time";
    project.minipach(["plan"]).code(0).says("1 to run").says(told);
    project.minipach(["status"]).code(0).says("next: minipach run").says(told);
    assert_eq!(project.minipach(["plan", "--json"]).code(0).json()["pipelines"][0]["again"], 1);
    project.minipach(["run"]).code(0).says("1 datum ran");
}

#[test]
fn one_error_among_many_warnings_of_a_rule_is_drawn() {
    let project = study("cat \"$PFS/raw/a\" > \"$PFS/out/all\"", "");
    let foreign =
        "egress: {URL: x}\ns3_out: true\nautoscaling: true\nmetadata: {}\noutput_branch: x\npod_spec: x\n";
    project.spec("a", &format!("{}{foreign}", project.read("p/spec.yml")));
    project.spec("zz", &format!("{}service: {{internal_port: 1}}\n", project.read("p/spec.yml")));
    let said = project.minipach(["check"]).code(1);
    let errors = said.stdout.matches("error[").count();
    assert!(errors > 0 && said.stdout.contains("service"), "{}", said.stdout);
}

#[test]
fn what_only_has_another_path_is_no_reason_where_content_decides() {
    let project = Project::new();
    project.write("raw/a", "1\n");
    let spec = |repo: &str, command: &str| {
        format!(
            "input: {{pfs: {{name: x, repo: {repo}, glob: '/(*)'}}}}\noutput: /$1\ntransform: {{cmd: [sh, -c, '{command}']}}\n"
        )
    };
    project.spec("p", &spec("raw", "cp $x $PFS/out/")).commit("a study");
    project.minipach(["run"]).code(0);
    project.git(["mv", "raw", "data"]);
    project.spec("p", &spec("data", "cp $x $PFS/out/y")).commit("another name, and another command");
    let why = project.minipach(["why", "p:a"]).code(0).says("`cmd` changed in the spec").stdout;
    assert!(!why.contains("input any more") && !why.contains("new input"), "{why}");
}
