//! Tests of the pipeline screen: what keys ask for, where the cursor stays, and how it looks at three sizes.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::*;
use crate::app::{DatumChange, Snapshot};
use crate::model::DatumState;
use crate::run::Request;
use crate::tui::facts::Times;
use crate::tui::facts::fixture::{facts, pipeline};
use crate::tui::theme::Theme;

fn seen() -> Seen {
    Seen { rows: 10, other_rows: 3, ..Seen::default() }
}

fn open(name: &str, facts: &Facts) -> Pipeline {
    Pipeline::open(name.into(), facts).0
}

fn act(screen: &mut Pipeline, facts: &Facts, actions: &[Action]) -> Vec<Effect> {
    let mut last = Vec::new();
    for action in actions {
        assert_eq!(screen.off(facts, *action), None, "{action:?}");
        last = screen.act(facts, *action, &seen());
    }
    last
}

fn keys(screen: &Pipeline) -> Vec<String> {
    screen.rows.shown.iter().map(|row| screen.rows.table().key(*row as usize).to_owned()).collect()
}

fn asked(effects: &[Effect]) -> &Request {
    match effects {
        [Effect::AskRun(request)] => request,
        other => panic!("no run is asked for: {other:?}"),
    }
}

/// The facts with other rows in `fs`.
fn with_rows(before: &Facts, rows: &[(&str, DatumState, &str)]) -> Facts {
    let mut facts = before.clone();
    let mut nodes = facts.snapshot.nodes.clone();
    nodes[2] = pipeline("fs", vec![0, 1], rows);
    facts.renew(Arc::new(Snapshot { nodes, ..Snapshot::default() }));
    facts
}

fn change(facts: &mut Facts, key: &str, state: DatumState) {
    let (pipeline, key) = ("fs".to_owned(), key.to_owned());
    let id = crate::model::DatumId([0; 32]);
    facts.change(DatumChange { pipeline, key, state, message: None, took_ms: 7000, id });
}

#[test]
fn where_it_comes_from_is_offered_only_where_a_result_stands() {
    let facts = facts();
    let mut screen = open("fs", &facts);
    assert_eq!(screen.rows.key(), Some("sub-2"), "it failed");
    let off = screen.off(&facts, Action::Provenance);
    assert!(off.is_some_and(|why| why.contains("no result")));
    act(&mut screen, &facts, &[Action::Last]);
    assert_eq!((screen.rows.key(), screen.off(&facts, Action::Provenance)), (Some("sub-1"), None));
}

#[test]
fn the_worst_is_first_and_a_run_is_asked_for_it() {
    let facts = facts();
    let mut screen = open("fs", &facts);
    assert_eq!(keys(&screen), ["sub-2", "sub-3", "sub-1"]);
    let effects = act(&mut screen, &facts, &[Action::Rerun]);
    let request = asked(&effects);
    assert_eq!(
        (request.targets.clone(), request.force, request.downstream),
        (vec!["fs:sub-2".into()], false, false)
    );
    let effects = act(&mut screen, &facts, &[Action::Down, Action::RerunDownstream]);
    assert_eq!(
        (asked(&effects).targets.clone(), asked(&effects).downstream),
        (vec!["fs:sub-3".into()], true)
    );
}

