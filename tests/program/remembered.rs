//! What is remembered of finished work without local state: renamed pipelines, removed results, nested names.

use crate::support::{Project, table};

const COPY: &str = r#"
input: {pfs: {repo: raw, glob: '/(*)'}}
output: /$1
transform: {cmd: [sh, -c, 'echo ran >> "$WITNESS"; cp -r /pfs/raw/. /pfs/out/']}
"#;

const NOTHING: [&str; 0] = [];

/// A pipeline of two datums, done and committed.
fn settled(pipeline: &str) -> Project {
    let project = Project::new();
    project.write_all(&[("raw/a/x", "one\n"), ("raw/b/x", "two\n")]).spec(pipeline, COPY);
    project.commit("data and a pipeline");
    project.minipach(["run"]).ok();
    assert_eq!(project.witnessed(), ["ran", "ran"]);
    project
}

fn forget(project: &Project) {
    std::fs::remove_dir_all(project.path(".git/minipach")).expect("a run leaves local state");
}

/// Asserts that a run recognises what stands in `pipeline` and commits it.
#[track_caller]
fn is_recognised(project: &Project, pipeline: &str) {
    let done = table([("a", "done"), ("b", "done")]);
    assert_eq!(project.states(pipeline), done);
    project.minipach(["run"]).ok();
    assert_eq!((project.witnessed(), project.states(pipeline)), (NOTHING.map(String::from).into(), done));
    assert_eq!(project.changed(), "");
    project.nothing_to_do();
}

#[test]
fn a_renamed_pipeline_is_recognised_without_local_state() {
    let project = settled("fs");
    project.git(["mv", "fs", "proc"]);
    project.commit("renamed");
    forget(&project);
    is_recognised(&project, "proc");
}

#[test]
fn a_pipeline_that_moves_down_and_up_again_is_recognised() {
    let project = settled("a/b/c");
    project.git(["mv", "a", "moved"]);
    project.git(["rm", "-qr", ".minipach/ledger"]);
    project.commit("renamed");
    forget(&project);
    is_recognised(&project, "moved/b/c");
}

#[test]
fn a_pipeline_renamed_before_its_results_were_committed_is_recognised() {
    let project = Project::new();
    project.write_all(&[("raw/a/x", "one\n"), ("raw/b/x", "two\n")]).spec("fs", COPY);
    project.commit("data and a pipeline");
    project.minipach(["run", "--no-commit"]).ok();
    project.witnessed();
    project.rename("fs", "proc");
    forget(&project);
    assert_eq!(project.states("proc"), table([("a", "done"), ("b", "done")]));
    project.commit("renamed");
    is_recognised(&project, "proc");
}

#[test]
fn results_that_a_commit_removed_are_restored_without_running() {
    for pipeline in ["fs", "proc/fs"] {
        let project = settled(pipeline);
        let results = project.tree(pipeline);
        project.git(["rm", "-qr", &format!("{pipeline}/a"), &format!("{pipeline}/b")]);
        project.commit("results removed");
        forget(&project);
        assert_eq!(project.states(pipeline), table([("a", "cached"), ("b", "cached")]));
        project.minipach(["run"]).ok();
        assert_eq!(
            (project.witnessed(), project.tree(pipeline)),
            (NOTHING.map(String::from).into(), results)
        );
        project.nothing_to_do();
    }
}

#[test]
fn results_whose_commit_was_reset_away_are_restored_without_running() {
    let project = settled("fs");
    let results = project.tree("fs");
    project.git(["reset", "-q", "--hard", "HEAD~1"]);
    forget(&project);
    assert_eq!(project.states("fs"), table([("a", "cached"), ("b", "cached")]));
    project.minipach(["run"]).ok();
    assert_eq!((project.witnessed(), project.tree("fs")), (NOTHING.map(String::from).into(), results));
    project.nothing_to_do();
}

/// A commit that was amended is dropped, and says nothing of what others hold.
#[test]
fn results_that_an_amended_commit_removed_are_restored_without_running() {
    let project = settled("fs");
    project.git(["rm", "-qr", "fs/a"]);
    project.commit("a result removed");
    project.git(["commit", "-q", "--amend", "-m", "in other words"]);
    forget(&project);
    assert_eq!(project.states("fs"), table([("a", "cached"), ("b", "done")]));
    project.minipach(["run"]).ok();
    assert_eq!(project.witnessed(), NOTHING.map(String::from));
}

/// A ledger with two lines that say nothing, one of them the half of one that told of `b`.
fn damaged(project: &Project) {
    let ledger = project.read(".minipach/ledger/fs.jsonl");
    let half = ledger.find("{\"key\":\"b\"").expect("it tells of b") + 20;
    project.write(".minipach/ledger/fs.jsonl", format!("{}\nnot a result\n", &ledger[..half]));
}

