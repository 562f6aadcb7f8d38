//! Tests of the update: messages in, state and wishes out.

use std::sync::Arc;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::*;
use crate::app::JobProgress;
use crate::model::{DatumState, RunSummary};
use crate::tui::action::{Action, Place};
use crate::tui::effect::Effect;
use crate::tui::facts::fixture;
use crate::tui::perform::act;
use crate::tui::screen::Hit;

mod runs;

fn state() -> State {
    State { facts: fixture::facts(), ..State::default() }
}

fn press(state: &mut State, keys: &str) -> Vec<World> {
    let keys = keys.split(' ').map(|key| match key {
        "esc" => KeyCode::Esc,
        "down" => KeyCode::Down,
        "tab" => KeyCode::Tab,
        letter => KeyCode::Char(letter.chars().next().expect("a letter")),
    });
    let press = |code| Msg::Input(Event::Key(KeyEvent::new(code, KeyModifiers::NONE)));
    keys.flat_map(|code| update(state, press(code), 1_795_000_000_500)).collect()
}

fn run(name: &str, is_live: bool, ended: Option<(RunSummary, bool, u64)>) -> Msg {
    let message = Some("not committed yet: `raw` has changes".to_owned());
    let jobs = vec![JobProgress { pipeline: "fs".into(), message, ..JobProgress::default() }];
    let run = RunProgress { run: name.into(), pid: 7, jobs, ended, ..RunProgress::default() };
    Msg::Run(RunNews { run: Arc::new(run), is_live, changes: Vec::new() })
}

fn title(state: &State) -> &str {
    match state.popups.last() {
        Some(Popup::Question(question)) => &question.title,
        _ => "",
    }
}

#[test]
fn why_in_the_list_of_datums_says_what_the_screen_of_the_datum_says() {
    let mut state = state();
    state.seen.rows = 9;
    perform(&mut state, Effect::OpenPipeline("fs".into()));
    let asked = press(&mut state, "w");
    let [.., World::Query(query @ Query::Datum(..))] = &asked[..] else { panic!("{asked:?}") };
    let answer = crate::tui::made_up::answer(query.clone()).expect("an answer");
    update(&mut state, Msg::Answer(answer), 1_795_000_000_600);
    let Some(Popup::Text(text)) = state.popups.last() else { panic!("{:?}", state.popups) };
    let lines = text.lines.join("\n");
    for told in [
        "exit code 137",
        "that names raw/t1/sub-2.nii.gz: look there first",
        "unchanged since then",
        "next, after Esc: ",
    ] {
        assert!(lines.contains(told), "{told}: {lines}");
    }
    // Another datum's answer is not told of this one.
    let other = crate::tui::made_up::answer(Query::Datum("fs".into(), "sub-3".into())).expect("an answer");
    let before = text.lines.clone();
    update(&mut state, Msg::Answer(other), 1_795_000_000_700);
    assert!(matches!(state.popups.last(), Some(Popup::Text(text)) if text.lines == before));
}

/// The screen of commits, with some to stand on.
fn in_history() -> State {
    let mut state = state();
    state.seen.rows = 9;
    press(&mut state, "5");
    let commits = crate::tui::made_up::answer(Query::Commits).expect("an answer");
    update(&mut state, Msg::Answer(commits), 1_795_000_000_400);
    state
}

fn told() -> Msg {
    Msg::Answer(Answer::Told("From a to now".into(), vec!["a line".into()]))
}

#[test]
fn an_answer_is_not_shown_to_who_went_elsewhere_and_takes_no_keys_there() {
    let mut state = in_history();
    let asked = press(&mut state, "down d");
    assert!(asked.iter().any(|world| matches!(world, World::Query(Query::Compare(..)))), "{asked:?}");
    press(&mut state, "1");
    assert_eq!(state.tab, Tab::Home);
    assert!(state.message().is_none(), "it is not waited for any more: {:?}", state.message());
    update(&mut state, told(), 1_795_000_000_900);
    assert!(state.popups.is_empty(), "{:?}", state.popups);
    // Who waits for it sees it, below what was opened meanwhile.
    let mut state = in_history();
    press(&mut state, "down d ?");
    update(&mut state, told(), 1_795_000_000_900);
    assert!(matches!(state.popups[..], [Popup::Text(_), Popup::Finder(_)]), "{:?}", state.popups);
    update(&mut state, told(), 1_795_000_000_900);
    assert_eq!(state.popups.len(), 2, "what nobody asked for is not shown");
}

