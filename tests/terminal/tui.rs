//! The terminal UI on a real pseudo-terminal: keys, live changes, and a terminal that always comes back.

#[path = "tui/acts.rs"]
mod acts;
#[path = "tui/hard_times.rs"]
mod hard_times;
#[path = "tui/ways.rs"]
mod ways;

use std::process::Stdio;

use rustix::process::Signal;

use crate::screen::Tui;
use crate::support::{self, Project};

const COPY: &str = r#"
input: {pfs: {repo: raw, glob: '/(*)'}}
output: /$1
transform: {cmd: [sh, -c, 'while test -e "$HOLD"; do sleep 0.05; done; cp -r /pfs/raw/. /pfs/out/']}
"#;

/// A pipeline of two datums, done and committed.
fn study() -> Project {
    let project = Project::new();
    project.write_all(&[("raw/a/x", "one\n"), ("raw/b/x", "two\n")]).spec("copying", COPY);
    project.commit("data and a pipeline");
    project.minipach(["run"]).ok();
    project
}

/// The program over a project, when it has read it.
#[track_caller]
fn open(project: &Project, more: &[(&str, &str)]) -> Tui {
    let mut tui = Tui::start(project, more, (100, 30));
    tui.until_says("2/2");
    tui
}

#[test]
fn help_is_searched_by_typing_and_the_terminal_comes_back() {
    let project = study();
    let mut tui = open(&project, &[]);
    assert!(tui.is_taken(), "{}", tui.bytes());
    tui.keys("?");
    tui.until_says("Help · Pipelines");
    tui.keys("palette");
    tui.until("only what matches", |screen| screen.contains("by typing") && !screen.contains("Ctrl-Z"));
    tui.keys("\u{1b}");
    tui.until("the help is closed", |screen| !screen.contains("Help · Pipelines"));
    tui.quits();
}

#[test]
fn signals_end_it_orderly() {
    let project = study();
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130)] {
        let mut tui = open(&project, &[]);
        tui.signal(signal);
        assert_eq!(tui.end(), code, "{signal:?}");
        tui.is_restored();
    }
}

#[test]
fn signals_that_mean_nothing_to_it_do_not_end_it() {
    let project = study();
    let mut tui = open(&project, &[]);
    for signal in [Signal::USR1, Signal::USR2, Signal::ALARM] {
        tui.signal(signal);
    }
    tui.keys("?");
    tui.until_says("Help · Pipelines");
    tui.keys("\u{1b}");
    tui.until("the help is closed", |screen| !screen.contains("Help · Pipelines"));
    tui.quits();
}

#[cfg(feature = "faults")]
#[test]
fn a_panic_gives_the_terminal_back_first() {
    let project = study();
    let mut tui = open(&project, &[("MINIPACH_PLANTED", "tui")]);
    assert!(tui.is_taken());
    tui.keys("j");
    assert_ne!(tui.end(), 0);
    tui.is_restored();
    tui.until_says("a planted bug");
}

/// Sequences that set a colour.
fn colours(bytes: &str) -> Vec<&str> {
    let sequences =
        bytes.split("\u{1b}[").skip(1).filter_map(|rest| rest.split_once('m').map(|(codes, _)| codes));
    let sequences = sequences.filter(|codes| codes.bytes().all(|byte| byte.is_ascii_digit() || byte == b';'));
    let is_colour = |code: &str| {
        let number = code.parse().unwrap_or(0);
        matches!(number, 30..=38 | 40..=48 | 58 | 90..=107)
    };
    sequences.filter(|codes| codes.split(';').any(is_colour)).collect()
}

