//! Runs in the middle of a merge: what git left, what a run settles, and that taking it back loses nothing.

use crate::study::{Home, Study};
use crate::support::Project;

const FS: &str = "\
input: {pfs: {repo: raw, glob: '/(*).txt'}}
output: /$1
transform: {cmd: [sh, code/fs.sh]}
";

const STATS: &str = "\
input: {pfs: {repo: fs, glob: /}}
output: /
transform: {cmd: [sh, -c, 'cat /pfs/fs/*/sum > /pfs/out/table']}
";

/// Three files, and a branch `other`; both sides then change file 1 (`conflict`) or each its own, and run.
/// No attributes keep results out of git's merging.
fn branches(conflict: bool) -> Project {
    let project = Project::new();
    for number in ["1", "2", "3"] {
        project.write(&format!("raw/{number}.txt"), number);
    }
    project.write("code/fs.sh", "cat \"$PFS/raw/\"* > \"$PFS/out/sum\"; echo >> \"$PFS/out/sum\"\n");
    project.spec("fs", FS).spec("stats", STATS).commit("three");
    project.minipach(["run"]).ok();
    project.git(["switch", "-q", "-c", "other"]);
    let theirs = if conflict { "raw/1.txt" } else { "raw/2.txt" };
    project.write(theirs, "theirs").write("raw/4.txt", "4").minipach(["run", "--save"]).ok();
    project.git(["switch", "-q", "main"]);
    project.write("raw/1.txt", "ours").minipach(["run", "--save"]).ok();
    project
}

/// What stands, tracked or not, but for what git and minipach keep for themselves.
fn standing(project: &Project) -> Vec<(String, String)> {
    let files = project.git(["ls-files", "--cached", "--others"]);
    files.lines().map(|path| (path.to_owned(), project.read(path))).collect()
}

#[track_caller]
fn merge(project: &Project) {
    let ended = project.program("git", ["merge", "--no-edit", "other"]);
    assert_eq!(ended.code, 1, "the tables of both sides differ: {}", ended.stdout);
    assert!(project.read("stats/table").contains("<<<<<<<"), "git wrote both sides into a result");
}

#[test]
fn conflicts_in_results_alone_are_settled_by_a_run() {
    let project = branches(false);
    merge(&project);
    project.minipach(["status"]).code(0).says("merge conflicts in 1 result").says("minipach run");
    for target in ["stats", "fs:1"] {
        let why = project.minipach(["why", target]).ok();
        assert_eq!(why.matches("  result ").count(), 1, "each result once: {why}");
    }
    let said = project.minipach(["run"]).code(0).says("`git commit` concludes it");
    assert!(!said.stderr.contains("minipach save"), "saving does not help: {}", said.stderr);
    assert_eq!(project.git(["ls-files", "--unmerged"]), "");
    assert_eq!(project.read("stats/table"), "ours\ntheirs\n3\n4\n");
    project.git(["commit", "-q", "--no-edit"]);
    assert_eq!(project.changed(), "");
    project.nothing_to_do();
}

#[test]
fn a_conflict_in_an_input_is_refused_until_it_is_settled() {
    let project = branches(true);
    merge(&project);
    let refused = project.minipach(["run"]).code(4).says("`raw/1.txt` has merge conflicts");
    refused.says("`git add` the files").says("git merge --abort");
    project.minipach(["status"]).code(0).says("merge conflicts in 1 file, raw/1.txt first");
    let unmerged = project.git(["ls-files", "--unmerged"]);
    project.minipach(["save"]).code(4).says("`raw/1.txt` has merge conflicts");
    assert_eq!(project.git(["ls-files", "--unmerged"]), unmerged, "saving settles nothing");
    assert!(project.read("fs/1/sum").contains("<<<<<<<"), "nothing was touched");
    project.write("raw/1.txt", "both").git(["add", "raw/1.txt"]);
    project.minipach(["run"]).ok();
    project.git(["commit", "-q", "--no-edit"]);
    assert_eq!(project.read("stats/table"), "both\n2\n3\n4\n");
    assert_eq!(project.changed(), "");
    project.nothing_to_do();
}

