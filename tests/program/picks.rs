//! Runs in the middle of a cherry-pick, a rebase or a revert: results in conflict are settled, and taking it back loses nothing.

use crate::support::Project;

const GATHER: &str = "\
input: {pfs: {repo: raw, glob: /}}
output: /
transform: {cmd: [sh, -c, 'cat /pfs/raw/* > /pfs/out/all']}
";

/// Git merges results line by line, and as the managed block of `.gitattributes` says.
const ATTRIBUTES: [&str; 2] = ["", "/p/** -merge\n/p/spec.yml merge\n"];

/// A file on `main`, one more on it and another one on the branch `k`, each committed together with its results apart.
fn branches(attributes: &str) -> Project {
    let project = Project::new();
    project.write("raw/f1", "1\n").write(".gitattributes", attributes).spec("p", GATHER).commit("one");
    project.minipach(["run"]).ok();
    project.git(["switch", "-q", "-c", "k"]);
    project.write("raw/f3", "3\n").minipach(["run", "--save"]).ok();
    project.git(["switch", "-q", "main"]);
    project.write("raw/f2", "2\n").minipach(["run", "--save"]).ok();
    project
}

/// Begins what must end in a conflict.
#[track_caller]
fn conflict<const N: usize>(project: &Project, words: [&str; N]) {
    let ended = project.program("git", words);
    assert_eq!(ended.code, 1, "{} {}", ended.stdout, ended.stderr);
    assert_ne!(project.git(["ls-files", "--unmerged"]), "");
    project.minipach(["status"]).code(0).says("merge conflicts in 1 result").says("minipach run");
}

/// Settles it by a run, which names the command that goes on.
#[track_caller]
fn settle(project: &Project, go_on: &str) {
    project.minipach(["run"]).code(0).says(&format!("`git {go_on} --continue` concludes it"));
    assert_eq!(project.git(["ls-files", "--unmerged"]), "");
    assert_eq!(
        project.git(["diff", "--name-only", "--", "p", ".minipach"]),
        "",
        "what is staged is what stands"
    );
    assert!(!project.minipach(["status"]).code(0).stdout.contains("conflicts"));
}

#[track_caller]
fn conclude(project: &Project, go_on: &str) {
    project.git(["-c", "core.editor=true", go_on, "--continue"]);
    assert_eq!(project.changed(), "");
    project.nothing_to_do();
}

#[test]
fn a_cherry_pick_is_settled_and_goes_on() {
    for attributes in ATTRIBUTES {
        let project = branches(attributes);
        conflict(&project, ["cherry-pick", "main..k"]);
        settle(&project, "cherry-pick");
        assert_eq!(project.read("p/all"), "1\n2\n3\n");
        conclude(&project, "cherry-pick");
    }
}

#[test]
fn a_rebase_is_settled_and_goes_on() {
    for attributes in ATTRIBUTES {
        let project = branches(attributes);
        project.git(["switch", "-q", "k"]);
        conflict(&project, ["rebase", "--merge", "main"]);
        settle(&project, "rebase");
        assert_eq!(project.read("p/all"), "1\n2\n3\n");
        conclude(&project, "rebase");
        assert_eq!(project.git(["rev-parse", "--abbrev-ref", "HEAD"]), "k");
    }
}

#[test]
fn a_revert_is_settled_and_goes_on() {
    let project = branches("");
    project.git(["merge", "-q", "-s", "ours", "--no-commit", "k"]);
    project.git(["checkout", "k", "--", "raw/f3"]);
    project.minipach(["run"]).ok();
    project.git(["commit", "-q", "--no-edit"]);
    // The results of `k` are those of files 1 and 3, which stand nowhere any more.
    conflict(&project, ["revert", "--no-edit", "k"]);
    project.minipach(["run"]).code(0).says("it comes out as HEAD is, so `git revert --skip` concludes it");
    assert_eq!(project.read("p/all"), "1\n2\n3\n");
    project.git(["revert", "--skip"]);
    assert_eq!(project.changed(), "");
}

#[test]
fn taken_back_after_a_run_nothing_is_lost() {
    for attributes in ATTRIBUTES {
        let project = branches(attributes);
        project.write("notes.txt", "mine\n").commit("notes");
        project.write("notes.txt", "mine, changed\n").write("untracked.txt", "mine too\n");
        let before = (project.head(), project.changed(), project.read("p/all"));
        conflict(&project, ["cherry-pick", "main..k"]);
        settle(&project, "cherry-pick");
        project.git(["cherry-pick", "--abort"]);
        assert_eq!((project.head(), project.changed(), project.read("p/all")), before, "{attributes}");
        assert_eq!(project.read("notes.txt"), "mine, changed\n");
        project.nothing_to_do();
        project.git(["checkout", "-q", "notes.txt"]);
        project.git(["switch", "-q", "k"]);
        let before = (project.head(), project.changed(), project.read("p/all"));
        conflict(&project, ["rebase", "main"]);
        settle(&project, "rebase");
        project.git(["rebase", "--abort"]);
        assert_eq!((project.head(), project.changed(), project.read("p/all")), before, "{attributes}");
        project.nothing_to_do();
    }
}

