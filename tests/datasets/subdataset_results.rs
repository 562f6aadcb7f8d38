//! Results in subdatasets: their commit first, then the gitlink around it, whatever comes between.

use crate::study::Study;
use crate::support::Project;
use crate::within::{heads, inward, is_at_rest, started};

/// Subjects of the subdataset's commits, newest first.
#[track_caller]
fn inner_log(study: &Study) -> Vec<String> {
    let log = study.project.git(["-C", "fs/results", "log", "--format=%s"]);
    log.lines().map(str::to_owned).collect()
}

#[test]
fn results_go_into_a_subdataset_whose_commit_comes_first() {
    let Some(study) = inward() else { return };
    let project = &study.project;
    assert_eq!(started(&study), 4);
    is_at_rest(&study);
    assert_eq!(project.read("all/texts"), "1\n2\n3\n");
    assert_eq!(project.read("all/size").trim(), "33");
    assert_eq!(inner_log(&study)[0], "fs: 3 datums");
    let inner = project.git([
        "-C",
        "fs/results",
        "log",
        "-1",
        "--format=%(trailers:key=Minipach-Pipeline,valueonly)",
    ]);
    assert_eq!(inner.trim(), "fs");
    assert!(
        project.path("fs/results/s1/data").is_symlink() && !project.path("fs/results/s1/text").is_symlink()
    );
    // The commit around it moves the gitlink, with ledger and record.
    let outer = project.git(["log", "--format=%H", "--grep=fs: 3 datums"]);
    let touched = project.git(["diff-tree", "--no-commit-id", "--name-only", "-r", &outer]);
    assert_eq!(touched, ".minipach/.gitattributes\n.minipach/ledger/fs.jsonl\nfs/results");
    project
        .minipach(["provenance", "fs/results/s2/data"])
        .code(0)
        .says("was made by fs:results/s2")
        .says("raw/s2.txt");
    project.minipach(["provenance", "all/size"]).code(0).says("fs/results/s3 was made by fs:results/s3");
    // An edited input makes one again.
    project.write("raw/s2.txt", "two\n");
    study.save("edited");
    assert_eq!(started(&study), 2);
    is_at_rest(&study);
    assert_eq!(project.read("fs/results/s2/text"), "two\n");
    assert_eq!(inner_log(&study)[0], "fs: 1 datum");
    // A vanished datum takes its result along.
    project.remove("raw/s3.txt");
    study.save("gone");
    project.minipach(["run"]).code(0);
    is_at_rest(&study);
    assert!(!project.exists("fs/results/s3") && project.exists("fs/results/s2"));
    assert_eq!(project.read("all/texts"), "1\ntwo\n");
    assert_eq!(project.git(["-C", "fs/results", "ls-files", "s3"]), "");
}

#[test]
fn a_rerun_of_results_in_a_subdataset_changes_nothing() {
    let Some(study) = inward() else { return };
    let project = &study.project;
    project.minipach(["run", "fs"]).code(0);
    let before = heads(&study);
    study.datalad(["rerun"]).code(0);
    assert_eq!(heads(&study), before, "the same bytes");
    study.datalad(["status", "-r"]).code(0).says("nothing to save, working tree clean");
    // Lost results come back by it.
    project.git(["-C", "fs/results", "rm", "-q", "-r", "s1"]);
    study.datalad(["save", "-r", "-m", "lost"]).code(0);
    study.datalad(["rerun", &before[0]]).code(0);
    assert_eq!(project.read("fs/results/s1/text"), "1\n");
    study.datalad(["status", "-r"]).code(0).says("nothing to save, working tree clean");
    assert_eq!(project.states("fs").values().filter(|state| *state == "done").count(), 3);
}

/// Results that come out as before are no news, in git or in the annex.
#[test]
fn the_same_bytes_made_again_commit_nothing() {
    let Some(study) = inward() else { return };
    let project = &study.project;
    project.minipach(["run"]).code(0);
    let before = heads(&study);
    for _ in 0..2 {
        project.minipach(["run", "fs:results/s1", "--force"]).code(0).says("1 datum ran");
        assert_eq!(heads(&study), before);
    }
    is_at_rest(&study);
    study.datalad(["rerun", &before[0]]).code(0);
}