#[test]
fn esc_lets_go_of_what_is_waited_for_before_it_goes_back() {
    let mut state = in_history();
    press(&mut state, "space down d esc");
    assert_eq!(state.tab, Tab::History);
    assert!(state.message().is_some_and(|said| said.text == "not waited for any more"));
    update(&mut state, told(), 1_795_000_000_900);
    assert!(state.popups.is_empty(), "{:?}", state.popups);
    press(&mut state, "down d");
    update(&mut state, told(), 1_795_000_000_900);
    assert!(matches!(state.popups[..], [Popup::Text(_)]), "asked again, it is shown");
    press(&mut state, "esc esc esc");
    assert_eq!(state.tab, Tab::Home, "popup, selection, screen");
}

#[test]
fn a_commit_that_is_laid_out_too_late_changes_no_screen() {
    let laid_out = |state: &mut State| {
        let asked = press(state, "down t");
        let commit = asked.into_iter().find_map(|world| match world {
            World::Query(Query::At(commit)) => Some(commit),
            _ => None,
        });
        commit.map(|commit| Msg::Answer(Answer::At(commit, Ok(Arc::default())))).expect("it is asked for")
    };
    let mut state = in_history();
    let late = laid_out(&mut state);
    press(&mut state, "esc");
    update(&mut state, late, 1_795_000_000_900);
    assert!(state.look.is_none());
    let mut state = in_history();
    let behind = laid_out(&mut state);
    press(&mut state, "?");
    update(&mut state, behind, 1_795_000_000_900);
    assert!(state.look.is_none() && state.message().is_some_and(|said| said.text.contains("shows it")));
    press(&mut state, "esc");
    let awaited = laid_out(&mut state);
    update(&mut state, awaited, 1_795_000_000_900);
    assert!(state.look.is_some() && state.tab == Tab::Home);
}

#[test]
fn runs_in_subdatasets_are_offered_only_where_there_are_some() {
    let mut state = State { facts: fixture::facts(), ..State::default() };
    assert!(state.off(Action::RerunBelow).is_some_and(|why| why.contains("no subdataset is installed")));
    let mut snapshot = (*state.facts.snapshot).clone();
    snapshot.subdatasets = 1;
    state.facts.snapshot = Arc::new(snapshot);
    assert_eq!(state.off(Action::RerunBelow), None);
    act(&mut state, Action::RerunBelow);
    assert!(matches!(state.worlds[..], [World::Query(Query::BelowPlan)]));
    assert!(matches!(state.popups[..], [Popup::Question(_)]));
    state.facts.is_live = true;
    assert!(state.off(Action::RerunBelow).is_some());
}

#[test]
fn a_project_that_cannot_be_read_runs_nothing_and_nowhere_is_all_well() {
    let mut state = state();
    update(&mut state, Msg::Unread("`study` is not there any more".into()), 1);
    press(&mut state, "r");
    assert_eq!(title(&state), "");
    let said = &state.message().expect("a word").text;
    assert!(said.contains("cannot be read") && said.contains("not there"), "{said}");
    for key in ["!", "e"] {
        press(&mut state, key);
        let said = &state.message().expect("a word").text;
        assert!(said.contains("`study` is not there any more"), "{key}: {said}");
    }
    assert_eq!(state.off(Action::Settings), None, "its file is none of the project");
    assert!(state.messages[0].text.contains("cannot be read: `study` is not there any more"));
    for key in ["3", "4", "5"] {
        press(&mut state, key);
        let area = ratatui::layout::Rect::new(0, 0, 120, 36);
        let mut buffer = ratatui::buffer::Buffer::empty(area);
        crate::tui::view::draw(&state, &mut buffer, area);
        let shown: String = buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect();
        assert!(shown.contains("this is its last state"), "{key}: {shown}");
    }
}

#[test]
fn the_key_of_the_tab_that_is_shown_says_nothing() {
    let mut state = state();
    press(&mut state, "1");
    assert!(state.message().is_none());
}

