//! Tests of the log screen: what it asks, follows, finds and draws.

use std::collections::BTreeMap;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::*;
use crate::app::{InHand, RunProgress};
use crate::tui::facts::fixture;
use crate::tui::theme::Theme;

fn source(path: Option<&str>) -> LogSource {
    LogSource::one("fs", "sub-2", path.map(str::to_owned))
}

/// Facts of a run that has `fs:sub-2` in its hands.
fn running() -> Facts {
    let hand = InHand { since_ms: 1, log: Some("runs/r/1.log".into()) };
    let running = BTreeMap::from([(("fs".to_owned(), "sub-2".to_owned()), hand)]);
    let run = Arc::new(RunProgress { running, ..RunProgress::default() });
    let mut facts = fixture::facts();
    (facts.run, facts.is_live) = (run, true);
    facts
}

fn asked(effects: &[Effect]) -> Vec<LogSource> {
    let asked = effects.iter().filter_map(|effect| match effect {
        Effect::World(World::Query(Query::Log(source))) => Some(source.clone()),
        _ => None,
    });
    asked.collect()
}

fn text(lines: &[&str], is_cut: bool) -> LogText {
    let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    LogText { path: "/state/runs/r/1.log".into(), bytes: 9, lines, is_cut, left_out: 0 }
}

fn give(log: &mut Log, facts: &Facts, found: Result<LogText, NoLog>) -> Vec<Effect> {
    let (source, ..) = log.asked.clone().expect("it asked");
    log.take(facts, &Answer::Log(source, found))
}

fn opened(facts: &Facts, lines: &[&str]) -> Log {
    let (mut log, _) = Log::open(source(Some("runs/r/1.log")), facts);
    give(&mut log, facts, Ok(text(lines, false)));
    log
}

fn drawn(log: &Log, width: u16, height: u16) -> (Vec<String>, Buffer, Seen) {
    let area = Rect::new(0, 0, width, height);
    let (mut buffer, mut seen) = (Buffer::empty(area), Seen::default());
    log.draw(&fixture::facts(), &mut Pen::new(&mut buffer, area, Theme::default()), &mut seen);
    let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    let rows = (0..height).map(row).collect();
    (rows, buffer, seen)
}

fn seen(rows: usize, columns: usize) -> Seen {
    Seen { rows, columns, ..Seen::default() }
}

#[test]
fn the_log_that_runs_is_read_and_read_again() {
    let mut facts = running();
    let (mut log, effects) = Log::open(source(None), &facts);
    assert_eq!(asked(&effects), [source(Some("runs/r/1.log"))]);
    // While an answer is to come nothing is asked, but what came meanwhile is asked for after it.
    assert!(log.refresh(&facts).is_empty());
    assert_eq!(asked(&give(&mut log, &facts, Err(NoLog::Nothing))).len(), 1);
    assert!(drawn(&log, 60, 5).0[1].contains("nothing printed yet"));
    assert!(give(&mut log, &facts, Ok(text(&["a"], false))).is_empty());
    facts.now_ms += 999;
    assert!(log.tick(&facts).is_empty());
    facts.now_ms += 1;
    assert_eq!(asked(&log.tick(&facts)).len(), 1);
    // An answer that never comes is not waited for without end.
    facts.now_ms += PATIENCE_MS;
    assert_eq!(asked(&log.tick(&facts)).len(), 1);
}

#[test]
fn a_paused_log_takes_up_what_comes_but_loses_no_line_that_is_looked_at() {
    let mut facts = running();
    let mut log = opened(&facts, &["1", "2", "3"]);
    log.act(&facts, Action::Up, &seen(5, 60));
    facts.now_ms += LOOK_MS;
    assert_eq!(asked(&log.tick(&facts)).len(), 1);
    give(&mut log, &facts, Ok(text(&["1", "2", "3", "4", "5"], false)));
    assert_eq!((log.row(), log.lines().len(), log.is_following), (1, 5, false));
    // Of more than there is room for the middle goes.
    let more = LogText { left_out: 9, ..text(&["1", "8", "9"], false) };
    log.refresh(&facts);
    give(&mut log, &facts, Ok(more.clone()));
    assert_eq!((log.row(), log.lines().len()), (1, 5));
    assert!(drawn(&log, 90, 9).0[8].contains("more came: End shows it"), "{:?}", drawn(&log, 90, 9).0);
    facts.now_ms += LOOK_MS;
    assert!(log.tick(&facts).is_empty() && log.refresh(&facts).is_empty());
    assert_eq!(asked(&log.act(&facts, Action::Last, &seen(5, 60))).len(), 1);
    give(&mut log, &facts, Ok(more));
    assert_eq!((log.row(), log.lines().len(), log.is_following), (2, 3, true));
}