#[test]
fn without_colour_none_is_sent_and_the_cursor_is_seen() {
    let project = study();
    let mut tui = open(&project, &[("NO_COLOR", "1")]);
    tui.keys("jk?");
    tui.until_says("Help · Pipelines");
    tui.keys("\u{1b}");
    tui.until("the help is closed", |screen| !screen.contains("Help · Pipelines"));
    let bytes = tui.bytes();
    assert_eq!(colours(&bytes), Vec::<&str>::new());
    assert!(bytes.contains("\u{1b}[7m"), "nothing is in reverse video");
    tui.quits();
    let mut tui = open(&project, &[]);
    assert_ne!(colours(&tui.bytes()), Vec::<&str>::new());
    tui.quits();
}

#[test]
fn changes_made_elsewhere_show_by_themselves() {
    let project = study();
    let mut tui = open(&project, &[]);
    tui.until_says("live");
    project.write("raw/a/x", "changed\n");
    tui.until("one datum is stale", |screen| screen.contains("1/2") && screen.contains("↻ copying"));
    project.write("raw/c/x", "three\n");
    tui.until_says("1/3");
    project.git(["checkout", "-q", "-b", "other"]);
    tui.until_says("other@");
    project.commit("all of it");
    tui.until_says(&format!("other@{}", &project.head()[..7]));
    project.spec("second", "input: {pfs: {repo: copying, glob: '/'}}\ntransform: {cmd: ['true']}\n");
    tui.until_says("second");
    tui.quits();
}

#[test]
fn a_run_started_elsewhere_shows() {
    let project = study();
    project.write("raw/a/x", "changed\n");
    project.commit("changed");
    let hold = project.home().join("hold");
    std::fs::write(&hold, "").expect("a file");
    let mut tui = Tui::start(&project, &[], (100, 30));
    tui.until_says("1/2");
    let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
    let mut run = command
        .arg("run")
        .env("HOLD", &hold)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    tui.until_says("▸ copying");
    tui.until_says("run 0/1");
    std::fs::remove_file(&hold).expect("it stands there");
    tui.until_says("the run ended: 1 ran");
    tui.until("all is done", |screen| screen.contains("✓ copying") && screen.contains("2/2"));
    assert!(run.wait().expect("it ends").success());
    tui.quits();
}

#[test]
fn a_project_that_is_removed_leaves_its_last_state() {
    let project = study();
    let mut tui = open(&project, &[]);
    tui.until_says("live");
    // Once more if something was written there meanwhile.
    let is_gone =
        (0..100).any(|_| std::fs::remove_dir_all(project.root()).is_ok() || !project.root().exists());
    assert!(is_gone, "it cannot be removed");
    tui.until_says("is not there any more");
    tui.until_says("polling 5s");
    assert!(tui.screen().contains("copying"));
    tui.quits();
}

#[test]
fn the_configuration_is_read_again_and_faults_change_nothing() {
    let project = study();
    let folder = project.home().join(".config/minipach");
    std::fs::create_dir_all(&folder).expect("a folder");
    let config = folder.join("tui.toml");
    std::fs::write(&config, "[keys]\nhelp = 'H'\n").expect("a file");
    let mut tui = open(&project, &[]);
    tui.until_says("live");
    tui.until_says("H help");
    std::fs::write(&config, "[keys]\nhelp = 'q'\n").expect("a file");
    tui.until_says("tui.toml:2: `q` is to mean");
    tui.settled();
    assert!(tui.screen().contains("H help"));
    std::fs::write(&config, "ascii = true\n").expect("a file");
    tui.until("ASCII", |screen| screen.contains("? help") && screen.is_ascii());
    tui.quits();
}

#[test]
fn what_stood_there_last_time_stands_there_at_once() {
    let project = study();
    let mut tui = open(&project, &[]);
    tui.keys("j");
    tui.until("the cursor is on the pipeline", |screen| {
        screen.contains("›") && screen.contains("reads    raw = raw")
    });
    tui.quits();
    assert!(!tui.bytes().contains("as of last time"));
    let mut tui = open(&project, &[]);
    tui.settled();
    assert!(!tui.screen().contains("as of last time"), "it is read:\n{}", tui.screen());
    assert!(tui.bytes().contains("as of last time"));
    assert!(tui.screen().contains("reads    raw = raw"), "the cursor is elsewhere:\n{}", tui.screen());
    tui.quits();
}

