//! Data of which a part is in the annex: files that were changed, used and saved beside others, files that were unlocked.

use crate::study::{Home, Study};
use crate::support;

/// A folder of two files in the annex, and a result made of it.
fn study() -> Option<Study> {
    let study = Study::new(Home::Yoda)?;
    study.project.write_all(&[("raw/a/x.dat", "1\n"), ("raw/a/y.dat", "1\n")]);
    study.project.spec(
        "up",
        "input: {pfs: {repo: raw, glob: '/(*)'}}\noutput: /$1\n\
         transform: {cmd: [sh, -c, 'cat /pfs/raw/* > /pfs/out/o']}\n",
    );
    study.datalad(["save", "-m", "a study"]).ok();
    study.run();
    assert!(study.project.path("raw/a/x.dat").is_symlink(), "it is in the annex");
    Some(study)
}

#[test]
fn a_folder_of_which_one_file_was_saved_after_it_was_used_is_the_same() {
    let Some(study) = study() else { return };
    study.project.remove("raw/a/x.dat").write("raw/a/x.dat", "2\n");
    study.project.minipach(["run"]).code(0).says("1 datum ran");
    study.project.minipach(["save"]).ok();
    assert!(study.project.path("raw/a/x.dat").is_symlink(), "it went to the annex");
    assert_eq!(study.project.states("up")["a"], "done");
    study.project.nothing_to_do();
    study.is_clean();
}

#[test]
fn what_was_unlocked_and_edited_is_saved_as_it_stands() {
    for words in [&["save"][..], &["run", "--save"]] {
        let Some(study) = study() else { return };
        study.project.git(["annex", "unlock", "--quiet", "raw/a/x.dat"]);
        study.project.write("raw/a/x.dat", "2\n");
        study.project.typed(words).ok();
        let text = study.project.git(["annex", "whereis", "--in=here", "--format=${file}\\n", "raw/a/x.dat"]);
        assert_eq!(text.trim(), "raw/a/x.dat", "{words:?}");
        study.run();
        study.is_clean();
        assert_eq!(study.project.read("up/a/o"), "2\n1\n", "{words:?}");
    }
}

#[test]
fn what_waits_and_comes_back_from_a_stash_is_committed_as_if_it_had_not_been_away() {
    let Some(study) = study() else { return };
    let project = &study.project;
    project.git(["annex", "unlock", "--quiet", "raw/a/x.dat"]);
    // Of another size: in a copied dataset git-annex takes an edit of the same size, right after the unlock, for none.
    project.write("raw/a/x.dat", "two\n").minipach(["run"]).code(0).says("1 datum ran");
    project.git(["stash", "-q"]);
    project.git(["stash", "pop", "-q"]);
    assert!(project.read("up/a/o").starts_with("/annex/objects/"), "git leaves a pointer");
    let said = project.minipach(["save"]).ok();
    assert_eq!(project.read("up/a/o"), "two\n1\n", "{said}");
    assert_eq!(project.changed(), "", "{said}{}", project.minipach(["why", "up:a"]).stdout);
    study.is_clean();
    assert!(project.path("up/a/o").is_symlink(), "it went to the annex");
    study.reruns(2);
}

#[test]
fn an_older_ledger_that_was_staged_is_put_right_by_one_run() {
    let Some(study) = study() else { return };
    let project = &study.project;
    project.remove("raw/a/x.dat").write("raw/a/x.dat", "2\n");
    project.minipach(["save"]).ok();
    study.run();
    for _ in 0..2 {
        project.git(["checkout", "-q", "HEAD~2", "--", ".minipach/ledger"]);
        project.minipach(["run"]).ok();
        assert_eq!(project.changed(), "");
    }
    project.nothing_to_do();
    study.is_clean();
}

#[test]
fn what_reads_a_folder_of_results_runs_when_they_come_out_otherwise_in_the_same_run() {
    let Some(study) = study() else { return };
    let project = &study.project;
    project.spec(
        "next",
        "input: {pfs: {repo: up, glob: '/(*)'}}\noutput: /$1\n\
         transform: {cmd: [sh, -c, 'cp /pfs/up/o /pfs/out/p']}\n",
    );
    study.datalad(["save", "-m", "a reader"]).ok();
    study.run();
    project.remove("raw/a/x.dat").write("raw/a/x.dat", "2\n");
    study.datalad(["save", "-m", "an edit"]).ok();
    project.minipach(["run"]).code(0).says("2 datums ran");
    assert_eq!(project.read("next/a/p"), "2\n1\n");
    assert!(project.path("next/a/p").is_symlink(), "it is in the annex");
    project.nothing_to_do();
    study.is_clean();
}

/// git-annex makes `.git` of a worktree a link, so that an object has two paths.
#[test]
fn a_copied_link_to_an_annexed_input_is_that_input_in_a_worktree_too() {
    let Some(study) = Study::new(Home::Yoda) else { return };
    let project = &study.project;
    project.write("raw/a", "1\n").write("raw/b", "2\n");
    project.spec("p", "{input: {pfs: {repo: raw, glob: '/(*)'}}, output: /$1, transform: {cmd: [sh, -c, 'cp -a $raw $PFS/out/l']}}");
    study.save("data");
    project.git(["worktree", "add", "-q", "../tree", "-b", "other"]);
    let tree = project.home().join("tree");
    project.git(["-C", "../tree", "annex", "find"]);
    assert!(tree.join(".git").is_symlink());
    let mut run = project.command(env!("CARGO_BIN_EXE_minipach"));
    run.arg("run").current_dir(&tree);
    let ran = support::finish(run).ok();
    assert_eq!(std::fs::read_to_string(tree.join("p/a/l")).expect("a result"), "1\n", "{ran}");
    assert_eq!(project.git(["-C", "../tree", "status", "--porcelain"]), "");
}