#[test]
fn a_later_try_is_followed_but_not_by_who_reads_an_older_one() {
    let mut facts = running();
    let (mut log, _) = Log::open(source(None), &facts);
    give(&mut log, &facts, Ok(text(&["a", "b"], false)));
    let hand = InHand { since_ms: 9, log: Some("runs/r/2.log".into()) };
    let key = ("fs".to_owned(), "sub-2".to_owned());
    facts.run = Arc::new(RunProgress { running: BTreeMap::from([(key, hand)]), ..RunProgress::default() });
    assert_eq!(asked(&log.refresh(&facts)), [source(Some("runs/r/2.log"))]);
    give(&mut log, &facts, Ok(text(&["a", "b"], false)));
    log.act(&facts, Action::Up, &seen(5, 40));
    assert_eq!(asked(&log.refresh(&facts)), [source(Some("/state/runs/r/1.log"))]);
}

#[test]
fn scrolling_up_pauses_and_end_goes_on() {
    let facts = running();
    let mut log = opened(&facts, &["1", "2", "3", "4"]);
    let view = seen(2, 40);
    assert_eq!((log.row(), log.is_following), (3, true));
    log.act(&facts, Action::Down, &view);
    assert!(log.is_following);
    log.act(&facts, Action::Up, &view);
    assert_eq!((log.row(), log.is_following), (2, false));
    log.left = 32;
    log.refresh(&facts);
    give(&mut log, &facts, Ok(text(&["1", "2", "3", "4", "5"], false)));
    assert_eq!((log.row(), log.is_following, log.left), (2, false, 32));
    assert_eq!(asked(&log.act(&facts, Action::Last, &view)).len(), 1);
    give(&mut log, &facts, Ok(text(&["1", "2", "3", "4", "5", "6"], false)));
    assert_eq!((log.row(), log.is_following, log.left), (5, true, 32));
    log.act(&facts, Action::Follow, &view);
    assert!(!log.is_following);
    log.act(&facts, Action::Follow, &view);
    assert!(log.is_following);
}

#[test]
fn what_is_looked_at_is_not_taken_away() {
    let facts = running();
    let mut log = opened(&facts, &["1", "2", "3"]);
    log.act(&facts, Action::First, &seen(2, 40));
    log.refresh(&facts);
    give(&mut log, &facts, Ok(text(&["2", "3", "4"], true)));
    assert_eq!(log.lines(), ["1", "2", "3"]);
    log.act(&facts, Action::Last, &seen(2, 40));
    give(&mut log, &facts, Ok(text(&["2", "3", "4"], true)));
    assert_eq!(log.lines(), ["2", "3", "4"]);
    // Paused on a cut log, nothing is asked; a log that is gone keeps what was read.
    log.act(&facts, Action::First, &seen(2, 40));
    assert!(log.refresh(&facts).is_empty());
    log.act(&facts, Action::Last, &seen(2, 40));
    give(&mut log, &facts, Err(NoLog::Nothing));
    assert_eq!(log.lines().len(), 3);
}

#[test]
fn a_search_jumps_as_it_is_typed_and_back_when_it_is_taken_back() {
    let facts = fixture::facts();
    let mut log = opened(&facts, &["an error", "b", "Error: c", "d"]);
    assert!(log.off(&facts, Action::SearchNext).expect("off").contains("nothing is searched"));
    let search = |log: &mut Log, text: &str| {
        text.clone_into(log.filter().expect("a search"));
        log.refresh(&facts);
        (log.row(), log.is_following)
    };
    assert_eq!(search(&mut log, "error"), (2, false));
    assert_eq!(search(&mut log, ""), (3, true));
    assert_eq!(search(&mut log, "nowhere"), (3, true));
    assert!(log.off(&facts, Action::SearchNext).expect("off").ends_with("no line holds `nowhere`"));
    if let Some(Ok(text)) = &mut log.text {
        text.left_out = 9;
    }
    let told = log.off(&facts, Action::SearchNext).expect("off");
    assert!(told.ends_with("no line holds `nowhere` in what is kept of the log"), "{told}");
    assert_eq!(search(&mut log, "error"), (2, false));
    log.act(&facts, Action::SearchNext, &seen(2, 40));
    assert_eq!(log.row(), 0);
    log.act(&facts, Action::SearchPrevious, &seen(2, 40));
    assert_eq!(log.row(), 2);
    assert!(log.back(&facts, &seen(2, 40)) && log.row() == 2 && !log.back(&facts, &seen(2, 40)));
}

