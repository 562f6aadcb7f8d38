//! Projects that come to rest: ledgers that are not as HEAD has them, scripts called by a path that is worked out, odd names.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use crate::support::Project;

/// Two folders of data, and a pipeline over each of the two repos, all run.
fn study() -> Project {
    let project = Project::new();
    project.write_all(&[("raw/a/x", "a\n"), ("raw/b/x", "b\n")]);
    let spec = |repo: &str| {
        format!(
            "input: {{pfs: {{repo: {repo}, glob: '/(*)'}}}}\noutput: /$1\n\
             transform: {{cmd: [sh, -c, 'cat $PFS/{repo}/* > $PFS/out/o']}}\n"
        )
    };
    project.spec("up", &spec("raw")).spec("two", &spec("up"));
    project.commit("a study");
    project.minipach(["run"]).ok();
    project
}

fn change(project: &Project) {
    project.write("raw/a/x", "a2\n");
    project.commit("a2");
    project.minipach(["run"]).ok();
}

#[track_caller]
fn is_at_rest(project: &Project) {
    let said = project.minipach(["status"]).code(0);
    assert!(!said.stdout.contains("not committed"), "{}", said.stdout);
    assert_eq!(project.changed(), "");
    project.nothing_to_do();
}

#[test]
fn names_are_exact_whatever_git_was_told_of_their_case() {
    let project = study();
    project.git(["config", "core.ignoreCase", "true"]);
    project.git(["mv", "raw/a", "raw/A"]);
    project.git(["commit", "-q", "-m", "another case"]);
    project.minipach(["run"]).ok();
    let committed = project.git(["ls-tree", "-r", "--name-only", "HEAD", "up"]);
    assert_eq!(committed.lines().collect::<Vec<_>>(), ["up/A/o", "up/b/o", "up/spec.yml"]);
    is_at_rest(&project);
}

#[test]
fn an_older_ledger_in_the_place_of_heads_is_put_right_by_a_run() {
    for save_first in [true, false] {
        let project = study();
        change(&project);
        let head = project.head();
        project.git(["checkout", "-q", "HEAD~2", "--", ".minipach"]);
        let said = project.minipach(["status"]).code(0);
        said.says("the ledger that stands here is behind HEAD's: two, up (minipach run)");
        project.minipach(["plan"]).code(0).says("the next run puts that right").says("nothing to do");
        if save_first {
            project.minipach(["save"]).code(0).says("nothing to save");
        }
        project.minipach(["run"]).ok();
        assert_eq!(project.head(), head, "HEAD's ledger tells of all that there is");
        is_at_rest(&project);
    }
}

#[test]
fn an_older_ledger_that_is_only_staged_is_put_right_too() {
    let project = study();
    change(&project);
    let head = project.head();
    project.git(["reset", "-q", "HEAD~2", "--", ".minipach"]);
    project.minipach(["run"]).ok();
    assert_eq!(project.head(), head);
    is_at_rest(&project);
}

#[test]
fn an_older_ledger_is_put_right_as_often_as_it_comes() {
    for how in ["checkout", "reset"] {
        let project = study();
        for _ in 0..3 {
            project.git([how, "-q", "HEAD~1", "--", ".minipach"]);
            project.minipach(["run"]).ok();
            is_at_rest(&project);
        }
    }
}

#[test]
fn an_older_ledger_that_is_staged_gives_way_to_what_a_save_commits() {
    let project = study();
    change(&project);
    project.git(["reset", "-q", "HEAD~2", "--", ".minipach/ledger/up.jsonl"]);
    project.write("raw/a/x", "a3\n");
    project.minipach(["run"]).code(0).says("`minipach save` commits what is missing");
    project.minipach(["save"]).code(0).says("committed up (1 commit)");
    is_at_rest(&project);
}

#[test]
fn what_a_ledger_does_not_tell_of_its_work_comes_back_from_head() {
    for by in ["run", "save"] {
        let project = study();
        let (head, ledger) = (project.head(), project.read(".minipach/ledger/up.jsonl"));
        let is_result = |line: &&str| !line.starts_with("{\"work\"");
        let without = ledger.lines().filter(is_result).collect::<Vec<_>>().join("\n") + "\n";
        for otherwise in [without, ledger.replacen("cat ", "rev ", 1)] {
            assert_ne!(otherwise, ledger);
            project.write(".minipach/ledger/up.jsonl", &otherwise);
            project.minipach([by]).ok();
            assert_eq!(project.read(".minipach/ledger/up.jsonl"), ledger, "{by}");
            is_at_rest(&project);
            assert_eq!(project.head(), head);
        }
    }
}