#[test]
fn a_run_concerns_the_row_of_the_cursor_or_what_is_selected_and_done_work_is_done_again() {
    let facts = facts();
    let mut screen = open("fs", &facts);
    let effects = act(&mut screen, &facts, &[Action::Last, Action::Rerun]);
    assert_eq!((asked(&effects).targets.clone(), asked(&effects).force), (vec!["fs:sub-1".into()], true));
    let effects = act(&mut screen, &facts, &[Action::Select, Action::Rerun]);
    assert_eq!((asked(&effects).targets.clone(), asked(&effects).force), (vec!["fs:sub-1".into()], true));
    let effects = act(&mut screen, &facts, &[Action::Up, Action::Select, Action::Rerun]);
    let targets = vec!["fs:sub-1".to_owned(), "fs:sub-3".into()];
    assert_eq!((asked(&effects).targets.clone(), asked(&effects).force), (targets, false));
    let effects = act(&mut screen, &facts, &[Action::SelectAll, Action::Rerun]);
    assert_eq!(asked(&effects).targets, ["fs"]);
    // What was accepted is done from then on.
    let mut accepted = facts.clone();
    let mut screen = open("fs", &accepted);
    let before = screen.rows.key().map(str::to_owned);
    change(&mut accepted, "sub-2", DatumState::Done);
    screen.refresh(&accepted);
    let effects = act(&mut screen, &accepted, &[Action::Rerun]);
    assert_eq!((before.as_deref(), screen.rows.key()), (Some("sub-2"), Some("sub-2")));
    assert_eq!((asked(&effects).targets.clone(), asked(&effects).force), (vec!["fs:sub-2".into()], true));
    let done = with_rows(&facts, &[("a", DatumState::Done, ""), ("b", DatumState::Done, "")]);
    let effects = act(&mut open("fs", &done), &done, &[Action::Rerun]);
    assert_eq!((asked(&effects).targets.clone(), asked(&effects).force), (vec!["fs:a".into()], true));
}

/// The answer to the question that is among effects.
fn found(effects: Vec<Effect>) -> Answer {
    let thought = effects.into_iter().find_map(|effect| match effect {
        Effect::World(World::Query(Query::Think(thought))) => Some(thought),
        _ => None,
    });
    Answer::Found(thought.expect("something is to be worked out").think())
}

#[test]
fn many_rows_are_put_in_order_elsewhere_while_the_old_order_stays() {
    let names: Vec<String> = (0..12_000).map(|number| format!("{number:05}")).collect();
    let mut rows: Vec<_> = names.iter().map(|name| (name.as_str(), DatumState::Stale, "")).collect();
    rows[7].1 = DatumState::Failed;
    let facts = with_rows(&facts(), &rows);
    let (mut screen, effects) = Pipeline::open("fs".into(), &facts);
    assert!(screen.rows.is_sorting && keys(&screen).is_empty());
    screen.take(&facts, &found(effects));
    assert!(!screen.rows.is_sorting);
    assert_eq!(keys(&screen)[..3], ["00007", "00000", "00001"]);
    // Two questions: the answer to the first comes too late.
    let first = act(&mut screen, &facts, &[Action::Down, Action::Sort]);
    let second = act(&mut screen, &facts, &[Action::Reverse]);
    screen.take(&facts, &found(first));
    assert_eq!((keys(&screen)[0].as_str(), screen.rows.is_sorting), ("00007", true));
    screen.take(&facts, &found(second));
    assert_eq!((keys(&screen)[0].as_str(), screen.rows.key()), ("11999", Some("00000")));
    // Other keys: what is shown of the old ones keeps its order, without those that are gone.
    let fewer = with_rows(&facts, &rows[..6000]);
    let effects = screen.refresh(&fewer);
    assert_eq!((keys(&screen)[0].as_str(), screen.rows.shown.len()), ("05999", 6000));
    screen.take(&fewer, &found(effects));
    assert_eq!(screen.rows.shown.len(), 6000);
}

#[test]
fn thousands_of_targets_are_asked_for_at_once() {
    let names: Vec<String> = (0..3000).map(|number| format!("{number:0100}")).collect();
    let rows: Vec<_> = names.iter().map(|name| (name.as_str(), DatumState::Stale, "")).collect();
    let facts = with_rows(&facts(), &rows);
    let mut screen = open("fs", &facts);
    let effects = act(&mut screen, &facts, &[Action::SelectAll, Action::Select, Action::Rerun]);
    assert_eq!(asked(&effects).targets.len(), 2999);
    assert!(
        matches!(&act(&mut screen, &facts, &[Action::Accept])[..], [Effect::AskAccept(many)] if many.len() == 2999)
    );
}

