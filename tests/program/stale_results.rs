//! Why what reads results is stale, where these are.

use crate::support::Project;

const FS: &str = "\
input:
  join:
    - pfs: {repo: raw/t1, glob: '/(sub-*)', join_on: $1}
    - pfs: {repo: raw/t2, glob: '/(sub-*)', join_on: $1}
output: /$1
transform: {cmd: [sh, -c, 'cat $PFS/t?/* > $PFS/out/sum']}
";

#[test]
fn what_reads_a_result_that_is_stale_says_so_and_not_that_its_folder_changed() {
    let project = Project::new();
    for subject in ["sub-01", "sub-02", "sub-03"] {
        project.write(&format!("raw/t1/{subject}/T1.txt"), format!("{subject}\n"));
        project.write(&format!("raw/t2/{subject}/T2.txt"), format!("{subject}\n"));
    }
    project.spec("fs", FS);
    let all = "input: {pfs: {repo: fs, glob: /}}\noutput: /\ntransform: {cmd: [sh, -c, 'cat $PFS/fs/*/sum > $PFS/out/all']}\n";
    project.spec("all", all).commit("all");
    project.minipach(["run"]).ok();
    project.write("raw/t1/sub-01/T1.txt", "new\n");
    let said = project.minipach(["why", "all"]).code(0).says("because `fs:sub-01` is stale\n");
    assert!(!said.stdout.contains("`fs` changed"), "{}", said.stdout);
    let told = project.minipach(["why", "all", "--json"]).json();
    let reasons = told["reasons"].as_array().expect("reasons");
    assert!(
        reasons.iter().any(|reason| reason["kind"] == "undone" && reason["result"] == "fs:sub-01"),
        "{told}"
    );
    // Of one whose other scan is gone the result goes.
    project.remove("raw/t2/sub-02/T2.txt");
    project
        .minipach(["why", "all"])
        .code(0)
        .says("because `fs:sub-01` is stale, and 1 other result that it reads");
}
