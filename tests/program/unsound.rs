//! One broken spec: what does not need it goes on, what does is left out, and nothing that stands is touched.

use std::collections::BTreeMap;

use crate::support::{Project, table};
use serde_json::Value;

/// A pipeline that copies each file of a folder.
fn copy(repo: &str) -> String {
    let input = format!("input: {{pfs: {{name: x, repo: {repo}, glob: '/(*)'}}}}\noutput: /$1\n");
    let says = r#"basename "$PWD" > /dev/null; echo "$NAME" >> "$WITNESS"; cat $(find -L $PFS/x -type f) > $PFS/out/o"#;
    format!("{input}transform:\n  env: {{NAME: {repo}}}\n  cmd: [sh, -c, '{says}']\n")
}

/// `good` → `sum` and `bad` → `after`, all done and committed.
fn settled() -> Project {
    let project = Project::new();
    project.write_all(&[("raw/1", "1\n"), ("raw/2", "2\n"), ("README.md", "a study\n")]);
    for (name, repo) in [("good", "raw"), ("sum", "good"), ("bad", "raw"), ("after", "bad")] {
        project.spec(name, &copy(repo));
    }
    project.commit("a study");
    project.minipach(["run"]).ok();
    project.nothing_to_do();
    project
}

/// The same with an error in the spec of `bad`.
fn broken() -> Project {
    let project = settled();
    project.spec("bad", &copy("raw").replace("glob:", "globb:"));
    project
}

fn states(document: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let pipelines = document["pipelines"].as_array().expect("it lists pipelines");
    pipelines.iter().map(|pipeline| (text(&pipeline["name"]), text(&pipeline["state"]))).collect()
}

const STATES: [(&str, &str); 4] =
    [("after", "left_out"), ("bad", "broken"), ("good", "done"), ("sum", "done")];

#[test]
fn looking_shows_the_sound_and_marks_the_others() {
    let project = broken();
    let status =
        project.minipach(["status"]).code(0).says("bad").says("unknown field `globb` in `input.pfs`");
    status.says("it needs `bad`, which is broken").says("2 done").says("minipach check");
    let status = project.minipach(["status", "--json"]).code(0).json();
    assert_eq!(states(&status), table(STATES));
    assert_eq!(status["findings"][0]["code"], "MP002");
    let plan = project.minipach(["plan"]).code(3).says("bad  broken: unknown field").says("bad/spec.yml:1");
    let plan = plan.says("after  left out: it needs `bad`").says("good  2 datums");
    assert!(plan.stdout.ends_with("\n1 broken, 1 left out\n"), "each once: {}", plan.stdout);
    assert_eq!(states(&project.minipach(["plan", "--json"]).code(3).json()), table(STATES));
    project.minipach(["plan", "sum"]).code(0).says("sum  2 datums");
    let graph = project.minipach(["graph"]).code(0);
    graph.says("raw  ──▶ good\n").says("──▶ bad (broken)").says("bad  ──▶ after (left out)");
    let graph = project.minipach(["graph", "--json"]).code(0).json();
    assert_eq!(graph["unsound"][1]["state"], "broken");
    project.minipach(["check"]).code(1).says("MP002").says("`after` is left out of plans and runs");
}

#[test]
fn datums_of_sound_pipelines_can_be_asked_for() {
    let project = broken();
    project.minipach(["datums", "sum"]).code(0).says("done").says("`after` is left out, `bad` is broken");
    project.minipach(["why", "good:1"]).code(0).says("good:1 is done");
    for target in ["bad", "bad:1", "bad/1/o", "bad/1"] {
        project.minipach(["why", target]).code(3).says("`bad` is broken: unknown field `globb`");
    }
    project
        .minipach(["datums", "after"])
        .code(3)
        .says("`after` is left out: it needs `bad`, which is broken");
    project.minipach(["glob", "bad", "/*"]).code(3).says("`bad` is broken");
    project.minipach(["why", "god"]).code(2).says("did you mean `good`?");
}

