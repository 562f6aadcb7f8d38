//! What is told before a run: what is missing on this machine, what stands in the way, what is saved first, and what is not.

use crate::support::Project;

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

#[test]
fn a_run_saves_what_it_uses_and_nothing_else() {
    let project = settled();
    project.spec(
        "count",
        &copies("[sh, -c, 'cat /pfs/in/* | wc -c > /pfs/out/n']").replace("repo: raw", "repo: other"),
    );
    project.write("other/x", "x").commit("another study");
    project.minipach(["run"]).ok();
    project.write("raw/anna", "aa\n").write("other/y", "y").remove("notes/old.md").remove("raw/bob");
    let said = project.minipach(["run", "copy", "--save"]).code(0).says("saved 2 files in ");
    said.says("left uncommitted what this run does not use: `notes/old.md`");
    let changed = project.changed();
    assert!(changed.contains("notes/old.md") && changed.contains("other/y"), "{changed}");
    assert!(!changed.contains("raw/") && !changed.contains("copy/"), "{changed}");
    project.minipach(["run", "--save"]).code(0).says("saved `other/y` in ").says("`notes/old.md`");
    assert!(project.changed().contains("notes/old.md"), "{}", project.changed());
    project.minipach(["save"]).code(0).says("saved 1 file");
    assert_eq!(project.changed(), "");
}

#[test]
fn a_run_saves_that_code_and_inputs_are_gone_which_results_were_made_of() {
    let project = settled();
    project.write("lib/part.sh", "cat \"$PFS\"/in/*\n");
    project.spec("copy", &copies("[sh, -c, 'sh lib/part.sh > /pfs/out/all']"));
    project.minipach(["run", "copy", "--save"]).code(0);
    project.minipach(["save"]).code(0);
    assert_eq!(project.changed(), "");
    project.spec("copy", &copies("[sh, -c, 'cat /pfs/in/* > /pfs/out/all']")).remove("lib/part.sh");
    project.minipach(["run", "copy", "--save"]).code(0).says("saved 2 files in ");
    assert_eq!(project.changed(), "");
}

#[test]
fn save_names_results_that_were_edited() {
    let project = settled();
    project.write("copy/bob/all", "by hand\n");
    let ways = [
        project.minipach(["save"]),
        project.minipach(["save", "--dry-run"]),
        project.minipach(["save", "copy/bob/all"]),
    ];
    for said in ways {
        let said = said.code(0);
        let said = said.says("left out 1 result edited by hand: copy:bob").says("minipach accept 'copy:bob'");
        assert!(!said.stdout.contains("nothing to save"), "{}", said.stdout);
    }
    assert_eq!(project.minipach(["save", "--json"]).json()["edited"][0], "copy:bob");
    project.minipach(["accept", "copy:bob"]).code(0).says("accepted 1 result: copy:bob");
    project.minipach(["save"]).code(0).says("nothing to save");
}

#[test]
fn a_key_may_be_cut_short_where_one_datum_alone_begins_so() {
    let project = settled();
    project.write("copy/bob/all", "by hand\n");
    let head = project.head();
    let said = project.minipach(["accept", "copy:bo"]).code(2);
    said.says("`copy:bo` may mean `copy:bob` or `copy:boris`");
    assert_eq!(project.head(), head, "nothing was accepted");
    project.write("copy/anna/all", "by hand\n");
    project.minipach(["accept", "copy:an"]).code(0).says("accepted 1 result: copy:anna");
    project.minipach(["accept", "copy:bob"]).code(0).says("accepted 1 result: copy:bob");
    project.minipach(["accept", "--help"]).code(0).says("A key may be cut short");
    for number in 1..=7 {
        project.write(&format!("raw/scan-{number}"), "one\n");
    }
    project.minipach(["why", "copy:scan-"]).code(2).says("or `copy:scan-5`, and 2 more");
}

#[test]
fn errors_are_told_once_and_little_is_said_if_little_is_asked_for() {
    let project = settled();
    project.spec("bad", &copies("[sh]").replace("glob:", "globb:"));
    let plan = project.minipach(["plan"]).code(3).says("1 error in the specs: minipach check");
    let both = format!("{}{}", plan.stdout, plan.stderr);
    assert_eq!(both.matches("unknown field `globb`").count(), 1, "{both}");
    project.write("raw/anna", "aa\n");
    for words in [["save", "-q"], ["run", "-q"]] {
        let said = project.minipach(words);
        assert!(!said.stdout.contains("saved") && !said.stdout.contains("committed"), "{}", said.stdout);
    }
    project.write("raw/anna", "aaa\n").remove("bad/spec.yml");
    let said = project.minipach(["run", "--save", "-q"]).code(0);
    assert_eq!(format!("{}{}", said.stdout, said.stderr), "");
    assert_eq!(project.changed(), "");
}

