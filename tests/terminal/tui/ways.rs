//! Ways from one thing to another: where results come from, neighbours, the menu of a row, the palette; on a terminal.

use super::{open, study};
use crate::screen::Tui;

#[test]
fn p_leads_from_a_result_to_what_people_brought_and_to_its_commit() {
    let project = study();
    let mut tui = open(&project, &[]);
    // The data is first.
    tui.keys("j\r");
    tui.until_says("Datums");
    tui.keys("\r");
    tui.until_says("Outputs 1");
    tui.keys("p");
    tui.until_says("copying/a was made by copying:a, Ada");
    tui.until("the command and the data", |screen| {
        screen.contains("$ sh -c") && screen.contains("raw/a was brought by Ada")
    });
    tui.keys("G");
    tui.until_says("“data and a pipeline”");
    tui.keys("t");
    tui.until_says("read-only");
    tui.keys("T");
    tui.until("it is the screen that one came from", |screen| {
        screen.contains("this is the project as it is now") && screen.contains("Provenance of copying:a")
    });
    // From a datum that was opened there, one step back leads there too.
    tui.keys("g\r");
    tui.until_says("Outputs 1");
    tui.keys("\u{1b}");
    tui.until_says("Provenance of copying:a");
    tui.keys("1");
    tui.quits();
}

#[test]
fn results_that_people_touched_are_among_what_changed() {
    let project = study();
    project.write("copying/a/x", "by hand\n");
    std::fs::remove_dir_all(project.root().join("copying/b")).expect("it goes");
    let mut tui = Tui::start(&project, &[], (100, 30));
    tui.until_says("Files ±2");
    tui.keys("3");
    tui.until("what each means", |screen| {
        screen.contains("Changed since the last commit 2")
            && screen.contains("a result of copying:a, edited by hand")
            && screen.contains("a result of copying:b that is known")
    });
    tui.quits();
}

#[test]
fn a_new_pipeline_is_offered_data_and_pipelines_before_what_lies_in_results() {
    let project = study();
    let mut tui = open(&project, &[]);
    tui.keys("n");
    tui.until_says("New pipeline");
    tui.keys("\t");
    tui.until_says("can be: copying  raw  raw/a  raw/b  copying/a");
    tui.keys("\u{1b}");
    tui.until("it is closed", |screen| !screen.contains("New pipeline"));
    tui.quits();
}

#[test]
fn the_palette_runs_what_is_done_again_and_so_does_its_plan() {
    let project = study();
    let mut tui = open(&project, &[]);
    tui.keys(":rerun copying");
    tui.until_says("nothing to do, 2 datums done");
    tui.keys("\u{1b}");
    tui.until("it is closed", |screen| !screen.contains("nothing to do, 2"));
    tui.keys("jr");
    tui.until_says("Nothing to do: all of it is done.");
    tui.keys("f");
    tui.until_says("minipach run --force copying");
    tui.keys("n");
    tui.until("nothing was started", |screen| !screen.contains("--force"));
    tui.quits();
}

#[test]
fn of_a_file_too_and_what_nothing_is_known_of_is_said() {
    let project = study();
    project.write("raw/c/x", "three\n");
    let mut tui = Tui::start(&project, &[], (80, 24));
    tui.until_says("2/3");
    tui.keys("3");
    tui.until_says("raw");
    tui.keys("/raw/c\r");
    tui.until("its row is there", |screen| {
        screen.contains("filter: raw/c") && screen.contains("› + raw/c/x")
    });
    tui.keys("p");
    tui.until_says("Provenance of raw/c");
    tui.until("why nothing is told", |screen| screen.contains("does not stand in commit"));
    tui.keys("\u{1b}\u{1b}1");
    tui.until_says("[1 Pipelines]");
    tui.quits();
}

#[test]
fn the_title_of_the_window_tells_what_failed_and_goes_back() {
    let project = study();
    let mut tui = open(&project, &[]);
    let name = project.root().file_name().expect("a name").to_string_lossy().into_owned();
    let titled = format!("\u{1b}]0;{name} - minipach\u{7}");
    tui.quits();
    let bytes = tui.bytes();
    assert!(bytes.contains(&titled), "{bytes}");
    assert!(bytes.contains("\u{1b}[22;2t") && bytes.contains("\u{1b}[23;2t"));
}

#[test]
fn a_row_has_its_menu_and_the_palette_runs_by_name() {
    let project = study();
    project.write("raw/c/x", "three\n");
    let mut tui = Tui::start(&project, &[], (100, 30));
    tui.until_says("2/3");
    tui.keys("j.");
    tui.until("the menu", |screen| screen.contains("╭─ Here") && screen.contains("rerun"));
    tui.keys("\u{1b}");
    tui.until("it is closed", |screen| !screen.contains("╭─ Here"));
    tui.keys(":run copying");
    tui.until_says("1 of 3 to do");
    tui.until_says("= minipach run copying");
    tui.keys("\u{19}");
    tui.until_says("sent to the terminal's clipboard");
    tui.keys("\r");
    tui.until_says("Run copying?");
    tui.keys("n");
    tui.until("it is closed", |screen| !screen.contains("Run copying?"));
    tui.quits();
}