#[test]
fn a_run_does_what_is_sound_and_says_what_it_left_out() {
    let project = broken();
    let before = [project.tree("bad"), project.tree("after")];
    project.git(["add", "raw"]);
    project.write("raw/3", "3\n").commit("one more, and a broken spec");
    project.witnessed();
    let run = project.minipach(["run"]).code(3);
    assert_eq!(run.stderr.matches("unknown field `globb`").count(), 1, "told once: {}", run.stderr);
    let target = project.minipach(["run", "bad"]).code(3);
    assert_eq!(target.stderr.matches("unknown field `globb`").count(), 1, "told once: {}", target.stderr);
    let run = run.says("left out: bad (broken) and 1 that needs it\n");
    assert!(!run.stderr.contains("left out") && !run.stderr.contains("broken"), "told once: {}", run.stderr);
    // Who follows it does not see what it draws at its end.
    let last = project.minipach(["jobs", "-n1", "--json"]).ok();
    let last: Value = serde_json::from_str(last.lines().next().expect("a run")).expect("JSON");
    let run = last["run"].as_str().expect("its id");
    project.minipach(["attach", run]).says("bad is broken: unknown field `globb`").says("after is left out");
    assert_eq!(project.witnessed(), ["good", "raw"]);
    assert_eq!(project.read("sum/3/o"), "3\n");
    assert_eq!([project.tree("bad"), project.tree("after")], before);
    assert_eq!(project.changed(), "", "what was run is committed");
    project.minipach(["run"]).code(3).says("nothing to do, left out: bad (broken) and 1 that needs it");
}

#[test]
fn results_of_broken_pipelines_are_never_orphans() {
    let project = broken();
    let before = [project.tree("bad"), project.tree("after")];
    project.remove("raw/1").commit("one less, and a broken spec");
    project.minipach(["run"]).code(3).says("2 datums removed");
    assert!(!project.exists("good/1") && !project.exists("sum/1"));
    assert_eq!([project.tree("bad"), project.tree("after")], before);
    project.spec("bad", &copy("raw")).commit("mended");
    project.minipach(["run"]).ok();
    assert_eq!(project.tree("after"), table([("2/o", "2\n")]));
    project.nothing_to_do();
}

#[test]
fn a_target_runs_if_it_and_all_it_needs_are_sound() {
    let project = broken();
    project.write("raw/3", "3\n").commit("one more, and a broken spec");
    project.minipach(["run", "after"]).code(3).says("`after` is left out: it needs `bad`, which is broken");
    project.minipach(["run", "bad:1"]).code(3).says("`bad` is broken");
    assert!(!project.exists("good/3"));
    project.minipach(["run", "sum"]).code(0);
    assert_eq!(project.read("sum/3/o"), "3\n");
    project.minipach(["run", "--dry-run", "sum"]).code(0).says("nothing to do");
    project.minipach(["run", "--dry-run"]).code(3).says("bad  broken");
}

#[test]
fn downstream_of_a_target_counts_too() {
    let project = settled();
    project.spec("sum", &copy("good").replace("glob:", "globb:")).commit("a broken spec");
    project.minipach(["run", "good"]).code(0);
    // What it reads cannot be read: it may be this.
    project.minipach(["run", "good", "--downstream"]).code(3).says("left out: sum (broken)");
    project.spec("sum", &copy("good/1")).write("raw/3", "3\n").commit("another error");
    project.minipach(["run", "good", "--downstream"]).code(3).says("left out: sum (broken)");
    project.minipach(["run", "bad", "--downstream"]).code(0);
    assert_eq!(project.read("after/3/o"), "3\n");
}

#[test]
fn programs_are_told_too() {
    let project = broken();
    let lines: Vec<Value> = project.minipach(["run", "--json"]).code(3).json_lines();
    let told: Vec<_> = lines.iter().filter(|line| line["event"] == "left_out").collect();
    assert_eq!(told.len(), 2);
    assert_eq!((&told[1]["pipeline"], &told[1]["state"]), (&"bad".into(), &"broken".into()));
    let summary = lines.last().expect("a summary ends it");
    assert_eq!(summary["unsound"][0]["name"], "after");
    assert_eq!(summary["unsound"][0]["message"], "it needs `bad`, which is broken");
    let sound = settled();
    let lines: Vec<Value> = sound.minipach(["run", "--json"]).code(0).json_lines();
    assert_eq!(lines.last().expect("a summary ends it")["unsound"], serde_json::json!([]));
}

#[test]
fn save_takes_no_result_of_a_broken_pipeline_for_data() {
    let project = settled();
    project.write("raw/3", "3\n").commit("one more");
    project.minipach(["run", "--no-commit"]).ok();
    project.spec("bad", &copy("raw").replace("glob:", "globb:"));
    project.minipach(["save"]).code(0).says("saved 1 file").says("committed good");
    let left = project.changed();
    assert!(left.contains("bad/3") && left.contains("after/3"), "{left}");
    assert!(!left.contains("good/3") && !left.contains("spec.yml"), "{left}");
    project.spec("bad", &copy("raw"));
    project.minipach(["save"]).code(0).says("committed bad").says("committed after");
    assert_eq!(project.changed(), "");
    project.nothing_to_do();
}