const STRICT: &str = r"
input: {pfs: {repo: raw, glob: '/(*)'}}
output: /$1
transform: {cmd: [sh, -c, 'cat /pfs/raw/* | grep -q bad && exit 3; cp -r /pfs/raw/. /pfs/out/']}
";

/// A pipeline of two datums, of which one failed.
fn half_done() -> Project {
    let project = Project::new();
    project.write_all(&[("raw/a/x", "one\n"), ("raw/b/x", "bad\n")]).spec("strict", STRICT);
    project.commit("data and a pipeline");
    project.minipach(["run"]).code(1);
    project
}

#[test]
fn what_failed_is_mended_rerun_and_taken_back() {
    let project = half_done();
    let mut tui = open_failed(&project);
    project.write("raw/b/x", "good\n");
    tui.until("it is to be run", |screen| screen.contains("±1") && screen.contains("↻ strict"));
    tui.keys("jr");
    tui.until_says("y save 1 file, run 1");
    tui.until_says("minipach run --save-file=raw/b/x strict");
    tui.keys("y");
    tui.until_says("the run ended: 1 ran");
    tui.until("all is done and committed", |screen| screen.contains("2/2") && !screen.contains("±1"));
    let results = project.head();
    tui.until_says(&results[..7]);
    tui.keys("u");
    tui.until_says("strict: 1 datum (b) not in place any more, but known");
    tui.until_says(&format!("minipach undo {}", &results[..7]));
    assert_eq!(project.head(), results, "nothing happens before the answer");
    tui.keys("y");
    tui.until_says("took back");
    tui.until("one is known", |screen| screen.contains("1/2"));
    assert!(!project.exists("strict/b") && project.read("raw/b/x") == "good\n");
    assert_eq!(project.changed(), "");
    assert_eq!(project.states("strict")["b"], "cached");
    assert!(project.git(["log", "-1", "--format=%s"]).starts_with("Revert"));
    tui.keys("r");
    tui.until_says("placed");
    tui.keys("y");
    tui.until_says("the run ended: 1 put in place");
    tui.until_says("2/2");
    tui.quits();
}

/// The program over [`half_done`].
#[track_caller]
fn open_failed(project: &Project) -> Tui {
    let mut tui = Tui::start(project, &[], (100, 30));
    tui.until("it is read", |screen| screen.contains("✗ strict") && screen.contains("live"));
    tui
}

#[test]
fn nothing_of_the_users_is_taken_back() {
    let project = study();
    let mut tui = open(&project, &[]);
    let head = project.head();
    project.write("copying/a/x", "mine\n");
    tui.keys("u");
    tui.until_says("`copying/a/x` has changes that are not committed");
    tui.keys("y\u{1b}");
    project.git(["checkout", "-q", "copying"]);
    project.write("notes", "x").git(["add", "notes"]);
    tui.keys("u");
    tui.until_says("`notes` is staged");
    tui.keys("y\u{1b}");
    project.git(["reset", "-q"]);
    project.write("raw/a/x", "changed\n");
    project.minipach(["run"]).ok();
    // While a run goes on, nothing is taken back.
    tui.until("the run is over", |screen| screen.contains("held") && !screen.contains("Jobs ▸"));
    tui.keys("u");
    tui.until_says("`minipach save` commits them");
    tui.keys("y\u{1b}");
    tui.until("no question is open", |screen| !screen.contains("Take the last"));
    assert_eq!(project.head(), head);
    tui.quits();
}

