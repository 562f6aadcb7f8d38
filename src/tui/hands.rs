//! Hands: keys, text and the mouse, and what each of them means where the user is.

use std::sync::Arc;

use ratatui::crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use super::action::Action;
use super::effect::{Effect, Query, World};
use super::keys::Key;
use super::menu;
use super::popup::{Filter, Outcome, Popup};
use super::screen::Hit;
use super::state::State;
use super::theme::Role;

use super::perform::{act, perform, perform_all, refresh};

/// Takes a key.
pub(super) fn press(state: &mut State, key: Key) {
    state.pass_over();
    if key == Key::parse("ctrl-c").unwrap_or(key) && Key::parse("ctrl-c").is_some() {
        return interrupted(state);
    }
    if let Some(action) = everywhere(state, key) {
        return act(state, action);
    }
    if let Some(outcome) = popup_key(state, key) {
        if matches!(outcome, Outcome::Nothing) {
            return dead(state, key);
        }
        settle(state, outcome);
        return seek(state);
    }
    if let Some(action) = state.keymap.action(state.place(), key) {
        act(state, action);
    } else {
        let help = state.keymap.shown(Action::Help);
        let elsewhere = state.keymap.elsewhere(key).into_iter();
        let elsewhere = elsewhere.map(|entry| format!("{}: {}", menu::on(entry), entry.name));
        let elsewhere = elsewhere.collect::<Vec<_>>().join("; ");
        let elsewhere = if elsewhere.is_empty() { elsewhere } else { format!(" ({elsewhere})") };
        state.say(format!("`{key}` does nothing here{elsewhere}; {help} shows what does"), Role::Dim);
    }
}

/// What a key does to the terminal, whatever lies over the screen; a letter may be part of a text there.
fn everywhere(state: &State, key: Key) -> Option<Action> {
    let action = state.keymap.action(state.place(), key).filter(|_| key.is_ctrl())?;
    matches!(action, Action::Suspend | Action::Redraw).then_some(action)
}

/// Says which keys mean something in what lies over the screen.
fn dead(state: &mut State, key: Key) {
    let keys = state.popups.last().map(|popup| popup.keys(state.seen.text)).unwrap_or_default();
    let told: Vec<&str> = keys.iter().map(|(key, _)| key.as_str()).collect();
    state.say(format!("`{key}` does nothing here, unlike {}", told.join(", ")), Role::Dim);
}

/// Has datums looked for by what is typed into the palette.
fn seek(state: &mut State) {
    if let Some(Popup::Finder(finder)) = state.popups.last_mut()
        && let Some(text) = finder.seeks()
    {
        let snapshot = Arc::clone(&state.facts.snapshot);
        state.worlds.push(World::Query(Query::Find(snapshot, text)));
    }
}

/// Puts the cursor on a row of the screen on top, by its number from 0; one that is not there is the last.
pub(super) fn click(state: &mut State, row: usize) {
    let total = state.top().twin(&state.facts, 0).total;
    if total > 0 {
        state.click(row.min(total - 1));
    }
}

/// Searches the list that is over the screen for a text.
pub(super) fn search(state: &mut State, text: &str) {
    if let Some(Popup::Finder(finder)) = state.popups.last_mut() {
        finder.clear();
        finder.paste(text);
    }
    seek(state);
}

/// Does what stands in a row of the list that is over the screen, by its number from 0.
pub(super) fn choose(state: &mut State, at: usize) {
    let Some(Popup::Finder(finder)) = state.popups.last_mut() else { return };
    if finder.go_to(at)
        && let Some(enter) = Key::parse("enter")
    {
        press(state, enter);
    }
}

/// Sets the filter of the screen on top.
pub(super) fn filter(state: &mut State, text: &str) {
    if state.filter().is_none() {
        return state.say("nothing is filtered here", Role::Dim);
    }
    set_filter(state, text.to_owned());
}