#[test]
fn a_broken_project_file_stops_everything() {
    let project = settled();
    project.write("minipach.yml", "nmae: study\n");
    project.write("raw/3", "3\n");
    for verb in ["run", "plan", "graph"] {
        let said = project.minipach([verb]).code(3).says("`minipach.yml` has errors");
        said.says("every spec may mean something else").says("unknown field `nmae`");
    }
    project.minipach(["datums", "good"]).code(3).says("`minipach.yml` has errors");
    project.minipach(["accept", "good"]).code(3).says("`minipach.yml` has errors");
    let status = project.minipach(["status", "--json"]).code(0).json();
    assert!(states(&status).values().all(|state| state == "broken"));
    assert!(!project.exists("good/3"));
}

#[test]
fn a_spec_that_is_not_here_breaks_only_its_own() {
    let project = settled();
    project.remove("bad/spec.yml").write("raw/3", "3\n");
    let key = "../.git/annex/objects/aa/bb/MD5E-s1--d41d8cd98f00b204e9800998ecf8427e.yml";
    let target = format!("{key}/MD5E-s1--d41d8cd98f00b204e9800998ecf8427e.yml");
    std::os::unix::fs::symlink(target, project.path("bad/spec.yml")).expect("a link can be made");
    project.commit("a spec in the annex");
    let run = project.minipach(["run"]).code(3).says("`git annex get bad/spec.yml` fetches it");
    run.says("left out: bad (broken) and 1 that needs it");
    assert!(project.exists("sum/3/o") && project.exists("bad/1/o") && !project.exists("bad/3/o"));
}

#[test]
fn a_spec_that_is_a_link_to_no_file_is_told_as_what_it_is() {
    let project = settled();
    let links = [
        ("nowhere", "is a link to `nowhere`, where nothing stands; put a file in its place"),
        ("spec.yml", "which leads back to itself or cannot be followed"),
        ("/dev/zero", "is a link to `/dev/zero`, which is no file that can be read"),
    ];
    let link = |to: &str, path: &str| {
        std::os::unix::fs::symlink(to, project.path(path)).expect("a link can be made");
    };
    for (to, told) in links {
        project.write("x/other", "");
        link(to, "x/spec.yml");
        project.minipach(["run"]).code(3).says("`x/spec.yml`").says(told);
        project.remove("x");
    }
    link("nowhere", "minipach.yml");
    project.minipach(["run"]).says("`minipach.yml` is a link to `nowhere`, where nothing stands");
}

#[test]
fn a_folder_in_the_place_of_a_spec_is_told() {
    let project = settled();
    project.write("x/spec.yml/a", "").write("x/spec.yml/b", "").write("x/.spec/spec.yml/a", "");
    let told = "`x/spec.yml` is a folder; put a file in its place, or give the folder another name";
    let run = project.minipach(["run"]).code(3).says(told);
    assert_eq!((run.stdout + &run.stderr).matches(told).count(), 1, "it is told once");
    project.minipach(["check"]).says(told);
}

#[test]
fn a_pipe_in_the_place_of_a_spec_or_the_project_file_is_told() {
    let project = settled();
    project.write("x/other", "");
    let pipe = |path: &str| {
        let made = std::process::Command::new("mkfifo").arg(project.path(path)).status();
        assert!(made.is_ok_and(|made| made.success()));
    };
    pipe("x/spec.yml");
    project.minipach(["run"]).code(3).says("cannot read `x/spec.yml`: it is no file; put one in its place");
    project.remove("x");
    pipe("minipach.yml");
    project.minipach(["run"]).says("cannot read `minipach.yml`: it is no file; put one in its place");
}

#[test]
fn a_project_file_in_the_annex_is_named_in_the_rule_that_helps() {
    let project = settled();
    let key = "MD5E-s1--d41d8cd98f00b204e9800998ecf8427e.yml";
    let target = format!(".git/annex/objects/aa/bb/{key}/{key}");
    std::os::unix::fs::symlink(target, project.path("minipach.yml")).expect("a link can be made");
    project.minipach(["run"]).says("the line `minipach.yml annex.largefiles=nothing`");
}