#[test]
fn results_that_wait_are_seen_and_saved() {
    let project = study();
    let mut tui = open(&project, &[]);
    tui.until_says("live");
    project.write("raw/a/x", "changed\n");
    tui.until_says("↻ copying");
    tui.keys("jr");
    tui.until_says("o only run 1");
    tui.keys("o");
    tui.until_says("not committed: `raw/a/x` has changes that are not committed");
    // While a run goes on, nothing is saved.
    tui.until("the run is over", |screen| screen.contains("held") && !screen.contains("Jobs ▸"));
    tui.keys("A");
    tui.until("what is saved", |screen| {
        screen.contains("raw/a/x") && screen.contains("the results of copying")
    });
    tui.keys("y");
    tui.until_says("committed copying");
    tui.until("nothing waits", |screen| !screen.contains("held") && !screen.contains("±1"));
    assert_eq!(project.changed(), "");
    tui.keys("A");
    tui.until_says("save: all is committed");
    tui.quits();
}

#[test]
fn the_project_is_shown_as_of_a_commit_and_as_of_now_again() {
    let project = study();
    let before = project.git(["rev-parse", "HEAD~1"]);
    let mut tui = open(&project, &[]);
    tui.until_says("live");
    tui.keys("5");
    tui.until_says("copying: 2 datums");
    tui.keys("G\r");
    tui.until("as it was", |screen| screen.contains(", read-only") && screen.contains("0/2"));
    tui.until_says(&before[..7]);
    tui.keys("jr");
    tui.until_says("rerun: all is shown as of");
    tui.keys("\r");
    tui.until_says("no result was made for it yet");
    project.write("raw/c/x", "three\n");
    tui.keys("T");
    tui.until("as it is", |screen| screen.contains("History") && !screen.contains("read-only"));
    tui.keys("Gd");
    tui.until_says("copying: 2 datums: pending, then done (a, b)");
    tui.keys("\u{1b}");
    tui.until("the comparison is closed", |screen| !screen.contains("From "));
    tui.keys("1");
    tui.until_says("2/3");
    tui.quits();
    let left = std::fs::read_dir(project.path(".git/minipach")).expect("it is there").flatten();
    let left: Vec<_> =
        left.filter(|entry| entry.file_name().to_string_lossy().starts_with("past-")).collect();
    assert!(left.len() <= 1, "{left:?}");
}

#[test]
fn files_tell_what_their_change_means() {
    let project = study();
    let mut tui = open(&project, &[]);
    tui.until_says("live");
    tui.keys("3");
    tui.until_says("nothing: all is committed");
    project.write("raw/a/x", "changed\n");
    tui.until_says("copying: 1 datum to run");
    tui.keys("/a/x\r");
    tui.until_says("~ raw/a/x");
    tui.keys("Gd");
    tui.until("the difference", |screen| screen.contains("-one") && screen.contains("+changed"));
    tui.keys("\u{1b}");
    tui.until("it is closed", |screen| !screen.contains("Since the last commit · "));
    tui.keys("Gw");
    tui.until("the reasons", |screen| {
        screen.contains("Why · raw/a/x") && screen.contains("feeds copying: a (stale)")
    });
    tui.keys("\u{1b}");
    tui.until("the reasons are closed", |screen| !screen.contains("Esc closes"));
    tui.keys("\r");
    tui.until("the file", |screen| screen.contains("File · 1 line") && screen.contains("changed"));
    project.write("raw/a/x", "changed\nand more\n");
    tui.until("it is read again", |screen| screen.contains("File · 2 lines") && screen.contains("and more"));
    tui.keys("\u{1b}");
    tui.until("it is closed", |screen| !screen.contains("File · "));
    tui.keys("\u{1b}");
    std::fs::remove_file(project.path("raw/a/x")).expect("it goes");
    tui.until_says("copying: 1 result made of it will go");
    project.minipach(["why", "raw/a/x"]).says("copying:a was made of it");
    tui.quits();
}

