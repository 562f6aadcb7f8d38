//! What git ignores and what it does not track yet; and a project at rest, where that must not be overlooked.

use crate::support::{self, Project, table};
use serde_json::Value;

const COPY: &str = r"
input: {pfs: {repo: raw, glob: '/(*)'}}
output: /$1
transform: {cmd: [sh, code/run.sh]}
";

const RUN: &str =
    "echo \"$PACH_DATUM_ID\" > /dev/null\necho ran >> \"$WITNESS\"\ncat \"$PFS\"/raw/x > \"$PFS\"/out/y\n";

const NOTHING: [String; 0] = [];

/// A pipeline of two datums, laid out and committed, not run.
fn study() -> Project {
    let project = Project::new();
    project.write_all(&[("raw/s1/x", "one\n"), ("raw/s2/x", "two\n"), ("code/run.sh", RUN)]);
    project.spec("fs", COPY);
    project.commit("data and a pipeline");
    project
}

/// Asserts that each of three runs refuses `fs/s1` with these words before it runs, and makes `fs/s2`.
#[track_caller]
fn refuses(project: &Project, words: &str) {
    for ran in [vec!["ran".to_owned()], Vec::new(), Vec::new()] {
        project.minipach(["run", "--no-commit"]).code(1).says("failed fs:s1").says(words);
        assert_eq!((project.witnessed(), project.exists("fs/s1")), (ran, false));
    }
    project.minipach(["status"]).says("1 done, 1 failed").says(&format!("a run refuses it: {words}"));
    let planned = project.minipach(["plan"]).code(0);
    let last = Some("1 refused, results of 1 pipeline to be committed");
    assert_eq!(planned.stdout.lines().last(), last, "{}", planned.stdout);
    project.minipach(["why", "fs:s1"]).says(words).says("once that rule is changed");
    project.minipach(["plan"]).says(words);
    assert_eq!(project.read("fs/s2/y"), "two\n");
}

#[test]
fn a_place_that_git_ignores_is_refused_before_running() {
    let project = study();
    project.write(".gitignore", "fs/s1\n");
    refuses(&project, "git ignores `fs/s1` by the rule `fs/s1` (.gitignore:1)");
}

#[test]
fn rules_may_stand_anywhere() {
    for (file, rule) in
        [("fs/.gitignore", "/s1/"), (".git/info/exclude", "fs/*1"), ("raw/s1/.gitignore", "*")]
    {
        let project = study();
        project.write(file, format!("{rule}\n"));
        if file.starts_with("raw") {
            project.minipach(["run", "--no-commit"]).ok();
            assert_eq!(project.read("fs/s1/y"), "one\n");
        } else {
            refuses(&project, &format!("git ignores `fs/s1` by the rule `{rule}` ({file}:1)"));
        }
    }
}

#[test]
fn a_rule_below_the_pipeline_is_seen_for_all_places() {
    let project = study();
    project.write_all(&[("fs/deep/.gitignore", "*\n"), (".gitignore", "s1/\n!raw/s1/\n")]);
    refuses(&project, "git ignores `fs/s1` by the rule `s1/` (.gitignore:1)");
}

#[test]
fn a_file_that_git_ignores_fails_its_datum_and_is_not_placed() {
    let project = study();
    project.write("code/run.sh", format!("{RUN}touch \"$PFS\"/out/run.log\n")).write(".gitignore", "*.log\n");
    for _ in 0..2 {
        let ended = project.minipach(["run", "--no-commit"]).code(1);
        ended.says("git ignores `fs/s1/run.log` by the rule `*.log` (.gitignore:1)");
        assert!(!project.exists("fs/s1"));
        assert_eq!(project.states("fs"), table([("s1", "failed"), ("s2", "failed")]));
    }
}