#[test]
fn what_lies_over_the_screen_keeps_nobody_from_the_shell() {
    for keys in ["?", "w", "/", "n"] {
        let mut state = state();
        state.seen.rows = 9;
        press(&mut state, keys);
        assert!(!state.popups.is_empty(), "{keys}");
        let stop = KeyEvent::new(KeyCode::Char('z'), KeyModifiers::CONTROL);
        let worlds = update(&mut state, Msg::Input(Event::Key(stop)), 1_795_000_000_600);
        assert!(matches!(worlds[..], [World::Suspend]) && !state.popups.is_empty(), "{keys} {worlds:?}");
    }
}

#[test]
fn nothing_behind_a_popup_is_clicked() {
    let mut state = state();
    state.seen.hits.push((ratatui::layout::Rect::new(0, 0, 9, 1), Hit::Act(Action::Quit)));
    let kind = MouseEventKind::Down(MouseButton::Left);
    let click = MouseEvent { kind, column: 1, row: 0, modifiers: KeyModifiers::NONE };
    press(&mut state, "?");
    assert!(update(&mut state, Msg::Input(Event::Mouse(click)), 1).is_empty());
    press(&mut state, "esc");
    assert!(matches!(update(&mut state, Msg::Input(Event::Mouse(click)), 1)[..], [World::Quit]));
}

#[test]
fn the_copied_command_is_that_of_the_last_act_or_of_what_is_shown() {
    let mut state = state();
    perform(&mut state, Effect::World(World::Start(vec!["run".into(), "fs:sub-2".into()])));
    assert_eq!(state.command(), "minipach run fs:sub-2");
    press(&mut state, "j");
    assert!(state.command().starts_with("minipach status"), "{}", state.command());
}

#[test]
fn esc_leads_home_from_every_tab() {
    let mut state = state();
    press(&mut state, "2");
    assert_eq!(state.tab, Tab::Jobs);
    press(&mut state, "esc");
    assert_eq!(state.tab, Tab::Home);
    assert!(press(&mut state, "esc").iter().all(|wish| !matches!(wish, World::Quit)));
}

#[test]
fn while_a_run_goes_on_its_end_is_foretold_in_the_header_and_beside_pipelines() {
    let mut state = state();
    let started_ms = state.facts.now_ms - 6000;
    let (to_run, ran, took_ms, squares) = (66, 6, 6000, 6_000_000);
    let job = JobProgress {
        pipeline: "fs".into(),
        started_ms,
        to_run,
        ran,
        took_ms,
        squares,
        ..JobProgress::default()
    };
    let planned = vec!["fs".to_owned(), "stats".into()];
    let run = RunProgress { run: "r".into(), started_ms, jobs: vec![job], planned, ..RunProgress::default() };
    let news = |is_live| RunNews { run: Arc::new(run.clone()), is_live, changes: Vec::new() };
    let now = state.facts.now_ms;
    let lines = |state: &State| -> Vec<String> {
        let area = ratatui::layout::Rect::new(0, 0, 120, 30);
        let mut buffer = ratatui::buffer::Buffer::empty(area);
        crate::tui::view::draw(state, &mut buffer, area);
        (0..30).map(|y| (0..120).map(|x| buffer[(x, y)].symbol()).collect()).collect()
    };
    update(&mut state, Msg::Run(news(true)), now);
    // Nobody knows how long `stats` takes.
    assert!(lines(&state)[0].contains("ETA ≥1m00"), "{}", lines(&state)[0]);
    let usual = crate::app::Usual { known: 1, took_ms: 30_000, squares: 900_000_000 };
    update(&mut state, Msg::Answer(Answer::Usual([("stats".to_owned(), usual)].into())), now);
    press(&mut state, "down down");
    let drawn = lines(&state);
    assert!(drawn[0].contains("ETA 1m30"), "{}", drawn[0]);
    for told in ["1m00", "1m30", "★ fs → stats"] {
        assert!(drawn[2..].iter().any(|line| line.contains(told)), "{told}: {drawn:#?}");
    }
    update(&mut state, Msg::Run(news(false)), now);
    assert!(!lines(&state)[0].contains("ETA"), "{}", lines(&state)[0]);
}