#[test]
fn a_merge_taken_back_after_a_run_loses_nothing() {
    for conflict in [false, true] {
        let project = branches(conflict);
        project.write("notes.txt", "mine\n").commit("notes");
        project.write("notes.txt", "mine, changed\n").write("untracked.txt", "mine too\n");
        let (before, changed) = (standing(&project), project.changed());
        merge(&project);
        if conflict {
            project.write("raw/1.txt", "both").git(["add", "raw/1.txt"]);
        }
        project.minipach(["run"]).ok();
        project.git(["merge", "--abort"]);
        assert_eq!(standing(&project), before, "conflict: {conflict}");
        assert_eq!(project.changed(), changed);
        project.nothing_to_do();
    }
}

#[test]
fn a_merge_without_conflicts_that_waits_is_settled_and_taken_back() {
    let project = branches(false);
    project.write("minipach.yml", "name: study\n").commit("a name");
    project.git(["switch", "-q", "-c", "third", "other"]);
    project.write("raw/5.txt", "5").commit("five, not run");
    let before = standing(&project);
    project.git(["switch", "-q", "-c", "fourth", "other"]);
    project.write("minipach.yml", "name: study\n").commit("a name");
    project.git(["merge", "-q", "--no-commit", "--no-ff", "third"]);
    project.minipach(["run"]).code(0).says("`git commit` concludes it");
    assert!(project.exists("fs/5/sum"));
    project.git(["merge", "--abort"]);
    assert!(!project.exists("fs/5") && !project.exists("raw/5.txt"));
    assert_eq!(project.changed(), "");
    project.git(["switch", "-q", "third"]);
    assert_eq!(standing(&project), before);
    project.minipach(["run"]).code(0).says("2 datums placed without running");
}

#[test]
fn a_result_that_someone_settled_by_hand_is_theirs() {
    let project = branches(false);
    merge(&project);
    let edited = project.read("stats/table").replace("theirs", "mine");
    project.write("stats/table", &edited);
    project.minipach(["run"]).code(1).says("stats:.");
    assert_eq!(project.read("stats/table"), edited);
    project.git(["merge", "--abort"]);
    assert_eq!(project.changed(), "");
}

#[test]
fn a_spec_with_conflict_markers_is_said_to_be_one() {
    let project = branches(false);
    let spec = |word: &str| FS.replace("/$1", word);
    project.write("fs/spec.yml", spec("/x-$1")).commit("x");
    project.git(["switch", "-q", "other"]);
    project.write("fs/spec.yml", spec("/y-$1")).commit("y");
    project.git(["switch", "-q", "main"]);
    assert_eq!(project.program("git", ["merge", "-q", "other"]).code, 1);
    project.minipach(["run"]).code(4).says("`fs/spec.yml` has merge conflicts");
    let status = project.minipach(["status"]);
    assert!(
        status.stdout.contains("fs/spec.yml") && status.stdout.contains("conflicts"),
        "{}",
        status.stdout
    );
}

#[test]
fn a_ledger_that_a_merge_left_out_of_order_is_committed_as_it_stands() {
    let project = Project::new();
    let files: Vec<String> = (0..2100).map(|number| format!("raw/{number}.txt")).collect();
    for path in &files {
        project.write(path, path);
    }
    project.spec("all", "input: {pfs: {repo: raw, glob: '/(*).txt'}}\noutput: /$1\n").commit("many");
    project.minipach(["run"]).ok();
    let shards = std::fs::read_dir(project.path(".minipach/ledger/all.d")).unwrap();
    let mut shards: Vec<_> = shards.map(|shard| shard.unwrap().path()).collect();
    shards.sort();
    for shard in &shards[..2] {
        let text = std::fs::read_to_string(shard).unwrap();
        let mut lines: Vec<&str> = text.lines().collect();
        lines[2..].reverse();
        std::fs::write(shard, lines.join("\n") + "\n").unwrap();
    }
    project.commit("what a merge may leave");
    project.write("raw/more.txt", "more").minipach(["run", "--save"]).ok();
    assert_eq!(project.changed(), "");
    project.nothing_to_do();
}

