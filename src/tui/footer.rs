//! The last line: the keys that do something now, of what lies on top, likeliest first, as many as fit.

use super::action::{Action, Entry, here};
use super::pen::Pen;
use super::popup::Popup;
use super::screen::{Hit, Seen};
use super::state::State;
use super::theme::Role;

/// Where lines are shorter than this, names of keys are short and stand close together.
const TIGHT: u16 = 100;

/// Draws the keys of what lies on top: of a popup its own, else of the screen, and help always, which names the
/// others and why not.
pub(super) fn footer(state: &State, pen: &mut Pen<'_>, seen: &mut Seen) {
    match state.popups.last() {
        Some(popup) => of_popup(popup, pen, seen),
        None => of_screen(state, pen, seen),
    }
}

fn of_screen(state: &State, pen: &mut Pen<'_>, seen: &mut Seen) {
    let ranked =
        here(state.place()).into_iter().filter_map(|entry| Some((entry.rank(state.place())?, entry)));
    let ranked = ranked.filter(|(_, entry)| entry.action != Action::Help && is_meant(state, entry.action));
    let mut ranked: Vec<(u8, &Entry)> = ranked.collect();
    ranked.sort_by_key(|(rank, entry)| if is_fresh(state, entry.action) { FRESH } else { *rank });
    let help = format!("{} help", state.keymap.shown(Action::Help));
    let room = usize::from(pen.width()).saturating_sub(help.chars().count() + 2);
    let mut x = 1;
    for (_, entry) in ranked {
        let key = keys(state, entry.action);
        let word = word(state, entry, pen.width() < TIGHT);
        if key.is_empty() {
            continue;
        }
        let Some(end) = one(x, room, (&key, word), pen) else { continue };
        seen.hits.push((pen.part(x, 0, end - x, 1).area, Hit::Act(entry.action)));
        x = end + gap(pen);
    }
    let start = pen.width().saturating_sub(u16::try_from(help.chars().count()).unwrap_or(0) + 1);
    pen.say(start, 0, &help, Role::Key);
    seen.hits.push((pen.part(start, 0, u16::MAX, 1).area, Hit::Act(Action::Help)));
}

fn of_popup(popup: &Popup, pen: &mut Pen<'_>, seen: &Seen) {
    let room = usize::from(pen.width()).saturating_sub(1);
    let mut x = 1;
    for (key, word) in popup.keys(seen.text) {
        if let Some(end) = one(x, room, (&key, &word), pen) {
            x = end + gap(pen);
        }
    }
}

/// Draws a key and its word, if they fit; where that ends.
fn one(x: u16, room: usize, (key, word): (&str, &str), pen: &mut Pen<'_>) -> Option<u16> {
    let key = if key == "Enter" { pen.theme.pick("↵", "Enter") } else { key };
    let wide = key.chars().count() + 1 + word.chars().count();
    if usize::from(x) + wide > room {
        return None;
    }
    let end = pen.say(x, 0, key, Role::Key);
    Some(pen.say(end + 1, 0, word, Role::Plain))
}

const fn gap(pen: &Pen<'_>) -> u16 {
    if pen.width() < TIGHT { 1 } else { 2 }
}

/// Whether an action is worth a place: it can be done, and no other key of the line does the same.
fn is_meant(state: &State, action: Action) -> bool {
    // Over another screen, `q` goes back to that one as Esc does.
    // While it is stopping, `x` ends it as `X` does.
    let is_double = match action {
        Action::Quit => !state.quits(),
        Action::EndNow => state.facts.stops() > 0,
        _ => false,
    };
    !is_double && state.off(action).is_none()
}

/// The place among the keys of what takes back what was done last.
const FRESH: u8 = 4;

/// Whether an action takes back what was done last: the newest commit is one of results, by the last run.
fn is_fresh(state: &State, action: Action) -> bool {
    let (facts, head) = (&state.facts, &state.facts.snapshot.head);
    let mut commits = facts.run.jobs.iter().flat_map(|job| &job.commits);
    action == Action::Undo
        && !head.is_empty()
        && !facts.is_live
        && commits.any(|commit| commit.starts_with(head.as_str()))
}

/// The key of an action; of one that has a counterpart, both.
fn keys(state: &State, action: Action) -> String {
    let back = match action {
        Action::Next => Action::Previous,
        Action::LaterAttempt => Action::EarlierAttempt,
        // Its first key stands beside its tab already.
        Action::ShowCheck => {
            return state.keymap.all(action).split(' ').next_back().unwrap_or_default().to_owned();
        }
        _ => return state.keymap.shown(action),
    };
    format!("{} {}", state.keymap.shown(back), state.keymap.shown(action)).trim().to_owned()
}

