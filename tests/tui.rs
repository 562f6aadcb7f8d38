//! The terminal UI on a real pseudo-terminal: keys, live changes, and a terminal that always comes back.

#[path = "tui/hard_times.rs"]
mod hard_times;
#[path = "support/screen.rs"]
mod screen;
mod support;

use std::process::Stdio;

use rustix::process::Signal;

use screen::Tui;
use support::Project;

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

#[track_caller]
fn quits(tui: &mut Tui) {
    tui.keys("q");
    assert_eq!(tui.end(), 0);
    tui.is_restored();
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
    quits(&mut tui);
}

#[test]
fn signals_end_it_orderly() {
    let project = study();
    for signal in [Signal::TERM, Signal::HUP] {
        let mut tui = open(&project, &[]);
        tui.signal(signal);
        assert_eq!(tui.end(), 0, "{signal:?}");
        tui.is_restored();
    }
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
    quits(&mut tui);
    let mut tui = open(&project, &[]);
    assert_ne!(colours(&tui.bytes()), Vec::<&str>::new());
    quits(&mut tui);
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
    quits(&mut tui);
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
    quits(&mut tui);
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
    quits(&mut tui);
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
    tui.until_says("tui.toml:2: `q` means both");
    assert!(tui.screen().contains("H help"));
    std::fs::write(&config, "ascii = true\n").expect("a file");
    tui.until("ASCII", |screen| screen.contains("? help") && screen.is_ascii());
    quits(&mut tui);
}

#[test]
fn what_stood_there_last_time_stands_there_at_once() {
    let project = study();
    let mut tui = open(&project, &[]);
    tui.keys("j");
    tui.until("the cursor is on the pipeline", |screen| {
        screen.contains("›") && screen.contains("reads    raw = raw")
    });
    quits(&mut tui);
    assert!(!tui.bytes().contains("as of last time"));
    let mut tui = open(&project, &[]);
    tui.until("it is read", |screen| !screen.contains("as of last time"));
    assert!(tui.bytes().contains("as of last time"));
    assert!(tui.screen().contains("reads    raw = raw"), "the cursor is elsewhere:\n{}", tui.screen());
    quits(&mut tui);
}

#[test]
fn one_screen_is_printed_as_text() {
    let project = study();
    let home = project.minipach(["--once"]).ok();
    assert_eq!(home.lines().count(), 24);
    assert!(home.contains("copying") && home.contains("2/2") && !home.contains('\u{1b}'), "{home}");
    assert!(home.lines().all(|line| line == line.trim_end()), "{home}");
    let ascii = project.minipach(["--once", "--ascii", "--screen", "help", "--size", "100x40"]).ok();
    assert!(ascii.is_ascii() && ascii.contains("rerun-downstream") && ascii.lines().count() == 40, "{ascii}");
    project.minipach(["--once", "--screen", "pipeline:copying"]).ok();
    project.minipach(["--once", "--screen", "datum:copying:a"]).ok();
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
