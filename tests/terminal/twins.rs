//! Screens of the terminal UI without a terminal: as text, as JSON, and told in lines.

use std::io::Write as _;
use std::process::Stdio;

use crate::support::Project;

/// Two datums, of which `b` fails.
fn study() -> Project {
    let project = Project::new();
    project.write_all(&[("raw/a/x", "one\n"), ("raw/b/x", "bad\n")]).spec(
        "copying",
        r"
input: {pfs: {repo: raw, glob: '/(*)'}}
output: /$1
transform: {cmd: [sh, -c, 'if grep -q bad /pfs/raw/x; then echo it is bad >&2; exit 3; fi; cp -r /pfs/raw/. /pfs/out/']}
",
    );
    project.commit("data and a pipeline");
    project.minipach(["run"]).code(1);
    project
}

#[test]
fn every_screen_has_its_text_and_its_facts() {
    let project = study();
    for (screen, text, place) in [
        ("home", "copying", "pipelines"),
        ("pipeline:copying", "exit code 3", "pipeline"),
        ("datum:copying:b", "it is bad", "datum"),
        ("log:copying:b", "it is bad", "log"),
        ("jobs", "1 failed", "jobs"),
        ("check", "Check", "check"),
        ("files", "nothing: all is committed", "files"),
        ("history", "data and a pipeline", "history"),
        ("undo", "minipach undo", "pipelines"),
        ("new", "New pipeline", "pipelines"),
        ("help", "Help", "pipelines"),
        ("palette", "Palette", "pipelines"),
        ("plan", "run 1", "pipelines"),
        ("plan:copying:b", "minipach run copying:b", "pipelines"),
        ("messages", "nothing was said yet", "pipelines"),
    ] {
        let shown = project.minipach(["--once", "--size", "100x60", "--screen", screen]).ok();
        assert!(shown.contains(text), "{screen}:\n{shown}");
        let facts = project.minipach(["--once", "--json", "--screen", screen]).json();
        assert_eq!(
            (&facts["minipach"], &facts["version"], &facts["screen"]),
            (&"screen".into(), &1.into(), &place.into()),
            "{screen}"
        );
        assert!(facts["actions"].as_array().is_some_and(|actions| actions.len() > 9), "{screen}: {facts}");
    }
    let facts = project.minipach(["--once", "--json", "--screen", "pipeline:copying"]).json();
    assert_eq!((&facts["rows"][0]["key"], &facts["rows"][0]["state"]), (&"b".into(), &"failed".into()));
    let facts = project.minipach(["--once", "--json", "--screen", "plan:copying"]).json();
    assert_eq!(facts["over"]["command"], "minipach run copying");
    let facts = project.minipach(["--once", "--json", "--screen", "history"]).json();
    assert_eq!(
        (&facts["rows"][1]["pipeline"], &facts["rows"][2]["subject"]),
        (&"copying".into(), &"data and a pipeline".into())
    );
}

#[test]
fn a_good_attempt_stays_among_those_of_its_datum_when_what_it_is_made_of_changed() {
    let project = study();
    project.write("raw/a/x", "two\n").commit("other data");
    project.minipach(["run", "copying:a"]).ok();
    let shown = project.minipach(["--once", "--size", "120x36", "--screen", "datum:copying:a"]).ok();
    assert!(shown.contains("Timing 2") && shown.contains("before the change"), "{shown}");
}

#[test]
fn results_that_no_commit_has_are_no_edits() {
    let project = study();
    project.write("raw/a/x", "two\n");
    project.commit("other data");
    project.minipach(["run", "--no-commit"]).code(1);
    let words = || {
        let facts = project.minipach(["--once", "--json", "--screen", "files"]).json();
        let changes = facts["changes"].as_array().cloned().unwrap_or_default();
        let words = changes.iter().map(|change| format!("{} {}", change["change"], change["path"]));
        words.collect::<Vec<_>>().join(", ").replace('"', "")
    };
    assert_eq!(words(), "updated .minipach/ledger/copying.jsonl, updated copying/a/x");
    project.write("copying/a/x", "by hand\n");
    assert_eq!(words(), "updated .minipach/ledger/copying.jsonl, edited copying/a/x");
}

#[test]
fn what_is_not_committed_is_in_the_facts_of_files_and_in_the_question_of_save() {
    let project = study();
    project.write("raw/b/x", "good\n").write("copying/.spec.yml.swp", "an editor's\n");
    let facts = project.minipach(["--once", "--json", "--screen", "files"]).json();
    assert_eq!(facts["changes"].as_array().map(Vec::len), Some(1), "{facts}");
    let change = &facts["changes"][0];
    assert_eq!((&change["path"], &change["change"]), (&"raw/b/x".into(), &"edited".into()), "{facts}");
    assert_eq!(change["means"], "copying: 1 datum to run");
    let is_raw = |row: &&serde_json::Value| row["path"] == "raw";
    let row = facts["rows"].as_array().and_then(|rows| rows.iter().find(is_raw)).expect("a row");
    assert_eq!((&row["kind"], &row["is_open"], &row["changed"]), (&"folder".into(), &true.into(), &1.into()));
    let facts = project.minipach(["--once", "--json", "--screen", "save"]).json();
    assert_eq!(facts["over"]["command"], "minipach save --files raw/b/x");
    let says = facts["over"]["says"].to_string();
    assert!(says.contains("raw/b/x") && !says.contains(".swp"), "{facts}");
}

