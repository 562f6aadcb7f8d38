//! What the screen of runs does and shows, without a project.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::*;
use crate::app::{InHand, JobProgress};
use crate::model::RunSummary;
use crate::tui::facts::fixture;
use crate::tui::theme::Theme;

fn live() -> Facts {
    let mut facts = fixture::facts();
    let since = |ago: u64| InHand { since_ms: facts.now_ms - ago, log: Some("logs/a".into()) };
    let mut run =
        RunProgress { run: "r2".into(), pid: 7, started_ms: facts.now_ms - 90_000, ..RunProgress::default() };
    let job = JobProgress {
        pipeline: "fs".into(),
        started_ms: run.started_ms,
        total: 9,
        to_run: 8,
        ran: 5,
        failed: 1,
        took_ms: 6000,
        squares: 6_000_000,
        commits: vec!["8e1d04aaaaaa".into()],
        ..JobProgress::default()
    };
    run.jobs.push(job);
    run.beside.each = Some(std::time::Duration::from_secs(12));
    run.running.insert(("fs".into(), "sub-3".into()), since(12_000));
    run.notes.push("`raw/t1` changed".into());
    (facts.run, facts.is_live) = (Arc::new(run), true);
    facts.schedule = Arc::new(crate::tui::forecast::forecast(&facts));
    facts
}

fn past(name: &str) -> RunProgress {
    let summary = RunSummary { ran: 3, ..RunSummary::default() };
    RunProgress {
        run: name.into(),
        started_ms: 1000,
        ended: Some((summary, false, 61_000)),
        ..RunProgress::default()
    }
}

fn screen(facts: &Facts) -> Jobs {
    let mut jobs = Jobs::default();
    jobs.came(facts);
    jobs.refresh(facts);
    jobs.take(facts, &Answer::Past(vec![past("r2"), past("r1"), past("r0")]));
    jobs
}

fn seen() -> Seen {
    Seen { rows: 20, other_rows: 9, ..Seen::default() }
}

fn drawn(jobs: &Jobs, facts: &Facts, width: u16, height: u16) -> String {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    let theme = Theme { is_ascii: width == 60, ..Theme::default() };
    let mut pen = Pen::new(&mut buffer, Rect::new(0, 0, width, height), theme);
    jobs.draw(facts, &mut pen, &mut Seen::default());
    let line = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>() + "\n";
    (0..height).map(line).collect()
}

#[test]
fn a_run_that_goes_on_is_shown_with_all_that_it_does() {
    let facts = live();
    let jobs = screen(&facts);
    for (width, height) in [(120, 32), (80, 20), (60, 16)] {
        let text = drawn(&jobs, &facts, width, height);
        // On a low screen the log is worth more than the last rows.
        let last = ["changed", "commit 8e1d04aaaa"].into_iter().filter(|_| height > 16);
        for wanted in ["Run r2", "6/8", "12s", "fs:sub-3", "exit 1", "cut off"].into_iter().chain(last) {
            assert!(text.contains(wanted), "{wanted} at {width}:\n{text}");
        }
        assert!(text.contains("6/8 for 1m30"), "{text}");
        // The log of what runs stands where the runs stand else.
        let shown = (text.contains("Runs 3"), text.contains("Log of fs:sub-3"));
        assert_eq!(shown, (width > 80, true), "{text}");
    }
    // Six took a second each, and slots twelve more; two are left, and the one in hand began 12 ago.
    assert!(drawn(&jobs, &facts, 120, 32).contains("for 1m30, 14s left"));
    assert!(drawn(&jobs, &facts, 60, 16).is_ascii());
}