#[test]
fn the_screen_tells_lines_matches_and_whether_it_follows() {
    let facts = fixture::facts();
    let mut log = opened(&facts, &["first", "日本 error", "a long line that does not fit here"]);
    "error".clone_into(&mut log.search.text);
    log.refresh(&facts);
    let (rows, buffer, found) = drawn(&log, 40, 6);
    assert_eq!(
        rows,
        [
            "╭─ Log · 3 lines ─────── match 1 of 1 ─╮",
            "│first                                 │",
            // A wide letter is a letter and an empty cell.
            "│日 本  error                            │",
            "│a long line that does not fit here    │",
            "│                                      │",
            "╰─ follow off, it has ended · line 2 …─╯",
        ]
    );
    assert_eq!((found.rows, found.columns), (4, 38));
    assert!(buffer[(6, 2)].modifier.contains(Modifier::UNDERLINED));
    assert!(!buffer[(5, 2)].modifier.contains(Modifier::UNDERLINED));
}

#[test]
fn long_lines_are_cut_scrolled_or_wrapped() {
    let facts = fixture::facts();
    let mut log = opened(&facts, &["0123456789abcdefghijklmnopqrstuvwxyz", "end"]);
    // What it says is all there, unless it is asked to be cut.
    assert_eq!(drawn(&log, 22, 5).0[1..3], ["│0123456789abcdefghij│", "│klmnopqrstuvwxyz    │"]);
    log.act(&facts, Action::Wrap, &seen(3, 20));
    assert_eq!(drawn(&log, 22, 5).0[1], "│0123456789abcdefghi…│");
    log.act(&facts, Action::Downstream, &seen(3, 20));
    assert_eq!(drawn(&log, 22, 5).0[1], "│ghijklmnopqrstuvwxyz│");
    log.act(&facts, Action::Wrap, &seen(3, 20));
    assert_eq!(
        drawn(&log, 22, 5).0[1..4],
        ["│0123456789abcdefghij│", "│klmnopqrstuvwxyz    │", "│end                 │"]
    );
    assert!(log.off(&facts, Action::Downstream).is_some());
    log.act(&facts, Action::Zoom, &seen(3, 20));
    assert_eq!(drawn(&log, 20, 3).0, ["0123456789abcdefghij", "klmnopqrstuvwxyz", "end"]);
    assert!(log.trail().ends_with("follow on") && log.back(&facts, &seen(3, 20)));
}

#[test]
fn a_wrapped_line_higher_than_the_screen_is_walked_through() {
    let facts = fixture::facts();
    let long = "0123456789".repeat(9);
    let mut log = opened(&facts, &["top", &long, "end"]);
    let view = seen(3, 10);
    log.act(&facts, Action::First, &view);
    let mut steps = 0;
    while log.row() < 2 && steps < 99 {
        log.act(&facts, Action::Down, &view);
        steps += 1;
    }
    assert_eq!(steps, 1 + 6 + 1);
    log.act(&facts, Action::Up, &view);
    log.act(&facts, Action::Up, &view);
    assert_eq!((log.row(), log.inner), (1, 5));
}

#[test]
fn who_wraps_lines_at_the_end_stays_there_and_pages_pass_over_nothing() {
    let facts = fixture::facts();
    let long = "0123456789".repeat(2);
    let mut lines: Vec<String> = (0..9).map(|at| format!("{at}{long}")).collect();
    lines.push(format!("{}the end", "x".repeat(60)));
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let mut log = opened(&facts, &lines);
    let view = seen(5, 10);
    let shown = |log: &Log| drawn(log, 12, 7).0.join("\n");
    for _ in 0..2 {
        log.act(&facts, Action::Wrap, &view);
    }
    assert!(log.is_wrapped && shown(&log).contains("the end"), "{}", shown(&log));
    log.act(&facts, Action::First, &view);
    let mut all = shown(&log);
    for _ in 0..20 {
        log.act(&facts, Action::PageDown, &view);
        all += &shown(&log);
    }
    assert!((0..9).all(|at| all.contains(&format!("│{at}012345678│"))) && all.contains("the end"), "{all}");
    for _ in 0..20 {
        log.act(&facts, Action::PageUp, &view);
    }
    assert_eq!(log.row(), 0);
}