#[test]
fn lines_of_a_ledger_that_say_nothing_are_named_and_go_with_the_next_run() {
    let project = settled("fs");
    let tidy = project.read(".minipach/ledger/fs.jsonl");
    let is_tidied = || {
        project.minipach(["run"]).ok();
        assert_eq!(
            (project.read(".minipach/ledger/fs.jsonl"), project.changed()),
            (tidy.clone(), String::new())
        );
        assert!(project.witnessed().is_empty(), "nothing is made again");
        project.nothing_to_do();
    };
    project.write(".minipach/ledger/fs.jsonl", format!("{tidy}not a result\n"));
    is_tidied();
    project.write(".minipach/ledger/fs.jsonl", format!("{tidy}not a result\n"));
    project.commit("an accident");
    project.minipach(["check", "--select", "MP505"]).code(1).says(".minipach/ledger/fs.jsonl:5:1");
    is_tidied();
    let subject = project.git(["log", "-1", "--format=%s"]);
    assert_eq!(subject.trim(), "fs: its ledger tidied");
    damaged(&project);
    project.commit("another one");
    project
        .minipach(["check", "--select", "MP505"])
        .code(1)
        .says("line 4 of a ledger and 1 more say nothing");
    is_tidied();
}

#[test]
fn a_fix_takes_out_what_a_ledger_does_not_say_and_nothing_else() {
    let project = settled("fs");
    let tidy = project.read(".minipach/ledger/fs.jsonl");
    project.write(".minipach/ledger/fs.jsonl", tidy.replacen('\n', "\n<<<<<<< ours\nhello\n", 1));
    project.commit("an accident");
    project.minipach(["check", "--select", "MP505", "--fix"]).ok();
    assert_eq!(project.read(".minipach/ledger/fs.jsonl"), tidy);
    project.write(".minipach/ledger/fs.jsonl", [tidy.as_bytes(), b"\xff\xfe\n"].concat());
    project.minipach(["check", "--select", "MP505", "--fix"]).code(1).says("line 5 of a ledger says nothing");
    project.minipach(["run"]).ok();
    assert_eq!(project.read(".minipach/ledger/fs.jsonl"), tidy);
}

/// A study of three subjects, done.
fn done() -> Project {
    let project = Project::new();
    project.write("raw/1", "1\n").write("raw/2", "2\n").write("raw/3", "3\n");
    let spec = "input: {pfs: {repo: raw, glob: '/(*)'}}\noutput: /$1\n\
                transform: {cmd: [sh, -c, 'cp $raw $PFS/out/f; echo ran >> \"$WITNESS\"']}\n";
    project.spec("p", spec).commit("a study");
    project.minipach(["run"]).ok();
    project.witnessed();
    project
}

const LEDGER: &str = ".minipach/ledger/p.jsonl";

#[test]
fn what_is_wrong_with_a_ledger_is_told_and_the_next_run_writes_it_anew() {
    let project = done();
    let whole = project.read(LEDGER);
    let marked = format!("<<<<<<< HEAD\n{whole}=======\n>>>>>>> other\n");
    for (text, said) in [
        (format!("{whole}garbage\n"), "a line that says nothing"),
        ("garbage\n".to_owned(), "is gone or cannot be read"),
        (marked, "marks of a conflict"),
    ] {
        project.write(LEDGER, text);
        for verb in ["plan", "status"] {
            let ended = project.minipach([verb]).code(0).says(said).says("the next run writes it anew");
            assert!(!ended.stdout.contains("not committed yet"), "{}", ended.stdout);
        }
        project.minipach(["run"]).ok();
        assert_eq!(
            (project.read(LEDGER), project.git(["status", "--porcelain"])),
            (whole.clone(), String::new())
        );
        project.nothing_to_do();
    }
}

#[test]
fn results_whose_ledger_is_gone_are_found_by_that_of_history() {
    let lose: [fn(&Project); 3] = [
        |project| {
            project.remove(LEDGER);
        },
        |project| {
            project.rename(LEDGER, ".minipach/ledger/other.jsonl").commit("the ledger renamed");
        },
        |project| {
            project.git(["rm", "-q", "-r", ".minipach"]);
            project.commit("no ledger");
        },
    ];
    for lose in lose {
        let project = done();
        lose(&project);
        project.remove(".git/minipach").remove("raw/2").write("raw/1", "other\n");
        project.git(["add", "raw"]);
        project.git(["commit", "-q", "-m", "data"]);
        project.minipach(["plan"]).code(0).says("1 stale").says("1 orphaned");
        project.minipach(["run"]).ok();
        assert_eq!(project.witnessed().len(), 1, "what is as before does not run");
        assert_eq!((project.read("p/1/f"), project.exists("p/2/f")), ("other\n".to_owned(), false));
        assert_eq!(project.git(["status", "--porcelain"]), "");
        project.nothing_to_do();
    }
}

#[test]
fn why_tells_results_that_only_the_past_of_git_knows() {
    let project = done();
    project.git(["checkout", "-q", "-b", "side"]);
    project.write("raw/4", "4\n").commit("more data");
    project.minipach(["run"]).ok();
    project.git(["checkout", "-q", "-"]);
    project.git(["checkout", "side", "--", "raw", "p"]);
    project.remove(".git/minipach");
    let why = project.minipach(["why", "p:4"]).code(0).says("p:4 is done").says("result p/4/f = git:");
    assert!(!why.stdout.contains("wrote nothing"), "{}", why.stdout);
}
