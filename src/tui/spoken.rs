//! What a typed line means in plain mode: a number, an action by name, a key, or text for what is typed into.

use crate::model::show;

use super::action::{Action, TABLE, here, row};
use super::effect::{Effect, World};
use super::hands::{choose, click, press, search};
use super::keys::Key;
use super::message::Msg;
use super::perform::{act, perform, show_tab};
use super::popup::Popup;
use super::state::{State, Tab};
use super::update::update;

/// What came of a line.
pub(super) enum Said {
    /// It was done; this is for the world.
    Done(Vec<World>),
    /// It is answered by these lines.
    Told(Vec<String>),
}

/// Does what a line says.
pub(super) fn spoken(state: &mut State, line: &str, now_ms: u64) -> Said {
    state.facts.now_ms = now_ms;
    // What is only read is over when something else is said.
    if matches!(state.popups.last(), Some(Popup::Text(_))) {
        state.popups.pop();
        if matches!(line, "esc" | "back") {
            return done(state, now_ms);
        }
    }
    match state.popups.last() {
        Some(Popup::Finder(_)) => found(state, line),
        Some(Popup::Form(form)) if !form.is_sure() => typed(state, line),
        Some(Popup::Filter(_)) => filtered(state, line),
        Some(_) => key_or(state, line),
        None => return free(state, line, now_ms),
    }
    done(state, now_ms)
}

fn done(state: &mut State, now_ms: u64) -> Said {
    Said::Done(update(state, Msg::Tick, now_ms))
}

/// A line while a list is searched: its number chooses, Esc leaves, all else is searched for.
fn found(state: &mut State, line: &str) {
    match line.parse::<usize>() {
        Ok(number) => choose(state, number.saturating_sub(1)),
        Err(_) if matches!(line, "esc" | "back") => drop(state.popups.pop()),
        Err(_) => search(state, line),
    }
}

/// A line while a form is filled in: `2 raw/t1` writes that into its second line, `2` alone reads it out, `empty 2` empties
/// it; `write` asks whether all is right.
fn typed(state: &mut State, line: &str) {
    let (word, text) = line.split_once(' ').unwrap_or((line, ""));
    let Some(Popup::Form(form)) = state.popups.last_mut() else { return };
    let told = match (word, word.parse::<usize>()) {
        ("esc" | "back", _) => return drop(state.popups.pop()),
        ("quit", _) if text.is_empty() => {
            state.popups.pop();
            return act(state, Action::Quit);
        }
        ("write", _) if form.finish() => return,
        ("write", _) => "it cannot be written as it stands",
        (_, Ok(number)) if text.trim().is_empty() => {
            let line = form.told(number.saturating_sub(1));
            let told = line.unwrap_or_else(|| "there is no such line".into());
            return state.say(told, super::theme::Role::Dim);
        }
        ("empty", _) => {
            match text.trim().parse::<usize>().ok().and_then(|at| form.set(at.checked_sub(1)?, "")) {
                Some(effect) => return perform(state, effect),
                None => "there is no such line",
            }
        }
        (_, Ok(number)) => match form.set(number.saturating_sub(1), text.trim()) {
            Some(effect) => return perform(state, effect),
            None => "there is no such line",
        },
        _ if is_action(word) => return state.say(in_form(line), super::theme::Role::Dim),
        _ => {
            "type the number of a line and what belongs there, `empty` and its number to empty it, `write` at the end, or \
              `back` to leave"
        }
    };
    state.say(told, super::theme::Role::Dim);
}

/// What is said of an action that is named while a form is filled in.
fn in_form(line: &str) -> String {
    format!("`{line}` is not done while the form is filled in: `back` leaves it, `quit` leaves all")
}

/// Whether a word names an action, or is what people call one.
fn is_action(word: &str) -> bool {
    TABLE.iter().any(|entry| entry.name == word) || super::menu::meant(word).is_some()
}

/// A line while a filter is typed: the filter.
fn filtered(state: &mut State, line: &str) {
    state.popups.pop();
    if !matches!(line, "esc" | "back") {
        super::hands::filter(state, line);
    }
}

/// A line while a question is asked: the key of an answer.
fn key_or(state: &mut State, line: &str) {
    if let Some(key) = Key::parse(if line == "back" { "esc" } else { line }) {
        return press(state, key);
    }
    let keys = state.popups.last().map(|popup| popup.keys(state.seen.text)).unwrap_or_default();
    let keys: Vec<&str> = keys.iter().map(|(key, _)| key.as_str()).collect();
    let told = format!("`{line}` is none of the answers, which are {}; `back` leaves", keys.join(", "));
    state.say(told, super::theme::Role::Dim);
}