#[test]
fn what_is_searched_is_brought_onto_the_screen_in_long_lines() {
    let facts = fixture::facts();
    let line = format!("{}needle{}", "x".repeat(70), "y".repeat(70));
    let mut log = opened(&facts, &["top", &line, "end"]);
    log.search.text = "needle".into();
    log.refresh(&facts);
    let view = seen(3, 20);
    for is_wrapped in [false, true] {
        log.is_wrapped = is_wrapped;
        log.act(&facts, Action::SearchNext, &view);
        let shown = drawn(&log, 22, 5).0.join("\n");
        assert!(shown.contains("needle"), "{is_wrapped}: {shown}");
    }
}

#[test]
fn keys_do_what_the_footer_says() {
    let facts = fixture::facts();
    let mut log = opened(&facts, &["a", "b"]);
    let path = std::path::PathBuf::from("/state/runs/r/1.log");
    let view = seen(2, 40);
    assert!(
        matches!(&log.act(&facts, Action::Pager, &view)[..], [Effect::World(World::Page(at))] if *at == path)
    );
    assert!(
        matches!(&log.act(&facts, Action::SaveLog, &view)[..], [Effect::AskSaveLog(name, Logged::File(at))] if *at == path && name == "fs-sub-2")
    );
    assert!(
        matches!(&log.act(&facts, Action::Copy, &view)[..], [Effect::World(World::Copy(line))] if line == "b")
    );
    assert!(
        matches!(&log.act(&facts, Action::Edit, &view)[..], [Effect::World(World::Edit(spec, 1))] if spec == "fs/spec.yml")
    );
    assert_eq!(log.words(&facts), ["logs", "fs:sub-2"]);
}

#[test]
fn without_a_log_its_keys_are_off() {
    let facts = fixture::facts();
    let mut log = opened(&facts, &["a", "b"]);
    assert!(!log.click(0) && log.click(0) && !log.is_following);
    let (empty, _) = Log::open(source(None), &facts);
    for action in [Action::Pager, Action::SaveLog, Action::Copy] {
        assert!(empty.off(&facts, action).is_some() && log.off(&facts, action).is_none());
    }
}

#[test]
fn no_size_is_too_small() {
    let facts = fixture::facts();
    let mut log = opened(&facts, &["日本語 e\u{301}", &"x".repeat(300), ""]);
    for is_wrapped in [false, true] {
        log.is_wrapped = is_wrapped;
        for (left, cursor) in [(0, 0), (1, 1), (500, 2)] {
            (log.left, log.list.cursor) = (left, cursor);
            (1..30).for_each(|width| (1..9).for_each(|height| drop(drawn(&log, width, height))));
        }
    }
    assert!(drawn(&log, 30, 5).0[0].starts_with("╭─ Log"));
}

#[test]
fn many_logs_are_saved_and_paged_as_they_are_shown() {
    let facts = fixture::facts();
    let (mut log, _) = Log::open(LogSource::all("fs"), &facts);
    assert!(log.off(&facts, Action::Pager).is_some(), "nothing is read yet");
    let lines = ["sub-1 | one", "sub-2 | two"].map(str::to_owned).into();
    log.took(Ok(LogText { lines, ..LogText::default() }));
    assert!(log.off(&facts, Action::Pager).is_none() && log.off(&facts, Action::SaveLog).is_none());
    let seen = Seen::default();
    assert!(
        matches!(&log.act(&facts, Action::Pager, &seen)[..], [Effect::World(World::PageText(text))] if text == "sub-1 | one\nsub-2 | two\n")
    );
    assert!(
        matches!(&log.act(&facts, Action::SaveLog, &seen)[..], [Effect::AskSaveLog(name, Logged::Text(_))] if name == "fs-all")
    );
}