#[test]
fn an_edited_result_stays_and_a_conflict_in_an_input_is_refused() {
    let project = branches("");
    conflict(&project, ["cherry-pick", "main..k"]);
    let edited = project.read("p/all").replace('3', "mine");
    project.write("p/all", &edited).minipach(["run"]).code(1).says("p:.");
    assert_eq!(project.read("p/all"), edited);
    project.git(["cherry-pick", "--abort"]);
    project.git(["switch", "-q", "-c", "x", "k"]);
    project.write("raw/f2", "another\n").commit("another second");
    project.git(["switch", "-q", "main"]);
    assert_eq!(project.program("git", ["cherry-pick", "x"]).code, 1);
    project.minipach(["run"]).code(4).says("`raw/f2` has merge conflicts").says("git cherry-pick --abort");
}

/// git does not note there what it wrote into the result.
#[test]
fn a_rebase_by_patches_goes_on_with_the_commands_that_status_tells() {
    let project = branches("");
    project.git(["switch", "-q", "k"]);
    assert_eq!(project.program("git", ["rebase", "--apply", "main"]).code, 1);
    project.minipach(["status"]).code(0).says("take HEAD's, as by git checkout HEAD -- p/all, then run");
    project.git(["checkout", "HEAD", "--", "p/all"]);
    settle(&project, "rebase");
    conclude(&project, "rebase");
    assert_eq!(project.read("p/all"), "1\n2\n3\n");
}

#[test]
fn a_rebase_that_waits_at_a_commit_is_no_conflict() {
    let project = branches("");
    let edit = "sequence.editor=sed -i s/^pick/edit/";
    project.git(["-c", edit, "rebase", "-q", "-i", "HEAD~1"]);
    project.write("raw/f4", "4\n");
    let said = project.minipach(["run"]).code(0);
    let said = said.says("in the middle of a rebase; the next run after it commits");
    said.says("`git stash push -u -- p .minipach` puts them away, so that `git rebase --continue` goes on");
    project.git(["stash", "push", "-q", "-u", "--", "p", ".minipach"]);
    project.git(["-c", "core.editor=true", "rebase", "--continue"]);
    project.minipach(["run", "--save"]).ok();
    assert_eq!((project.read("p/all"), project.changed()), ("1\n2\n4\n".into(), String::new()));
}

#[test]
fn a_conflict_that_no_run_settles_is_not_promised_to_be() {
    let project = branches("");
    project.write("p/all", "stashed\n").git(["stash", "-q"]);
    project.write("raw/f4", "4\n").minipach(["run", "--save"]).ok();
    assert_eq!(project.program("git", ["stash", "pop", "-q"]).code, 1);
    project.minipach(["status"]).code(0).says("take HEAD's, as by git checkout HEAD -- p/all, then run");
    project.git(["checkout", "HEAD", "--", "p/all"]);
    assert_eq!(project.read("p/all"), "1\n2\n4\n");
    project.nothing_to_do();
}

/// A stash that does not fit leaves both sides in the file, and no merge is going on.
#[test]
fn what_a_stash_left_in_conflict_is_neither_run_nor_saved_nor_accepted() {
    let project = branches("");
    project.write("raw/f1", "stashed\n").git(["stash", "-q"]);
    project.write("raw/f1", "ours\n").minipach(["run", "--save"]).ok();
    assert_eq!(project.program("git", ["stash", "pop", "-q"]).code, 1);
    let head = project.head();
    for words in [&["run"][..], &["run", "--save"], &["save"], &["save", "--dry-run"], &["accept", "p"]] {
        let said = project.typed(words).code(4).says("`raw/f1` has merge conflicts");
        assert!(!said.stderr.contains("conflicts in results are settled"), "{said:?}");
    }
    assert_eq!((project.head(), project.changed()), (head, "UU raw/f1\n".into()));
    project.git(["checkout", "HEAD", "--", "raw/f1"]);
    project.nothing_to_do();
    project.write("p/all", "stashed\n").git(["stash", "drop", "-q"]);
    project.git(["stash", "-q"]);
    project.write("raw/f4", "4\n").minipach(["run", "--save"]).ok();
    assert_eq!(project.program("git", ["stash", "pop", "-q"]).code, 1);
    for words in [&["run"][..], &["save"], &["accept", "p"]] {
        project.typed(words).code(4).says("`p/all` has merge conflicts").says("git checkout HEAD -- p/all");
    }
    project.git(["checkout", "HEAD", "--", "p/all"]);
    project.nothing_to_do();
}

#[test]
fn a_pick_that_comes_out_as_head_is_skipped() {
    let project = branches("");
    project.git(["switch", "-q", "k"]);
    // What is picked is a result of a file that the other branch does not have.
    conflict(&project, ["cherry-pick", "main"]);
    project
        .minipach(["run"])
        .code(0)
        .says("it comes out as HEAD is, so `git cherry-pick --skip` concludes it");
    assert_eq!(project.git(["ls-files", "--unmerged"]), "");
    project.git(["cherry-pick", "--skip"]);
    assert_eq!(project.changed(), "");
    project.nothing_to_do();
}
