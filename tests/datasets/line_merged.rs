//! Results of which git merged the lines, by a merge, a rebase or a pick.

use crate::support::{self, Project};

/// Five parts gathered into one file with blank lines between them, so that git merges changes of two of them; the first is
/// changed on the branch `other`, the third on `third`, the last on ours, and there the first too where `both`.
fn five_parts(both: bool) -> Project {
    let project = Project::new();
    for number in ["1", "2", "3", "4", "5"] {
        project.write(&format!("raw/{number}.txt"), number);
    }
    let gather = "for f in $PFS/raw/*; do cat $f; yes \"\" | head -9; done > $PFS/out/all";
    let spec = format!("input: {{pfs: {{repo: raw, glob: /}}}}\ntransform: {{cmd: [sh, -c, '{gather}']}}\n");
    project.spec("sum", &spec).commit("five");
    project.minipach(["run"]).ok();
    for (branch, path) in [("other", "raw/1.txt"), ("third", "raw/3.txt")] {
        project.git(["switch", "-q", "-c", branch, "main"]);
        project.write(path, "theirs").minipach(["run", "--save"]).ok();
    }
    project.git(["switch", "-q", "main"]);
    if both {
        project.write("raw/1.txt", "1, ours");
    }
    project.write("raw/5.txt", "ours").minipach(["run", "--save"]).ok();
    project
}

#[track_caller]
fn merge_clean(project: &Project, words: &[&str]) {
    let words = [&["merge", "-q"], words].concat();
    let mut merging = project.command("git");
    merging.args(words);
    support::finish(merging).code(0);
    assert!(project.read("sum/all").starts_with("theirs\n"), "git merged the lines");
}

fn merged_by_lines(merge: &[&str]) -> Project {
    let project = five_parts(false);
    merge_clean(&project, &[merge, &["other"]].concat());
    project
}

#[test]
fn a_result_whose_lines_git_merged_is_made_again() {
    for merge in ["--no-edit", "--no-commit"] {
        let project = merged_by_lines(&[merge]);
        project.minipach(["why", "sum"]).code(0).says("git merged its lines");
        project.minipach(["run"]).code(0).says("1 datum ran");
        if merge == "--no-commit" {
            project.git(["commit", "-q", "--no-edit"]);
        }
        assert_eq!(project.changed(), "");
        project.nothing_to_do();
    }
}

#[test]
fn what_a_person_wrote_into_a_merge_or_after_it_stays() {
    let project = merged_by_lines(&["--no-edit"]);
    let merged = project.read("sum/all");
    project
        .write("sum/all", format!("{merged}mine\n"))
        .minipach(["run"])
        .code(1)
        .says("its files are not the known result");
    project.git(["commit", "-qam", "mine", "--amend"]);
    project.minipach(["run"]).code(1).says("its files are not the known result");
    assert!(project.read("sum/all").ends_with("mine\n"));
}

#[test]
fn a_result_of_which_two_merges_merged_lines_is_made_again() {
    let project = five_parts(false);
    for branch in ["other", "third"] {
        merge_clean(&project, &["--no-edit", branch]);
    }
    project.minipach(["why", "sum"]).code(0).says("git merged its lines");
    project.minipach(["run"]).code(0).says("1 datum ran");
    project.nothing_to_do();
}

#[test]
fn a_merge_that_was_told_which_side_counts_is_known_as_git_makes_it() {
    let project = five_parts(true);
    merge_clean(&project, &["--no-edit", "-Xtheirs", "other"]);
    project.minipach(["why", "sum"]).code(0).says("git merged its lines");
    project.minipach(["run"]).code(0).says("1 datum ran");
    project.nothing_to_do();
}

/// Two commits of results on `other`, brought onto ours so that git merges their lines.
fn picked_by_lines(words: [&str; 2]) -> Project {
    let project = five_parts(false);
    project.git(["switch", "-q", "other"]);
    project.write("raw/2.txt", "2, theirs").minipach(["run", "--save"]).ok();
    if words[0] != "rebase" {
        project.git(["switch", "-q", "main"]);
    }
    assert_eq!(project.program("git", words).code, 0);
    let merged = project.read("sum/all");
    assert!(merged.starts_with("theirs\n") && merged.contains("ours\n"), "git merged the lines");
    project
}

#[test]
fn a_result_of_which_a_rebase_or_a_pick_merged_lines_is_made_again() {
    for words in [["rebase", "main"], ["cherry-pick", "main..other"]] {
        let project = picked_by_lines(words);
        let told = project.minipach(["why", "sum"]).code(0).says("git merged its lines");
        assert!(!told.stdout.contains("run record"), "{}", told.stdout);
        project.minipach(["run"]).code(0).says("1 datum ran");
        assert_eq!(project.changed(), "");
        project.nothing_to_do();
    }
}

#[test]
fn what_a_person_wrote_after_a_rebase_stays() {
    let project = picked_by_lines(["rebase", "main"]);
    let merged = project.read("sum/all");
    for edit in [format!("{merged}mine\n"), merged.replacen('\n', "", 1)] {
        project.write("sum/all", &edit);
        project.minipach(["run"]).code(1).says("its files are not the known result");
        project.git(["commit", "-qam", "mine", "--amend"]);
        project.minipach(["run"]).code(1).says("its files are not the known result");
        assert_eq!(project.read("sum/all"), edit);
    }
}