#[test]
fn the_words_of_the_row_under_the_cursor_are_all_there() {
    let mut facts = live();
    let mut run = (*facts.run).clone();
    run.jobs[0].message = Some(
        "it reads `prep`, of which 12 datums failed or were left out: its results are not complete".into(),
    );
    facts.run = Arc::new(run);
    let mut jobs = screen(&facts);
    let told = |jobs: &Jobs, width| {
        drawn(jobs, &facts, width, 16)
            .replace(['|', '│'], " ")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert!(told(&jobs, 60).contains("left out: its results are not complete"), "{}", told(&jobs, 60));
    assert!(told(&jobs, 80).contains("its results are not complete"), "{}", drawn(&jobs, &facts, 80, 20));
    jobs.act(&facts, Action::Down, &seen());
    assert!(!told(&jobs, 60).contains("are not complete"), "{}", told(&jobs, 60));
}

#[test]
fn nothing_yet_says_so_at_every_size() {
    let facts = fixture::facts();
    let jobs = Jobs::default();
    assert!(drawn(&jobs, &facts, 80, 20).contains("nothing ran here yet"));
    for (width, height) in [(1, 1), (2, 3), (5, 4), (70, 14), (110, 2), (39, 9)] {
        drawn(&screen(&live()), &live(), width, height);
    }
}

#[test]
fn each_row_does_what_its_keys_say() {
    let facts = live();
    let mut jobs = screen(&facts);
    let act = |jobs: &mut Jobs, action| format!("{:?}", jobs.act(&facts, action, &seen()));
    assert!(act(&mut jobs, Action::Open).contains("OpenPipeline(\"fs\")"));
    // Of a job, the log of what runs.
    assert!(act(&mut jobs, Action::Log).contains("path: Some(\"logs/a\")"));
    act(&mut jobs, Action::Down);
    assert!(act(&mut jobs, Action::Open).contains("OpenDatum(\"fs\", \"sub-3\")"));
    assert!(act(&mut jobs, Action::Log).contains("path: Some(\"logs/a\")"));
    assert!(act(&mut jobs, Action::Copy).contains("fs:sub-3"));
    assert!(act(&mut jobs, Action::Why).contains("has run longest, for 12s"));
    assert!(jobs.off(&facts, Action::Rerun).is_some());
    act(&mut jobs, Action::Down);
    assert!(act(&mut jobs, Action::Rerun).contains("targets: [\"fs:sub-2\"]"));
    act(&mut jobs, Action::Last);
    assert!(act(&mut jobs, Action::Copy).contains("8e1d04aaaaaa"));
    act(&mut jobs, Action::First);
    assert!(act(&mut jobs, Action::Why).contains("6 of 8: 5 ran, 0 placed, 1 failed"));
}

#[test]
fn the_past_is_asked_for_when_shown_and_when_a_run_ended() {
    let mut facts = live();
    let mut jobs = Jobs::default();
    assert!(jobs.refresh(&facts).is_empty(), "nobody looks");
    assert_eq!((jobs.came(&facts).len(), jobs.refresh(&facts).len()), (1, 0));
    facts.now_ms += PATIENCE_MS;
    assert_eq!(jobs.refresh(&facts).len(), 1, "no answer came");
    jobs.take(&facts, &Answer::Past(Vec::new()));
    facts.now_ms += PATIENCE_MS;
    assert!(jobs.refresh(&facts).is_empty());
    facts.is_live = false;
    assert_eq!(jobs.refresh(&facts).len(), 1, "it ended");
}

#[test]
fn how_a_run_ended_stands_apart_from_what_it_did() {
    let facts = live();
    let mut jobs = screen(&facts);
    let job = JobProgress { ran: 20, ..JobProgress::default() };
    jobs.take(&facts, &Answer::Past(vec![RunProgress { ended: None, jobs: vec![job], ..past("r1") }]));
    let shown = drawn(&jobs, &facts, 120, 32);
    assert!(shown.contains("cut off ✓20"), "{shown}");
}

#[test]
fn a_run_that_an_error_broke_off_says_which() {
    let mut facts = live();
    (facts.run, facts.is_live) = (Arc::default(), false);
    let mut jobs = screen(&facts);
    let broken = RunProgress { error: Some("the disk is gone".into()), ..past("r1") };
    jobs.take(&facts, &Answer::Past(vec![broken]));
    let shown = drawn(&jobs, &facts, 120, 32);
    for told in ["› ✗ ", "broke off after 1m00: 3 ran", "an error came first", "the disk is gone"] {
        assert!(shown.contains(told), "{told}: {shown}");
    }
    let twin = jobs.twin(&facts, 9);
    assert!(twin.lines.iter().any(|line| line.contains("broken off by an error (the disk is gone)")));
    let why = jobs.act(&facts, Action::Why, &seen());
    let [Effect::Explain(_, lines)] = &why[..] else { panic!("{why:?}") };
    assert_eq!(lines[0], "An error broke it off: the disk is gone");
    assert!(!lines.iter().any(|line| line.contains("by itself")), "{lines:?}");
}

#[test]
fn a_run_that_left_pipelines_out_is_not_shown_as_done() {
    let mut facts = live();
    (facts.run, facts.is_live) = (Arc::default(), false);
    let mut jobs = screen(&facts);
    let ended = Some((RunSummary::default(), false, 2000));
    let refused = RunProgress { left_out: vec!["fs".into(), "stats".into()], ended, ..past("r1") };
    jobs.take(&facts, &Answer::Past(vec![refused]));
    let shown = drawn(&jobs, &facts, 120, 32);
    assert!(shown.contains("› ⊘ ") && !shown.contains('✓'), "{shown}");
    assert!(shown.contains("0 ran, 0 failed, 2 left out"), "{shown}");
    assert!(shown.contains("no job began: what has errors was left out"), "{shown}");
    match jobs.act(&facts, Action::Why, &seen()).as_slice() {
        [Effect::Explain(_, lines)] => {
            assert!(lines.iter().any(|line| line.contains("`fs`, `stats`")), "{lines:?}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_run_of_the_past_is_shown_until_back() {
    let facts = live();
    let mut jobs = screen(&facts);
    jobs.act(&facts, Action::NextPane, &seen());
    jobs.act(&facts, Action::Down, &seen());
    assert_eq!(jobs.run(&facts).map(|(run, is_live)| (&*run.run, is_live)), Some(("r1", false)));
    assert!(drawn(&jobs, &facts, 120, 32).contains("ended after 1m00: 3 ran, 0 failed"));
    // A newer run moves the list, not what is looked at.
    jobs.take(&facts, &Answer::Past(vec![past("r3"), past("r1")]));
    assert_eq!(jobs.run(&facts).map(|(run, _)| &*run.run), Some("r1"));
    assert!(jobs.back(&facts, &seen()) && !jobs.back(&facts, &seen()));
    assert_eq!(jobs.run(&facts).map(|(run, _)| &*run.run), Some("r2"));
}

#[test]
fn the_log_of_what_runs_is_shown_below_and_read_again() {
    let mut facts = live();
    let mut jobs = screen(&facts);
    let asked = |effect: Option<Effect>| match effect {
        Some(Effect::World(World::Query(Query::Log(source)))) => source,
        other => panic!("it asks for a log: {other:?}"),
    };
    // It was asked for when the screen came; again only after a while.
    asked(jobs.want(&facts));
    assert!(jobs.want(&facts).is_none());
    facts.now_ms += 1000;
    let source = asked(jobs.want(&facts));
    assert_eq!((&*source.key, source.path.as_deref()), ("sub-3", Some("logs/a")));
    let none = Err(crate::tui::effect::NoLog::Nothing);
    jobs.take(&facts, &Answer::Log(source.clone(), none));
    let text = crate::tui::effect::LogText { lines: vec!["step 1".into()], ..Default::default() };
    let shown = |jobs: &Jobs, (width, height): (u16, u16)| {
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        jobs.draw(&facts, &mut Pen::new(&mut buffer, area, Theme::default()), &mut seen());
        let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        (0..height).map(row).collect::<Vec<_>>().join("\n")
    };
    assert!(shown(&jobs, (80, 20)).contains("nothing printed yet"), "it has no log so far");
    jobs.take(&facts, &Answer::Log(source, Ok(text)));
    for size in [(120, 32), (80, 20)] {
        let shown = shown(&jobs, size);
        assert!(shown.contains("Log of fs:sub-3") && shown.contains("step 1"), "{shown}");
    }
    jobs.act(&facts, Action::NextPane, &seen());
    assert!(shown(&jobs, (80, 20)).contains("newest first"), "Tab shows the runs");
}

#[test]
fn under_the_cursor_of_a_run_of_the_past_stand_its_own_logs() {
    let facts = live();
    let mut jobs = screen(&facts);
    let job = JobProgress { pipeline: "fs".into(), failed: 1, ended: Some(false), ..JobProgress::default() };
    let began = [("fs".to_owned(), "sub-2".to_owned(), "logs/old".to_owned())].into();
    let old = RunProgress {
        jobs: vec![job],
        failures: vec![fixture::failed("exit code 1: cut off")],
        began,
        ..past("r1")
    };
    jobs.take(&facts, &Answer::Past(vec![past("r2"), old]));
    let logs = |jobs: &mut Jobs| format!("{:?}", jobs.act(&facts, Action::AllLogs, &seen()));
    assert!(logs(&mut jobs).contains("run: Some(\"r2\")"), "the run that is shown");
    for action in [Action::NextPane, Action::Down, Action::Open] {
        jobs.act(&facts, action, &seen());
    }
    // A command of `fs` runs now, but not in the run that is looked at: that has the log of its failure.
    let log = |jobs: &Jobs| jobs.tailed(&facts).and_then(|source| source.path);
    assert_eq!(log(&jobs).as_deref(), Some("logs/old"));
    assert!(!drawn(&jobs, &facts, 120, 32).contains("Log of fs:sub-3"));
    assert!(logs(&mut jobs).contains("run: Some(\"r1\")"));
    jobs.act(&facts, Action::Down, &seen());
    let opened = format!("{:?}", jobs.act(&facts, Action::Log, &seen()));
    assert!(opened.contains("path: Some(\"logs/old\")"), "{opened}");
}

#[test]
fn a_job_that_could_not_begin_is_blocked_with_all_its_datums_open() {
    let facts = fixture::facts();
    let blocked = JobProgress {
        pipeline: "stats".into(),
        total: 3,
        ended: Some(false),
        message: Some("waits for `fs`".into()),
        ..JobProgress::default()
    };
    let run = |job: &JobProgress| RunProgress { jobs: vec![job.clone()], ..past("r2") };
    let mut jobs = Jobs::default();
    jobs.came(&facts);
    jobs.take(&facts, &Answer::Past(vec![run(&blocked)]));
    let shown = drawn(&jobs, &facts, 120, 32);
    assert!(shown.contains("⊘ stats") && shown.contains("0/3 waits for `fs`"), "{shown}");
    let told = format!("{:?}", jobs.act(&facts, Action::Why, &seen()));
    assert!(told.contains("None of its 3 datums could begin.") && !told.contains("0 of 0"), "{told}");
    // One that was forced and stopped had one datum to run.
    let forced = JobProgress { to_run: 1, message: Some("was stopped".into()), ..blocked.clone() };
    jobs.take(&facts, &Answer::Past(vec![run(&forced)]));
    let shown = drawn(&jobs, &facts, 120, 32);
    assert!(shown.contains("0/1 was stopped") && !shown.contains("⊘ stats"), "{shown}");
    // Of what it could make, all is made.
    let made = JobProgress { to_run: 3, ran: 3, message: None, ..blocked };
    jobs.take(&facts, &Answer::Past(vec![run(&made)]));
    let shown = drawn(&jobs, &facts, 120, 32);
    assert!(shown.contains("✓ stats") && shown.contains("3/3 it reads `fs`"), "{shown}");
}

#[test]
fn why_names_what_failed_and_what_is_lacking_for_it() {
    let facts = fixture::facts();
    let job = |name: &str, failed| JobProgress {
        pipeline: name.into(),
        ended: Some(false),
        failed,
        ..JobProgress::default()
    };
    let run = RunProgress {
        jobs: vec![job("fs", 1), job("stats", 0)],
        failures: vec![fixture::failed("exit code 1: T1w.txt is cut off")],
        ..past("r2")
    };
    let mut jobs = Jobs::default();
    jobs.came(&facts);
    jobs.take(&facts, &Answer::Past(vec![run]));
    let why = |jobs: &mut Jobs| format!("{:?}", jobs.act(&facts, Action::Why, &seen()));
    let told = why(&mut jobs);
    assert!(told.contains("`fs:sub-2` failed: exit code 1: T1w.txt is cut off"), "{told}");
    jobs.act(&facts, Action::Down, &seen());
    let told = why(&mut jobs);
    assert!(told.contains("it reads `fs`, of which 1 datum failed") && !told.contains("T1w"), "{told}");
    // It had no part in the failure: as on Home, what it has is done.
    assert!(told.contains("It had nothing to do.") && told.contains("All that it had is done"), "{told}");
    let shown = drawn(&jobs, &facts, 120, 32);
    assert!(shown.contains("✓ stats") && shown.contains("it reads `fs`, of which"), "{shown}");
    let mut whole = facts.clone();
    let mut snapshot = (*whole.snapshot).clone();
    snapshot.nodes[2] = fixture::pipeline("fs", vec![0, 1], &[("sub-2", DatumState::Done, "fine")]);
    whole.snapshot = Arc::new(snapshot);
    assert!(drawn(&jobs, &whole, 120, 32).contains("· stats"), "it was stopped: nothing is lacking");
    jobs.act(&facts, Action::NextPane, &seen());
    let told = why(&mut jobs);
    assert!(told.contains("`fs:sub-2` failed") && told.contains("`stats`: it reads `fs`"), "{told}");
}

#[test]
fn a_click_on_a_run_shows_it() {
    let facts = live();
    let mut jobs = screen(&facts);
    jobs.click_other(&facts, 1);
    assert!(drawn(&jobs, &facts, 120, 32).contains("Run r1"));
    jobs.click_other(&facts, 0);
    assert!(drawn(&jobs, &facts, 120, 32).contains("Run r2"));
}

#[test]
fn what_was_cut_off_has_rows_of_its_own_with_its_log() {
    let mut facts = live();
    let mut run = (*facts.run).clone();
    (run.cut_off, run.running) = (run.running, BTreeMap::new());
    run.ended = None;
    (facts.run, facts.is_live) = (Arc::new(run), false);
    let mut jobs = screen(&facts);
    for (width, height) in [(120, 32), (80, 20), (60, 16)] {
        let text = drawn(&jobs, &facts, width, height);
        assert!(text.contains("later run does what is not done") && text.contains("fs:sub-3"), "{text}");
        assert!(text.contains("1 cut off"), "{text}");
    }
    assert!(jobs.twin(&facts, 9).told().iter().any(|line| line.contains("fs:sub-3 was cut off")));
    let act = |jobs: &mut Jobs, action| format!("{:?}", jobs.act(&facts, action, &seen()));
    assert!(act(&mut jobs, Action::Why).contains("1 datum was cut off: `fs:sub-3`"));
    act(&mut jobs, Action::Down);
    assert!(act(&mut jobs, Action::Log).contains("path: Some(\"logs/a\")"));
    assert!(act(&mut jobs, Action::Rerun).contains("targets: [\"fs:sub-3\"]"));
    assert!(act(&mut jobs, Action::Open).contains("OpenDatum(\"fs\", \"sub-3\")"));
    assert!(act(&mut jobs, Action::Why).contains("the run was killed"));
    assert!(jobs.off(&facts, Action::Rerun).is_none());
}

#[test]
fn all_logs_of_what_failed_before_this_run_are_the_last_ones() {
    let facts = live();
    let mut jobs = screen(&facts);
    let logs = |facts: &Facts, jobs: &mut Jobs| {
        jobs.list.cursor =
            jobs.rows(facts).iter().position(|row| matches!(row, Row::Group(_))).expect("failures");
        format!("{:?}", jobs.act(facts, Action::AllLogs, &seen()))
    };
    assert!(logs(&facts, &mut jobs).contains("run: None"), "it failed in an earlier run");
    let mut tried = facts.clone();
    let mut run = (*facts.run).clone();
    run.failures.push(crate::app::DatumChange { message: None, ..fixture::failed("") });
    tried.run = Arc::new(run);
    assert!(logs(&tried, &mut jobs).contains("run: Some(\"r2\")"));
}

#[test]
fn how_a_run_stands_is_told_where_its_name_has_no_room_beside_it() {
    let mut facts = live();
    let mut run = (*facts.run).clone();
    (run.run, run.is_paused) = ("20261118T084640.000.4711".into(), true);
    facts.run = Arc::new(run);
    let text = drawn(&screen(&facts), &facts, 60, 16);
    assert!(text.lines().next().is_some_and(|line| line.contains("paused: P lets it go on")), "{text}");
    let text = drawn(&screen(&facts), &facts, 100, 24);
    assert!(text.contains("Run 20261118T084640.000.4711"), "{text}");
    let mut run = (*facts.run).clone();
    let summary = RunSummary { ran: 12_345, failed: 3210, ..RunSummary::default() };
    (run.is_paused, run.ended) = (false, Some((summary, true, facts.now_ms)));
    run.left_out = vec!["a".into()];
    (facts.run, facts.is_live) = (Arc::new(run), false);
    let text = drawn(&screen(&facts), &facts, 50, 16);
    assert!(text.contains("12345 ran, 3210 failed, 1 left out"), "{text}");
}

/// A run of two jobs, of which `fs` failed in part.
fn two_jobs() -> (Jobs, Facts) {
    let mut facts = live();
    let mut run = (*facts.run).clone();
    run.running.clear();
    let dwi = JobProgress { pipeline: "dwi".into(), took_ms: 9000, ran: 2, ..JobProgress::default() };
    run.jobs.insert(0, dwi);
    (facts.run, facts.is_live) = (Arc::new(run), false);
    let jobs = screen(&facts);
    (jobs, facts)
}

fn names(jobs: &Jobs, facts: &Facts) -> Vec<String> {
    let name = |row: Row<'_>| match row {
        Row::Job(job) => Some(job.pipeline.clone()),
        _ => None,
    };
    jobs.rows(facts).into_iter().filter_map(name).collect()
}

#[test]
fn jobs_are_filtered_and_sorted_as_other_tables_are() {
    let (mut jobs, facts) = two_jobs();
    assert_eq!(names(&jobs, &facts), ["dwi", "fs"]);
    for (action, order, told) in [
        (Action::Sort, ["fs", "dwi"], "worst first"),
        (Action::Reverse, ["dwi", "fs"], "best first"),
        (Action::Sort, ["dwi", "fs"], "longest first"),
        (Action::Sort, ["dwi", "fs"], "by name"),
    ] {
        jobs.act(&facts, action, &seen());
        assert_eq!(names(&jobs, &facts), order, "{told}");
        assert!(drawn(&jobs, &facts, 120, 30).contains(told), "{told}");
    }
    "state:failed".clone_into(jobs.filter().expect("a filter"));
    jobs.refresh(&facts);
    assert_eq!(names(&jobs, &facts), ["fs"]);
    assert!(jobs.back(&facts, &seen()) && names(&jobs, &facts).len() == 2);
}

#[test]
fn the_list_of_runs_has_a_filter_and_an_order_of_its_own() {
    let (mut jobs, facts) = two_jobs();
    jobs.act(&facts, Action::NextPane, &seen());
    jobs.act(&facts, Action::Reverse, &seen());
    assert_eq!(jobs.names(&facts), ["r0", "r1", "r2"]);
    assert_eq!(jobs.runs.cursor, 2, "the cursor stays on the run that is shown");
    "r1".clone_into(jobs.filter().expect("a filter"));
    jobs.refresh(&facts);
    assert_eq!(jobs.names(&facts), ["r1"]);
    assert_eq!(jobs.run(&facts).map(|(run, _)| run.run.as_str()), Some("r1"));
    assert_eq!(names(&jobs, &facts).len(), 0, "the filter is not one of rows");
}

#[test]
fn what_is_selected_is_run_together() {
    let (mut jobs, facts) = two_jobs();
    for _ in 0..2 {
        jobs.act(&facts, Action::Select, &seen());
        jobs.act(&facts, Action::Down, &seen());
    }
    assert!(drawn(&jobs, &facts, 120, 30).contains('\u{2022}'));
    let asked = jobs.act(&facts, Action::Rerun, &seen());
    assert!(matches!(&asked[..], [Effect::AskRun(asked)] if asked.targets == ["dwi", "fs"]), "{asked:?}");
    assert!(jobs.back(&facts, &seen()) && jobs.selected.is_empty());
}