/// Both sides change file 1 and run; the merge takes our side of the conflict.
#[test]
fn a_side_taken_whole_leaves_nothing_unmerged() {
    for attributes in ["", "fs/** -merge\nstats/** -merge\n"] {
        let project = branches(true);
        project.write("raw/2.txt", "2\n").write(".git/info/attributes", attributes);
        project.minipach(["run", "--save"]).ok();
        let ended = project.program("git", ["merge", "--no-edit", "other"]);
        assert_eq!(ended.code, 1, "{}", ended.stdout);
        project.git(["checkout", "--ours", "raw"]);
        project.git(["rm", "-qf", "raw/4.txt"]);
        project.git(["add", "raw"]);
        project.minipach(["run"]).code(0).says("`git commit` concludes it");
        assert_eq!(project.git(["ls-files", "--unmerged"]), "", "{attributes}");
        assert_eq!(project.git(["diff", "--name-only"]), "", "what is staged is what stands: {attributes}");
        project.git(["commit", "-q", "--no-edit"]);
        assert_eq!(project.changed(), "");
        project.nothing_to_do();
    }
}

/// Where git's merge of lines is off for ledgers.
#[test]
fn both_sides_of_a_ledger_with_conflict_markers_count() {
    let project = branches(false);
    project.write(".git/info/attributes", ".minipach/ledger/** !merge\n");
    merge(&project);
    assert!(project.read(".minipach/ledger/fs.jsonl").contains("<<<<<<<"));
    project.git(["rm", "-qf", "raw/4.txt"]);
    let told: Vec<serde_json::Value> = project.minipach(["run", "--json"]).code(0).json_lines();
    let runs = |line: &&serde_json::Value| line["event"] == "datum_started" && line["pipeline"] == "fs";
    assert_eq!(told.iter().filter(runs).count(), 0, "nothing of either side is made again");
    assert_eq!(project.git(["ls-files", "--unmerged"]), "");
    assert!(!project.read(".minipach/ledger/fs.jsonl").contains("<<<<<<<"));
    assert!(!project.exists("fs/4"), "its result goes, since its line says whose it is");
    project.git(["commit", "-q", "--no-edit"]);
    assert_eq!(project.changed(), "");
    project.nothing_to_do();
}

const GATHER: &str = "\
input: {pfs: {repo: raw, glob: /}}
output: /
transform: {cmd: [sh, -c, 'cat /pfs/raw/* > /pfs/out/all.txt; (cat /pfs/raw/*; head -c 3 /dev/zero) > /pfs/out/all.dat']}
";

/// A dataset in which both sides of a merge add a file each and gather all: text goes to git, the rest to the annex.
/// Our side's name is `ours`.
fn datasets(is_unlocked: &str) -> Option<Study> {
    let study = Study::new(Home::Text)?;
    let project = &study.project;
    project.git(["config", "annex.addunlocked", is_unlocked]);
    project.write("raw/1.txt", "1\n").spec("agg", GATHER);
    study.save("data");
    study.run();
    project.git(["switch", "-q", "-c", "other"]);
    project.write("raw/2.txt", "theirs\n").minipach(["run", "--save"]).ok();
    project.git(["switch", "-q", "-c", "ours", "HEAD~2"]);
    project.write("raw/3.txt", "ours\n").minipach(["run", "--save"]).ok();
    Some(study)
}

