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

/// The specs do not tell that `aa` reads what `sum` makes: only a link does.
#[test]
fn a_link_to_a_result_is_followed_in_the_run_that_makes_it() {
    let project = Project::new();
    project.write("raw/a.txt", "one\n").write("lk/note.txt", "note\n");
    std::os::unix::fs::symlink("../sum/all.txt", project.path("lk/x.txt")).expect("a link can be made");
    let copy = |repo: &str, file: &str| {
        format!(
            "input: {{pfs: {{repo: {repo}, glob: /}}}}\noutput: /\ntransform: {{cmd: [sh, -c, 'cat $PFS/{repo}/*.txt > $PFS/out/{file}; echo . >> {}/{file}']}}\n",
            project.home().display()
        )
    };
    project.spec("sum", &copy("raw", "all.txt")).spec("aa", &copy("lk", "end.txt")).commit("all");
    project.minipach(["run"]).says("planning again: links among the inputs lead to new results").ok();
    assert_eq!(project.read("aa/end.txt"), "note\none\n");
    project.minipach(["run"]).says("nothing to do").ok();
    project.write("raw/a.txt", "two\n").commit("two");
    project.minipach(["run"]).ok();
    assert_eq!(project.read("aa/end.txt"), "note\ntwo\n");
    for file in ["all.txt", "end.txt"] {
        let times = std::fs::read_to_string(project.home().join(file)).expect("it ran");
        assert_eq!(times, ".\n.\n", "{file}");
    }
    assert_eq!(project.changed(), "");
}
