//! `logs`: each try has one of its own, with what `err_cmd` said; and what cannot be printed is told.

use crate::support::Project;
use serde_json::Value;

/// Fails until it was tried three times, then waits to be asked to succeed.
const TRIES: &str = "input: {pfs: {repo: raw, glob: '/(*)'}}
output: /$1
datum_tries: 3
transform:
  cmd: [sh, -c, 'n=$(cat $COUNT 2> /dev/null | wc -l); echo x >> $COUNT; test $n = 1 || printf \"this is %s\" $n; test $n -ge GOOD && cp $raw $PFS/out/']
  err_cmd: [sh, -c, 'echo handled $(wc -l < $COUNT); exit STEP']
";

/// Tries until `good` tries were made; the error command ends with `step`.
fn study(good: &str, step: &str) -> Project {
    let project = Project::new();
    project.write("raw/a", "one\n");
    let count = project.path(".git/count").display().to_string();
    let spec = TRIES.replace("$COUNT", &count).replace("GOOD", good).replace("STEP", step);
    project.spec("p", &spec).commit("a study");
    project
}

#[test]
fn an_error_command_that_cannot_be_run_is_told() {
    let project = Project::new();
    project.write("raw/a.txt", "a\n");
    project.spec("p", "input: {pfs: {repo: raw, glob: '/*'}}\ntransform: {cmd: [sh, -c, 'exit 1'], err_cmd: [nosuchprog]}\n");
    project.commit("data");
    project
        .minipach(["check"])
        .says("MP402")
        .says("the `err_cmd` of `p` cannot run here: `nosuchprog` is not found");
    for words in [&["run"][..], &["why", "p"]] {
        project.typed(words).says("exit code 1; and its `err_cmd` cannot be run").says("nosuchprog");
    }
}

#[test]
fn each_try_has_a_log_with_what_its_error_command_said() {
    let project = study("9", "1");
    project.minipach(["run"]).code(1);
    let last = project.minipach(["logs", "p:a"]).code(0);
    assert_eq!(last.stdout, "this is 2\n[minipach: err_cmd]\nhandled 3\n");
    last.says("2 earlier attempts printed something too: `minipach logs --all 'p:a'`");
    let all = project.minipach(["logs", "p:a", "--all"]).code(0).says("==> p:a, try 1 of run 2");
    let errors = "[minipach: err_cmd]\nhandled";
    assert_eq!(all.stdout, format!("this is 0\n{errors} 1\n{errors} 2\nthis is 2\n{errors} 3\n"));
    let lines: Vec<Value> = project.minipach(["logs", "p:a", "--all", "--json"]).code(0).json_lines();
    assert_eq!((&lines[0]["line"], &lines[0]["try"]), (&Value::from("this is 0"), &Value::from(1)));
    assert_eq!(lines.last().map(|line| &line["try"]), Some(&Value::from(3)));
    let datum = project.minipach(["datums", "p", "--json"]).code(0).json();
    let logs: Vec<&str> = (0..3).filter_map(|at| datum["attempts"][at]["log"].as_str()).collect();
    let name = logs[2].trim_end_matches(".log");
    assert_eq!(logs, [format!("{name}.1.log"), format!("{name}.2.log"), format!("{name}.log")]);
}

#[test]
fn a_good_try_has_its_own_log_and_one_without_words_is_told() {
    let project = study("1", "1");
    project.minipach(["run"]).ok();
    let last = project.minipach(["logs", "p:a"]).code(0).says("the last attempt printed nothing");
    assert_eq!(last.stdout, "this is 0\n[minipach: err_cmd]\nhandled 1\n");
    assert!(!project.minipach(["logs", "p:a", "-q"]).code(0).stderr.contains("printed"));
}

#[test]
fn what_a_recovered_datum_was_told_by_its_error_command_is_in_its_log() {
    let project = study("9", "0");
    project.minipach(["run"]).code(0);
    project.minipach(["logs", "p:a"]).code(0).says("handled 3");
}