#[test]
fn conflicts_in_annexed_results_are_settled_by_the_first_run() {
    for (is_unlocked, is_taken_whole) in [("false", false), ("false", true), ("true", false)] {
        let Some(study) = datasets(is_unlocked) else { return };
        let project = &study.project;
        let ended = project.program("git", ["merge", "--no-edit", "other"]);
        assert_eq!(ended.code, 1, "{}{}", ended.stdout, ended.stderr);
        if is_taken_whole {
            project.git(["rm", "-qf", "raw/2.txt"]);
        }
        let status = project.minipach(["status"]).code(0).says("merge conflicts in 2 results");
        assert!(!status.stdout.contains("edited"), "{}", status.stdout);
        project.minipach(["accept", "agg"]).code(4).says("both sides of a merge conflict into `agg/all.");
        project.minipach(["run"]).code(0).says("`git commit` concludes it");
        assert_eq!(project.git(["ls-files", "--unmerged"]), "");
        project.git(["commit", "-q", "--no-edit"]);
        let theirs = if is_taken_whole { "" } else { "theirs\n" };
        assert_eq!(project.read("agg/all.txt"), format!("1\n{theirs}ours\n"));
        assert_eq!(project.read("agg/all.dat"), format!("1\n{theirs}ours\n\0\0\0"));
        assert_eq!(study.is_annexed("agg/all.dat"), is_unlocked == "false");
        study.is_clean();
        project.nothing_to_do();
    }
}

#[test]
fn a_merge_of_several_branches_is_settled_by_a_run() {
    let project = branches(false);
    project.git(["switch", "-q", "-c", "third", "main~3"]);
    project.write("raw/5.txt", "5").minipach(["run", "--save"]).ok();
    project.git(["switch", "-q", "main"]);
    project.git(["reset", "-q", "--hard", "main~3"]);
    let ended = project.program("git", ["merge", "--no-edit", "other", "third"]);
    assert_eq!(ended.code, 1, "the tables of both sides differ: {}{}", ended.stdout, ended.stderr);
    assert!(project.read("stats/table").contains("<<<<<<<"), "git wrote both sides into a result");
    project.minipach(["run"]).code(0).says("`git commit` concludes it");
    assert_eq!(project.git(["ls-files", "--unmerged"]), "");
    assert_eq!(project.read("stats/table"), "1\ntheirs\n3\n4\n5\n");
    project.git(["commit", "-q", "--no-edit"]);
    assert_eq!(
        (project.changed(), project.git(["rev-list", "--parents", "-1", "HEAD"]).split(' ').count()),
        (String::new(), 3)
    );
    project.nothing_to_do();
}

/// A conflict of a result that was made again on our side, and changed by hand on theirs.
fn edited_there(attributes: &str) -> Project {
    let project = Project::new();
    for name in ["a", "b"] {
        project.write(&format!("raw/{name}.txt"), name);
    }
    project.write(".gitattributes", attributes).write("code/fs.sh", "cat $PFS/raw/* > $PFS/out/sum\n");
    project.spec("fs", FS).commit("two");
    project.minipach(["run"]).ok();
    project.git(["switch", "-q", "-c", "other"]);
    project.write("fs/a/sum", "HAND").commit("by hand");
    project.git(["switch", "-q", "main"]);
    project.write("raw/a.txt", "one").minipach(["run", "--save"]).ok();
    let ended = project.program("git", ["merge", "--no-edit", "other"]);
    assert_eq!(ended.code, 1, "{}{}", ended.stdout, ended.stderr);
    project
}