#[test]
fn no_result_is_a_spec() {
    let project = settled();
    project.spec("bad", &copy("raw").replace("$PFS/out/o", "$PFS/out/spec.yml"));
    project.commit("a command that writes a spec");
    for _ in 0..2 {
        let run = project.minipach(["run"]).code(1);
        run.says("output `spec.yml` would make its folder a pipeline; give it another name");
        assert!(!project.exists("bad/1/spec.yml") && project.exists("bad/1/o"));
    }
    assert_eq!(project.changed(), "");

    // A pipeline without a command takes what it finds, out of a subdataset for one.
    let inner = project.home().join("inner");
    std::fs::create_dir_all(inner.join("s1")).expect("a folder can be made");
    std::fs::write(inner.join("s1/spec.yml"), "of something else\n").expect("a file can be written");
    for words in [&["init", "-q", "-b", "main"][..], &["add", "."], &["commit", "-q", "-m", "data"]] {
        let mut git = project.command("git");
        assert!(git.arg("-C").arg(&inner).args(words).status().expect("git starts").success());
    }
    project.git(["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "../inner", "data"]);
    project.spec("match", "input: {pfs: {repo: data, glob: '/(*)'}}\noutput: /$1\n").commit("a match");
    let run = project.minipach(["run", "match"]).code(1);
    run.says("output `spec.yml` would make its folder a pipeline");
    assert!(!project.exists("match/s1"));
}

#[test]
fn a_spec_at_the_root_is_told_and_stops_nothing() {
    let project = settled();
    project.write("spec.yml", copy("raw")).write("raw/3", "3\n").commit("a spec at the root");
    let run = project.minipach(["run"]).code(3);
    run.says("a `spec.yml` stands at the project's root, but a pipeline is a folder");
    assert_eq!(project.read("after/3/o"), "3\n");
    project.minipach(["check", "spec.yml"]).code(1).says("MP102");
    project.write("spec.yml", "openapi: 3.1.0\n").commit("of another kind");
    project.minipach(["run"]).code(0).says("nothing to do");
    project.minipach(["check", "spec.yml"]).code(1).says("warning[MP102]");
}

#[test]
fn a_glob_that_takes_nothing_any_more_takes_nothing_away_until_that_is_said() {
    let project = settled();
    let head = project.git(["rev-parse", "HEAD"]);
    project.spec("bad", &copy("raw").replace("/(*)", "/none-(*)"));
    project.minipach(["plan"]).code(0).says("2 blocked").says("matches nothing in `raw`");
    for verb in [["run", "--dry-run"], ["run", "-v"], ["status", "-v"], ["why", "bad:1"]] {
        project.minipach(verb).says("though there is input").says("minipach run --force bad");
    }
    assert_eq!(project.git(["rev-parse", "HEAD"]), head, "what reads it stays too");
    for stands in ["bad/1/o", "bad/2/o", "after/1/o"] {
        assert!(project.path(stands).exists(), "{stands}");
    }
    project.minipach(["run", "--force", "--dry-run", "bad"]).code(0).says("2 to be removed");
    project.minipach(["run", "--force", "bad", "after"]).says("4 datums removed");
    assert!(!project.path("after/1/o").exists(), "it is meant");
    project.minipach(["save", "-m", "no more of it"]).ok();
    project.nothing_to_do();
}

#[test]
fn a_run_names_what_cannot_be_planned_also_where_nothing_else_is_to_do() {
    let project = settled();
    project.spec("bad", &copy("raw").replace("/$1", "/same"));
    project.commit("two results in one place");
    let run = project.minipach(["run"]).code(3).says("`bad` cannot be planned");
    run.says("nothing was done, left out: bad (broken) and 1 that needs it\n");
    let jobs = project.minipach(["jobs", "-n1"]).code(0).says("incomplete");
    assert!(
        jobs.stdout.contains("after left out") && jobs.stdout.contains("bad left out"),
        "{}",
        jobs.stdout
    );
    let run = project.minipach(["run", "--json"]).code(3);
    let summary = run.json_lines::<Value>().pop().expect("a summary comes last");
    assert_eq!(summary["unsound"][1]["name"], "bad");
    assert_eq!(
        (&summary["unsound"][1]["state"], &summary["unsound"][0]["state"]),
        (&"broken".into(), &"left_out".into())
    );
    let run = project.minipach(["run", "sum"]).code(0).says("nothing to do\n");
    assert!(!run.stderr.contains("bad"), "nobody asked for it: {}", run.stderr);
    project.write("raw/3", "3\n");
    project.minipach(["run"]).code(3).says("2 datums ran, left out: bad (broken) and 1 that needs it\n");
}

/// What a table tells and what is drawn are counted together.
#[test]
fn all_errors_are_counted_in_one_line() {
    let project = settled();
    let three = "datum_timeout: 10 minutes\ndatum_tries: -1\ntransform:\n  accept_return_code: [300]\n";
    project.spec("bad", &copy("raw").replace("transform:\n", three));
    project.minipach(["plan"]).code(3).says("3 errors in the specs");
}

#[test]
fn a_spec_with_too_many_values_is_told_what_to_do() {
    let project = settled();
    project.spec("bad", &format!("x: [{}]\n", "1, ".repeat(10_001)));
    project
        .minipach(["check"])
        .code(1)
        .says("file holds more than 10000 values")
        .says("let the command read it");
}