#[test]
fn a_screen_of_what_is_not_there_is_an_error() {
    let project = study();
    for screen in ["plan:nope", "plan:copying:nope", "provenance:nope", "file:nope", "pipeline:nope"] {
        let ended = project.minipach(["--once", "--screen", screen]);
        let ended = ended.says("nope");
        assert_ne!(ended.code, 0, "{screen}");
        assert!(ended.stdout.is_empty(), "{screen}: {}", ended.stdout);
    }
    for screen in ["file:../../etc/passwd", "file:/etc/passwd"] {
        let ended = project.minipach(["--once", "--screen", screen]).code(2).says("in the project");
        assert!(ended.stdout.is_empty(), "{screen}: {}", ended.stdout);
    }
    project.minipach(["--once", "--screen", "file:raw"]).code(2).says("is a folder");
    project.minipach(["--once", "--screen", "file:copying/spec.yml"]).code(0);
    project.minipach(["--help"]).code(0).says("file:PATH");
}

#[test]
fn of_a_datum_whose_spec_is_broken_that_is_said() {
    let project = study();
    project.write("copying/spec.yml", "inptu: [\n");
    for screen in ["datum:copying:a", "log:copying:a", "plan:copying"] {
        project.minipach(["--once", "--screen", screen]).code(3).says("`copying` is broken");
    }
}

#[test]
fn before_a_run_what_its_datums_are_made_of_is_saved_and_no_more() {
    let project = study();
    project.write("raw/b/x", "good\n").commit("mended");
    project.write("raw/a/x", "edited\n");
    let command = |screen: &str| {
        let facts = project.minipach(["--once", "--json", "--screen", screen]).json();
        facts["over"]["command"].as_str().map(str::to_owned).expect("a command")
    };
    assert_eq!(command("plan:copying:b"), "minipach run copying:b");
    assert_eq!(command("plan:copying:a"), "minipach run --save-file=raw/a/x copying:a");
    project.minipach(["run", "copying:b"]).ok();
    assert_eq!(project.git(["status", "--porcelain"]).trim(), "M raw/a/x");
    project.git(["checkout", "-q", "raw"]);
    std::fs::remove_dir_all(project.path("raw/a")).expect("it goes");
    assert_eq!(command("plan:copying"), "minipach run --save-file=raw/a/x copying");
}

/// What is told when these lines are typed.
fn told(project: &Project, lines: &str) -> String {
    let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
    let command = command.arg("--plain").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(lines.as_bytes()).expect("it reads");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn in_lines_one_gets_everywhere_and_hears_what_changed() {
    let project = study();
    let said = told(&project, "2\nwhy\nback\nopen\nlog\nback\nrerun\nn\nquit\nquit\n");
    for line in [
        "2 of 2: copying: failed; 1 done, 1 failed; reads raw; ",
        "text: Why · copying",
        "* 1: b: failed; ",
        "* 1: it is bad",
        "question: Run copying:b?",
        "answers: y = run 1, n = cancel, e = edit spec, Y = copy the command",
        "back in ",
    ] {
        assert!(said.contains(line), "no `{line}` in\n{said}");
    }
    let is_drawn = |letter: char| ('\u{2500}'..='\u{257f}').contains(&letter) || letter == '\u{1b}';
    assert!(!said.contains(is_drawn), "{said}");
}

#[test]
fn in_lines_one_hears_of_files_commits_save_and_undo_and_fills_in_a_form() {
    let project = study();
    project.write("raw/b/x", "good\n");
    let lines = "files\nsave\nn\nhistory\n3\nopen\nnow\nundo\nn\npipelines\n1\nnew\n1 again\nwrite\nn\n2 rwa\nwrite\n\
                 2 raw\nwrite\ny\n";
    let said = told(&project, lines);
    for line in [
        "1 file changed since the last commit:",
        "  edited raw/b/x: copying: 1 datum to run",
        "  edited   raw/b/x",
        "the same in a shell: minipach save",
        "* 1: now: 1 file not committed",
        "3 of 3: ",
        "as of ",
        ", read-only, Pipelines",
        "question: Take ",
        "form: New pipeline",
        "1 name: again",
        "write it? y = write again/spec.yml, n = go on",
        "there is no folder `rwa`; did you mean `raw`?",
        "it cannot be written as it stands",
        "wrote `again/spec.yml`, and its line in `.gitattributes`; nothing runs until you say so",
    ] {
        assert!(said.contains(line), "no `{line}` in\n{said}");
    }
    assert!(project.path("again/spec.yml").is_file());
}

#[test]
fn in_lines_a_run_is_started_and_its_end_is_told() {
    let project = study();
    project.write("raw/b/x", "good\n");
    project.commit("mended");
    let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
    let command = command.arg("--plain").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("it starts");
    let mut input = child.stdin.take().expect("a pipe");
    let output = child.stdout.take().expect("a pipe");
    input.write_all(b"2\nrerun\ny\n").expect("it reads");
    // A test that waits in vain ends all the same.
    let pid = rustix::process::Pid::from_child(&child);
    std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_mins(1));
        let _is_over = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    });
    let wanted = ["the run ended: 1 ran", "changed: copying: 2 done"];
    let (mut said, mut lines) = (String::new(), std::io::BufRead::lines(std::io::BufReader::new(output)));
    while !wanted.iter().all(|wanted| said.contains(wanted)) {
        let line = lines.next().and_then(Result::ok);
        said += &line.unwrap_or_else(|| panic!("not all of {wanted:?} is told:\n{said}"));
        said.push('\n');
    }
    drop(input);
    assert!(child.wait().expect("it ends").success());
}
