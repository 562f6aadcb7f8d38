//! Content that the annex has damaged or set aside: who looks is told, also where all is done.

use crate::support::{Project, peer};

/// An annexed input, and an annexed result of it; all done.
fn settled() -> Option<Project> {
    peer("git-annex")?;
    let project = Project::new();
    project.git(["annex", "init", "-q", "here"]);
    let rules =
        "* annex.largefiles=nothing\nraw/** annex.largefiles=anything\nup/*/** annex.largefiles=anything\n";
    project.write(".gitattributes", rules).write("raw/a/x", "a\n");
    let cmd = "cat $PFS/raw/x | tr a-z A-Z > $PFS/out/y";
    let spec = format!(
        "input: {{pfs: {{repo: raw, glob: '/(*)'}}}}\noutput: /$1\ntransform: {{cmd: [sh, -c, '{cmd}']}}\n"
    );
    project.spec("up", &spec);
    project.git(["annex", "add", "-q", "."]);
    project.commit("a study");
    project.minipach(["run"]).ok();
    project.nothing_to_do();
    Some(project)
}

fn damage(project: &Project, path: &str) {
    let object = project.path(path).canonicalize().expect("its object");
    project.program("chmod", ["u+w", object.to_str().expect("a path")]).ok();
    std::fs::write(&object, "longer than it was\n").expect("it is damaged");
}

#[test]
fn a_done_result_whose_content_is_gone_is_told() {
    let Some(project) = settled() else { return };
    damage(&project, "up/a/y");
    let size = "the content of `up/a/y` in the annex is damaged: it has 19 bytes, and its key says 2";
    project.minipach(["why", "up:a"]).code(0).says(size).says("`git annex fsck up/a/y` sets it aside");
    project.program("git", ["annex", "fsck", "--quiet", "up/a/y"]);
    let says = "`minipach run --force up/a/y` makes it again";
    project.minipach(["why", "up:a"]).code(0).says("set the damaged content of `up/a/y` aside").says(says);
    for verb in ["status", "plan"] {
        project.minipach([verb]).code(0).says("git-annex set damaged content aside, of `up/a/y`").says(says);
    }
    project.minipach(["run", "--force", "up/a/y"]).ok();
    assert_eq!(project.read("up/a/y"), "A\n");
    for words in [["status", "-q"], ["why", "up:a"]] {
        let said = project.minipach(words).ok();
        assert!(!said.contains("aside"), "it is here again: {said}");
    }
}

/// git-annex fails on it, and with it failed the commit of all the others, run after run.
#[test]
fn a_name_that_is_too_long_for_the_annex_fails_its_datum_alone() {
    let Some(project) = settled() else { return };
    let cmd = "n=y; [ $(cat $PFS/raw/x) != b ] || n=$(printf %0255d 1); cat $PFS/raw/x > $PFS/out/$n";
    let spec = format!(
        "input: {{pfs: {{repo: raw, glob: '/(*)'}}}}\noutput: /$1\ntransform: {{cmd: [sh, -c, '{cmd}']}}\n"
    );
    project.spec("up", &spec).write("raw/b/x", "b\n").write("raw/c/x", "c\n");
    project.git(["annex", "add", "-q", "."]);
    project.commit("more");
    let said = project.minipach(["run", "-j1"]).code(1).says("failed up:b: `up/b/000");
    said.says("has a name of more than 246 bytes").says("`annex.largefiles=nothing` in `.gitattributes`");
    assert_eq!(project.git(["status", "--porcelain", "up"]), "", "the others are committed");
    assert_eq!(project.git(["ls-files", "up/a", "up/b", "up/c"]).trim(), "up/a/y\nup/c/y");

    // What git keeps may have it.
    let rules = "* annex.largefiles=nothing\nraw/** annex.largefiles=anything\n";
    project.write(".gitattributes", rules).commit("rules");
    project.minipach(["run"]).ok();
    assert_eq!(project.git(["ls-files", "up/b"]).trim().len(), "up/b/".len() + 255);
}

#[test]
fn a_damaged_input_is_told_where_a_forced_run_leads() {
    let Some(project) = settled() else { return };
    damage(&project, "raw/a/x");
    project.minipach(["run", "--force", "up:a"]).code(1).says("next: minipach why up");
    let says = "the content of `raw/a/x` in the annex is damaged: it has 19 bytes, and its key says 2";
    project.minipach(["logs", "up:a"]).code(0).says(says);
    for target in ["up", "up:a", "raw/a/x"] {
        project.minipach(["why", target]).code(0).says(says).says("`git annex get raw/a/x`");
    }
}

/// Without a sandbox nothing keeps a command from the annex, and git does not show what it did there.
#[test]
fn a_command_that_writes_into_the_annex_beside_its_inputs_is_told() {
    let Some(project) = settled() else { return };
    project.write("raw/b/x", "b\n").write("code/try.sh", "sh code/$(cat $PFS/raw/x).sh; echo > $PFS/out/y\n");
    project.write("code/a.sh", "echo nothing\n");
    project.write("code/b.sh", "o=$(readlink -f raw/a/x); chmod u+w $o; printf 'z\\n' > $o\n");
    project.spec(
        "try",
        "input: {pfs: {repo: raw, glob: '/(*)'}}\noutput: /$1\ntransform: {cmd: [sh, code/try.sh], code: ['code/*']}\n",
    );
    project.git(["annex", "add", "-q", "."]);
    project.commit("one that meddles");
    let quiet = project.minipach(["run", "try:a"]).code(0);
    assert!(!quiet.stderr.contains("in the annex itself"), "{quiet:?}");
    let said = project.minipach(["run", "try:b"]).code(4);
    said.says("the content of `raw/a/x`, no input of what ran, was changed in the annex itself")
        .says("`git annex fsck raw/a/x` sets it aside");
}