#[test]
fn a_commit_that_a_run_will_make_is_told_before() {
    let project = study();
    let script = "cat $PFS/raw/* > $PFS/out/o\n";
    project.write("code/up.sh", script);
    project.spec(
        "up",
        "input: {pfs: {repo: raw, glob: '/(*)'}}\noutput: /$1\ntransform: {cmd: [sh, code/up.sh]}\n",
    );
    project.commit("a script");
    project.minipach(["run"]).ok();
    project.write("code/up.sh", format!("{script}# more\n"));
    project.commit("a comment");
    let comment = project.head();
    project.minipach(["run"]).ok();
    project.git(["revert", "--no-edit", &comment]);
    project.minipach(["status"]).code(0).says("not committed yet: results of up").says("(minipach run)");
    let head = project.head();
    project.minipach(["run"]).code(0).says("1 commit for results that no commit recorded");
    assert_eq!(project.git(["rev-parse", "HEAD^"]).trim(), head.trim());
    is_at_rest(&project);
}

#[test]
fn a_folder_left_to_one_datum_is_told_in_the_commit_that_removes_the_other() {
    let project = Project::new();
    for name in ["s1", "s2"] {
        project.write(&format!("raw/{name}/a.txt"), name);
    }
    project.spec(
        "p",
        "input: {pfs: {repo: raw, glob: '/(*)/'}}\ntransform: {cmd: [sh, -c, \
         'n=$(ls $PFS/raw); mkdir $PFS/out/own; cp $PFS/raw/$n/a.txt $PFS/out/own/$n']}\n",
    );
    project.commit("a study");
    project.minipach(["run"]).ok();
    project.git(["rm", "-rq", "raw/s1"]);
    project.commit("without s1");
    let before = project.head();
    project.minipach(["run"]).code(0).says("1 datum removed");
    assert_eq!(project.git(["rev-parse", "HEAD^"]).trim(), before.trim(), "one commit");
    let subject = project.git(["log", "-1", "--format=%s"]);
    assert_eq!(subject.trim(), "p: 1 result noted anew, 1 result removed", "nothing was made");
    is_at_rest(&project);
}

/// An edit to a script that is called by a path which the caller works out makes results stale.
#[test]
fn an_edit_is_seen_in_what_is_called_by_a_path_that_is_worked_out() {
    for (script, text, called) in [
        ("up.sh", "HERE=\"$(cd \"$(dirname \"$0\")\" && pwd)\"\n. \"$HERE/lib/b.sh\"\n", "lib/b.sh"),
        ("up.sh", "d=`dirname $0`\nsh $d/lib/b.sh\n", "lib/b.sh"),
        ("deep/up.sh", "ROOT=\"$(dirname \"$0\")/..\"\nsh \"$ROOT\"/lib/b.sh\n", "lib/b.sh"),
        ("up.sh", "cd \"$(git rev-parse --show-toplevel)/code/lib\"\n. ./b.sh\n", "lib/b.sh"),
        (
            "up.py",
            "import os\nHERE = os.path.dirname(__file__)\nos.system('sh ' + os.path.join(HERE, 'lib', 'b.sh'))\n",
            "lib/b.sh",
        ),
        (
            "up.py",
            "import pathlib, sys\nsys.path.insert(0, str(pathlib.Path(__file__).parent / 'more' / 'own'))\nimport own\n",
            "more/own/own.py",
        ),
        ("up.R", "here <- dirname(sys.frame(1)$ofile)\nsource(file.path(here, 'lib', 'b.R'))\n", "lib/b.R"),
    ] {
        let project = Project::new();
        project.write_all(&[("raw/a/x", "a\n")]);
        project.write(&format!("code/{script}"), text).write(&format!("code/{called}"), "one\n");
        project.write("code/other/o.sh", "other\n");
        project.spec(
            "up",
            &format!(
                "input: {{pfs: {{repo: raw, glob: '/(*)'}}}}\noutput: /$1\n\
                 transform: {{cmd: [sh, -c, 'cat $PFS/raw/x > $PFS/out/o', code/{script}]}}\n"
            ),
        );
        project.commit("a study");
        project.minipach(["run"]).ok();
        project.write("code/other/o.sh", "changed\n");
        project.commit("nobody calls this");
        project.nothing_to_do();
        project.write(&format!("code/{called}"), "two\n");
        project.commit("another library");
        project.minipach(["why", "up"]).says(&format!("code/{called}"));
        project.minipach(["run"]).code(0).says("1 datum ran");
    }
}