/// Ctrl-C ends what is being typed; twice within a second it quits.
pub(super) fn interrupted(state: &mut State) {
    let now = state.facts.now_ms;
    let is_second = state.ctrl_c_ms.is_some_and(|before| now.saturating_sub(before) < 1000);
    state.ctrl_c_ms = Some(now);
    if is_second {
        state.worlds.push(World::Quit);
    } else if state.popups.pop().is_none() {
        state.say("Ctrl-C once more quits; runs go on", Role::Dim);
    }
}

/// What the topmost popup makes of a key; `None` without a popup.
fn popup_key(state: &mut State, key: Key) -> Option<Outcome> {
    let (place, now, size) = (state.place(), state.facts.now_ms, state.seen.text);
    Some(match state.popups.last_mut()? {
        Popup::Finder(finder) => finder.key(key),
        Popup::Question(question) => {
            if question.scroll(key, size) {
                return Some(Outcome::Stay);
            }
            question.key_at(key, now)
        }
        Popup::Filter(filter) => filter.key(key),
        Popup::Form(form) => {
            if form.scroll(key, size) {
                return Some(Outcome::Stay);
            }
            form.key(key)
        }
        Popup::Text(text) => match state.keymap.action(place, key) {
            Some(Action::Back | Action::Quit | Action::Open | Action::Why | Action::Help) => Outcome::Close,
            Some(action) if text.act(action, size) => Outcome::Stay,
            _ => Outcome::Nothing,
        },
    })
}

fn settle(state: &mut State, outcome: Outcome) {
    match outcome {
        Outcome::Stay | Outcome::Nothing => {}
        Outcome::Close => drop(state.popups.pop()),
        Outcome::Do(effect) => {
            // A question that is answered, or a menu that was chosen from, is over before what it leads to begins.
            let answered = state.popups.pop();
            if let (Some(Popup::Question(question)), Effect::World(World::Start(_))) = (answered, &effect) {
                state.awaited = question.leads_to.or(state.awaited.take());
            }
            perform(state, effect);
        }
        Outcome::Wish(effect) => perform(state, effect),
        Outcome::Filter(text) => set_filter(state, text),
        Outcome::Filtered(text) => {
            set_filter(state, text);
            state.popups.pop();
        }
    }
}

/// Sets the filter of the screen on top. While it is typed, the cursor stays on what it was on, where that is shown.
fn set_filter(state: &mut State, text: String) {
    let Some(filter) = state.filter() else { return };
    *filter = text;
    refresh(state);
    if let Some(Popup::Filter(Filter { spot: Some(spot), .. })) = state.popups.last() {
        let spot = spot.clone();
        let effects = state.return_to(&spot);
        perform_all(state, effects);
    }
}

pub(super) fn pasted(state: &mut State, text: &str) {
    match state.popups.last_mut() {
        Some(Popup::Finder(finder)) => {
            finder.paste(text);
            seek(state);
        }
        Some(Popup::Form(form)) => {
            let effect = form.paste(text);
            perform(state, effect);
        }
        Some(Popup::Filter(filter)) => {
            let text = filter.paste(text);
            set_filter(state, text);
        }
        // Pasted text is no list of commands.
        _ => state.say("pasted text is only taken where something is typed", Role::Dim),
    }
}

pub(super) fn moused(state: &mut State, mouse: MouseEvent) {
    if matches!(mouse.kind, MouseEventKind::Down(_)) {
        state.pass_over();
    }
    let hit = state.seen.hit(mouse.column, mouse.row).cloned();
    if !state.popups.is_empty() {
        return match (mouse.kind, hit) {
            (MouseEventKind::Down(MouseButton::Left), Some(Hit::Item(at))) => choose(state, at),
            (kind, _) => wheel(state, kind),
        };
    }
    match mouse.kind {
        MouseEventKind::ScrollDown => roll(state, hit.as_ref(), Action::Down),
        MouseEventKind::ScrollUp => roll(state, hit.as_ref(), Action::Up),
        MouseEventKind::Down(MouseButton::Left) => match hit {
            Some(Hit::Act(action)) => act(state, action),
            Some(Hit::Row(row)) => clicked(state, row),
            Some(Hit::Other(row)) => state.click_other(row),
            Some(Hit::Item(_)) | None => {}
        },
        MouseEventKind::Down(MouseButton::Right) => {
            if let Some(Hit::Row(row)) = hit {
                state.click(row);
                state.popups.push(Popup::Finder(menu::row(state)));
            }
        }
        _ => {}
    }
}