#[test]
fn all_logs_of_a_pipeline_are_saved_as_they_are_shown() {
    let project = study();
    project.spec("loud", "input: {pfs: {repo: raw, glob: '/(*)'}}\noutput: /$1\ntransform: {cmd: [sh, -c, 'echo said; touch /pfs/out/x']}\n");
    project.commit("loud");
    project.minipach(["run"]).ok();
    let mut tui = Tui::start(&project, &[], (100, 30));
    tui.until_says("loud");
    tui.keys("/loud\r");
    let is_at = |screen: &str| screen.lines().any(|line| line.starts_with("│›") && line.contains(" loud "));
    tui.until_says("filter: loud");
    tui.keys("j");
    tui.until("the cursor is there", is_at);
    tui.keys("L");
    tui.until_says("a | said");
    tui.keys("S");
    tui.until_says(".git/minipach/saved/loud-all.log");
    assert!(!project.exists(".git/minipach/saved"), "nothing is saved before the answer");
    tui.keys("y");
    tui.until_says("the log is saved");
    assert_eq!(project.changed(), "", "git sees nothing of it");
    let saved = project.read(".git/minipach/saved/loud-all.log");
    // In the order in which they ran.
    let lines: std::collections::BTreeSet<&str> = saved.lines().collect();
    assert_eq!((lines, saved.lines().count()), (["a | said", "b | said"].into(), 2));
    tui.keys("qq");
    assert_eq!(tui.end(), 0);
}

/// Types the pipeline `lines` into the open form, and has it written.
fn writes_lines(tui: &mut Tui) {
    tui.keys("lines\t");
    tui.until_says("glob: '/(*)'");
    tui.keys("\u{15}copyi\t\t\t\t\t");
    tui.until_says("it reads /pfs/copying");
    tui.keys("wc -l /pfs/copying/x > /pfs/out/n\t");
    tui.until_says("2 datums: a, b");
    tui.keys("\r");
    tui.until_says("Write lines/spec.yml and its line in .gitattributes?");
    tui.keys("y");
}

fn is_on_lines(tui: &mut Tui) {
    tui.until("the cursor is on it", |screen| {
        screen.lines().any(|line| line.starts_with("│›") && line.contains(" lines "))
    });
}

#[test]
fn a_new_pipeline_is_typed_completed_written_and_under_the_cursor() {
    let project = study();
    let mut tui = Tui::start(&project, &[], (100, 30));
    tui.until_says("2/2");
    tui.keys("n");
    tui.until_says("New pipeline");
    tui.until("its own keys", |screen| screen.lines().last().is_some_and(|line| line.contains("Esc leave")));
    // What it reads is typed in part, and completed; Enter at the end leads to what is missing.
    writes_lines(&mut tui);
    tui.until_says("wrote `lines/spec.yml`, and its line in `.gitattributes`");
    is_on_lines(&mut tui);
    let said = project.minipach(["check"]);
    assert!(![said.stdout, said.stderr].concat().contains("MP213"), "git is told not to merge its results");
    assert!(project.read(".gitattributes").contains("/lines/** -merge"));
    tui.quits();
}

#[test]
fn a_new_pipeline_is_run_and_nothing_of_it_stays_uncommitted() {
    let project = study();
    let mut tui = Tui::start(&project, &[], (100, 30));
    tui.until_says("2/2");
    tui.keys("n");
    tui.until_says("New pipeline");
    writes_lines(&mut tui);
    is_on_lines(&mut tui);
    tui.keys("r");
    tui.until_says("y save 2 files, run 2");
    tui.until_says(".gitattributes");
    tui.keys("y");
    tui.until_says("the run ended: 2 ran");
    tui.quits();
    assert_eq!(project.changed(), "");
    assert!(project.git(["show", "HEAD:.gitattributes"]).contains("/lines/** -merge"));
}

#[test]
fn from_a_datum_to_its_files_and_back() {
    let project = study();
    let mut tui = open(&project, &[]);
    tui.keys("j\r");
    tui.until_says("Datums");
    tui.keys("\r");
    tui.until_says("Outputs 1");
    tui.keys("o");
    tui.until_says("[3 Files]");
    tui.keys("\u{1b}");
    tui.until_says("Outputs 1");
    tui.keys("1");
    tui.until_says("[1 Pipelines]");
    tui.quits();
}