#[test]
fn files_tell_of_a_new_subdataset_what_it_is_for() {
    let Some(study) = inward() else { return };
    let project = &study.project;
    study.datalad(["create", "fs/more"]).code(0);
    project.git(["add", "fs/more"]);
    let said = project.minipach(["--once", "--screen", "files", "--json"]).ok();
    assert!(said.contains("a subdataset in the folder of fs, for its results"), "{said}");
}

#[test]
fn a_kill_between_the_two_commits_is_caught_up() {
    for is_edited in [false, true] {
        let Some(study) = inward() else { return };
        let project = &study.project;
        project.minipach(["run", "fs"]).code(0);
        let [_, inner] = heads(&study);
        // As a kill leaves it: the subdataset has its commit, the project has not.
        project.git(["reset", "-q", "HEAD~1"]);
        assert!(project.changed().contains("fs/results"));
        if is_edited {
            project.write("raw/s2.txt", "two\n").remove("raw/s3.txt");
            study.datalad(["save", "-m", "meanwhile", "raw"]).code(0);
        }
        project.minipach(["status"]).code(0);
        project.minipach(["run", "fs"]).code(0);
        let log = inner_log(&study);
        if is_edited {
            assert_eq!(log[..2], ["fs: 2 datums", "fs: 3 datums"]);
            assert!(!project.exists("fs/results/s3"));
            assert_eq!(project.git(["-C", "fs/results", "ls-files", "s3"]), "");
        } else {
            assert_eq!(heads(&study)[1], inner, "nothing is committed twice");
        }
        project.minipach(["run"]).code(0);
        is_at_rest(&study);
    }
}

/// What is said of a subdataset with results is what holds for them.
#[test]
fn what_changed_in_a_subdataset_with_results_is_told_as_it_is() {
    let Some(study) = inward() else { return };
    let project = &study.project;
    project.minipach(["run"]).code(0);
    project.write("fs/results/notes.txt", "mine\n");
    let said = project.minipach(["check", "--select", "MP308"]).says("has changes").says("it holds results");
    assert!(!said.stdout.contains("nothing of it is planned"), "{said:?}");
    project.git(["-C", "fs/results", "add", "notes.txt"]);
    project.git(["-C", "fs/results", "commit", "-q", "-m", "notes"]);
    let said = project.minipach(["check", "--select", "MP308"]).says("no result is made or looked for in it");
    assert!(!said.stdout.contains("nothing of it is planned"), "{said:?}");
}

#[test]
fn a_vanished_datum_of_a_commit_that_the_project_never_had_is_caught_up() {
    let Some(study) = inward() else { return };
    let project = &study.project;
    project.minipach(["run", "fs"]).code(0);
    project.git(["reset", "-q", "HEAD~1"]);
    for number in 1..=3 {
        project.remove(&format!("raw/s{number}.txt"));
    }
    project.write("raw/s4.txt", "4\n");
    study.datalad(["save", "-m", "others", "raw"]).code(0);
    project.minipach(["run"]).code(0);
    is_at_rest(&study);
    assert_eq!(project.git(["-C", "fs/results", "ls-files", "s1", "s2", "s3", "s4"]), "s4/data\ns4/text");
}

#[test]
fn a_commit_that_the_project_never_had_leaves_nothing_that_no_ledger_tells_of() {
    let Some(study) = inward() else { return };
    let project = &study.project;
    project.minipach(["run"]).code(0);
    let recorded = project.git(["-C", "fs/results", "rev-parse", "HEAD:s1"]);
    // A kill between the two commits that replaced s1, took s2 and brought s4; then s1 and s4 fail, and s2 is wanted again.
    project.write("raw/s1.txt", "one\n").write("raw/s4.txt", "4\n").remove("raw/s2.txt");
    study.save("others");
    project.minipach(["run", "fs"]).code(0);
    project.git(["reset", "-q", "HEAD~1"]);
    project.write("raw/s1.txt", "bad\n").write("raw/s4.txt", "bad\n").write("raw/s2.txt", "2\n");
    study.datalad(["save", "-m", "bad ones", "raw"]).code(0);
    project.minipach(["run", "fs"]).code(1);
    let inner = |words: [&str; 2]| project.git(["-C", "fs/results", words[0], words[1]]);
    assert_eq!(project.git(["rev-parse", "HEAD:fs/results"]), heads(&study)[1], "the gitlink");
    assert_eq!(inner(["rev-parse", "HEAD:s1"]), recorded, "as the last ledger says");
    assert_eq!(inner(["ls-files", "s2"]), "s2/data\ns2/text");
    assert_eq!(inner(["ls-files", "s4"]), "");
    // Both still stand here, as results that are not committed do anywhere.
    assert_eq!(project.read("fs/results/s4/text"), "4\n");
    project.write("raw/s1.txt", "1\n").remove("raw/s4.txt");
    study.datalad(["save", "-m", "good again", "raw"]).code(0);
    project.minipach(["run"]).code(0);
    is_at_rest(&study);
    assert!(!project.exists("fs/results/s4"));
    assert_eq!(project.read("all/texts"), "1\n2\n3\n");
}