#[test]
fn a_side_that_was_changed_by_hand_is_settled_by_no_run() {
    for attributes in ["", "fs/*/** -merge\n"] {
        let project = edited_there(attributes);
        let before = project.read("fs/a/sum");
        project.minipach(["status"]).code(0).says("fs/a/sum first").says("changed by hand");
        let refused = [project.minipach(["run"]), project.minipach(["accept", "fs:a"])];
        for refused in refused {
            refused.code(4).says("`fs/a/sum` has merge conflicts").says("git checkout --ours -- fs/a/sum");
        }
        assert_eq!(project.read("fs/a/sum"), before);
        assert_eq!(project.git(["ls-files", "--unmerged"]).lines().count(), 3, "nothing is settled");
        project.git(["checkout", "--theirs", "--", "fs/a/sum"]);
        project.git(["add", "fs/a/sum"]);
        project.minipach(["run"]).code(1).says("its files are not the known result");
        project.minipach(["accept", "fs:a"]).code(0);
        project.git(["commit", "-q", "--no-edit"]);
        assert_eq!((project.read("fs/a/sum"), project.changed()), ("HAND".to_owned(), String::new()));
        project.nothing_to_do();
    }
}

/// A result that one side changed by hand, while the other removed what it was made of.
#[test]
fn a_change_by_hand_against_a_removal_is_settled_as_it_is_said() {
    for keeps in [false, true] {
        let project = Project::new();
        project
            .write("raw/a.txt", "a")
            .write("raw/b.txt", "b")
            .write("code/fs.sh", "cat $PFS/raw/* > $PFS/out/sum\n");
        project.spec("fs", FS).commit("two");
        project.minipach(["run"]).ok();
        project.git(["switch", "-q", "-c", "other"]);
        project.write("fs/a/sum", "HAND").commit("by hand");
        project.git(["switch", "-q", "main"]);
        project.git(["rm", "-q", "raw/a.txt"]);
        project.commit("a goes");
        project.minipach(["run"]).ok();
        assert_eq!(project.program("git", ["merge", "--no-edit", "other"]).code, 1);
        let says = "one side removed fs/a/sum, the other changed it: `git rm -- fs/a/sum`";
        project.minipach(["status"]).code(0).says(says);
        project.minipach(["run"]).code(4).says(says);
        project.minipach(["why", "fs/a/sum"]).code(0).says("merge conflicts in 1 file, fs/a/sum first");
        let word = if keeps { "add" } else { "rm" };
        project.git([word, "--", "fs/a/sum"]);
        project.minipach(["run"]).code(0).says("git is in the middle of a merge: `git commit` concludes it");
        project.git(["commit", "-q", "--no-edit"]);
        if keeps {
            project
                .minipach(["why", "fs/a/sum"])
                .code(0)
                .says("stands in the folder of `fs` and is no result");
        }
        assert_eq!(project.minipach(["run"]).code(0).stderr, "", "it is concluded");
    }
}

/// A merge leaves the line of each side; what no datum has the key of any more is one row all the same.
#[test]
fn a_result_that_waits_after_a_merge_is_one_row() {
    let project = Project::new();
    project
        .write("raw/a.txt", "a")
        .write("raw/b.txt", "b")
        .write("code/fs.sh", "cat $PFS/raw/* > $PFS/out/sum\n");
    let all = "input: {pfs: {repo: fs, glob: /}}\noutput: /\ntransform: {cmd: [sh, -c, 'cat $PFS/fs/*/sum > $PFS/out/all']}\n";
    project.spec("fs", FS).spec("all", all).commit("two");
    project.minipach(["run"]).ok();
    project.git(["switch", "-q", "-c", "other"]);
    project.write("raw/a.txt", "one").minipach(["run", "--save"]).ok();
    project.git(["switch", "-q", "main"]);
    project.write("raw/b.txt", "two").minipach(["run", "--save"]).ok();
    project.git(["merge", "-q", "-X", "ours", "--no-edit", "other"]);
    let lines = project.read(".minipach/ledger/all.jsonl");
    assert_eq!(lines.matches("\"key\":\".\"").count(), 2, "the line of each side: {lines}");
    project.write("code/fs.sh", "true; cat $PFS/raw/* > $PFS/out/sum\n");
    let datums = project.minipach(["datums", "all"]).ok();
    assert_eq!(datums.matches("blocked").count(), 1, "{datums}");
    project.minipach(["status"]).code(0).says("≥ 1  1 blocked");
}