/// Test runners and linters write such a file into their own folder: it is a part of the result, as all that it names.
#[test]
fn a_result_that_ignores_itself_is_committed_also_in_an_annex() {
    for is_annexed in [false, true] {
        if is_annexed && support::peer("git-annex").is_none() {
            return;
        }
        let project = study();
        let cache = "cd \"$PFS\"/out; mkdir cache; echo '*' > cache/.gitignore; echo text > cache/a; echo bytes > cache/b.bin\n";
        project.write(".gitattributes", "* annex.largefiles=nothing\n*.bin annex.largefiles=anything\n");
        project.write("code/run.sh", format!("{RUN}{cache}")).commit("a cache");
        if is_annexed {
            project.git(["annex", "init", "-q"]);
        }
        project.minipach(["run"]).ok();
        assert_eq!(project.path("fs/s1/cache/b.bin").is_symlink(), is_annexed);
        let tracked = project.git(["ls-files", "fs/s1"]);
        assert_eq!(tracked, "fs/s1/cache/.gitignore\nfs/s1/cache/a\nfs/s1/cache/b.bin\nfs/s1/y");
        assert_eq!(project.changed(), "");
        project.nothing_to_do();
    }
}

/// A project whose results each hold a folder that ignores itself, with a file named after the data; in an annex or not.
fn with_caches(is_annexed: bool) -> Project {
    let project = study();
    let cache = "cd \"$PFS\"/out; mkdir cache; echo '*' > cache/.gitignore; cp y cache/$(cat y).bin\n";
    project.write(".gitattributes", "* annex.largefiles=nothing\n*.bin annex.largefiles=anything\n");
    project.write("code/run.sh", format!("{RUN}{cache}")).commit("a cache");
    if is_annexed {
        project.git(["annex", "init", "-q"]);
    }
    project
}

/// Asserts that both results are done and that no verb takes them for edited or runs anything.
#[track_caller]
fn is_all_known(project: &Project) {
    project.witnessed();
    assert_eq!(project.states("fs"), table([("s1", "done"), ("s2", "done")]));
    project.minipach(["run", "--no-commit"]).ok();
    assert_eq!(
        (project.witnessed(), project.states("fs")),
        (NOTHING.into(), table([("s1", "done"), ("s2", "done")]))
    );
    let said = project.minipach(["check"]).stdout;
    assert!(!said.contains("edited") && !said.contains("by hand"), "{said}");
}

#[test]
fn a_result_that_ignores_itself_is_known_before_it_is_committed() {
    for is_annexed in [false, true] {
        if is_annexed && support::peer("git-annex").is_none() {
            return;
        }
        for commits in ["run", "save"] {
            let project = with_caches(is_annexed);
            project.minipach(["run", "--no-commit"]).ok();
            is_all_known(&project);
            // As after a kill that came before the ledger was written, and where nothing is remembered.
            project.rename(".minipach/ledger", "kept");
            assert_eq!(project.states("fs"), table([("s1", "done"), ("s2", "done")]));
            project.rename("kept", ".minipach/ledger").remove(".git/minipach");
            is_all_known(&project);
            project.minipach([commits]).ok();
            let tracked = project.git(["ls-files", "fs/s1"]);
            assert_eq!(tracked, "fs/s1/cache/.gitignore\nfs/s1/cache/one.bin\nfs/s1/y");
            assert_eq!(project.changed(), "");
            project.nothing_to_do();
        }
    }
}

#[test]
fn a_result_that_ignores_itself_may_change_and_go_before_it_is_committed() {
    let project = with_caches(false);
    project.minipach(["run"]).ok();
    project.write("raw/s1/x", "uno\n").commit("other data");
    project.minipach(["run", "--no-commit"]).ok();
    assert!(project.exists("fs/s1/cache/uno.bin") && !project.exists("fs/s1/cache/one.bin"));
    is_all_known(&project);
    project.write("raw/s1/x", "one\n").commit("the first again");
    project.minipach(["run", "--no-commit"]).ok();
    is_all_known(&project);
    project.write("raw/s1/x", "uno\n").commit("the second again");
    project.minipach(["run", "--no-commit"]).ok();
    is_all_known(&project);
    project.minipach(["run"]).ok();
    assert_eq!(project.changed(), "");
    project.remove("raw/s1").commit("gone");
    project.minipach(["run"]).ok();
    assert_eq!((project.exists("fs/s1"), project.changed()), (false, String::new()));
    project.nothing_to_do();
}