#[test]
fn the_cursor_stays_on_its_datum_and_the_order_stays_while_it_moves() {
    let mut facts = facts();
    let mut screen = open("fs", &facts);
    act(&mut screen, &facts, &[Action::Down]);
    change(&mut facts, "sub-1", DatumState::Failed);
    facts.now_ms += 1500;
    screen.refresh(&facts);
    assert_eq!(
        (keys(&screen), screen.rows.is_outdated),
        (vec!["sub-2".into(), "sub-3".into(), "sub-1".into()], true)
    );
    facts.now_ms += 1500;
    screen.refresh(&facts);
    assert_eq!(
        (keys(&screen), screen.rows.is_outdated),
        (vec!["sub-1".into(), "sub-2".into(), "sub-3".into()], false)
    );
    assert_eq!((screen.rows.key(), screen.rows.list.cursor), (Some("sub-3"), 2));
    let rows = [
        ("sub-3", DatumState::Failed, ""),
        ("sub-0", DatumState::Done, ""),
        ("sub-9", DatumState::Stale, ""),
    ];
    let facts = with_rows(&facts, &rows);
    screen.refresh(&facts);
    assert_eq!((screen.rows.key(), screen.rows.list.cursor), (Some("sub-3"), 0));
}

#[test]
fn a_cursor_stays_on_its_datum_also_before_it_was_moved() {
    let mut facts = facts();
    let mut screen = open("fs", &facts);
    change(&mut facts, "sub-2", DatumState::Done);
    facts.now_ms += 3000;
    screen.refresh(&facts);
    assert_eq!((screen.rows.key(), screen.rows.list.cursor), (Some("sub-2"), 2));
}

#[test]
fn while_a_run_goes_on_a_cursor_that_nobody_moved_stays_at_the_top() {
    let mut facts = facts();
    facts.is_live = true;
    let mut screen = open("fs", &facts);
    change(&mut facts, "sub-2", DatumState::Done);
    facts.now_ms += 3000;
    screen.refresh(&facts);
    assert_eq!((screen.rows.key(), screen.rows.list.cursor), (Some("sub-3"), 0));
    act(&mut screen, &facts, &[Action::Up]);
    change(&mut facts, "sub-3", DatumState::Done);
    facts.now_ms += 9000;
    screen.refresh(&facts);
    assert_eq!(screen.rows.key(), Some("sub-3"), "it was moved");
}

#[test]
fn a_filter_hides_and_escape_takes_back_one_thing_at_a_time() {
    let facts = facts();
    let mut screen = open("fs", &facts);
    act(&mut screen, &facts, &[Action::Select, Action::FailedOnly]);
    assert_eq!(keys(&screen), ["sub-2"]);
    if let Some(filter) = screen.filter() {
        *filter = "nowhere".into();
    }
    screen.refresh(&facts);
    assert_eq!((keys(&screen), screen.off(&facts, Action::Open).is_some()), (vec![], true));
    let [Effect::Explain(_, lines)] = &act(&mut screen, &facts, &[Action::Why])[..] else {
        panic!("no word")
    };
    assert!(lines[0].contains("none of which matches"), "{lines:?}");
    assert!(screen.back(&facts, &seen()) && screen.rows.selected.is_empty() && keys(&screen).is_empty());
    assert!(screen.back(&facts, &seen()) && keys(&screen).len() == 3);
    assert!(!screen.back(&facts, &seen()));
}

#[test]
fn ranges_are_selected_in_the_order_that_is_shown() {
    let facts = facts();
    let mut screen = open("fs", &facts);
    act(&mut screen, &facts, &[Action::Select, Action::Down, Action::SelectRange]);
    assert_eq!(screen.rows.selected.iter().collect::<Vec<_>>(), ["sub-2", "sub-3"]);
    act(&mut screen, &facts, &[Action::Select]);
    assert_eq!(screen.rows.selected.iter().collect::<Vec<_>>(), ["sub-2"]);
    // What is there no more is let go.
    let facts = with_rows(&facts, &[("sub-7", DatumState::Done, "")]);
    screen.refresh(&facts);
    assert!(screen.rows.selected.is_empty());
}