#[test]
fn clones_know_results_in_subdatasets() {
    let Some(study) = inward() else { return };
    let project = &study.project;
    project.minipach(["run"]).code(0);
    let heads = heads(&study);
    project.git(["-c", "protocol.file.allow=always", "clone", "-q", "--recurse-submodules", ".", "../clone"]);
    project.typed(&["-C", "../clone", "run"]).code(0).says("nothing to do");
    assert_eq!(project.git(["-C", "../clone", "rev-parse", "HEAD"]), heads[0]);
    assert_eq!(project.git(["-C", "../clone/fs/results", "rev-parse", "HEAD"]), heads[1]);
    assert_eq!(project.git(["-C", "../clone", "status", "--porcelain"]), "");
    // Without the subdataset that is said, and a run installs it.
    project.git(["clone", "-q", ".", "../bare"]);
    project.typed(&["-C", "../bare", "status"]).says(
        "subdataset `fs/results` is not installed; `minipach run` installs it, and so does `datalad get -n fs/results`",
    );
    let said = project.typed(&["-C", "../bare", "run"]).code(0);
    said.says("installing the subdataset `fs/results`").says("nothing to do");
}

#[test]
fn what_stands_otherwise_in_a_subdataset_with_results_is_told_and_left() {
    let Some(study) = inward() else { return };
    let project = &study.project;
    // Foreign changes in it are nobody's results: they stay, and no commit takes them.
    project.write("fs/results/notes.md", "mine\n");
    project.minipach(["run", "fs"]).code(0);
    assert_eq!(project.git(["-C", "fs/results", "status", "--porcelain"]), "?? notes.md");
    project.minipach(["check"]).says("the subdataset `fs/results` has changes that are not committed in it");
    project.minipach(["save", "--all"]).code(0);
    assert_eq!(project.git(["-C", "fs/results", "status", "--porcelain"]), "?? notes.md");
    // A commit of somebody's own that the project does not record.
    study.datalad(["save", "-d", "fs/results", "-m", "notes"]).code(0);
    project.write("raw/s1.txt", "one\n");
    study.datalad(["save", "-m", "edited", "raw"]).code(0);
    let before = heads(&study);
    let said = project.minipach(["run", "fs"]).code(4).stderr;
    assert!(
        said.contains("subdataset `fs/results` is at ") && said.contains("datalad save -d . fs/results"),
        "{said}"
    );
    assert_eq!(heads(&study), before);
    assert_eq!(project.read("fs/results/s1/text"), "1\n");
    study.datalad(["save", "-d", ".", "-m", "recorded", "fs/results"]).code(0);
    project.minipach(["run"]).code(0);
    is_at_rest(&study);
    // An edited result is left alone, as everywhere.
    project.write("fs/results/s3/text", "by hand\n");
    project.minipach(["run"]);
    assert_eq!(project.states("fs")["results/s3"], "edited");
    assert_eq!(project.read("fs/results/s3/text"), "by hand\n");
}