#[test]
fn what_a_result_ignores_and_does_not_hold_is_nobodys() {
    let project = with_caches(false);
    project.minipach(["run"]).ok();
    project
        .write("fs/s1/cache/mine", "text\n")
        .write("fs/notes/.gitignore", "*\n")
        .write("fs/notes/a", "text\n");
    is_all_known(&project);
    project.nothing_to_do();
    project.write("fs/s2/cache/two.bin", "edited\n");
    assert_eq!(project.states("fs"), table([("s1", "done"), ("s2", "edited")]));
}

#[test]
fn what_is_tracked_is_not_ignored() {
    let project = study();
    project.minipach(["run"]).ok();
    project.write(".gitignore", "fs/s1\n");
    project.commit("ignored too late");
    project.witnessed();
    project.nothing_to_do();
    project.write("raw/s1/x", "new\n").commit("a change");
    project.minipach(["run"]).ok();
    assert_eq!(project.read("fs/s1/y"), "new\n");
    assert_eq!(project.changed(), "");
}

/// What a run says of the pipeline's completeness.
fn completeness(project: &Project) -> Vec<Value> {
    let events: Vec<Value> = project.minipach(["run", "--json"]).json_lines();
    let finished = events.iter().filter(|event| event["event"] == "job_finished");
    finished.map(|event| event["complete"].clone()).collect()
}

#[test]
fn an_edited_leftover_leaves_its_pipeline_incomplete_in_every_run() {
    let project = study();
    project.minipach(["run"]).ok();
    project.remove("raw/s1").write("fs/s1/y", "mine\n").commit("gone, and edited");
    assert_eq!([completeness(&project), completeness(&project)], [[false], [false]]);
    let said = project
        .minipach(["run"])
        .code(1)
        .says("`fs`: 1 result of vanished datums, `fs:s1` first, changed by hand");
    assert!(!said.stdout.contains("nothing to do"), "{}", said.stdout);
    assert_eq!(project.read("fs/s1/y"), "mine\n");
}

#[test]
fn a_ledger_that_git_ignores_is_looked_at_every_time() {
    let project = study();
    project.write(".git/info/exclude", ".minipach/ledger/\n");
    for _ in 0..2 {
        project.minipach(["run", "--no-commit"]).ok();
    }
    project.remove(".minipach/ledger");
    project.minipach(["run", "--no-commit"]).ok();
    assert!(project.exists(".minipach/ledger/fs.jsonl"), "a run writes what is missing");
}

#[test]
fn rules_outside_of_the_work_tree_end_a_rest() {
    let project = study();
    project.minipach(["run"]).ok();
    project.nothing_to_do();
    assert!(project.exists(".git/minipach/rest"));
    let kept = project.read(".git/minipach/rest");
    project.write(".git/info/exclude", "nothing-like-this\n");
    project.minipach(["run"]).ok();
    assert_ne!(project.read(".git/minipach/rest"), kept);
}

#[test]
fn code_in_the_annex_is_looked_for_every_time() {
    let project = study();
    let pointer =
        "/annex/objects/SHA256E-s3--2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae.sh\n";
    project.write(".git/annex/here", "").write("code/tool.sh", pointer);
    project.spec("fs", &COPY.replace("cmd:", "code: ['/code/*'], cmd:"));
    project.commit("a script in the annex");
    for _ in 0..2 {
        project.minipach(["run", "--no-commit"]).code(4).says("code/tool.sh");
    }
    assert!(!project.exists(".git/minipach/rest"), "its content may come and go unseen");
}

