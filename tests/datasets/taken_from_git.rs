//! Results that somebody took from git, though their ledger stayed: they are told of and committed again.

use crate::study::{Home, Study};
use crate::support::{Project, table};
use crate::within::{inward, is_at_rest};

/// That `status` and `run` see results of `fs` that are not in git, and that the run commits them.
#[track_caller]
fn are_committed_again(study: &Study, by: &str) {
    let project = &study.project;
    project.minipach(["status"]).code(0).says("not committed yet: results of fs (minipach save)");
    project.minipach([by]).code(0).says("commit");
    is_at_rest(study);
    assert!(!project.minipach(["status"]).code(0).stdout.contains("not committed"));
}

#[test]
fn results_that_are_untracked_in_their_subdataset_are_committed_again() {
    for by in ["run", "save"] {
        let Some(study) = inward() else { return };
        let project = &study.project;
        project.minipach(["run"]).code(0);
        let tree = project.git(["-C", "fs/results", "rev-parse", "HEAD^{tree}"]);
        project.git(["-C", "fs/results", "rm", "-q", "-r", "--cached", "s1"]);
        let staged = project.minipach(["check", "--select", "MP308", "--exit-zero"]);
        staged.says("`fs/results` has changes that are not committed in it");
        project.git(["-C", "fs/results", "commit", "-qm", "untracked"]);
        project.git(["commit", "-qam", "the link"]);
        are_committed_again(&study, by);
        assert_eq!(project.git(["-C", "fs/results", "rev-parse", "HEAD^{tree}"]), tree);
        study.datalad(["rerun"]).code(0);
        is_at_rest(&study);
    }
}

#[test]
fn a_subdataset_that_lost_its_commit_of_results_gets_it_again() {
    for how in ["--hard", "--mixed", "--soft"] {
        let Some(study) = inward() else { return };
        let project = &study.project;
        project.minipach(["run"]).code(0);
        let tree = project.git(["-C", "fs/results", "rev-parse", "HEAD^{tree}"]);
        project.git(["-C", "fs/results", "reset", "-q", how, "HEAD~1"]);
        let said = project.minipach(["run"]).code(4).stderr;
        assert!(said.contains("datalad save -d . fs/results"), "{said}");
        project.git(["commit", "-qam", "the link"]);
        if how != "--hard" {
            project.minipach(["status"]).code(0).says("not committed yet: results of fs");
        }
        project.minipach(["run"]).code(0);
        is_at_rest(&study);
        assert_eq!(project.git(["-C", "fs/results", "rev-parse", "HEAD^{tree}"]), tree, "{how}");
    }
}

#[test]
fn results_that_are_taken_from_git_are_committed_again() {
    const COPY: &str = "input: {pfs: {repo: raw, glob: '/(*).txt'}}\noutput: /$1\ntransform: {cmd: [sh, -c, 'cp /pfs/raw/raw.txt /pfs/out/text']}\n";
    for is_gone in [false, true] {
        let project = Project::new();
        project.write("raw/a.txt", "a\n").write("raw/b.txt", "b\n").spec("p", COPY).commit("data");
        project.minipach(["run"]).ok();
        let tree = project.git(["rev-parse", "HEAD^{tree}"]);
        project.git(["rm", "-q", "-r", "--cached", "p/a"]);
        project.git(["commit", "-qm", "untracked"]);
        if is_gone {
            project.remove("p/a");
        } else {
            let said = project.minipach(["status"]).code(0);
            said.says("not committed yet: results of p (minipach save)");
            let home = project.minipach(["--once", "--screen", "home", "--size", "140x40"]).ok();
            assert!(home.contains("not committed: `p:a` was"), "{home}");
        }
        project.minipach(["run"]).code(0);
        assert_eq!(project.states("p"), table([("a", "done"), ("b", "done")]));
        assert_eq!((&project.git(["rev-parse", "HEAD^{tree}"]), &*project.changed()), (&tree, ""));
        project.nothing_to_do();
        // An edit that somebody committed, and what was made is put back in its place.
        project.write("p/a/text", "edited\n").commit("an edit");
        project.remove("p/a");
        project.minipach(["run"]).code(0);
        assert_eq!((project.git(["rev-parse", "HEAD^{tree}"]), project.changed()), (tree, String::new()));
        // What somebody only staged is theirs.
        project.git(["rm", "-q", "-r", "--cached", "p/a"]);
        let head = project.head();
        project.minipach(["run"]).code(0);
        assert_eq!(project.head(), head);
    }
}

#[test]
fn what_a_reset_dropped_is_placed_again_though_only_the_annex_has_its_bytes() {
    let Some(study) = Study::new(Home::Yoda) else { return };
    let project = &study.project;
    project.write_all(&[("raw/a", "one\n"), ("raw/b", "two\n")]);
    project.spec(
        "fs",
        "input: {pfs: {repo: raw, glob: '/(*)'}}\noutput: /$1\n\
         transform: {cmd: [sh, -c, 'echo fs >> \"$WITNESS\"; rev < $raw > $PFS/out/o']}\n",
    );
    study.save("data and a pipeline");
    study.run();
    let (results, tree) = (project.tree("fs"), project.git(["rev-parse", "HEAD^{tree}"]));
    assert!(study.is_annexed("fs/a/o"));
    project.git(["reset", "-q", "--hard", "HEAD~1"]);
    project.witnessed();
    project.minipach(["run"]).code(0).says("2 datums placed without running");
    assert_eq!((project.witnessed(), project.tree("fs")), (Vec::new(), results));
    assert_eq!(project.git(["rev-parse", "HEAD^{tree}"]), tree);
    study.is_clean();
}