#[test]
fn a_subdataset_that_somebody_staged_waits_for_their_commit() {
    let Some(study) = inward() else { return };
    let project = &study.project;
    project.write("fs/results/theirs", "theirs\n");
    project.git(["-C", "fs/results", "add", "theirs"]);
    project.git(["-C", "fs/results", "commit", "-qm", "theirs"]);
    project.git(["add", "fs/results"]);
    let before = heads(&study);
    let files = project.minipach(["--once", "--screen", "files", "--size", "120x30"]).ok();
    assert!(files.contains("edited fs/results") && !files.contains("deleted"), "{files}");
    project.minipach(["run"]).says("`fs/results` is staged as the last commit does not have it");
    assert_eq!(heads(&study), before);
    project.git(["commit", "-qm", "theirs"]);
    project.minipach(["run"]).code(0);
    is_at_rest(&study);
    assert_eq!(inner_log(&study)[..2], ["fs: 3 datums", "theirs"]);
}

#[test]
fn results_in_a_subdataset_wait_and_are_saved() {
    let Some(study) = inward() else { return };
    let project = &study.project;
    let before = heads(&study);
    project.minipach(["run", "--no-commit"]).code(0);
    assert_eq!(heads(&study), before);
    project.minipach(["status"]).code(0).says("done");
    project.minipach(["save"]).code(0).says("committed fs");
    is_at_rest(&study);
    // What DataLad saved, in both, is known too.
    project.write("raw/s1.txt", "one\n");
    study.save("edited");
    project.minipach(["run", "--no-commit"]).code(0);
    study.datalad(["save", "-r", "-m", "by DataLad"]).code(0);
    assert_eq!(started(&study), 0);
    project.minipach(["why", "fs:results/s1"]).code(0).says("done");
    is_at_rest(&study);
}

/// The index of the subdataset is locked by a commit of ours that a kill cut off before its branch moved.
fn cut_off(project: &Project) {
    use std::os::unix::fs::MetadataExt as _;
    let inner = project.path("fs/results/.git");
    std::fs::copy(inner.join("index"), inner.join("index.lock")).expect("a lock");
    let stat = std::fs::symlink_metadata(inner.join("index.lock")).expect("it is there");
    let new = project.git(["-C", "fs/results", "commit-tree", "-m", "cut off", "HEAD^{tree}"]);
    let reference = project.git(["-C", "fs/results", "symbolic-ref", "HEAD"]);
    let mark = [stat.dev().cast_signed(), stat.ino().cast_signed(), stat.mtime(), stat.mtime_nsec()];
    let old = project.git(["-C", "fs/results", "rev-parse", "HEAD"]);
    let journal = serde_json::json!({
        "reference": reference, "old": old, "new": new, "file": "minipach-index-1-1", "mark": mark,
    });
    std::fs::write(inner.join("minipach/commit.json"), journal.to_string()).expect("a journal");
}

#[test]
fn a_lock_that_a_kill_left_in_a_subdataset_is_freed_by_every_verb_that_frees_the_projects_own() {
    let Some(study) = inward() else { return };
    let project = &study.project;
    project.minipach(["run"]).code(0);
    let before = heads(&study);
    let lock = project.path("fs/results/.git/index.lock");
    for words in [&["status"][..], &["run", "--no-commit"], &["run"], &["save"], &["why", "fs:results/s1"]] {
        cut_off(project);
        project.typed(words).code(0);
        assert!(!lock.exists(), "{words:?}");
        assert!(!project.exists("fs/results/.git/minipach/commit.json"), "{words:?}");
    }
    // Whoever is at work there is left alone, and so is a lock that is somebody else's.
    cut_off(project);
    let busy = std::fs::File::open(project.path("fs/results/.git/minipach/lock")).expect("a run was here");
    busy.lock().expect("nobody has it");
    project.minipach(["status"]).code(0);
    assert!(lock.exists());
    drop(busy);
    std::fs::remove_file(&lock).expect("it goes");
    std::fs::write(&lock, "").expect("a lock");
    project.minipach(["status"]).code(0);
    assert!(lock.exists());
    std::fs::remove_file(&lock).expect("it goes");
    assert_eq!(heads(&study), before);
    is_at_rest(&study);
}