#[test]
fn outside_of_a_project_a_form_shows_what_a_new_one_is_and_writes_it() {
    let folder = Project::bare();
    let mut tui = Tui::start(&folder, &[], (100, 30));
    tui.until_says("files into");
    tui.keys("\u{1b}");
    assert_eq!(tui.end(), 0);
    tui.is_restored();
    assert!(std::fs::read_dir(folder.root()).expect("it is there").next().is_none(), "nothing is written");
    folder.write("own.txt", "mine\n");
    let mut tui = Tui::start(&folder, &[], (100, 30));
    tui.until_says("minipach new study --scaffold yoda");
    tui.keys("/one");
    // Folder, layout, name, author, licence, dataset, checks; Enter at the end asks.
    tui.keys("\r\r\r\r\r\r\r");
    tui.until_says("and commit them?");
    tui.keys("\r");
    tui.keys("y");
    tui.until_says("main@");
    tui.quits();
    tui.until_says("in a new git repository");
    assert!(folder.path("study/one/minipach.yml").is_file() && folder.path("own.txt").is_file());
}

#[test]
fn one_screen_is_printed_as_text() {
    let project = study();
    let home = project.minipach(["--once"]).ok();
    assert_eq!(home.lines().count(), 24);
    assert!(home.contains("copying") && home.contains("2/2") && !home.contains('\u{1b}'), "{home}");
    assert!(home.lines().all(|line| line == line.trim_end()), "{home}");
    let ascii = project.minipach(["--once", "--ascii", "--screen", "help", "--size", "100x40"]).ok();
    assert!(ascii.is_ascii() && ascii.contains("rerun") && ascii.lines().count() == 40, "{ascii}");
    project.minipach(["--once", "--screen", "pipeline:copying"]).ok();
    project.minipach(["--once", "--screen", "datum:copying:a"]).ok();
    let history = project.minipach(["--once", "--screen", "history"]).ok();
    assert!(history.contains("copying: 2 datums") && history.contains("data and a pipeline"), "{history}");
    let files = project.minipach(["--once", "--screen", "files"]).ok();
    assert!(files.contains("Files") && files.contains("nothing: all is committed"), "{files}");
    project
        .minipach(["--once", "--screen", "pipeline:nothing"])
        .code(2)
        .says("there is no pipeline `nothing`");
    project.minipach(["--once", "--screen", "datum:copying:z"]).code(2).says("has no datum `z`");
    project.minipach(["--once", "--screen", "nowhere"]).code(2).says("screens are home");
    project.minipach(["--once", "--size", "0x10"]).code(2).says("80x24");
    project.minipach(["--once", "status"]).code(2).says("without a command");
    assert!(project.minipach(["--once", "--json"]).json()["rows"].is_array());
    project.minipach(["--once", "--size", "1x1"]).ok();
}

/// `E` on a datum: a shell in its place, with the terminal's own keys, and the same screen afterwards.
#[test]
fn a_datum_is_entered_and_left() {
    let project = study();
    for place in ["never", "auto"] {
        if place == "auto" && support::peer("bwrap").is_none() {
            continue;
        }
        let mut tui =
            open(&project, &[("SHELL", "/bin/sh"), ("MINIPACH_SANDBOX", place), ("PS1", "inside> ")]);
        tui.keys("j\r");
        tui.until_says("› ✓ a");
        tui.keys("E");
        tui.until_says("what you leave in /pfs/out is no result");
        tui.until_says("inside> ");
        // One process says so and sleeps, so that nothing is between the two.
        tui.keys("sh -c \"echo rea''dy; exec sleep 1000\"\r");
        tui.until_says("ready");
        tui.keys("\u{3}");
        tui.until("Ctrl-C ended it", |screen| screen.trim_end().ends_with("inside>"));
        tui.keys("cat $PFS/raw/x; echo by hand > $PFS/out/y; echo $((6 * 7))\r");
        tui.until_says("42");
        tui.keys("exit\r");
        tui.until("the screen is back", |screen| screen.contains("Datums") && !screen.contains("inside> "));
        assert!(!project.exists("copying/a/y"));
        tui.keys("q");
        tui.until_says("[1 Pipelines]");
        tui.quits();
    }
}