/// The wheel moves what the pointer is on. Of a pane that keys did not go to nobody knows yet how far it goes: it takes
/// the next turn.
fn roll(state: &mut State, hit: Option<&Hit>, action: Action) {
    if hit.is_none_or(|hit| state.point(hit)) {
        (0..3).for_each(|_| act(state, action));
    }
}

/// What lies over a screen takes the wheel; clicks on what is below it mean nothing.
fn wheel(state: &mut State, kind: MouseEventKind) {
    let name = match kind {
        MouseEventKind::ScrollDown => "down",
        MouseEventKind::ScrollUp => "up",
        _ => return,
    };
    if let Some(key) = Key::parse(name)
        && let Some(outcome) = popup_key(state, key)
    {
        settle(state, outcome);
    }
}

/// A click puts the cursor on a row; on the row under the cursor it opens it.
fn clicked(state: &mut State, row: usize) {
    if state.click(row) {
        act(state, Action::Open);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::facts::fixture;
    use crate::tui::popup::Text;
    use crate::tui::request::request;

    /// What is said after a key, and whether what lay over the screen still does.
    fn after(state: &State, key: &str) -> (String, bool) {
        let mut state = state.clone();
        press(&mut state, Key::parse(key).expect("a key"));
        (state.messages.last().map(|last| last.text.clone()).unwrap_or_default(), !state.popups.is_empty())
    }

    #[test]
    fn keys_that_do_another_thing_on_each_screen_have_no_name_in_what_is_said() {
        let mut state = State { facts: fixture::facts(), ..State::default() };
        perform(&mut state, Effect::OpenLog(crate::tui::effect::LogSource::one("fs", "sub-2", None)));
        assert!(
            after(&state, "left").0.starts_with("long lines are wrapped, "),
            "{:?}",
            after(&state, "left")
        );
        assert!(after(&state, "n").0.starts_with("search-next: "));
    }

    #[test]
    fn of_a_key_that_does_nothing_here_all_is_told_that_it_does_elsewhere() {
        let mut state = State { facts: fixture::facts(), ..State::default() };
        act(&mut state, Action::ShowCheck);
        let (said, _) = after(&state, "n");
        assert!(said.contains(": new") && said.contains("on Log: search-next"), "{said}");
    }

    #[test]
    fn keys_that_mean_nothing_in_what_lies_over_the_screen_are_answered() {
        let mut state = State { facts: fixture::facts(), ..State::default() };
        state.popups.push(Popup::Text(Text::new("Why".into(), vec!["since".into(); 40])));
        state.seen.text = (40, 10);
        assert_eq!(after(&state, "x"), ("`x` does nothing here, unlike j k, Esc".into(), true));
        assert_eq!(after(&state, "j"), (String::new(), true));
        assert_eq!(after(&state, "q"), (String::new(), false));
        state.seen.text = (3, 3);
        assert_eq!(after(&state, "ctrl-x").0, "`Ctrl-X` does nothing here, unlike Esc");
        perform(&mut state, Effect::AskRun(request(&["fs"])));
        assert!(after(&state, "enter").0.starts_with("`Enter` does nothing here, unlike "));
        act(&mut state, Action::Help);
        assert!(after(&state, "ctrl-x").0.contains("unlike Enter, Tab, "));
        assert_eq!(after(&state, "x"), (String::new(), true), "it is typed");
    }
}