#[test]
fn a_locked_subdataset_stops_only_the_commits_of_results_in_it() {
    let Some(study) = inward() else { return };
    let project = &study.project;
    project.spec("near", "input: {pfs: {repo: raw, glob: '/(*).txt'}}\noutput: /$1\ntransform: {cmd: [sh, -c, 'cp /pfs/raw/raw.txt /pfs/out/text']}\n");
    study.save("one more");
    let lock = project.path("fs/results/.git/index.lock");
    std::fs::write(&lock, "").expect("a lock");
    let before = heads(&study);
    let said = project.minipach(["run", "fs", "near"]).code(4).stderr;
    for part in [
        "`fs` is not committed: `",
        "fs/results/.git/index.lock` has been there for ",
        "results are in place",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(said.matches("index.lock").count(), 1, "{said}");
    assert_eq!(heads(&study)[1], before[1]);
    assert_eq!(project.git(["log", "-1", "--format=%s"]), "[DATALAD RUNCMD] near: 3 datums");
    std::fs::remove_file(&lock).expect("it goes");
    assert_eq!(started(&study), 1, "only `all`");
    is_at_rest(&study);
}

#[test]
fn rules_of_a_subdataset_hold_for_results_in_it() {
    let Some(study) = inward() else { return };
    let project = &study.project;
    project.write("fs/results/.gitignore", "s2\n");
    study.datalad(["save", "-r", "-m", "ignored"]).code(0);
    let said = project.minipach(["run", "fs"]).code(1);
    said.says("git ignores `fs/results/s2` by the rule `s2` (.gitignore:1)");
    assert!(project.exists("fs/results/s1") && !project.exists("fs/results/s2"));
    // Whoever else works there is waited for.
    project.write("raw/s1.txt", "one\n");
    study.save("edited");
    let lock = std::fs::File::open(project.path("fs/results/.git/minipach/lock")).expect("a run was here");
    lock.lock().expect("nobody has it");
    project.minipach(["run", "fs"]).says("in the subdataset `fs/results`, ").says("is at work here already");
    drop(lock);
    project.git(["-C", "fs/results", "checkout", "-q", "-b", "other"]);
    let merging = project.path("fs/results/.git/MERGE_HEAD");
    std::fs::write(&merging, format!("{}\n", heads(&study)[1])).expect("a merge");
    project.minipach(["run", "fs"]).says("in the subdataset `fs/results`, git is in the middle of a merge");
    std::fs::remove_file(merging).expect("it ends");
    project.write("fs/results/.gitignore", "");
    study.datalad(["save", "-r", "-m", "nothing is ignored"]).code(0);
    project.minipach(["run"]).code(0);
    is_at_rest(&study);
}

/// At each point of a commit the first to pass it is the subdataset's.
#[cfg(feature = "faults")]
#[test]
fn a_kill_at_any_point_is_caught_up() {
    let Some(study) = inward() else { return };
    let project = &study.project;
    let own = ["publish:moved", "settle:logged", "settle:published", "finish:ledger", "commit:inner"];
    for (number, point) in own.into_iter().chain(minipach::git::write::fault::POINTS).enumerate() {
        let text = format!("{number}\n");
        project.write("raw/s1.txt", &text).write("raw/s2.txt", format!("{number} too\n"));
        study.save("edited");
        let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
        command.args(["run", "fs"]).env("MINIPACH_FAULT", point);
        assert_eq!(crate::support::finish(command).code, 137, "{point} is passed");
        project.minipach(["status"]).code(0);
        assert!(!project.exists("fs/results/.git/index.lock"), "{point}");
        project.minipach(["run"]).code(0);
        assert_eq!(project.read("fs/results/s1/text"), text, "{point}");
        crate::within::stands_still(&study);
    }
    is_at_rest(&study);
    // The same of an undo.
    for point in minipach::git::write::fault::POINTS {
        project.write("raw/s1.txt", format!("{point}\n"));
        study.save("edited");
        project.minipach(["run", "fs"]).code(0);
        let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
        command.arg("undo").env("MINIPACH_FAULT", point);
        assert_eq!(crate::support::finish(command).code, 137, "{point} is passed");
        project.minipach(["status"]).code(0);
        assert!(!project.exists("fs/results/.git/index.lock"), "{point}");
        assert_eq!(project.read("fs/results/s1/text"), format!("{point}\n"));
        project.minipach(["run"]).code(0);
        crate::within::stands_still(&study);
    }
    is_at_rest(&study);
}
