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

/// Three pipelines, one behind the other, and one that gathers the last; then an input changes.
fn behind_one_another() -> Project {
    let project = Project::new();
    project.write_all(&[("raw/a.txt", "a\n"), ("raw/b.txt", "b\n")]);
    for (name, repo) in [("first", "raw"), ("second", "first"), ("third", "second")] {
        let input = format!("input: {{pfs: {{name: x, repo: {repo}, glob: '/*.txt'}}}}\n");
        let cmd = "for f in $PFS/x/*.txt; do cat $f > $PFS/out/$(basename $f); done";
        project.spec(name, &format!("{input}transform: {{cmd: [sh, -c, '{cmd}']}}\n"));
    }
    let all = "input: {pfs: {repo: third, glob: /}}\ntransform: {cmd: [sh, -c, 'cat $PFS/third/*.txt > $PFS/out/all.txt']}\n";
    project.spec("all", all).commit("a chain");
    project.minipach(["run"]).ok();
    project.write("raw/a.txt", "changed\n").commit("a changed");
    project
}

/// What a result that waits was made of is not known yet: it cannot be accepted, and that is said with what helps.
#[test]
fn a_result_that_waits_is_refused_with_what_helps() {
    let project = behind_one_another();
    let head = project.git(["rev-parse", "HEAD"]);
    for target in ["third", "third:second:/a.txt", "third/a.txt"] {
        let said =
            project.minipach(["accept", target]).code(4).says("`third:second:/a.txt` waits for `second`");
        said.says("`minipach run second`").says("`minipach accept first second third`");
    }
    for target in ["all", "all:third:/"] {
        project.minipach(["accept", target]).code(4).says("`all:third:/` waits for `third`");
    }
    assert_eq!(project.git(["rev-parse", "HEAD"]), head, "nothing was accepted");
    assert_eq!(project.changed(), "");
    project.minipach(["accept", "first", "second", "third"]).code(0);
    project.nothing_to_do();
    assert_eq!(project.read("all/all.txt"), "a\nb\n", "as it stood");
}

/// One that reads a finished file alone is accepted, though another of its pipeline waits; the other is named.
#[test]
fn what_is_made_of_finished_results_is_accepted() {
    let project = behind_one_another();
    let spec = project.read("second/spec.yml").replace("do cat", "do true; cat");
    project.write("second/spec.yml", spec).commit("another command");
    let said = project.minipach(["accept", "second"]).code(0).says("accepted 1 result: second:first:/b.txt");
    said.says("second:first:/a.txt (blocked)").says("minipach run first");
    project.minipach(["run"]).ok();
    let runs = project.git(["log", "-1", "--format=%s", "--", "second"]);
    assert!(runs.contains("1 datum"), "the accepted one did not run: {runs}");
}

/// What waits does not hold up what is accepted beside it.
#[test]
fn what_waits_is_passed_over_beside_what_is_accepted() {
    let project = behind_one_another();
    project.write("third/b.txt", "HAND\n");
    let said = project.minipach(["accept", "third"]).code(0).says("accepted 1 result: third:second:/b.txt");
    said.says("passed over 1 datum: third:second:/a.txt (blocked)").says("minipach run second");
    assert_eq!(project.changed(), "", "it is committed");
}

#[test]
fn a_result_with_a_link_that_leads_out_of_it_is_not_accepted() {
    let project = chain();
    let link = |text: &str| {
        project.remove("up/a/x.txt");
        std::os::unix::fs::symlink(text, project.path("up/a/x.txt")).expect("a link can be made");
    };
    for text in ["../b/x.txt", "../../raw/a/x.txt"] {
        link(text);
        let said = project.minipach(["accept", "up:a"]).code(4);
        said.says(&format!("`up/a/x.txt` is a link to `{text}`, which is no file of the result"));
        assert_eq!(project.states("up")["a"], "edited");
    }
    project.write("up/a/y.txt", "HAND\n");
    link("y.txt");
    project.minipach(["accept", "up:a"]).code(0);
    assert_eq!(project.changed(), "", "one that stays inside is a result as any");
}

#[test]
fn a_file_in_the_place_of_a_folder_is_not_accepted() {
    let project = chain();
    std::fs::remove_dir_all(project.path("up/a")).expect("it is there");
    project.write("up/a", "a file\n");
    for target in ["up:a", "up/a"] {
        project.minipach(["accept", target]).code(4).says("`up/a` is a file").says("move it away");
    }
    project.minipach(["accept", "up"]).code(0);
    project.remove("up/a");
    project.minipach(["run"]).ok();
    project.nothing_to_do();
}

/// Nothing is left lying about: what was accepted before another pipeline's result was refused is committed, and told.
#[test]
fn what_was_accepted_before_a_refusal_is_committed_and_told() {
    let project = chain();
    let fold = "input: {pfs: {repo: raw, glob: '/(*)'}}\noutput: /$1\ntransform: {cmd: [sh, -c, 'cp $PFS/raw/x.txt $PFS/out/y']}\n";
    project.spec("zone", fold).write("up/b/x.txt", "HAND\n").commit("one more, and an edit");
    let ended =
        project.minipach(["accept", "up:b", "zone:a"]).code(4).says("`zone:a` has no result in place");
    assert!(ended.stdout.contains("accepted 1 result: up:b"), "{}", ended.stdout);
    assert_eq!(project.changed(), "", "the ledger is committed");
    assert_eq!(project.states("up")["b"], "done");
}