#[test]
fn why_tells_of_results_that_go() {
    let mut state = state();
    let mut snapshot = (*state.facts.snapshot).clone();
    snapshot.nodes[2] =
        fixture::pipeline("fs", vec![0, 1], &[("sub-1", DatumState::Done, "its files stand")]);
    snapshot.nodes[2].counts.add(DatumState::Orphaned);
    state.facts.snapshot = Arc::new(snapshot);
    press(&mut state, "down down w");
    let Some(Popup::Text(why)) = state.popups.last() else { panic!("nothing is explained") };
    let shown = why.lines.join("\n");
    assert!(shown.contains("1 result of inputs that are not there any more: a run removes"), "{shown}");
    assert!(!shown.contains("a run would do nothing"), "{shown}");
}

const BEGIN: u64 = 1_795_000_000_500;

#[test]
fn what_a_key_was_answered_goes_with_the_next_and_news_when_they_were_read() {
    let mut state = state();
    press(&mut state, "Z");
    assert!(state.message().is_some_and(|said| said.text.contains("does nothing here")));
    press(&mut state, "down");
    assert_eq!(state.message(), None);
    update(&mut state, Msg::Say("saved".into(), false), BEGIN - 100);
    press(&mut state, "down");
    assert!(state.message().is_some(), "nobody can have read it");
    update(&mut state, Msg::Say("saved".into(), false), BEGIN - 3000);
    press(&mut state, "down");
    assert_eq!(state.message(), None);
}

#[test]
fn a_fault_of_the_configuration_stands_until_it_is_mended() {
    let mut state = state();
    let shown = |state: &State| {
        let area = ratatui::layout::Rect::new(0, 0, 80, 24);
        let mut buffer = ratatui::buffer::Buffer::empty(area);
        crate::tui::view::draw(state, &mut buffer, area);
        (0..80).map(|x| buffer[(x, 22)].symbol()).collect::<String>()
    };
    update(&mut state, Msg::Setup(Err("tui.toml:2: odd".into())), BEGIN);
    update(&mut state, Msg::Tick, BEGIN + 20_000);
    assert!(shown(&state).contains("tui.toml:2: odd"), "{}", shown(&state));
    update(&mut state, Msg::Setup(Err("tui.toml:3: odd".into())), BEGIN + 30_000);
    let (theme, keymap) = (crate::tui::theme::Theme::default(), crate::tui::keymap::Keymap::default());
    let mended = Setup { theme, keymap, mouse: None, own: Vec::new(), note: None };
    update(&mut state, Msg::Setup(Ok(Box::new(mended))), BEGIN + 30_100);
    assert!(!shown(&state).contains("odd"), "{}", shown(&state));
}

#[test]
fn a_filter_is_replaced_by_typing_and_taken_back_with_the_cursor() {
    let mut state = state();
    let on = |state: &State| state.home.current(&state.facts);
    press(&mut state, "G");
    let last = on(&state);
    assert_eq!(last, Some(3));
    press(&mut state, "/ r a w");
    assert_eq!(on(&state), Some(0), "it is not shown: the first is");
    press(&mut state, "esc");
    assert_eq!(on(&state), last);
    press(&mut state, "/ f s");
    update(&mut state, Msg::Input(Event::Key(KeyCode::Enter.into())), BEGIN);
    assert_eq!(state.filter().cloned().as_deref(), Some("fs"));
    press(&mut state, "/ t");
    assert_eq!(state.filter().cloned().as_deref(), Some("t"));
    press(&mut state, "esc");
    assert_eq!(state.filter().cloned().as_deref(), Some("fs"));
    press(&mut state, "/");
    update(&mut state, Msg::Input(Event::Key(KeyCode::End.into())), BEGIN);
    press(&mut state, "x");
    assert_eq!(state.filter().cloned().as_deref(), Some("fsx"));
}

#[test]
fn who_says_yes_before_it_is_known_to_what_is_told_so() {
    let mut state = state();
    press(&mut state, "u y");
    assert!(state.message().is_some_and(|said| said.text.starts_with("not yet")));
    assert_eq!(title(&state), "Take the last results back?");
}

