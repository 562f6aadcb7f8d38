//! What is told before a run: what is missing on this machine, what stands in the way, what is saved first, and what is not.

mod support;

use support::Project;

fn copies(command: &str) -> String {
    format!(
        "input: {{pfs: {{name: in, repo: raw, glob: '/(*)'}}}}\noutput: /$1\ntransform: {{cmd: {command}}}\n"
    )
}

/// Two files, each copied; all is committed.
fn settled() -> Project {
    let project = Project::new();
    project.write_all(&[
        ("raw/anna", "a\n"),
        ("raw/bob", "b\n"),
        ("raw/boris", "c\n"),
        ("notes/old.md", "old\n"),
    ]);
    project.spec("copy", &copies("[sh, -c, 'cat /pfs/in/* > /pfs/out/all']")).commit("names");
    project.minipach(["run"]).ok();
    project
}

#[test]
fn a_program_that_is_missing_is_told_before_a_run() {
    let project = settled();
    project.spec("lost", &copies("[no-such-program, a]")).commit("a program that nobody has");
    let sentence = "its command cannot run here: `no-such-program` is not found on the search path";
    let status = project.minipach(["status"]).code(0).says(sentence);
    status.says("next: minipach why lost");
    project.minipach(["plan"]).code(0).says(sentence).says("3 that cannot run here");
    let why = project.minipach(["why", "lost:bob"]).code(0).says(&format!("because {sentence}"));
    why.says("`minipach run` once that is there");
    let told = project.minipach(["status", "--json"]).json();
    let lost = told["pipelines"].as_array().and_then(|all| all.iter().find(|one| one["name"] == "lost"));
    assert!(
        lost.is_some_and(|lost| lost["cannot_run"].as_str().is_some_and(|why| why.contains("`PATH`"))),
        "{told}"
    );
    project.minipach(["run"]).code(5).says("`no-such-program` is not found");
    // What is done needs no program any more, and other work is still offered.
    project.write("raw/carl", "d\n");
    project.minipach(["status"]).code(0).says("next: minipach run");
}

#[test]
fn a_script_that_is_missing_is_told_but_forbids_nothing() {
    let project = settled();
    project.write("code/made.sh", "true\n").spec("lost", &copies("[sh, code/mde.sh]")).commit("a slip");
    let sentence = "`code/mde.sh` is not in the project; did you mean `code/made.sh`?";
    project.minipach(["status"]).code(0).says(sentence);
    project.minipach(["plan", "lost"]).code(0).says(sentence).says("3 to run");
    project.minipach(["why", "lost:bob"]).code(0).says(sentence);
}

#[test]
fn a_file_in_the_way_is_named() {
    let project = settled();
    project
        .write("raw/dora", "d\n")
        .write("copy/dora/mine.txt", "mine\n")
        .write("copy/dora/more.txt", "mine\n");
    let named = "`copy/dora/mine.txt` and 1 more stand in its place";
    project.minipach(["why", "copy:dora"]).code(0).says(named);
    project.minipach(["status"]).code(0).says(named);
    project.minipach(["run"]).code(1).says(&format!("copy:dora: {named}"));
    project.remove("copy/dora/more.txt");
    let one = "`copy/dora/mine.txt` stands in its place, and no pipeline made it";
    project.minipach(["plan"]).code(0).says(one);
    let told = project.minipach(["why", "copy:dora", "--json"]).json();
    assert_eq!(told["reasons"][0]["path"], "copy/dora/mine.txt");
}
