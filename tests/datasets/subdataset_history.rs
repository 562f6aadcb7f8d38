//! The past of results in subdatasets: old data again, `undo`, `status --at`, `diff`.

use crate::study::Study;
use crate::support;
use crate::within::{heads, inward, is_at_rest, started};

#[test]
fn old_data_again_brings_results_in_a_subdataset_back_without_running() {
    let Some(study) = inward() else { return };
    let project = &study.project;
    project.minipach(["run"]).code(0);
    project.write("raw/s2.txt", "two\n");
    study.save("edited");
    project.minipach(["run"]).code(0);
    // Whether the log tells of it or history.
    for text in ["2\n", "two\n"] {
        project.write("raw/s2.txt", text);
        study.save("back");
        if text == "two\n" {
            project.remove(".git/minipach");
        }
        assert_eq!(started(&study), 0, "{text}");
        is_at_rest(&study);
        assert_eq!(project.read("fs/results/s2/text"), text);
    }
}

/// git in the subdataset.
#[track_caller]
fn inner<const N: usize>(study: &Study, words: [&str; N]) -> String {
    let mut command = study.project.command("git");
    command.args(["-C", "fs/results"]).args(words);
    support::finish(command).ok().trim_end().to_owned()
}

#[test]
fn results_in_a_subdataset_are_taken_back() {
    let Some(study) = inward() else { return };
    let project = &study.project;
    let empty = inner(&study, ["rev-parse", "HEAD^{tree}"]);
    project.minipach(["run", "fs"]).code(0);
    let first = inner(&study, ["rev-parse", "HEAD^{tree}"]);
    project.write("raw/s1.txt", "one\n").remove("raw/s3.txt");
    study.save("edited");
    project.minipach(["run", "fs"]).code(0);
    let before = heads(&study);
    let told = project.minipach(["undo", "--dry-run"]).ok();
    for part in [
        "files: 2 put back, 2 as they were before",
        "afterwards fs has 1 done, 1 cached",
        "a commit in `fs/results` comes first",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert_eq!((heads(&study), project.changed()), (before, String::new()), "nothing is done");
    // Nothing of anybody's is touched.
    project.write("fs/results/s1/text", "by hand\n");
    project.minipach(["undo"]).code(4).says("`fs/results/s1/text` has changes that are not committed");
    inner(&study, ["checkout", "-q", "s1/text"]);
    project.write("fs/results/notes", "mine\n");
    inner(&study, ["add", "notes"]);
    project.minipach(["undo"]).code(4).says("`fs/results/notes` is staged; commit or unstage it first");
    inner(&study, ["rm", "-q", "-f", "notes"]);
    // One after the other.
    for tree in [first, empty] {
        project.minipach(["undo"]).code(0).says("took back");
        study.is_clean();
        study.datalad(["status", "-r"]).code(0).says("nothing to save, working tree clean");
        assert_eq!(inner(&study, ["rev-parse", "HEAD^{tree}"]), tree);
        assert_eq!(project.git(["rev-parse", "HEAD:fs/results"]), heads(&study)[1], "the gitlink");
    }
    project.minipach(["undo"]).code(4).says("no commit of results is there to take back");
    assert_eq!(started(&study), 1, "what was taken back is known: only `all` is new");
    is_at_rest(&study);
    project.minipach(["provenance", "fs/results/s2/text"]).code(0).says("was made by fs:results/s2");
}

/// A commit of somebody's took the ledger along and left the gitlink: the next run commits both, and `undo` takes that back.
#[test]
fn results_whose_ledger_is_committed_by_hand_are_recorded_with_their_subdataset() {
    let Some(study) = inward() else { return };
    let project = &study.project;
    project.minipach(["run", "fs"]).code(0);
    let [_, inside] = heads(&study);
    project.git(["reset", "-q", "HEAD~1"]);
    project.git(["add", ".minipach"]);
    project.git(["commit", "-qm", "by hand"]);
    project.minipach(["run", "fs"]).code(0).says("1 commit for results");
    assert_eq!(project.git(["rev-parse", "HEAD:fs/results"]), inside, "no result is taken back");
    assert_eq!(project.git(["log", "-1", "--format=%s"]), "[DATALAD RUNCMD] fs: 3 datums");
    assert_eq!(inner(&study, ["status", "--porcelain"]), "");
    project.minipach(["undo"]).code(0).says("took back");
    assert!(!project.exists("fs/results/s1"));
    project.minipach(["run"]).code(0);
    is_at_rest(&study);
}

/// A commit that moves the gitlink and changes nothing in there says nothing of results: the one before it is taken back.
#[test]
fn an_undo_passes_over_a_commit_that_only_moves_a_gitlink() {
    let Some(study) = inward() else { return };
    let project = &study.project;
    project.minipach(["run", "fs"]).code(0);
    let first = project.head();
    project.write("raw/s1.txt", "one\n");
    study.save("edited");
    project.minipach(["run", "fs"]).code(0);
    // As a kill leaves it between the two, and then the old data again.
    project.git(["reset", "-q", "HEAD~1"]);
    project.write("raw/s1.txt", "1\n");
    study.datalad(["save", "-m", "back", "raw"]).code(0);
    project.minipach(["run", "fs"]).code(0);
    assert_eq!(project.git(["diff", "--name-only", "HEAD~1", "HEAD"]), "fs/results");
    let told = project.minipach(["undo", "--dry-run"]).ok();
    assert!(
        told.contains(&format!("would take back {}", &first[..7])) && told.contains("6 removed"),
        "{told}"
    );
    project.minipach(["undo"]).code(0).says("took back");
    assert!(!project.exists("fs/results/s1"));
    project.minipach(["undo"]).code(4).says("no commit of results is there to take back");
    project.minipach(["run"]).code(0);
    is_at_rest(&study);
}

#[test]
fn an_undo_that_a_kill_cut_off_between_the_two_commits_is_undone() {
    let Some(study) = inward() else { return };
    let project = &study.project;
    project.minipach(["run", "fs"]).code(0);
    project.write("raw/s1.txt", "one\n").remove("raw/s3.txt");
    study.save("edited");
    project.minipach(["run", "fs"]).code(0);
    let before = heads(&study);
    project.minipach(["undo"]).code(0);
    let after = heads(&study);
    project.git(["reset", "-q", "HEAD~1"]);
    let commits = |at: usize| serde_json::json!({"old": before[at], "new": after[at]});
    let mut journal = commits(0);
    journal["inner"] = serde_json::json!({"fs/results": commits(1)});
    project.write(".git/minipach/undo.json", journal.to_string());
    project.minipach(["status"]).code(0);
    assert!(!project.exists(".git/minipach/undo.json") && !project.exists("fs/results/s3"));
    assert_eq!(project.read("fs/results/s1/text"), "one\n");
    assert_eq!(project.states("fs").values().filter(|state| *state == "done").count(), 2);
    project.minipach(["undo"]).code(4).says("the last results of `fs` are not committed");
    project.minipach(["run"]).code(0);
    is_at_rest(&study);
    let tree = format!("{}^{{tree}}", before[1]);
    assert_eq!(inner(&study, ["rev-parse", "HEAD^{tree}"]), inner(&study, ["rev-parse", &tree]));
}

#[test]
fn a_commit_has_the_results_in_subdatasets_that_it_had() {
    let Some(study) = inward() else { return };
    let project = &study.project;
    project.minipach(["run"]).code(0);
    project.git(["tag", "v1"]);
    project.write("raw/s1.txt", "one\n").remove("raw/s3.txt");
    study.save("edited");
    project.minipach(["run"]).code(0);
    let then = project.minipach(["status", "--at", "v1"]).ok();
    assert!(then.contains("3 done") && !then.contains("unknown"), "{then}");
    let found = project.minipach(["diff", "v1", "--json"]).code(0).json();
    let told = |number: usize| &found["pipelines"][number]["datums"];
    let of = |number: usize| told(number).as_array().into_iter().flatten();
    let changes: Vec<String> =
        (0..2).flat_map(of).map(|one| format!("{} {}", one["key"], one["change"])).collect();
    let expected = ["\"results/s1\" \"changed\"", "\"results/s3\" \"went\"", "\".\" \"changed\""];
    assert_eq!(changes, expected, "{found}");
    is_at_rest(&study);
    // What is not here is not known.
    project.git(["clone", "-q", ".", "../bare"]);
    let then = project.typed(&["-C", "../bare", "status", "--at", "HEAD"]).ok();
    assert!(then.contains("unknown as of then: subdataset `fs/results` is not here"), "{then}");
}