/// What a key does now, in a word or two.
fn word(state: &State, entry: &Entry, is_tight: bool) -> &'static str {
    match entry.action {
        Action::Pause if state.facts.run.is_paused => "go on",
        Action::Cancel if state.facts.stops() > 0 => "end now",
        action => {
            state.top().word(&state.facts, action).unwrap_or(if is_tight { entry.tight } else { entry.short })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::effect::Effect;
    use crate::tui::facts::fixture;
    use crate::tui::keys::Key;
    use crate::tui::perform::{act, perform};
    use crate::tui::theme::Theme;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use std::sync::Arc;

    fn drawn(state: &State, width: u16) -> String {
        let area = Rect::new(0, 0, width, 1);
        let mut buffer = Buffer::empty(area);
        footer(state, &mut Pen::new(&mut buffer, area, Theme::default()), &mut Seen::default());
        (0..width).map(|x| buffer[(x, 0)].symbol()).collect::<String>()
    }

    fn home() -> State {
        let mut state = State { facts: fixture::facts(), ..State::default() };
        state.seen.rows = 9;
        (0..2).for_each(|_| act(&mut state, Action::Down));
        state
    }

    #[test]
    fn quitting_is_offered_only_where_it_quits() {
        let mut state = home();
        assert!(drawn(&state, 300).contains("q quit"));
        perform(&mut state, Effect::OpenPipeline("fs".into()));
        let line = drawn(&state, 300);
        assert!(!line.contains("q quit") && line.contains("Esc back"), "{line}");
    }

    /// The keys in a footer that is so wide, one after the other.
    fn keys_of(state: &State, width: u16) -> String {
        let words = drawn(state, width);
        words.split_whitespace().filter(|word| word.chars().count() == 1).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_screen_has_its_likeliest_keys_in_the_footer_where_there_is_room() {
        let mut state = home();
        assert_eq!(keys_of(&state, 60), "↵ r R w l f : ?");
        for width in [80, 120] {
            let words = keys_of(&state, width);
            assert!(words.starts_with("↵ r R w l f : n / "), "{words}");
        }
        assert!(drawn(&state, 120).contains("q quit"), "{}", drawn(&state, 120));
        perform(&mut state, Effect::OpenPipeline("fs".into()));
        assert!(drawn(&state, 80).contains(" space select s sort / filter "), "{}", drawn(&state, 80));
        assert!(drawn(&state, 120).contains("Esc back"), "{}", drawn(&state, 120));
        perform(&mut state, Effect::OpenDatum("fs".into(), "sub-2".into()));
        for words in ["[ ] before and after", "y copy", "Esc back"] {
            assert!(drawn(&state, 200).contains(words), "{}", drawn(&state, 200));
        }
        state.layers.clear();
        act(&mut state, Action::ShowJobs);
        assert!(drawn(&state, 60).contains(" Tab pane "), "{}", drawn(&state, 60));
        act(&mut state, Action::ShowCheck);
        assert!(drawn(&state, 80).contains("c look again"), "{}", drawn(&state, 80));
    }

    #[test]
    fn a_log_is_searched_and_not_filtered() {
        let mut state = home();
        assert!(drawn(&state, 300).contains("/ filter"));
        perform(&mut state, Effect::OpenLog(crate::tui::effect::LogSource::one("fs", "sub-2", None)));
        assert!(drawn(&state, 300).contains("/ search"), "{}", drawn(&state, 300));
    }

    #[test]
    fn what_is_paused_can_go_on() {
        let mut state = home();
        state.facts.is_live = true;
        assert!(drawn(&state, 300).contains("P pause"));
        let mut run = (*state.facts.run).clone();
        run.is_paused = true;
        state.facts.run = Arc::new(run);
        assert!(drawn(&state, 300).contains("P go on"));
    }

    #[test]
    fn what_a_run_just_did_can_be_seen_to_be_taken_back() {
        let mut state = home();
        let words = drawn(&state, 80);
        assert!(!words.contains("u undo"), "{words}");
        let mut snapshot = (*state.facts.snapshot).clone();
        snapshot.head = "0123456789".into();
        let job = crate::app::JobProgress { commits: vec!["0123456789abcdef".into()], ..Default::default() };
        let run = crate::app::RunProgress { jobs: vec![job], ..Default::default() };
        (state.facts.snapshot, state.facts.run) = (Arc::new(snapshot), Arc::new(run));
        for width in [60, 80] {
            assert!(drawn(&state, width).contains("u undo"), "{}", drawn(&state, width));
        }
    }

    #[test]
    fn under_what_lies_over_a_screen_stand_its_own_keys() {
        let mut state = home();
        act(&mut state, Action::New);
        let line = drawn(&state, 80);
        assert!(line.contains("Tab") && line.contains("Esc") && !line.contains("r run"), "{line}");
        crate::tui::hands::press(&mut state, Key::parse("esc").expect("a key"));
        assert!(drawn(&state, 80).contains("r run"));
        act(&mut state, Action::Help);
        assert!(drawn(&state, 80).contains("↵ do it"), "{}", drawn(&state, 80));
    }
}
