//! The terminal UI in hard times: a slow disk, storms of resizes, and stops from outside; on a real pseudo-terminal.

use std::process::Stdio;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::Signal;

use crate::dice::Dice;
use crate::screen::Tui;
use crate::support::Project;

/// A pipeline of two datums, done and committed, and the program over it when it has read it.
#[track_caller]
fn open() -> (Project, Tui) {
    let project = Project::new();
    project.write_all(&[("raw/a/x", "one\n"), ("raw/b/x", "two\n")]).spec(
        "copying",
        "input: {pfs: {repo: raw, glob: '/(*)'}}\noutput: /$1\n\
         transform: {cmd: [sh, -c, 'cp -r /pfs/raw/. /pfs/out/']}\n",
    );
    project.commit("data and a pipeline");
    project.minipach(["run"]).ok();
    let mut tui = Tui::start(&project, &[], (100, 30));
    tui.until_says("2/2");
    tui.until_says("live");
    (project, tui)
}

#[track_caller]
fn answers(tui: &mut Tui) {
    tui.keys("?");
    tui.until_says("Help · Pipelines");
    tui.keys("\u{1b}");
    tui.until("the help is closed", |screen| !screen.contains("Help · Pipelines"));
}

#[test]
fn while_the_disk_does_not_answer_keys_are_answered() {
    let (project, mut tui) = open();
    // Whoever reads a pipe that nobody writes waits, as for a disk that does not answer.
    let index = project.root().join(".git/index");
    let kept = index.with_extension("kept");
    std::fs::rename(&index, &kept).expect("git has an index");
    mknodat(CWD, &index, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a pipe");
    project.write("raw/a/x", "changed\n");
    tui.until_says("reading");
    answers(&mut tui);
    tui.keys("j");
    tui.until_says("reads    raw = raw");
    let end = std::fs::OpenOptions::new().write(true).open(&index).expect("somebody reads it");
    std::fs::rename(&kept, &index).expect("the index is back");
    drop(end);
    tui.until("it is read at last", |screen| screen.contains("1/2") && !screen.contains("reading"));
    tui.quits();
}

#[test]
fn what_stood_on_the_screen_before_is_wiped_where_the_terminal_has_no_other_one() {
    let (_project, mut tui) = open();
    let bytes = tui.bytes();
    let (_, after) = bytes.split_once("[?1049h").expect("it takes the other screen");
    let (before, _) = after.split_once("Pipelines").expect("it draws");
    assert!(before.contains("[2J"), "{before:?}");
    tui.quits();
}

#[test]
fn a_storm_of_resizes_ends_in_a_whole_screen() {
    let (_project, mut tui) = open();
    for number in 0..300_u16 {
        tui.resize((1 + number * 37 % 200, 1 + number * 23 % 70));
        if number % 50 == 0 {
            tui.keys("jk");
        }
    }
    tui.resize((90, 25));
    tui.until("it is drawn at the last size", |screen| {
        screen.lines().count() == 25 && screen.contains("2/2") && screen.contains("? help")
    });
    answers(&mut tui);
    tui.quits();
}

#[test]
fn a_stop_from_outside_gives_the_terminal_back_until_it_goes_on() {
    let (_project, mut tui) = open();
    tui.signal(Signal::TSTP);
    tui.until_stopped();
    tui.is_restored();
    tui.signal(Signal::CONT);
    tui.until_taken();
    answers(&mut tui);
    // The key does the same.
    tui.keys("\u{1a}");
    tui.until_stopped();
    tui.is_restored();
    tui.signal(Signal::CONT);
    tui.until_taken();
    answers(&mut tui);
    tui.quits();
}

#[test]
fn keys_at_random_are_all_answered_and_leave_a_screen() {
    let (_project, mut tui) = open();
    tui.resize((60, 20));
    // Those that leave, stop, or lend the terminal are no keys of this test.
    let keys = [
        "j",
        "k",
        "G",
        "g",
        "h",
        "l",
        "1",
        "2",
        "3",
        "4",
        "5",
        "w",
        "W",
        "?",
        "/",
        "r",
        "p",
        "L",
        "\t",
        "\r",
        "\u{1b}",
        "\u{1b}[B",
        "\u{1b}[6~",
        " ",
        "f",
        "T",
        "m",
    ];
    let mut dice = Dice(11);
    for _ in 0..40 {
        for _ in 0..8 {
            tui.keys(keys[usize::try_from(dice.below(keys.len() as u64)).unwrap_or(0)]);
        }
        tui.settled();
        assert!(tui.screen().trim().lines().count() > 5, "{}", tui.screen());
    }
    tui.signal(Signal::TERM);
    assert_eq!(tui.end(), 143);
    tui.is_restored();
}

#[test]
fn what_a_killed_run_left_is_no_file_that_waits_to_be_saved() {
    let project = Project::new();
    let hold = project.home().join("hold");
    std::fs::write(&hold, "").expect("a file");
    let slow = r#"
input: {pfs: {repo: raw, glob: '/(*)'}}
output: /$1
transform: {cmd: [sh, -c, 'cp -r /pfs/raw/. /pfs/out/; test -e /pfs/raw/first || while test -e "$HOLD"; do sleep 0.05; done']}
"#;
    project.write_all(&[("raw/a/first", "one\n"), ("raw/b/x", "two\n")]).spec("copying", slow);
    project.commit("data and a pipeline");
    let mut command = project.command(env!("CARGO_BIN_EXE_minipach"));
    let command = command.args(["run", "-j1"]).env("HOLD", &hold).stdout(Stdio::null()).stderr(Stdio::null());
    let mut run = command.spawn().expect("it starts");
    let begin = std::time::Instant::now();
    while !project.path("copying/a/first").exists() {
        assert!(begin.elapsed() < std::time::Duration::from_mins(1), "the first result never stands");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    run.kill().expect("it can be killed");
    run.wait().expect("it ends");
    std::fs::remove_file(&hold).expect("it stands there");
    let files = project.minipach(["--once", "--screen", "files", "--size", "120x36"]).ok();
    assert!(files.contains("Changed since the last commit 1"), "{files}");
    assert!(files.contains("a result that waits to be committed"), "{files}");
    let home = project.minipach(["--once", "--size", "120x36"]).ok();
    let first = home.lines().next().unwrap_or_default();
    assert!(home.contains("held") && first.contains(" ±1 ") && home.contains("Files ±1"), "{home}");
    let save = project.minipach(["--once", "--screen", "save"]).ok();
    assert!(!save.contains("copying/a"), "{save}");
}

/// Whether a program ended as one whose terminal is gone: it saw the end of its keys, or the signal first.
fn is_hung_up(code: u32) -> bool {
    code == 0 || code == 129
}

#[test]
fn the_form_for_a_new_project_ends_with_its_terminal() {
    let project = Project::bare();
    let mut tui = Tui::start(&project, &[], (80, 24));
    tui.until_says("Esc leaves");
    assert!(is_hung_up(tui.closes()));
}

#[test]
fn what_a_closed_terminal_showed_is_remembered() {
    let (project, mut tui) = open();
    tui.keys("gj");
    tui.until_says("always");
    assert!(is_hung_up(tui.closes()));
    let mut tui = Tui::start(&project, &[], (100, 30));
    tui.until_says("always");
    tui.until_says("reads    raw = raw");
    tui.quits();
}
