//! Results are committed once HEAD has all that they were made of, and lost: each in a commit of its own, in order.

use crate::support::Project;

const COPY: &str = r"
input: {pfs: {name: in, repo: raw, glob: /(*)}}
output: /$1
transform: {cmd: [sh, code/copy.sh]}
";

const TABLE: &str = r"
input: {pfs: {repo: copy, glob: /}}
output: /
transform: {cmd: [sh, -c, 'cat /pfs/copy/*/all > /pfs/out/table']}
";

/// Two files of three subjects, copied and gathered; all is committed.
fn settled() -> Project {
    let project = Project::new();
    for subject in ["a", "b", "c"] {
        project.write(&format!("raw/{subject}/one"), subject);
        project.write(&format!("raw/{subject}/two"), format!("{subject}\n"));
    }
    project.write("code/copy.sh", "cat \"$PFS\"/in/* > \"$PFS/out/all\"\n");
    project.spec("copy", COPY).spec("table", TABLE);
    project.commit("a study");
    project.minipach(["run"]).ok();
    assert_eq!(project.changed(), "");
    project
}

/// The subjects of the last commits, oldest first, each with the paths that it touched.
fn commits(project: &Project, since: &str) -> Vec<String> {
    let log = project.git([
        "log",
        "--reverse",
        "--name-only",
        "--no-renames",
        "--format=%x00%s",
        &format!("{since}.."),
    ]);
    let tidy = |commit: &str| commit.split_whitespace().collect::<Vec<_>>().join(" ");
    log.split('\0').skip(1).map(tidy).collect()
}

const REMOVED: [&str; 2] = [
    "copy: 1 result removed .minipach/ledger/copy.jsonl copy/c/all",
    "[DATALAD RUNCMD] table: 1 datum .minipach/ledger/table.jsonl table/table",
];

#[test]
fn a_removal_waits_until_head_has_it_too() {
    let project = settled();
    let head = project.head();
    project.remove("raw/c");
    project
        .minipach(["run"])
        .code(0)
        .says("copy: not committed yet: `raw/c/one` and 1 more have changes that are not committed")
        .says("table: not committed yet: results of `copy`");
    assert!(
        !project.exists("copy/c") && project.read("table/table") == "aa\nbb\n",
        "it is done all the same"
    );
    assert_eq!(project.head(), head);
    project.minipach(["run"]).code(0).says("copy: not committed yet: `raw/c/one`");
    assert_eq!(project.head(), head, "waiting is not forgotten");
    project.git(["commit", "-qm", "one subject less", "--", "raw"]);
    let ours = project.head();
    project.minipach(["run"]).ok();
    assert_eq!(commits(&project, &ours), REMOVED);
    assert_eq!(project.changed(), "");
    project.nothing_to_do();
}

#[test]
fn save_commits_a_deletion_and_then_what_it_removed() {
    let project = settled();
    let head = project.head();
    project.remove("raw/c");
    project.minipach(["run"]).ok();
    project.minipach(["save"]).ok();
    assert_eq!(commits(&project, &head)[0], "Save 2 files raw/c/one raw/c/two");
    assert_eq!(commits(&project, &head)[1..], REMOVED);
    assert_eq!(project.changed(), "");
    project.nothing_to_do();
}

#[test]
fn a_group_that_lost_a_member_waits_too() {
    let project = settled();
    let spec = "input: {group: [{pfs: {repo: raw, glob: '/*/(*)', group_by: $1}}]}\noutput: /${group}\ntransform: {cmd: [sh, -c, 'cat /pfs/raw/* > /pfs/out/all']}\n";
    project.spec("by_name", spec);
    project.minipach(["run", "--save"]).ok();
    let head = project.head();
    project.remove("raw/c/two");
    project.minipach(["run", "by_name"]).code(0).says("by_name: not committed yet: `raw/c/two` has changes");
    assert_eq!(project.head(), head);
}

#[test]
fn a_result_of_less_code_waits_too() {
    let project = settled();
    project
        .write("code/copy.sh", "cat \"$PFS\"/in/one code/mark > \"$PFS/out/all\"\n")
        .write("code/mark", "!");
    project.minipach(["run", "--save"]).ok();
    let head = project.head();
    project.write("code/copy.sh", "cat \"$PFS\"/in/one > \"$PFS/out/all\"\n").remove("code/mark");
    project.git(["add", "code/copy.sh"]);
    project.git(["commit", "-qm", "no mark", "--", "code/copy.sh"]);
    project.minipach(["run"]).code(0).says("copy: not committed yet: `code/mark` has changes");
    project.minipach(["accept", "copy"]).code(0).says("`minipach save` commits what is missing, then these");
    let since = commits(&project, &head);
    assert_eq!(since, ["no mark code/copy.sh"]);
}

#[test]
fn results_of_what_was_moved_move_in_the_commit_of_their_pipeline() {
    let project = settled();
    let head = project.head();
    project.rename("raw/a", "raw/x");
    project.minipach(["run"]).code(0).says("copy: not committed yet: `raw/x/one` and 3 more have changes");
    let would = project.minipach(["save", "--dry-run"]).ok();
    assert!(would.contains("raw/a/one") && !would.contains("copy/a/all"), "{would}");
    project.minipach(["save"]).ok();
    let expected = [
        "Save 4 files raw/a/one raw/a/two raw/x/one raw/x/two",
        "[DATALAD RUNCMD] copy: 1 datum, 1 removed .minipach/ledger/copy.jsonl copy/a/all copy/x/all",
        REMOVED[1],
    ];
    assert_eq!(commits(&project, &head), expected);
    assert_eq!(project.changed(), "");
    project.nothing_to_do();
}