/// A line with nothing over the screen.
fn free(state: &mut State, line: &str, now_ms: u64) -> Said {
    if matches!(line, "help" | "?") {
        return Said::Told(help(state));
    }
    if let Some(text) = line.strip_prefix('/').or_else(|| line.strip_prefix("filter ")) {
        super::hands::filter(state, text.trim());
        if !text.trim().is_empty() && state.top().twin(&state.facts, 0).total == 0 {
            let told = format!("no row matches `{}`; `/` shows all again", text.trim());
            state.say(told, super::theme::Role::Dim);
        }
        return done(state, now_ms);
    }
    if let Ok(number) = line.parse::<usize>() {
        let rows = state.top().twin(&state.facts, 0).total;
        if number == 0 {
            state.say("the first row is 1", super::theme::Role::Dim);
            return done(state, now_ms);
        }
        if number > rows && rows > 0 {
            let only = crate::run::count(rows, "row");
            state.say(
                format!("there is no row {number}, only {only}: this is the last"),
                super::theme::Role::Dim,
            );
        }
        click(state, number.saturating_sub(1));
        return done(state, now_ms);
    }
    if let Some((action, name)) = named(state, line) {
        state.say(format!("{} {}", row(action).name, show(&name)), super::theme::Role::Dim);
        act(state, action);
        return done(state, now_ms);
    }
    let starts = here(state.place()).into_iter().filter(|entry| entry.name.starts_with(line));
    let starts: Vec<_> = starts.map(|entry| entry.action).collect();
    let exact = TABLE.iter().find(|entry| entry.name == line).map(|entry| entry.action);
    let exact = exact.or_else(|| super::menu::meant(line));
    let exact = exact.or_else(|| state.own.iter().position(|own| own.name == line).map(Action::Own));
    match (exact, Key::parse(line), starts.as_slice()) {
        (Some(action), ..) => act(state, action),
        (None, None, [action]) => act(state, *action),
        (None, Some(key), _) => press(state, key),
        _ => state.say(unknown(state, line), super::theme::Role::Dim),
    }
    done(state, now_ms)
}

/// What there is to say of a line that means nothing: which part of it.
fn unknown(state: &State, line: &str) -> String {
    let Some((_, name)) = line.split_once(' ').filter(|(word, _)| is_action(word)) else {
        return format!("nothing is called `{line}`; `help` lists what there is");
    };
    let name = name.trim();
    if name.bytes().all(|byte| byte.is_ascii_digit()) {
        return format!("`{name}` alone goes to that row; after an action stands a name");
    }
    match name.split_once(':').filter(|(pipeline, _)| state.facts.snapshot.position(pipeline).is_some()) {
        Some((pipeline, key)) => format!("`{pipeline}` has no datum `{key}`"),
        None => format!("no pipeline is called `{name}`; `PIPELINE:KEY` names a datum"),
    }
}

/// An action and what it is to be done with: `run fs`, `why fs:sub-2`, `log sub-2` in a list of datums. The cursor goes
/// there, or that screen is opened.
fn named(state: &mut State, line: &str) -> Option<(Action, String)> {
    let (word, name) = line.split_once(' ')?;
    let name = name.trim();
    let exact = TABLE.iter().find(|entry| entry.name == word).map(|entry| entry.action);
    let action = exact.or_else(|| super::menu::meant(word))?;
    let facts = &state.facts;
    if facts.snapshot.position(name).is_some() {
        show_tab(state, Tab::Home);
        state.home.go_to(name, &state.facts, state.seen.rows);
        return Some((action, name.to_owned()));
    }
    let (pipeline, key) = name.split_once(':')?;
    let node = facts.snapshot.position(pipeline).map(|at| &facts.snapshot.nodes[at])?;
    node.table.row_of(key)?;
    perform(state, Effect::OpenDatum(pipeline.to_owned(), key.to_owned()));
    Some((action, name.to_owned()))
}