#[test]
fn what_a_recovered_datum_had_of_other_data_goes_and_is_back_with_these() {
    let project = Project::new();
    let cmd = "sh, -c, 'grep good $PFS/raw/* > $PFS/out/r-$(ls $PFS/raw)'";
    let spec = "input: {pfs: {repo: raw, glob: '/*'}}
";
    project.spec(
        "p",
        &format!(
            "{spec}transform: {{cmd: [{cmd}], err_cmd: ['true']}}
"
        ),
    );
    project.write_all(&[("raw/a", "good\n"), ("raw/b", "good\n")]).commit("a study");
    project.minipach(["run"]).ok();
    // Waits for the data that it comes of, then goes from git too, by hand or not.
    project.write("raw/a", "bad\n");
    project.minipach(["run"]).ok();
    assert!(!project.exists("p/r-a") && project.exists("p/r-b"));
    assert_ne!(project.git(["ls-files", "p/r-a"]), "");
    project.minipach(["save"]).ok();
    assert_eq!((project.changed(), project.git(["ls-files", "p/r-a"])), (String::new(), String::new()));
    project.write("raw/a", "good\n");
    project.minipach(["run", "--save"]).ok();
    assert_eq!((project.read("p/r-a"), project.changed()), ("good\n".into(), String::new()));
    project.write("raw/a", "bad\n").commit("bad data");
    project.remove("p/r-a");
    project.minipach(["run"]).ok();
    assert_eq!(project.changed(), "");
}

#[test]
fn what_was_done_is_told_after_its_input_or_code_changed() {
    let project = Project::new();
    let script = "cat $raw; cp $raw $PFS/out/";
    project.write("raw/a", "one\n").write("code/f.sh", format!("{script}\n"));
    let spec = "input: {pfs: {repo: raw, glob: '/(*)'}}\noutput: /$1\ntransform: {cmd: [sh, code/f.sh]}\n";
    project.spec("p", spec).commit("a study");
    project.minipach(["run"]).ok();
    for (path, text) in [("raw/a", "two\n"), ("code/f.sh", "true\n")] {
        project.write(path, text);
        let before = project.minipach(["logs", "p:a"]).code(0);
        let before = before.says("nothing was tried since it changed; this is try 1 of run");
        assert_eq!(before.stdout, "one\n");
        for words in [["logs", "p:a", "--json", "-q"], ["logs", "p:a", "--json", "--all"]] {
            let line: Value = project.minipach(words).code(0).json_lines().remove(0);
            assert_eq!((&line["outcome"], &line["before_change"]), (&"done".into(), &true.into()));
        }
    }
    project.write("code/f.sh", format!("{script}\n")).commit("other data");
    project.minipach(["run"]).ok();
    assert_eq!(project.minipach(["logs", "p:a"]).code(0).stdout, "two\n");
    project.write("raw/a", "one\n");
    let again = project.minipach(["logs", "p:a"]).code(0);
    assert_eq!(again.stdout, "one\n");
    assert!(!again.stderr.contains("since it changed"), "{}", again.stderr);
}