#[test]
fn only_what_stands_can_be_accepted() {
    let facts = facts();
    let mut screen = open("fs", &facts);
    let off = |screen: &Pipeline| screen.off(&facts, Action::Accept).unwrap_or_default();
    assert_eq!(off(&screen), "no result stands for `sub-2`");
    act(&mut screen, &facts, &[Action::Last]);
    assert_eq!(off(&screen), "`sub-1` is done");
    act(&mut screen, &facts, &[Action::SelectAll]);
    let [Effect::AskAccept(targets), Effect::Note(note)] = &act(&mut screen, &facts, &[Action::Accept])[..]
    else {
        panic!("off")
    };
    assert_eq!(targets, &["fs:sub-3"]);
    assert_eq!(note, "2 of the 3 selected are left out: 1 done, 1 without a result");
    // What a filter hides is meant all the same, and told.
    act(&mut screen, &facts, &[Action::FailedOnly]);
    let [Effect::AskRun(_), Effect::Note(note)] = &act(&mut screen, &facts, &[Action::Rerun])[..] else {
        panic!("not told")
    };
    assert_eq!(note, "2 of the 3 selected are hidden by the filter");
    let blocked = open("stats", &facts);
    assert!(off(&blocked).contains("is blocked"), "{}", off(&blocked));
}

#[test]
fn neighbours_are_pipelines_in_order() {
    let facts = facts();
    let mut screen = open("fs", &facts);
    act(&mut screen, &facts, &[Action::Sort]);
    assert_eq!(screen.off(&facts, Action::Previous).as_deref(), Some("this is the first"));
    let effects = act(&mut screen, &facts, &[Action::Next]);
    assert!(matches!(&effects[..], [Effect::World(World::Query(Query::Times(name)))] if name == "stats"));
    assert_eq!(
        (screen.trail(), keys(&screen), screen.rows.asked.sort),
        ("stats".into(), vec![".".into()], order::Sort::Key)
    );
    assert_eq!(screen.off(&facts, Action::Next).as_deref(), Some("this is the last"));
}

#[test]
fn a_cell_of_the_strip_filters_the_table() {
    let facts = facts();
    let mut screen = open("fs", &facts);
    assert!(screen.off(&facts, Action::CellRight).is_some());
    act(&mut screen, &facts, &[Action::NextPane, Action::CellRight, Action::CellRight, Action::CellRight]);
    assert_eq!(screen.look.cell, 2);
    act(&mut screen, &facts, &[Action::CellLeft, Action::Open]);
    assert_eq!((keys(&screen), screen.look.is_strip), (vec!["sub-2".into()], false));
    assert!(screen.back(&facts, &seen()) && keys(&screen).len() == 3);
}

#[test]
fn times_are_asked_for_when_rows_change_and_when_a_run_ends() {
    let mut facts = facts();
    facts.is_live = true;
    let (mut screen, effects) = Pipeline::open("fs".into(), &facts);
    assert_eq!((effects.len(), screen.refresh(&facts).len()), (1, 0));
    facts.is_live = false;
    assert_eq!((screen.refresh(&facts).len(), screen.refresh(&facts).len()), (1, 0));
    facts.times.insert("fs".into(), Times::of(Arc::from([4000, 90_000, 0])));
    let other = with_rows(&facts, &[("sub-7", DatumState::Done, "")]);
    assert_eq!(screen.refresh(&facts).len(), 0);
    assert_eq!((screen.rows.timing.known, screen.rows.timing.longest), (2, 90_000));
    act(&mut screen, &facts, &[Action::Sort, Action::Sort]);
    assert_eq!(keys(&screen), ["sub-2", "sub-1", "sub-3"]);
    // Times of other rows say nothing.
    assert_eq!((screen.refresh(&other).len(), screen.rows.timing.known), (1, 0));
}

#[test]
fn a_pipeline_that_is_gone_is_said_to_be() {
    let mut gone = facts();
    let mut screen = open("fs", &gone);
    gone.renew(Arc::default());
    screen.refresh(&gone);
    assert!(screen.off(&gone, Action::Rerun).is_some() && screen.off(&gone, Action::Open).is_some());
    assert!(picture(&screen, &gone, 80, 20).contains("`fs` is no pipeline of this project any more"));
}

