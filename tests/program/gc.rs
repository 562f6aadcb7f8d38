//! `gc`: what it removes, and that nothing that is known is forgotten by it.

use crate::support::Project;

const KEPT: &str = "refs/minipach/kept";

/// Two subjects, of which one always fails.
fn study() -> Project {
    let project = Project::new();
    project.write("raw/a", "1\n").write("raw/b", "bad\n");
    project.write(
        "code/copy.sh",
        "cat \"$PFS\"/raw/*; ! grep bad \"$PFS\"/raw/* && cp \"$PFS\"/raw/* \"$PFS/out/o\"\n",
    );
    project.spec(
        "copy",
        "input: {pfs: {repo: raw, glob: '/(*)'}}\noutput: /$1\ntransform: {cmd: [sh, code/copy.sh]}\n",
    );
    project.commit("a study");
    project
}

fn logs(project: &Project) -> usize {
    let runs = std::fs::read_dir(project.path(".git/minipach/logs")).expect("a folder").flatten();
    runs.map(|run| std::fs::read_dir(run.path()).expect("a folder").count()).sum()
}

fn refs(project: &Project) -> String {
    project.git(["for-each-ref", "--format=%(refname)", KEPT])
}

#[test]
fn old_attempts_and_logs_go_and_all_that_is_known_stays() {
    let project = study();
    // Each run tries the bad one three times.
    for _ in 0..3 {
        project.minipach(["run"]).code(1);
    }
    let (states, head) = (project.states("copy"), project.head());
    assert_eq!(logs(&project), 10);
    let log = project.read(".git/minipach/attempts.jsonl");
    assert!(project.minipach(["gc"]).ok().contains("nothing is to be removed"), "all of it is young");
    let would = project.minipach(["gc", "--days", "0", "--dry-run"]).ok();
    assert!(
        would.contains("8  ") && would.contains("logs of commands") && would.contains("would free"),
        "{would}"
    );
    assert_eq!((logs(&project), project.read(".git/minipach/attempts.jsonl")), (10, log));
    let done = project.minipach(["gc", "--days", "0", "--json"]).code(0).json();
    assert_eq!((&done["logs"]["number"], &done["attempts"]["number"]), (&8.into(), &8.into()));
    assert_eq!((logs(&project), project.states("copy"), project.head()), (2, states, head));
    assert!(project.minipach(["why", "copy:b"]).ok().contains("exit code 1"));
    assert!(project.minipach(["logs", "copy:b"]).ok().contains("bad"));
    project.minipach(["run"]).code(1);
    assert_eq!(project.changed(), "");
    let again = project.minipach(["gc", "--days", "0", "--json"]).code(0).json();
    assert_eq!(again["attempts"]["number"], 3, "the tries since, but for the last");
}

#[test]
fn replaced_results_that_no_commit_holds_stay_as_long_as_they_are_young() {
    let project = study();
    project.remove("raw/b").commit("good ones");
    project.minipach(["run", "--no-commit"]).ok();
    project.write("raw/a", "2\n");
    project.minipach(["run", "--no-commit"]).ok();
    assert_eq!(refs(&project), KEPT);
    project.minipach(["gc"]).ok();
    project.write("raw/a", "1\n");
    project.minipach(["run", "--no-commit"]).code(0).says("1 datum placed without running");
    project.write("raw/a", "3\n");
    project.minipach(["run", "--no-commit"]).ok();
    let told = project.minipach(["gc", "--days", "0"]).ok();
    assert!(told.contains("replaced results") && told.contains("git gc"), "{told}");
    assert_eq!(refs(&project), "");
    project.nothing_to_do();
}

#[test]
fn nothing_is_removed_where_nothing_was_run_or_while_somebody_is_at_work() {
    let project = study();
    project.minipach(["gc", "--days", "0"]).code(0);
    project.minipach(["run"]).code(1);
    let lock = std::fs::File::options().write(true).open(project.path(".git/minipach/lock")).expect("a lock");
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).expect("it is free");
    project.minipach(["gc", "--days", "0"]).code(4);
    assert_eq!(logs(&project), 4);
}

#[test]
fn files_of_images_go_when_they_were_long_not_used() {
    let project = study();
    project.minipach(["run"]).code(1);
    project
        .write(".git/minipach/images/0123.sif", "an image")
        .write(".git/minipach/images/build-1/half", "of one");
    project.minipach(["gc"]).says("nothing is to be removed");
    let found = project.minipach(["gc", "--days", "0", "--json"]).json();
    assert_eq!(found["images"], serde_json::json!({"number": 2, "bytes": 14}));
    assert!(
        !project.exists(".git/minipach/images/0123.sif") && !project.exists(".git/minipach/images/build-1")
    );
}

#[test]
fn what_was_left_of_a_visit_goes() {
    let project = study();
    project.minipach(["enter", "copy:a", "--", "sh", "-c", "echo mine > \"$PFS/out/mine\""]).code(0);
    assert!(project.exists(".git/minipach/enter"));
    project.minipach(["gc", "--days", "0"]).code(0).says("folders of datums that were entered");
    assert!(!project.exists(".git/minipach/enter"));
}