#[test]
fn a_file_that_a_new_result_lacks_goes_with_it() {
    let project = settled();
    project.spec(
        "copy",
        &COPY.replace("output: /$1\n", "").replace("sh, code/copy.sh", "sh, -c, 'cp /pfs/in/*/* /pfs/out'"),
    );
    project.remove("raw/b").remove("raw/c").minipach(["run", "copy", "--save"]).ok();
    let head = project.head();
    project.remove("raw/a/two");
    project.minipach(["run", "copy"]).ok();
    project.minipach(["save"]).ok();
    let since = commits(&project, &head);
    assert_eq!(since[0], "Remove raw/a/two raw/a/two");
    assert!(since[1].ends_with(".minipach/ledger/copy.jsonl copy/two"), "{since:?}");
}

/// What a killed run left over older results is nobody's edit.
#[test]
fn undo_says_that_the_next_run_commits_what_a_killed_one_left() {
    let project = Project::new();
    project.write("raw/a/one", "a").write("code/copy.sh", "cat \"$PFS\"/in/* > \"$PFS/out/all\"\n");
    project.spec("copy", COPY).commit("a study");
    project.minipach(["run"]).ok();
    project.write("raw/a/one", "other").commit("another a");
    project.minipach(["run", "--no-commit"]).ok();
    project.git(["checkout", "-q", "HEAD", "--", ".minipach/ledger"]);
    let undone = project.minipach(["undo"]).says("`minipach run copy` commits them");
    assert!(undone.code != 0 && !undone.stderr.contains("checkout"), "{}", undone.stderr);
}

/// As a killed run leaves them: placed and logged, or removed, and in no ledger.
#[test]
fn what_no_ledger_has_yet_is_told_and_the_next_run_commits_it() {
    let project = settled();
    project.write("raw/d/one", "d").remove("raw/c").commit("one came, one went");
    let head = project.head();
    project.minipach(["run", "copy", "--no-commit"]).ok();
    project.git(["checkout", "-q", "HEAD", "--", ".minipach/ledger"]);
    project.minipach(["status"]).code(0).says("results of copy, which no ledger has yet (minipach run)");
    let saved =
        project.minipach(["save", "--all"]).code(0).says("copy: not committed yet: no ledger has them yet");
    assert!(!saved.stdout.contains("saved"), "they are no files of the user's: {}", saved.stdout);
    project.minipach(["save", "--dry-run"]).code(0).says("copy: not committed yet: no ledger has them yet");
    assert_eq!(project.head(), head);
    project.minipach(["run", "copy"]).ok();
    let expected =
        "[DATALAD RUNCMD] copy: 1 datum, 1 removed .minipach/ledger/copy.jsonl copy/c/all copy/d/all";
    assert_eq!(commits(&project, &head), [expected]);
    // A removal alone too.
    project.remove("raw/d").commit("it went again");
    project.remove("copy/d");
    project.minipach(["status"]).code(0).says("results of copy, which no ledger has yet (minipach run)");
    project.minipach(["run"]).ok();
    assert!(!project.minipach(["status"]).ok().contains("not committed yet"));
    assert_eq!(project.changed(), "");
}

#[test]
fn what_is_made_without_a_datum_whose_edit_fails_waits_for_that_edit() {
    let project = settled();
    project.write("code/copy.sh", "! grep -q bad \"$PFS\"/in/one && cat \"$PFS\"/in/* > \"$PFS/out/all\"\n");
    project.write("minipach.yml", "keep_going: true\n").commit("stricter");
    project.minipach(["run"]).ok();
    let head = project.head();
    project.write("raw/b/one", "bad");
    project
        .minipach(["run"])
        .code(1)
        .says("table: not committed yet: `raw/b/one` has changes that are not committed");
    assert_eq!(project.read("table/table"), "aa\ncc\n", "it is made all the same");
    assert_eq!(project.head(), head, "no commit tells of a loss that HEAD does not have");
    project.git(["commit", "-qm", "a bad scan", "--", "raw"]);
    let ours = project.head();
    project.minipach(["run"]).code(1);
    assert_eq!(
        commits(&project, &ours),
        ["[DATALAD RUNCMD] table: 1 datum .minipach/ledger/table.jsonl table/table"]
    );
}

/// A name like an editor's says nothing of a file that results are made of: they would wait for it for ever.
#[test]
fn files_with_names_like_an_editors_are_saved_where_results_are_made_of_them() {
    let project = settled();
    project.write("raw/a/4913", "4913\n").write("raw/b/one~", "b\n");
    project.write("copy/.spec.yml.swp", "").write("copy/4913", "").write("raw.txt~", "");
    let said = project.minipach(["plan"]).ok();
    assert!(!said.contains(".swp"), "{said}");
    project.minipach(["run", "--save"]).ok();
    assert_eq!(project.changed(), "?? copy/.spec.yml.swp\n?? copy/4913\n?? raw.txt~\n");
    project.remove("raw/b/one~");
    project.minipach(["run", "--save"]).ok();
    assert_eq!(project.changed(), "?? copy/.spec.yml.swp\n?? copy/4913\n?? raw.txt~\n");
}