/// What can be typed here.
fn help(state: &State) -> Vec<String> {
    let mut lines = vec![
        "Type the name of an action, or its key; the first letters do if no other begins like them."
            .to_owned(),
        "A number goes to that row. `/words` shows only what matches, `/` all again.".into(),
        "The name of a pipeline or `PIPELINE:KEY` may follow an action: `run fs`, `why fs:sub-1`.".into(),
        "Enter alone tells again where you are. `files`, `history`, `check` and `jobs` lead there, `pipelines` back;".into(),
        "`save` and `undo` tell what they would do and ask. In a form, `2 raw/t1` fills in its second line. Here:".into(),
    ];
    lines.extend(here(state.place()).into_iter().map(|entry| {
        let off = state.off(entry.action).map(|why| format!(" (not now: {why})")).unwrap_or_default();
        let keys = state.keymap.all(entry.action);
        let keys = if keys.is_empty() { String::new() } else { format!(", key {keys}") };
        format!("  {}{keys}: {}{off}", entry.name, row(entry.action).help)
    }));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::facts::fixture;

    fn state() -> State {
        let mut state = State { facts: fixture::facts(), ..State::default() };
        state.seen.rows = 15;
        state
    }

    fn say(state: &mut State, line: &str) -> Vec<World> {
        match spoken(state, line, 1_795_000_000_000) {
            Said::Done(worlds) => worlds,
            Said::Told(lines) => panic!("{lines:?}"),
        }
    }

    #[test]
    fn rows_are_reached_by_number_and_actions_by_name_key_and_first_letters() {
        let mut state = state();
        say(&mut state, "3");
        assert_eq!(state.home.current(&state.facts), Some(2));
        say(&mut state, "why");
        assert!(matches!(state.popups[..], [Popup::Text(_)]));
        say(&mut state, "down");
        assert_eq!((state.popups.len(), state.home.current(&state.facts)), (0, Some(3)));
        say(&mut state, "k");
        say(&mut state, "ope");
        assert_eq!(state.place().name(), "Pipeline");
        say(&mut state, "/state:failed");
        assert_eq!(state.top().twin(&state.facts, 9).total, 1);
        say(&mut state, "/");
        assert_eq!(state.top().twin(&state.facts, 9).total, 3);
        let says =
            |state: &State, told: &str| state.message().is_some_and(|message| message.text.contains(told));
        say(&mut state, "/zzz");
        assert!(says(&state, "no row matches `zzz`"));
        say(&mut state, "/");
        say(&mut state, "0");
        assert!(says(&state, "the first row is 1"));
        say(&mut state, "xyzzy");
        assert!(state.message().is_some_and(|message| message.text.contains("`xyzzy`")));
    }

    #[test]
    fn an_action_is_done_with_what_is_named_after_it() {
        let mut state = state();
        say(&mut state, "run fs");
        assert!(
            matches!(state.popups.last(), Some(Popup::Question(question)) if question.title == "Run fs?")
        );
        assert!(state.messages.iter().any(|message| message.text == "rerun fs"), "{:?}", state.messages);
        say(&mut state, "n");
        say(&mut state, "why fs:sub-2");
        assert_eq!((state.place().name(), state.popups.len()), ("Datum", 1));
        say(&mut state, "back");
        for (line, told) in [
            ("run nothing", "no pipeline is called `nothing`"),
            ("why fs:sub-99", "`fs` has no datum `sub-99`"),
            ("open 3", "`3` alone goes to that row"),
            ("xyzzy fs", "nothing is called `xyzzy fs`"),
        ] {
            say(&mut state, line);
            assert!(state.message().is_some_and(|message| message.text.contains(told)), "{line}");
        }
    }

    #[test]
    fn lists_are_searched_and_chosen_from_by_number_and_questions_are_answered() {
        let mut state = state();
        say(&mut state, "palette");
        say(&mut state, "go stats");
        say(&mut state, "1");
        assert_eq!((state.top().trail().as_str(), state.popups.len()), ("stats", 0));
        say(&mut state, "rerun");
        assert!(matches!(state.popups[..], [Popup::Question(_)]));
        say(&mut state, "what");
        assert_eq!(state.popups.len(), 1);
        let told = state.message().map(|message| message.text.clone()).unwrap_or_default();
        assert!(
            told.contains("none of the answers, which are ") && told.ends_with("`back` leaves"),
            "{told}"
        );
        say(&mut state, "n");
        assert_eq!(state.popups.len(), 0);
        say(&mut state, "back");
        say(&mut state, "filter");
        assert!(matches!(state.popups[..], [Popup::Filter(_)]));
        say(&mut state, "stats");
        assert_eq!((state.popups.len(), state.filter().map(|text| text.clone())), (0, Some("stats".into())));
    }

    #[test]
    fn the_number_of_a_line_of_a_form_reads_it_out() {
        let mut state = state();
        say(&mut state, "new");
        say(&mut state, "2 raw/t1");
        say(&mut state, "2");
        let line = |state: &State| match state.popups.last() {
            Some(Popup::Form(form)) => form.told(1),
            _ => None,
        };
        assert_eq!(line(&state).as_deref(), Some("2 reads: raw/t1"));
        assert_eq!(state.message().map(|message| message.text.as_str()), Some("2 reads: raw/t1"));
        say(&mut state, "empty 2");
        assert_eq!(line(&state).as_deref(), Some("2 reads: "));
        say(&mut state, "9");
        assert!(state.message().is_some_and(|message| message.text == "there is no such line"));
        say(&mut state, "jobs");
        assert!(
            state
                .message()
                .is_some_and(|message| message.text.starts_with("`jobs` is not done while the form"))
        );
        assert_eq!(state.popups.len(), 1);
        let worlds = say(&mut state, "quit");
        assert!(state.popups.is_empty() && matches!(worlds[..], [World::Quit]), "{worlds:?}");
    }

    #[test]
    fn help_lists_what_is_of_use_here() {
        let mut state = state();
        let Said::Told(lines) = spoken(&mut state, "help", 1) else { panic!("help is told") };
        assert!(lines.iter().any(|line| line.starts_with("  rerun, key r: ")), "{lines:?}");
    }
}