#[test]
fn a_name_that_is_not_utf8_matters_only_where_a_glob_takes_it() {
    let project = study();
    let folder = project.root().join("raw/c");
    std::fs::create_dir(&folder).expect("a folder can be made");
    std::fs::write(folder.join(OsStr::from_bytes(b"\xff.txt")), "x").expect("Linux takes any name");
    let odd = "raw/c/\u{fffd}.txt";
    project.minipach(["plan"]).code(4).says(odd);
    project.minipach(["check"]).code(1).says(&format!("--> {odd}"));
    for pattern in ["/(*)", "/c/*", "/"] {
        project.minipach(["glob", "raw", pattern]).code(0).says(&format!("`{odd}` is left out"));
    }
    let said = project.minipach(["glob", "raw", "/([ab])"]).code(0);
    assert!(!said.stderr.contains("left out"), "{}", said.stderr);
    project.spec("up", &project.read("up/spec.yml").replace("/(*)", "/([ab])"));
    project.minipach(["save", "up"]).ok();
    project.minipach(["plan"]).code(0);
    project.minipach(["run"]).ok();
}

/// A pipeline of three datums, run and committed.
fn three() -> Project {
    let project = Project::new();
    for key in ["a", "b", "c"] {
        project.write(&format!("raw/{key}"), key);
    }
    let spec = "input: {pfs: {repo: raw, glob: '/(*)'}}\noutput: /$1\ntransform: {cmd: [sh, -c, 'cp $raw $PFS/out/o']}\n";
    project.spec("up", spec).commit("a study");
    project.minipach(["run"]).ok();
    project
}

#[test]
fn that_a_ledger_will_follow_a_moved_folder_is_told_before() {
    let project = three();
    project.git(["mv", "up", "over"]);
    project.write("over/spec.yml", project.read("over/spec.yml").replace("name: up", "name: over"));
    project.commit("moved");
    project.minipach(["status"]).code(0).says("not committed yet: results of over").says("(minipach run)");
    project.minipach(["plan"]).code(0).says("results of 1 pipeline to be committed");
    project.minipach(["run"]).code(0).says("1 commit for results that no commit recorded");
    is_at_rest(&project);
}

#[test]
fn results_that_stay_for_one_reason_are_told_once() {
    let project = three();
    for key in ["a", "b", "c"] {
        project.write(&format!("up/{key}/o"), "by hand\n");
    }
    let said = project.minipach(["run"]).code(1);
    said.says("edited up:a: its files are not the known result")
        .says("edited up: 2 more alike; minipach why up");
    project.minipach(["run", "-v"]).code(1).says("edited up:a: ").says("edited up:c: ");
}

/// What a commit moved with its pipeline's folder goes from git as from the work tree, whether replaced or vanished.
#[test]
fn results_that_came_with_a_moved_folder_and_change_are_gone_from_git_too() {
    for (output, by_save) in [("", false), ("output: /$1\n", false), ("", true), ("output: /$1\n", true)] {
        let project = Project::new();
        for key in ["a", "b", "c"] {
            project.write(&format!("raw/{key}"), format!("{key}\n"));
        }
        let run = "n=$(cat $PFS/raw/raw 2>/dev/null || cat $raw); echo $n > $PFS/out/$n";
        let spec = format!(
            "input: {{pfs: {{repo: raw, glob: '/(*)'}}}}\n{output}transform: {{cmd: [sh, -c, '{run}']}}\n"
        );
        project.spec("up", &spec).commit("a study");
        project.minipach(["run"]).ok();
        project.git(["mv", "up", "over"]);
        project.write("raw/a", "other\n").remove("raw/b").commit("moved, changed and gone");
        if by_save {
            project.minipach(["run", "--no-commit"]).ok();
            project.minipach(["save"]).ok();
        } else {
            project.minipach(["run"]).ok();
            let subject = project.git(["log", "-1", "--format=%s"]);
            assert!(subject.ends_with(", 1 removed"), "{subject}");
        }
        is_at_rest(&project);
        let expected = if output.is_empty() { ["c", "other"] } else { ["a/other", "c/c"] };
        assert_eq!(project.tree("over").into_keys().collect::<Vec<_>>(), expected);
    }
}

#[test]
fn a_file_beside_the_data_of_an_input_is_code_where_the_command_names_it() {
    let project = Project::new();
    project.write_all(&[("raw/d/a.csv", "a\n"), ("raw/d/b.csv", "b\n"), ("raw/d/a.key", "k\n")]);
    project.spec(
        "up",
        "input: {pfs: {repo: raw/d, glob: '/(*).csv', name: d}}\noutput: /$1\n\
         transform: {cmd: [sh, -c, 'cat \"$d\" raw/d/a.key > /pfs/out/o # like raw/d/b.csv']}\n",
    );
    project.commit("a key beside the data");
    project.minipach(["run"]).ok();
    project.minipach(["why", "up:a"]).code(0).says("code raw/d/a.key\n");
    project.write("raw/d/a.key", "k2\n");
    project.commit("another key");
    project.minipach(["run"]).code(0).says("2 datums ran");
    assert_eq!(project.read("up/b/o"), "b\nk2\n");
    project.write("raw/d/b.csv", "b2\n");
    project.commit("one datum");
    project.minipach(["run"]).code(0).says("1 datum ran");
}