fn picture(screen: &Pipeline, facts: &Facts, width: u16, height: u16) -> String {
    drawn(screen, facts, Theme::default(), width, height).0
}

fn drawn(screen: &Pipeline, facts: &Facts, theme: Theme, width: u16, height: u16) -> (String, Seen) {
    let area = Rect::new(0, 0, width, height);
    let (mut buffer, mut seen) = (Buffer::empty(area), Seen::default());
    screen.draw(facts, &mut Pen::new(&mut buffer, area, theme), &mut seen);
    let line = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    ((0..height).map(line).collect::<Vec<_>>().join("\n"), seen)
}

fn timed() -> Facts {
    let mut facts = facts();
    facts.times.insert("fs".into(), Times::of(Arc::from([4000, 90_000, 0])));
    facts
}

#[test]
fn it_looks_like_this_below_60_columns() {
    let facts = timed();
    let mut screen = open("fs", &facts);
    act(&mut screen, &facts, &[Action::Down, Action::Select]);
    let expected = [
        " █✗↻",
        "╭─ Datums ────────────── worst first   1 selected   2/3 ─╮",
        "│    key      time  why                                  │",
        "│  ✗ sub-2    1m30  exit code 1: cut off                 │",
        "│›•↻ sub-3       -  `raw/t1/sub-3` changed               │",
        "│  ✓ sub-1    4.0s  its files stand                      │",
        "│                                                        │",
        "╰────────────────────────────────────────────────────────╯",
    ];
    assert_eq!(picture(&screen, &facts, 58, 8), expected.join("\n"));
}

#[test]
fn it_looks_like_this_at_80_columns() {
    let facts = timed();
    let shown = picture(&open("fs", &facts), &facts, 80, 20);
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines[0], " sh code/run.sh");
    assert!(lines[1].starts_with("╭─ 3 datums ─") && lines[5].starts_with("╭─ Datums ─"), "{shown}");
    assert!(lines[3].contains("✓1 ↻1 ✗1   median 4.0s  p95 4.0s  longest 1m30 (sub-2)"), "{shown}");
    assert!(lines[7].starts_with("│› ✗ sub-2  00000000    1m30  exit code 1: cut off"), "{shown}");
}

#[test]
fn it_looks_like_this_at_120_columns() {
    let facts = timed();
    let mut screen = open("fs", &facts);
    act(&mut screen, &facts, &[Action::NextPane, Action::CellRight]);
    let shown = picture(&screen, &facts, 120, 32);
    let lines: Vec<&str> = shown.lines().collect();
    assert!(
        lines[0].starts_with("╭─ Spec ──") && lines[0].contains(" fs/spec.yml ─╮╭─ 3 datums ─"),
        "{shown}"
    );
    assert!(shown.contains("command  sh code/run.sh") && shown.contains("read by  stats"), "{shown}");
    assert!(shown.contains("sub-2  ✗1  Enter shows only these"), "{shown}");
    assert!(shown.contains("2-5s █") && shown.contains("1-2m █"), "{shown}");
}

#[test]
fn nothing_breaks_at_any_size_and_ascii_stays_ascii() {
    let facts = timed();
    let mut screen = open("fs", &facts);
    let theme = Theme { is_ascii: true, ..Theme::default() };
    for actions in [&[][..], &[Action::NextPane], &[Action::Zoom], &[Action::NextPane]] {
        act(&mut screen, &facts, actions);
        for (width, height) in [(1, 1), (3, 2), (20, 5), (60, 16), (80, 20), (110, 24), (120, 32), (300, 90)]
        {
            let (shown, _) = drawn(&screen, &facts, theme, width, height);
            assert!(shown.is_ascii(), "{shown}");
        }
    }
}