#[test]
fn of_a_huge_log_it_is_told_what_was_printed_and_not_kept() {
    let facts = fixture::facts();
    let (mut log, _) = Log::open(LogSource::one("fs", "sub-2", Some("runs/r/1.log".into())), &facts);
    let huge = LogText { left_out: 1_072_627_745, bytes: 1_114_151, ..text(&["a", "z"], false) };
    give(&mut log, &facts, Ok(huge));
    let area = Rect::new(0, 0, 80, 10);
    let mut buffer = Buffer::empty(area);
    log.draw(&facts, &mut Pen::new(&mut buffer, area, Theme::default()), &mut Seen::default());
    let first: String = (0..80).map(|x| buffer[(x, 0)].symbol()).collect();
    assert!(first.contains("Log · 2 lines, beginning and end of 1.0 GB"), "{first}");
    log.search.text = "needle".into();
    log.search.look(&["a".into(), "z".into()]);
    log.draw(&facts, &mut Pen::new(&mut buffer, area, Theme::default()), &mut Seen::default());
    let first: String = (0..80).map(|x| buffer[(x, 0)].symbol()).collect();
    assert!(first.contains("no match in what is kept"), "{first}");
    let why = format!("{:?}", log.act(&facts, Action::Why, &Seen::default()));
    assert!(why.contains("1.0 GB of what it printed, in the middle, were not kept"), "{why}");
}

#[test]
fn a_file_is_shown_from_its_beginning_and_edited_at_its_line() {
    let facts = fixture::facts();
    let (mut log, effects) = Log::open(LogSource::file("raw/t1/sub-1.txt"), &facts);
    assert_eq!(asked(&effects), [LogSource::file("raw/t1/sub-1.txt")]);
    give(&mut log, &facts, Ok(text(&["one", "two", "three"], false)));
    let (rows, ..) = drawn(&log, 40, 5);
    assert!(rows[0].contains("File · 3 lines") && rows[4].contains("─ line 1 of 3 ─"), "{rows:?}");
    assert!(!rows.concat().contains("follow"), "{rows:?}");
    log.act(&facts, Action::Down, &Seen { rows: 3, ..Seen::default() });
    let edit = format!("{:?}", log.act(&facts, Action::Edit, &Seen::default()));
    assert!(edit.contains("Edit(\"raw/t1/sub-1.txt\", 2)"), "{edit}");
    for action in [Action::Rerun, Action::Follow, Action::SaveLog] {
        assert!(log.off(&facts, action).is_some_and(|why| why.contains("a file")), "{action:?}");
    }
    assert_eq!(log.off(&facts, Action::Pager), None);
    // It is read again when something changed, and stays where it was looked at.
    assert_eq!(asked(&log.refresh(&facts)).len(), 1);
    give(&mut log, &facts, Ok(text(&["one", "2", "three", "four"], true)));
    assert_eq!((log.row(), log.lines()[1].as_str(), log.is_following), (1, "2", false));
    assert_eq!(log.words(&facts), ["--once", "--screen", "file:raw/t1/sub-1.txt"]);
    give_none(&mut log, &facts);
    assert!(drawn(&log, 40, 5).0[1].contains("not there any more"));
}

fn give_none(log: &mut Log, facts: &Facts) {
    log.refresh(facts);
    give(log, facts, Err(NoLog::Trouble("the file is not there any more".into())));
}

#[test]
fn the_end_of_a_log_fills_the_screen_though_a_line_before_it_is_higher_than_that() {
    let facts = fixture::facts();
    let long = format!("{}the end of it", "x".repeat(9000));
    let log = opened(&facts, &["first", &long, "one", "two"]);
    assert!(log.is_wrapped && log.is_following);
    let (rows, ..) = drawn(&log, 40, 12);
    let text = rows[1..11].concat().replace([' ', '│'], "");
    assert!(text.starts_with("xxx") && text.ends_with("theendofitonetwo"), "{rows:?}");
    assert!(rows[1..11].iter().all(|row| row.chars().any(char::is_alphabetic)), "{rows:?}");
}

#[test]
fn typing_a_search_and_going_to_the_end_read_no_log_again_that_has_ended() {
    let facts = fixture::facts();
    let mut log = opened(&facts, &["a", "number 1", "b", "number 2"]);
    let asks_again = asked(&log.refresh(&facts));
    assert_eq!(asks_again.len(), 1);
    give(&mut log, &facts, Ok(text(&["a", "number 1", "b", "number 2"], false)));
    for typed in ["n", "nu", "num"] {
        typed.clone_into(log.filter().expect("a search"));
        assert!(log.refresh(&facts).is_empty());
    }
    assert_eq!(log.search.rows, [1, 3]);
    assert!(log.act(&facts, Action::Last, &seen(2, 40)).is_empty());
    assert_eq!((log.row(), log.is_following), (3, true));
}
