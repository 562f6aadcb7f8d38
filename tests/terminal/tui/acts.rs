//! Acts on runs, logs and datums, and commands of one's own by key; on a real pseudo-terminal.

use std::process::{Child, Stdio};

use crate::screen::Tui;
use crate::support::Project;

const SLOW: &str = r#"
input: {pfs: {repo: raw, glob: '/(*)'}}
output: /$1
transform: {cmd: [sh, -c, 'echo "begins with $(ls /pfs/raw)"; while test -e "$HOLD"; do sleep 0.05; done; cp -r /pfs/raw/. /pfs/out/']}
"#;

/// A run of three datums, one after the other, that goes on until a file is gone; and the program over it.
#[track_caller]
fn going_on() -> (Project, std::path::PathBuf, Child, Tui) {
    let project = Project::new();
    project.write_all(&[("raw/a/x", "one\n"), ("raw/b/y", "two\n"), ("raw/c/z", "three\n")]);
    project.spec("copying", SLOW).commit("data and a pipeline");
    let hold = project.home().join("hold");
    std::fs::write(&hold, "").expect("a file");
    let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
    let command = command.args(["run", "-j1"]).env("HOLD", &hold);
    let run = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    let mut tui = Tui::start(&project, &[], (120, 30));
    tui.until_says("▸ copying");
    (project, hold, run, tui)
}

#[test]
fn a_run_is_paused_and_goes_on() {
    let (_project, hold, mut run, mut tui) = going_on();
    tui.until_says("run 0/3");
    tui.keys("P");
    tui.until_says("paused 0/3");
    std::fs::remove_file(&hold).expect("it stands there");
    // What ran is finished, and nothing else is begun.
    tui.until_says("paused 1/3");
    tui.keys("2");
    tui.until("the jobs say so", |screen| screen.contains("1/3, paused"));
    tui.keys("P");
    tui.until_says("the run ended: 3 ran");
    assert!(run.wait().expect("it ends").success());
    tui.keys("P");
    tui.until_says("pause: no run is going on");
    tui.keys("1");
    tui.quits();
}

#[test]
fn a_run_is_ended_at_once_and_what_ran_runs_again() {
    let (project, _hold, mut run, mut tui) = going_on();
    tui.until_says("run 0/3");
    tui.keys("X");
    tui.until("what it means", |screen| {
        screen.contains("End the run now?") && screen.contains("The commands of 1 datum are ended at once")
    });
    tui.keys("y");
    tui.until("it is over", |screen| screen.contains("the run was stopped"));
    assert_eq!(run.wait().expect("it ends").code(), Some(130));
    let datums = project.minipach(["datums", "copying", "--json"]).ok();
    assert_eq!(datums.matches("\"state\":\"done\"").count(), 0, "{datums}");
    project.minipach(["run"]).ok();
    tui.until("all is done", |screen| screen.contains("✓ copying") && screen.contains("3/3"));
    tui.quits();
}

#[test]
fn the_logs_of_all_datums_are_one_text_that_grows() {
    let (_project, hold, mut run, mut tui) = going_on();
    tui.until_says("run 0/3");
    tui.keys("L");
    tui.until_says("Logs of copying");
    tui.until_says("a | begins with x");
    std::fs::remove_file(&hold).expect("it stands there");
    tui.until("all three", |screen| {
        ["a | begins with x", "b | begins with y", "c | begins with z"]
            .iter()
            .all(|line| screen.contains(line))
    });
    assert!(run.wait().expect("it ends").success());
    tui.keys("/with y\r");
    tui.until_says("match 1 of 1");
    tui.keys("\u{1b}");
    tui.until("nothing is searched", |screen| !screen.contains("match 1 of 1"));
    tui.keys("q");
    tui.until_says("[1 Pipelines]");
    tui.quits();
}

#[test]
fn what_changed_since_a_result_is_shown_line_by_line() {
    let project = Project::new();
    project.write_all(&[("raw/a/x", "one\n"), ("raw/b/x", "two\n")]).spec("copying", SLOW);
    project.commit("data and a pipeline");
    project.minipach(["run"]).ok();
    project.write("raw/a/x", "changed\n").write("raw/a/new", "more\n");
    let mut tui = Tui::start(&project, &[], (100, 30));
    tui.until_says("↻ copying");
    tui.keys("\r");
    tui.until_says("Datums");
    tui.keys("\r");
    tui.until_says("Why is it stale?");
    tui.keys("d");
    tui.until("its lines", |screen| {
        screen.contains("Since its result · copying:a")
            && screen.contains("-one")
            && screen.contains("+changed")
            && screen.contains("new, not known to git: raw/a/new")
    });
    tui.keys("\u{1b}");
    tui.until("it is closed", |screen| !screen.contains("Since its result"));
    tui.keys("]d");
    tui.until_says("nothing: its inputs, its code and its spec are as they were then");
    tui.keys("\u{1b}");
    tui.until("it is closed", |screen| !screen.contains("nothing: its inputs"));
    tui.keys("qq");
    tui.until_says("[1 Pipelines]");
    tui.quits();
}