fn roll(state: &mut State) {
    let kind = MouseEventKind::ScrollDown;
    let wheel = MouseEvent { kind, column: 1, row: 0, modifiers: KeyModifiers::NONE };
    update(state, Msg::Input(Event::Mouse(wheel)), 1_795_000_000_500);
}

#[test]
fn the_wheel_moves_what_the_pointer_is_on() {
    let mut state = state();
    let runs = ["b", "a"].map(|run| RunProgress { run: run.into(), ..RunProgress::default() });
    press(&mut state, "2");
    update(&mut state, Msg::Answer(Answer::Past(runs.to_vec())), 1_795_000_000_500);
    state.seen.hits = vec![(ratatui::layout::Rect::new(0, 0, 9, 1), Hit::Other(0))];
    state.seen.other_rows = 5;
    roll(&mut state);
    assert!(format!("{:?}", state.jobs).contains("is_past: true"), "it is the list of runs that moves");
    perform(&mut state, Effect::OpenDatum("fs".into(), "sub-2".into()));
    state.seen.hits =
        vec![(ratatui::layout::Rect::new(0, 0, 9, 1), Hit::Row(crate::tui::screen::datum::LOG))];
    assert!(!format!("{:?}", state.layers).contains("pane: Log"));
    roll(&mut state);
    assert!(format!("{:?}", state.layers).contains("pane: Log"), "keys and wheel go to the log now");
}

#[test]
fn from_the_files_of_a_datum_back_leads_to_the_datum() {
    for key in ["esc", "q"] {
        let mut state = state();
        perform(&mut state, Effect::OpenPipeline("fs".into()));
        perform(&mut state, Effect::OpenDatum("fs".into(), "sub-2".into()));
        perform(&mut state, Effect::ShowFile("fs/sub-2".into()));
        assert_eq!((state.place(), state.quits()), (Place::Files, false));
        assert!(press(&mut state, key).iter().all(|world| !matches!(world, World::Quit)));
        assert_eq!(state.place(), Place::Datum, "{key}");
        press(&mut state, "esc");
        assert_eq!(state.place(), Place::Pipeline);
        // Whoever went on from the files to another tab is not led back.
        perform(&mut state, Effect::ShowFile("fs/sub-2".into()));
        press(&mut state, "2");
        press(&mut state, "esc");
        assert_eq!(state.place(), Place::Home);
    }
}

#[test]
fn from_where_a_result_comes_from_and_from_a_commit_back_leads_back() {
    let mut state = State { facts: fixture::facts(), ..State::default() };
    perform(&mut state, Effect::OpenPipeline("fs".into()));
    perform(&mut state, Effect::OpenProvenance("fs:sub-1".into()));
    perform(&mut state, Effect::OpenDatum("fs".into(), "sub-1".into()));
    act(&mut state, Action::Back);
    assert_eq!(state.place(), Place::Provenance);
    // A look at a commit and back leads to the same screen.
    let commit = CommitView { id: "bbbb".into(), ..CommitView::default() };
    let snapshot = Arc::clone(&state.facts.snapshot);
    assert!(travel::came(&mut state, &commit, Ok(snapshot)));
    assert_eq!(state.place(), Place::Home);
    act(&mut state, Action::ShowFiles);
    act(&mut state, Action::Live);
    assert_eq!((state.place(), state.look.is_none()), (Place::Provenance, true));
    act(&mut state, Action::Back);
    assert_eq!(state.place(), Place::Pipeline);
}

#[test]
fn a_refusal_goes_when_it_is_no_longer_true() {
    let mut state = state();
    let whole = Arc::clone(&state.facts.snapshot);
    let mut broken = (*whole).clone();
    (broken.nodes[2].state, broken.nodes[2].error) = ("broken".into(), Some("unknown field".into()));
    let now = 1_795_000_000_100;
    drop(update(&mut state, Msg::Snapshot(Arc::new(broken.clone())), now));
    state.home.go_to("fs", &state.facts, 9);
    act(&mut state, Action::Rerun);
    broken.branch = "other".into();
    drop(update(&mut state, Msg::Snapshot(Arc::new(broken)), now));
    assert!(state.message().is_some_and(|said| said.text.contains("a run leaves `fs` out")));
    drop(update(&mut state, Msg::Snapshot(whole), now));
    assert_eq!(state.message().map(|said| said.text.as_str()), None);
}