#[test]
fn what_nobody_asked_for_is_not_said_to_be_forced() {
    let project = settled();
    project.git(["rm", "-rq", "copy/bob"]);
    project.git(["commit", "-qm", "a result less"]);
    let plan = project.minipach(["run", "--dry-run", "--force", "copy:anna"]).code(0);
    let plan = plan.says("run    anna  `--force` runs it again");
    plan.says("leave  bob   not asked for; its result is known, and can be put in place");
}

#[test]
fn the_files_of_a_folder_that_is_an_image_are_saved() {
    let project = Project::new();
    let spec = "input: {pfs: {repo: raw, glob: '/(*)'}}\noutput: /$1\ntransform: {cmd: ['true'], image: envs/root}\n";
    project
        .write("raw/a", "1\n")
        .write("envs/root/bin/tool", "x\n")
        .write("envs/other/x", "x\n")
        .spec("fs", spec);
    project.minipach(["save", "-m", "all"]).code(0);
    assert_eq!(project.git(["ls-files", "envs"]), "envs/root/bin/tool");
}

#[test]
fn whoever_wants_to_read_little_reads_what_keeps_a_pipeline_from_being_run() {
    let project = Project::new();
    let spec =
        "input: {pfs: {repo: raw, glob: '/(*)'}}\noutput: /$1\ntransform: {cmd: [no-such-program-here]}\n";
    project.write("raw/a", "1\n").spec("fs", spec).commit("all");
    let said = project.minipach(["run", "-q"]).code(5);
    let said = said.says("`fs`: ").says("no-such-program-here");
    assert_eq!(said.stdout, "");
}

#[test]
fn a_merge_conflict_in_an_input_is_told_before_a_run() {
    let project = settled();
    project.git(["switch", "-q", "-c", "other"]);
    project.write("raw/bob", "other\n").commit("other");
    project.git(["switch", "-q", "main"]);
    project.write("raw/bob", "ours\n").commit("ours");
    assert_ne!(project.program("git", ["merge", "other"]).code, 0);
    let told = "merge conflicts in 1 file, raw/bob first";
    project.minipach(["run", "--dry-run"]).code(4).says(told);
    project.minipach(["plan"]).code(0).says(told);
    project.minipach(["status"]).code(0).says(told);
    let dry = project.minipach(["run", "--dry-run", "--json"]).code(4).json();
    assert_eq!(dry["conflicts"]["others"], serde_json::json!(["raw/bob"]), "{dry}");
    for screen in ["home", "files"] {
        let shown = project.minipach(["--once", "--size", "120x36", "--screen", screen]).ok();
        assert!(shown.contains("merge conflict") && shown.contains("git add"), "{shown}");
    }
    let check = project.minipach(["check"]);
    assert!(check.stdout.contains("settle the merge conflict in `raw/bob`"), "{}", check.stdout);
    project.minipach(["run"]).code(4).says("`raw/bob` has merge conflicts");
}

/// What of a registered call is not understood would make other results than `DataLad` does.
#[test]
fn a_container_that_datalad_calls_otherwise_is_told_with_its_place() {
    let project = settled();
    project.write(
        ".datalad/config",
        "[datalad \"containers.tool\"]\n\timage = envs/tool.sif\n\tcmdexec = apptainer exec {img} bash -lc '{cmd}'\n",
    );
    project.write("envs/tool.sif", "image\n");
    project.spec("held", &copies("[cp, a, b], image: tool")).commit("a container");
    let sentence = "DataLad calls the container `tool` by `apptainer exec {img} bash -lc '{cmd}'`, which is not understood here: its `{cmd}` is in quotes; `image: envs/tool.sif` runs it without that";
    project.minipach(["plan", "held"]).says(sentence);
    project.minipach(["run", "held"]).code(3).says(sentence).says("(held/spec.yml:3)");
    project.minipach(["check"]).says("held/spec.yml:3:").says(sentence);
}

#[test]
fn a_plan_of_one_pipeline_tells_what_it_needs_first_and_each_pipeline_once() {
    let project = settled();
    let sum = "input: {pfs: {repo: copy, glob: /}}\ntransform: {cmd: [sh, -c, 'cat /pfs/copy/*/all > /pfs/out/sum']}\n";
    project.write("minipach.yml", "keep_going: true\n").spec("sum", sum).commit("a sum");
    project.minipach(["run"]).ok();
    let names = |words: &[&str]| {
        let said = project.typed(words).code(0);
        let names = said.stdout.lines().filter(|line| line.starts_with(|c: char| c.is_lowercase()));
        names.map(|line| line.split("  ").next().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&["plan", "sum"]), ["sum", "nothing to do"], "what is done needs no word");
    project.write("raw/bob", "bb\n");
    assert_eq!(names(&["plan", "sum"]), ["copy", "sum", "at least 2 to run"]);
    assert_eq!(names(&["plan", "copy"]), ["copy"]);
    let dry = project.minipach(["run", "--dry-run", "sum"]).code(0);
    dry.says(
        "sum  1 to run, follows `copy`, planned anew when that is done\n    run  copy:/  `copy:bob` is stale\n",
    );
}