#[test]
fn a_stray_file_called_like_a_program_is_no_code() {
    let project = study();
    project.minipach(["run"]).ok();
    project.witnessed();
    project.write("cat", "stray\n").write("code/cat", "stray\n");
    project.nothing_to_do();
    project.minipach(["plan", "-v"]).ok();
    project.git(["add", "code/cat"]);
    project.minipach(["plan"]).code(0).says("`code/cat`");
}

#[test]
fn code_that_is_not_tracked_yet_counts_where_it_is_named_as_a_path() {
    let project = study();
    project.git(["rm", "-q", "--cached", "code/run.sh"]);
    project.git(["commit", "-qm", "not tracked"]);
    project.write("code/run.sh", format!("{RUN}sh code/lib.sh\n")).write("code/lib.sh", "true\n");
    project.minipach(["run"]).code(0).says("`code/lib.sh` and 1 more have changes that are not committed");
    assert_eq!(project.witnessed(), ["ran", "ran"]);
    project.write("code/lib.sh", "true # and more\n");
    project.minipach(["run"]).ok();
    assert_eq!(project.witnessed(), ["ran", "ran"]);
    project.minipach(["save"]).ok();
    project.minipach(["run"]).ok();
    assert_eq!((project.witnessed(), project.changed()), (NOTHING.into(), String::new()));
}

#[test]
fn a_script_that_is_an_argument_counts_before_it_is_tracked() {
    let project = study();
    project.spec("fs", &COPY.replace("code/run.sh", "run.sh")).commit("another script");
    project.write("run.sh", RUN);
    project.minipach(["run"]).ok();
    project.write("run.sh", format!("{RUN}# more\n"));
    project.witnessed();
    project.minipach(["run"]).ok();
    assert_eq!(project.witnessed(), ["ran", "ran"]);
}