#[test]
fn what_failed_is_told_after_its_data_were_mended() {
    let project = Project::new();
    let cmd = "cat $raw; test $(cat $raw) = good && cp $raw $PFS/out/";
    let spec = format!(
        "input: {{pfs: {{repo: raw, glob: '/(*)'}}}}\noutput: /$1\ndatum_tries: 1\ntransform: {{cmd: [sh, -c, '{cmd}']}}\n"
    );
    project.write("raw/a", "bad\n");
    project.spec("p", &spec).commit("a study");
    project.minipach(["run"]).code(1);
    project.write("raw/a", "good\n");
    let before = project.minipach(["logs", "p:a"]).code(0);
    let before = before.says("nothing was tried since it changed; this is try 1 of run");
    assert_eq!(before.stdout, "bad\n");
    let line: Value = project.minipach(["logs", "p:a", "--json"]).code(0).json_lines().remove(0);
    assert_eq!((&line["outcome"], &line["before_change"]), (&"failed".into(), &true.into()));
    project.write("raw/b", "bad\n");
    project.commit("mended, and one more");
    project
        .minipach(["logs", "p"])
        .code(0)
        .says("==> p:a, try 1 of run")
        .says(", failed, before it changed <==");
    project.remove("raw/b");
    project.commit("mended");
    project.minipach(["run"]).ok();
    let last = project.minipach(["logs", "p:a"]).code(0).says("1 earlier attempt printed something too");
    assert_eq!(last.stdout, "good\n");
    let all = project.minipach(["logs", "p:a", "--all"]).code(0).says(", failed, before it changed <==");
    assert_eq!(all.stdout, "bad\ngood\n");
    for run in std::fs::read_dir(project.path(".git/minipach/logs")).expect("logs") {
        std::fs::remove_dir_all(run.expect("a folder").path()).expect("it goes");
    }
    let gone = project.minipach(["logs", "p:a", "--all"]).code(0);
    gone.says("its log was removed since; exit code 1");
    project.minipach(["logs", "p:a"]).code(0).says("has no log here");
}

#[test]
fn a_full_disk_behind_standard_output_is_an_error_and_a_closed_pipe_is_none() {
    let project = study("1", "1");
    for words in [&["plan"][..], &["status"], &["datums", "p", "--json"], &["--help"], &["graph"]] {
        let full = std::fs::File::options().write(true).open("/dev/full").expect("a device");
        let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
        let ended = command.args(words).stdout(full).output().expect("it starts");
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(4), "{words:?}: {said}");
        assert!(said.contains("not all of it could be printed"), "{words:?}: {said}");
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let ended = project.command(env!("CARGO_BIN_EXE_minipach")).args(words).stdout(writer).output();
        let ended = ended.expect("it starts");
        assert_eq!(
            (ended.status.code(), &*String::from_utf8_lossy(&ended.stderr)),
            (Some(0), ""),
            "{words:?}"
        );
    }
}

/// Equal work of two pipelines is done once, for one of them.
#[test]
fn what_another_pipeline_did_of_the_same_work_is_shown_as_its_own() {
    let project = Project::new();
    let spec = "input: {pfs: {name: in, repo: raw, glob: '/(*)'}}\noutput: /$1\ntransform: {cmd: [sh, -c, 'echo at it; cp $in $PFS/out/']}\n";
    project.write("raw/a", "one\n").spec("p", spec).spec("q", spec).commit("all");
    project.minipach(["run", "p"]).code(0);
    let own = project.minipach(["logs", "p:a"]).code(0);
    assert!(own.stdout == "at it\n" && own.stderr.is_empty(), "{own:?}");
    let other = project.minipach(["logs", "q:a"]).code(0).says(", done, by p, which has the same work");
    assert_eq!(other.stdout, "at it\n");
    let lines: Vec<Value> = project.minipach(["logs", "q:a", "--json"]).code(0).json_lines();
    assert_eq!(lines[0]["by"], "p");
}

#[test]
fn what_is_again_as_it_failed_once_is_told_by_that_attempt() {
    let project = Project::new();
    let spec = "input: {pfs: {repo: raw, glob: '/(b)'}}\noutput: /$1\ndatum_tries: 1\ntransform: {cmd: [sh, -c, 'echo saw $(cat $raw); exit 1']}\n";
    project.spec("p", spec);
    for text in ["one\n", "two\n"] {
        project.write("raw/b", text).commit(text);
        project.minipach(["run"]).code(1);
    }
    project.write("raw/b", "one\n").commit("one again");
    let last = project.minipach(["logs", "p:b"]).code(0);
    assert_eq!(last.stdout, "saw one\n");
    assert!(!last.stderr.contains("since it changed"), "{}", last.stderr);
    let all = project.minipach(["logs", "p:b", "--all"]).code(0).says(", failed, before it changed <==");
    assert_eq!(all.stdout, "saw two\nsaw one\n");
}