#[test]
fn of_many_rows_only_those_on_the_screen_are_drawn() {
    let names: Vec<String> = (0..4000).map(|number| format!("sub-{number:04}")).collect();
    let rows: Vec<_> = names.iter().map(|name| (name.as_str(), DatumState::Done, "fine")).collect();
    let facts = with_rows(&facts(), &rows);
    let mut screen = open("fs", &facts);
    act(&mut screen, &facts, &[Action::Last]);
    let (shown, seen) = drawn(&screen, &facts, Theme::default(), 80, 20);
    assert_eq!(seen.hits.len(), seen.rows);
    assert!(shown.contains("rows 3989 to 4000 of 4000") && shown.contains("sub-3999"), "{shown}");
}

#[test]
fn what_a_row_has_no_room_for_stands_below_the_rows() {
    let why = "the last attempt failed: exit code 1: measure.sh: T1w.txt is cut off: it announces 32 voxels and holds 24";
    let facts =
        with_rows(&facts(), &[("sub-1", DatumState::Failed, why), ("sub-2", DatumState::Done, "fine")]);
    let mut screen = open("fs", &facts);
    for (width, height) in [(60, 16), (80, 20)] {
        let shown = drawn(&screen, &facts, Theme::default(), width, height).0.replace(['│', '\n'], " ");
        let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("cut off: it announces 32 voxels and holds 24"), "{shown}");
    }
    act(&mut screen, &facts, &[Action::Down]);
    assert!(
        !drawn(&screen, &facts, Theme::default(), 60, 16).0.contains("holds 24"),
        "only of the row under the cursor"
    );
}

#[test]
fn hints_of_what_cannot_help_are_off() {
    let facts = facts();
    let screen = open("stats", &facts);
    assert!(screen.off(&facts, Action::NextPane).is_some_and(|why| why.contains("one datum")));
    let alone = screen.off(&facts, Action::RerunDownstream);
    assert_eq!(alone.as_deref(), Some("nothing reads `stats`; `r` runs it"));
    let screen = open("fs", &facts);
    assert_eq!(screen.off(&facts, Action::NextPane), None);
    assert_eq!(screen.off(&facts, Action::RerunDownstream), None);
}

#[test]
fn a_list_of_failures_keeps_what_is_mended_and_says_how_to_leave_it() {
    let before = facts();
    let mut screen = open("fs", &before);
    act(&mut screen, &before, &[Action::FailedOnly]);
    let mended = with_rows(&before, &[("sub-2", DatumState::Stale, "`T1` changed")]);
    screen.refresh(&mended);
    assert_eq!(keys(&screen), ["sub-2"]);
    let gone = with_rows(&before, &[("sub-9", DatumState::Done, "fine")]);
    screen.refresh(&gone);
    let (shown, _) = drawn(&screen, &gone, Theme::default(), 80, 20);
    assert!(shown.contains("none of which is failed; f or Esc shows all again"), "{shown}");
    act(&mut screen, &gone, &[Action::FailedOnly]);
    assert_eq!(keys(&screen), ["sub-9"]);
}

#[test]
fn what_has_no_result_says_why_and_where_to_look() {
    for (state, word) in [
        (DatumState::Failed, "failed and left no result"),
        (DatumState::Blocked, "waits"),
        (DatumState::InTheWay, "none of its results"),
        (DatumState::Pending, "`r` makes it"),
    ] {
        let told = no_origin(state);
        assert!(told.contains(word) && told.contains("`p` on a file"), "{told}");
    }
}

#[test]
fn of_a_pipeline_whose_spec_is_broken_a_run_is_not_said_to_do_anything() {
    let mut facts = facts();
    let mut nodes = facts.snapshot.nodes.clone();
    nodes[2].error = Some("unclosed bracket".into());
    facts.renew(Arc::new(Snapshot { nodes, ..Snapshot::default() }));
    let mut screen = open("fs", &facts);
    let [Effect::Explain(_, lines), _] = &act(&mut screen, &facts, &[Action::Why])[..] else {
        panic!("no word")
    };
    let last = lines.last().expect("a line");
    assert_eq!(last, "a run leaves it out until this is mended: unclosed bracket");
}
