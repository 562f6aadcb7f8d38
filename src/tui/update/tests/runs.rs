//! Tests of the update about runs: begun, stopped, over.

use super::*;

#[test]
fn a_second_stop_says_that_it_ends_what_runs() {
    let mut state = state();
    update(&mut state, run("a", true, None), 1);
    press(&mut state, "x");
    assert_eq!(title(&state), "Stop the run?");
    assert!(matches!(press(&mut state, "y")[..], [World::Ask(7, crate::app::Order::Stop)]));
    press(&mut state, "x");
    assert_eq!(title(&state), "End what runs now?");
    press(&mut state, "esc");
    update(&mut state, run("b", true, None), 2);
    press(&mut state, "x");
    assert_eq!(title(&state), "Stop the run?", "another run was not asked yet");
}

#[test]
fn the_log_under_the_cursor_of_a_run_is_asked_for_however_one_came_to_it() {
    let mut state = state();
    (state.seen.rows, state.seen.other_rows) = (9, 9);
    update(&mut state, run("b", false, None), 1);
    press(&mut state, "2");
    let failures = vec![fixture::failed("exit code 1")];
    let began = [("fs".to_owned(), "sub-2".to_owned(), "logs/old".to_owned())].into();
    let jobs = vec![JobProgress { pipeline: "fs".into(), failed: 1, ..JobProgress::default() }];
    let old = RunProgress { run: "a".into(), jobs, failures, began, ..RunProgress::default() };
    update(&mut state, Msg::Answer(Answer::Past(vec![old])), 2);
    let is_asked = |worlds: &[World]| {
        let mut found = worlds.iter();
        found.any(
            |world| matches!(world, World::Query(Query::Log(of)) if of.path.as_deref() == Some("logs/old")),
        )
    };
    assert!(!is_asked(&press(&mut state, "tab down")), "keys go to the list of runs");
    assert!(is_asked(&press(&mut state, "tab")));
    assert!(!is_asked(&press(&mut state, "tab tab")), "it was asked for");
}

#[test]
fn a_question_about_a_run_that_ends_meanwhile_says_so_and_stops_nothing() {
    let mut state = state();
    update(&mut state, run("a", true, None), 1);
    press(&mut state, "x");
    update(&mut state, run("a", false, None), 2);
    let Some(Popup::Question(question)) = state.popups.last() else { panic!("it vanished") };
    assert!(question.title.contains("Stop") && question.lines[0].contains("it is over"));
    assert!(question.lines[1].contains("was killed"), "{:?}", question.lines);
    assert!(press(&mut state, "y").iter().all(|world| !matches!(world, World::Ask(..))));
    press(&mut state, "n");
    assert!(state.popups.is_empty());
}

#[test]
fn what_is_done_at_once_says_how_it_is_taken_back() {
    let mut state = state();
    update(&mut state, run("a", true, None), 1);
    press(&mut state, "P");
    assert!(state.message().is_some_and(|said| said.text.contains("P lets it go on")));
    let mut paused = (*state.facts.run).clone();
    paused.is_paused = true;
    state.facts.run = Arc::new(paused);
    press(&mut state, "P");
    assert!(state.message().is_some_and(|said| said.text.contains("P pauses it again")));
    perform(&mut state, Effect::Dismiss("a finding".into()));
    assert!(state.message().is_some_and(|said| said.text.contains("D there makes it count again")));
    perform(&mut state, Effect::Dismiss("a finding".into()));
    assert!(state.message().is_some_and(|said| said.text == "it counts again"));
    assert!(state.facts.dismissed.is_empty());
}

#[test]
fn who_was_about_to_quit_is_asked_again_when_the_run_ends() {
    let mut state = state();
    state.own_run = Some(7);
    update(&mut state, run("a", true, None), 1_795_000_000_000);
    press(&mut state, "q");
    assert_eq!(title(&state), "Quit?");
    let ended = Some((RunSummary { ran: 3, ..RunSummary::default() }, false, 5));
    update(&mut state, run("a", false, ended), 1_795_000_000_100);
    let Some(Popup::Question(question)) = state.popups.last() else { panic!("it vanished") };
    assert!(question.lines[1].contains("3 ran"), "{:?}", question.lines);
    let keys: String = question.answers.iter().map(|(key, ..)| *key).collect();
    assert_eq!(keys, "yn");
}

#[test]
fn the_end_of_a_run_is_told_with_what_keeps_it_from_being_committed() {
    let mut state = state();
    update(&mut state, run("a", true, None), 1);
    let summary = RunSummary { ran: 3, ..RunSummary::default() };
    let wishes = update(&mut state, run("a", false, Some((summary, true, 9))), 2);
    let said = &state.message().expect("something is said").text;
    assert!(said.starts_with("the run was stopped: 3 ran") && said.contains("not committed yet"), "{said}");
    assert!(wishes.iter().any(|wish| matches!(wish, World::Query(Query::Reload))));
}

#[test]
fn an_error_that_broke_a_run_off_is_told_with_what_to_do() {
    let mut state = state();
    update(&mut state, run("a", true, None), 1);
    let Msg::Run(mut news) = run("a", false, Some((RunSummary::default(), false, 9))) else { unreachable!() };
    news.run = Arc::new(RunProgress { error: Some("no disk".into()), ..(*news.run).clone() });
    update(&mut state, Msg::Run(news), 2);
    let said = state.message().expect("something is said");
    assert!(said.role == Role::Bad && said.text.starts_with("the run broke off: no disk;"), "{said:?}");
}

#[test]
fn what_was_started_is_told_until_it_tells_something_itself() {
    let shown = |state: &mut State| {
        let drawn = crate::tui::once::picture(state, (80, 24));
        drawn.content.iter().map(ratatui::buffer::Cell::symbol).collect::<String>()
    };
    let words = ["run", "--save-file=raw/a", "--save-file=raw/b", "fs"].map(str::to_owned);
    for ends in [run("r9", true, None), Msg::Ended(7, None)] {
        let mut state = state();
        perform(&mut state, Effect::World(World::Start(words.to_vec())));
        assert!(shown(&mut state).contains("saving 2 files, then the run begins"));
        update(&mut state, ends, 1_795_000_000_500);
        assert!(!shown(&mut state).contains("then the run begins"));
    }
}

#[test]
fn a_run_that_only_removed_tells_so() {
    let mut state = state();
    update(&mut state, run("a", true, None), 1_795_000_000_000);
    let ended = Some((RunSummary { removed: 3, ..RunSummary::default() }, false, 5));
    update(&mut state, run("a", false, ended), 1_795_000_000_100);
    assert!(state.message().expect("a word").text.starts_with("the run ended: 3 removed"));
}