#[test]
fn a_command_of_ones_own_is_done_by_its_key_and_says_why_where_it_is_not() {
    let project = Project::new();
    project.write_all(&[("raw/a/x", "one\n"), ("raw/b/x", "two\n")]).spec("copying", SLOW);
    project.commit("data and a pipeline");
    project.minipach(["run"]).ok();
    let config = project.home().join("config");
    std::fs::create_dir_all(config.join("minipach")).expect("a folder");
    let text = "[commands]\nnote = { run = 'echo {pipeline}:{key} >> \"$NOTES\"', key = 'alt-n' }\n";
    std::fs::write(config.join("minipach/tui.toml"), text).expect("a file");
    let notes = project.home().join("notes");
    let (folder, file) = (config.to_string_lossy(), notes.to_string_lossy());
    let mut tui = Tui::start(&project, &[("XDG_CONFIG_HOME", &folder), ("NOTES", &file)], (100, 30));
    tui.until_says("2/2");
    tui.keys("\u{1b}n");
    tui.until_says("note: no key is under the cursor");
    tui.keys("?note");
    tui.until("help has it", |screen| {
        screen.contains("Alt-n") && screen.contains("no key is under the cursor")
    });
    tui.keys("\u{1b}");
    tui.until("the help is closed", |screen| !screen.contains("Help · Pipelines"));
    tui.keys("\r");
    tui.until_says("Datums");
    tui.keys("j\u{1b}n");
    tui.until("it ran", |_| std::fs::read_to_string(&notes).is_ok_and(|text| text == "copying:b\n"));
    tui.until_says("Datums");
    tui.keys("q");
    tui.until_says("[1 Pipelines]");
    tui.quits();
}

#[test]
fn before_a_finding_is_mended_it_is_shown_what_becomes_of_datums() {
    let project = Project::new();
    project.write_all(&[("raw/a/x", "one\n"), ("raw/b/x", "two\n")]).spec("copying", SLOW);
    project.commit("data and a pipeline");
    project.minipach(["run"]).ok();
    project.spec("copying", &SLOW.replace("repo: raw,", "repo: raww,"));
    let mut tui = Tui::start(&project, &[], (100, 30));
    tui.keys("4");
    tui.until_says("did you mean `raw`?");
    tui.keys("F");
    tui.until("what it does", |screen| {
        screen.contains("raww becomes raw")
            && screen.contains("then copying: 2 datums (a, b) done by their earlier results")
    });
    tui.keys("y");
    tui.until_says("mended `copying/spec.yml`");
    tui.keys("1");
    tui.until_says("2/2");
    tui.quits();
}

/// A run of two datums that was started on the screen and goes on until a file is gone, and the question of quitting.
#[track_caller]
fn quitting() -> (Project, std::path::PathBuf, Tui) {
    let project = Project::new();
    project.write_all(&[("raw/a/x", "one\n"), ("raw/b/x", "two\n")]);
    project.spec("copying", SLOW).commit("data and a pipeline");
    let hold = project.home().join("hold");
    std::fs::write(&hold, "").expect("a file");
    let mut tui = Tui::start(&project, &[("HOLD", &hold.to_string_lossy())], (100, 30));
    tui.until_says("0/2");
    tui.keys("r");
    tui.until_says("y run 2");
    tui.keys("y");
    tui.until_says("▸ copying");
    tui.keys("q");
    tui.until_says("A run that was started here is going on.");
    (project, hold, tui)
}

#[test]
fn a_run_that_is_stopped_by_quitting_is_said_to_end() {
    let (project, hold, mut tui) = quitting();
    tui.keys("s");
    assert_eq!(tui.end(), 0);
    tui.is_restored();
    tui.says_at_last("the run is ending");
    assert!(!tui.bytes().contains("a run goes on"), "{}", tui.bytes());
    std::fs::remove_file(&hold).expect("it goes");
    project.minipach(["attach"]);
    assert_eq!(project.minipach(["jobs", "--json"]).json()["state"], "stopped");
}

#[test]
fn a_run_that_is_detached_by_quitting_goes_on_to_its_end() {
    let (project, hold, mut tui) = quitting();
    // What means nothing in the question leaves it, and says which keys do.
    tui.keys("x");
    tui.until_says("`x` does nothing here, unlike d, s, n, Esc");
    tui.keys("n");
    tui.until("the question is gone", |screen| !screen.contains("A run that was started here"));
    tui.keys("q");
    tui.until_says("A run that was started here is going on.");
    tui.keys("d");
    assert_eq!(tui.end(), 0);
    tui.is_restored();
    tui.says_at_last("a run goes on");
    assert_eq!(project.minipach(["jobs", "--json"]).json()["state"], "going_on");
    std::fs::remove_file(&hold).expect("it goes");
    project.minipach(["attach"]);
    assert_eq!(project.minipach(["jobs", "--json"]).json()["state"], "done");
    assert_eq!(
        project.minipach(["datums", "copying", "--json"]).ok().matches("\"state\":\"done\"").count(),
        2
    );
}

#[test]
fn a_new_pipeline_is_called_as_add_would_have_it() {
    let project = Project::new();
    project.write_all(&[("raw/a/x", "one\n")]).spec("copying", SLOW).commit("data and a pipeline");
    let mut tui = Tui::start(&project, &[], (120, 30));
    tui.until_says("copying");
    tui.keys("n");
    for (name, why) in [
        ("a.b", "`a.b` cannot be a pipeline's name: letters, digits"),
        ("copying/in", "`copying/in` and the pipeline `copying` would lie in one another"),
        ("raw", "`raw` is there already"),
    ] {
        tui.keys(name);
        tui.until_says(why);
        tui.keys(&"\u{7f}".repeat(name.len()));
    }
    tui.keys("good");
    tui.until("nothing is wrong with the name", |screen| !screen.contains("already"));
    tui.keys("\u{1b}");
    tui.until_says("Leave");
}