#[test]
fn a_subdataset_is_read_at_its_commit() {
    let project = Project::new();
    let origin = project.home().join("origin");
    let at = origin.to_string_lossy().into_owned();
    project.git(["init", "-q", &at]);
    std::fs::write(origin.join("s1.txt"), "1\n").unwrap();
    project.git(["-C", &at, "add", "."]);
    project.git(["-C", &at, "commit", "-qm", "data"]);
    project.git(["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &at, "data"]);
    project.spec(
        "fs",
        "input: {pfs: {repo: data, glob: '/(*).txt'}}\noutput: /$1\ntransform: {cmd: [sh, -c, 'cat /pfs/data/* > /pfs/out/y']}\n",
    );
    project.commit("a subdataset");
    project.minipach(["run"]).ok();
    assert_eq!(project.read("fs/s1/y"), "1\n");
    project.nothing_to_do();
}

#[test]
fn data_in_a_repository_that_is_no_subdataset_is_told_to_be_left_out() {
    let project = study();
    project.minipach(["run"]).ok();
    project.minipach(["run"]).ok();
    project.write("raw/s3/x", "three\n");
    project.program("git", ["init", "-q", "raw/s3"]).ok();
    project.program("git", ["-C", "raw/s3", "add", "x"]).ok();
    let told = "`raw/s3` is left out, for it is a repository inside this one that is no subdataset";
    for verb in ["plan", "run"] {
        project.minipach([verb]).says(told).says("git submodule add");
    }
    project.minipach(["save"]).says("left out `raw/s3`").says("git submodule add");
    project.minipach(["why", "raw/s3/x"]).says("`raw/s3` is a repository inside this one");
    let other = project.minipach(["save", "raw/s1"]);
    assert!(!other.stderr.contains("raw/s3"), "{other:?}");
}

#[test]
fn before_the_first_commit_nothing_waits_for_one_until_there_are_results() {
    let project = Project::new();
    project.write("raw/s1/x", "one\n").write("code/run.sh", RUN).spec("fs", COPY);
    let waits = |project: &Project| project.minipach(["status"]).code(0).stdout.contains("not committed yet");
    assert!(!waits(&project), "nothing was made yet");
    project.minipach(["run"]).code(0);
    assert!(waits(&project), "inputs are not committed, so results wait");
    project.minipach(["save"]).ok();
    assert!(!waits(&project));
    project.nothing_to_do();
}

/// `git init --separate-git-dir`: what lies around git's folder is not the project.
#[test]
fn a_work_tree_whose_git_folder_lies_elsewhere_is_the_project() {
    let project = Project::bare();
    std::fs::create_dir(project.home().join("around")).expect("a folder");
    project.git(["init", "-q", "-b", "main", "--separate-git-dir=../around/store", "."]);
    project.write("raw/a", "1\n");
    project.spec("p", "input: {pfs: {repo: raw, glob: '/(*)'}}\noutput: /$1\ntransform: {cmd: [sh, -c, 'cat $PFS/raw/raw > $PFS/out/x']}\n");
    project.commit("a study");
    project.minipach(["run"]).ok();
    project.minipach(["-C", "raw", "status"]).ok();
    assert_eq!(project.states("p").len(), 1);
    project.nothing_to_do();
    project.minipach(["check", "--fix"]);
    assert!(project.exists("README.md"));
    let around = std::fs::read_dir(project.home().join("around")).expect("it stands");
    assert_eq!(around.count(), 1, "nothing is written beside git's folder");
    project.minipach(["-C", "../around/store", "status"]).code(4).says("is git's own folder");
    project.minipach(["-C", "../around", "status"]).code(4).says("is not inside a git repository");
}

#[test]
fn results_placed_again_where_git_converts_line_ends_leave_git_clean() {
    let project = Project::new();
    project.write_all(&[("raw/1", "1\n"), (".gitattributes", "a/*/o text eol=crlf\n")]);
    project.spec(
        "a",
        "input: {pfs: {repo: raw, glob: '/(*)'}}\noutput: /$1\ntransform: {cmd: [sh, -c, 'cat $PFS/raw/* > $PFS/out/o']}\n",
    );
    project.commit("a study");
    project.minipach(["run"]).ok();
    project.remove("a/1/o").git(["checkout", "-q", "a/1/o"]);
    assert_eq!((project.read("a/1/o"), project.changed()), ("1\r\n".into(), String::new()));
    project.remove("a/1/o").minipach(["run"]).ok();
    assert_eq!((project.read("a/1/o"), project.changed()), ("1\n".into(), String::new()));
}

/// Beside an annex, folders are compared by the bytes of their files; their kinds count as well.
#[test]
fn a_changed_executable_bit_in_a_folder_is_a_change_also_beside_an_annex() {
    let project = Project::new();
    std::fs::create_dir(project.path(".git/annex")).expect("a folder");
    project.write_all(&[("raw/1/x", "1\n"), ("raw/2/x", "2\n")]);
    project.spec("a", "input: {pfs: {repo: raw, glob: '/(*)'}}\noutput: /$1\ntransform: {cmd: [sh, -c, 'cat $PFS/raw/x > $PFS/out/o']}\n");
    project.commit("a study");
    project.minipach(["run"]).ok();
    project.program("chmod", ["+x", "raw/1/x"]).ok();
    let states = project.states("a");
    assert_eq!((&*states["1"], &*states["2"]), ("stale", "done"));
    project.program("chmod", ["-x", "raw/1/x"]).ok();
    assert_eq!(project.states("a")["1"], "done");
}

#[test]
fn a_cron_pipeline_without_ticks_says_what_one_is() {
    let project = Project::new();
    project.spec("report", "input: {cron: {name: tick, spec: '@daily', repo: ticks}}\ntransform: {cmd: [sh, -c, 'ls $PFS/tick > $PFS/out/x']}\n");
    project.commit("all");
    let said = "no tick has come to the cron input `tick` yet, so there is nothing to run: each file that you put into `ticks` is one";
    for verb in ["status", "plan"] {
        project.minipach([verb]).code(0).says(said);
    }
    project.write("ticks/2026-01-01", "");
    let told = project.minipach(["status"]).code(0).says("1 pending").stdout;
    assert!(!told.contains("no tick"), "{told}");
}
