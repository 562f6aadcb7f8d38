//! `accept` of results that read one another.

use crate::support::Project;

/// A result for each file, and one of all of them.
fn chain() -> Project {
    let project = Project::new();
    for name in ["a", "b"] {
        project.write(&format!("raw/{name}/x.txt"), format!("{name} line\n"));
    }
    let up = "input: {pfs: {repo: raw, glob: '/(*)'}}\noutput: /$1\ntransform: {cmd: [sh, -c, 'tr a-z A-Z < $PFS/raw/x.txt > $PFS/out/x.txt']}\n";
    let all = "input: {pfs: {repo: up, glob: /}}\ntransform: {cmd: [sh, -c, 'cat $PFS/up/*/x.txt > $PFS/out/all.txt']}\n";
    project.spec("up", up).spec("all", all).commit("two");
    project.minipach(["run"]).ok();
    project
}

#[test]
fn a_result_is_accepted_together_with_what_it_was_made_of() {
    for targets in [["up:b", "all"], ["all", "up:b"]] {
        let project = chain();
        project.write("up/b/x.txt", "HAND\n").write("all/all.txt", "HAND2\n");
        project.minipach(["accept", targets[0], targets[1]]).code(0).says("accepted 2 results");
        assert_eq!(project.changed(), "", "both are committed");
        project.nothing_to_do();
        assert_eq!(project.read("all/all.txt"), "HAND2\n");
    }
}
