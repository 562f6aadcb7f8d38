//! The first line: the project and its commit, how its datums stand, and how long a run is still to take. Where there
//! is no room for all of it, what is least missed goes first, and never the time that is left.

use crate::app::Overall;
use crate::model::{DatumState, StateCounts, show};

use super::facts::span;
use super::forecast::told_of_all;
use super::pen::Pen;
use super::sign::Sign;
use super::state::State;
use super::theme::{Role, Theme, role_of};
use super::words::clock;

/// Reading that takes longer than this is shown, in milliseconds.
const SLOW_MS: u64 = 700;

/// On lines that are shorter than this a run is told in few words from the first.
const TIGHT: u16 = 70;

/// The columns before a part, its text and its role.
type Part = (u16, String, Role);

/// How far parts are shortened: the words about the commit, those about the run, and whether the note goes.
type Level = (usize, usize, bool);

/// Levels where the note is the time of day, which is missed least.
const OF_CLOCK: &[Level] = &[(0, 0, true), (0, 1, true), (0, 1, false), (1, 1, false), (1, 2, false)];

/// Levels where the note says that what is shown may be old.
const OF_NEWS: &[Level] = &[(0, 0, true), (0, 1, true), (1, 1, true), (1, 2, true), (2, 2, true)];

/// Those after them for both.
const LAST: &[Level] = &[(2, 2, false), (2, 3, false), NARROWEST];

/// The last one, where only what wants attention is counted.
const NARROWEST: Level = (2, 4, false);

/// Draws it.
pub(super) fn header(state: &State, pen: &mut Pen<'_>) {
    let (note, is_clock) = note(state, pen.theme);
    let levels = if is_clock { OF_CLOCK } else { OF_NEWS };
    let wide = |(place, run, has_note): Level| {
        let end =
            parts(state, pen, place, run).iter().fold(1, |end, (gap, text, _)| end + gap + pen.columns(text));
        end + if has_note { pen.columns(&note) + 3 } else { 0 }
    };
    let fits = |level: &&Level| wide(**level) <= pen.width();
    let (place, run, has_note) = *levels.iter().chain(LAST).find(fits).unwrap_or(&NARROWEST);
    let parts = parts(state, pen, place, run);
    let others = parts.iter().skip(1).map(|(gap, text, _)| gap + pen.columns(text)).sum::<u16>();
    // A long name gives way to all that stands beside it.
    let name = pen.width().saturating_sub(others + 1).max(NAME);
    let mut x = 1;
    for (at, (gap, text, role)) in parts.iter().enumerate() {
        let room = if at == 0 { name } else { u16::MAX };
        x = pen.put_within(x + gap, 0, room, text, pen.theme.style(*role));
    }
    if has_note {
        pen.put_right(pen.width() - 1, 0, &note, pen.theme.style(Role::Dim));
    }
}

/// The least columns of a project's name.
const NAME: u16 = 8;

fn parts(state: &State, pen: &Pen<'_>, place: usize, run: usize) -> Vec<Part> {
    let (facts, theme) = (&state.facts, pen.theme);
    let snapshot = &facts.snapshot;
    let mut parts = vec![(0, show(&snapshot.project), Role::Title)];
    parts.extend(place_of(state, place).map(|text| (2, text, Role::Plain)));
    parts.extend(snapshot.operation.map(|operation| (1, format!("in a {operation}"), Role::Warn)));
    let edited = facts.changed_files();
    parts.extend((edited > 0).then(|| (1, format!("{}{edited}", theme.pick("±", "+-")), Role::Warn)));
    // What was known of pipelines before their specs broke is no count of what stands.
    let states = || (0..snapshot.nodes.len()).map(|at| (at, facts.node_state(at)));
    let sound = states().filter(|(at, state)| !state.is_unsound() || facts.is_followed(*at));
    let broken = states().filter(|(_, state)| *state == Overall::Broken).count();
    parts.extend((broken > 0).then(|| (3, format!("{}{broken}", theme.sign(Sign::Broken)), Role::Bad)));
    let mut totals = StateCounts::default();
    for (at, _) in sound {
        totals.merge(&facts.counts(at));
    }
    let is_calm = |state| matches!(state, DatumState::Done | DatumState::Cached | DatumState::Pending);
    let is_told = |state: &DatumState| run < NARROWEST.1 || !is_calm(*state);
    let counted = DatumState::ALL.into_iter().filter(|state| totals.get(*state) > 0).filter(is_told);
    parts.extend(counted.enumerate().map(|(at, state)| {
        let gap = if at == 0 && broken == 0 { 3 } else { 1 };
        (gap, format!("{}{}", theme.glyph(state), totals.get(state)), role_of(state))
    }));
    parts.extend(facts.is_live.then(|| running(state, pen, run)));
    parts
}

/// Branch and commit, the branch alone, or nothing.
fn place_of(state: &State, level: usize) -> Option<String> {
    let snapshot = &state.facts.snapshot;
    let head: String = match snapshot.head.as_str() {
        "" => "no commit yet".into(),
        head => head.chars().take(7).collect(),
    };
    match (snapshot.branch.as_str(), level) {
        (_, 2..) => None,
        ("", _) => (!snapshot.head.is_empty()).then_some(head),
        (branch, 0) => Some(format!("{}@{head}", show(branch))),
        (branch, _) => Some(show(branch)),
    }
}

/// How far the run is, and when it ends: in full, without how long it has gone on, without how far it is, and without
/// how sure that is.
fn running(state: &State, pen: &Pen<'_>, level: usize) -> Part {
    const TURNS: [&str; 8] = ["⠋", "⠙", "⠸", "⠴", "⠦", "⠧", "⠇", "⠏"];
    let facts = &state.facts;
    let (done, all) = facts.run.settled();
    let turn = usize::try_from(facts.now_ms / 125).unwrap_or(0) % TURNS.len();
    let is_still = pen.theme.is_still || pen.theme.is_ascii;
    let sign = if is_still { pen.theme.glyph(DatumState::Running) } else { TURNS[turn] };
    let since = span(facts.now_ms.saturating_sub(facts.run.started_ms));
    let (what, role) = match (facts.stops(), facts.run.is_paused) {
        (1.., _) => ("stopping", Role::Warn),
        (0, true) => ("paused", Role::Warn),
        (0, false) => ("run", Role::Run),
    };
    let left = told_of_all(&facts.schedule, pen.theme).filter(|_| facts.stops() == 0);
    let left = left.map(|left| format!("ETA {left}"));
    // Of a run that stops, all that is left is what runs.
    let far = match facts.stops() {
        0 => format!("{what} {done}/{all}"),
        _ => format!("{what}, {} in hand", facts.run.running.len()),
    };
    let level = if pen.width() < TIGHT { level.max(2) } else { level };
    let told = match (level, left) {
        (0, Some(left)) => format!("{far} · {left} · {since}"),
        (0, None) => format!("{far} · {since}"),
        (1, Some(left)) => format!("{far} · {left}"),
        (2, Some(left)) if role == Role::Run => left,
        (3.., Some(left)) if role == Role::Run => left.split([' ']).take(2).collect::<Vec<_>>().join(" "),
        _ => far,
    };
    (3, format!("{sign} {told}"), role)
}

/// What stands at its end, and whether that is only the time of day.
fn note(state: &State, theme: Theme) -> (String, bool) {
    let facts = &state.facts;
    // A short look at the files is no news.
    let is_slow =
        facts.snapshot.nodes.is_empty() || facts.now_ms.saturating_sub(facts.loading_since_ms) > SLOW_MS;
    match (facts.is_loading && is_slow, facts.is_remembered) {
        (_, true) => (format!("as of last time, reading {}", theme.pick("…", "...")), false),
        (true, _) => (format!("reading {}", theme.pick("…", "...")), false),
        (false, false) => (clock(facts.now_ms, facts.is_live), true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::RunProgress;
    use crate::tui::eta::Eta;
    use crate::tui::facts::fixture;
    use crate::tui::schedule::Schedule;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use std::sync::Arc;

    fn live(project: &str, spread_ms: u64) -> State {
        let mut state = State { facts: fixture::facts(), ..State::default() };
        let mut snapshot = (*state.facts.snapshot).clone();
        snapshot.project = project.into();
        state.facts.snapshot = Arc::new(snapshot);
        state.facts.is_live = true;
        state.facts.run = Arc::new(RunProgress { run: "r".into(), ..RunProgress::default() });
        let total = Some(Eta { ms: 6_120_000, spread_ms });
        state.facts.schedule = Arc::new(Schedule { total, ..Schedule::default() });
        state
    }

    fn shown(state: &State, width: u16) -> String {
        let area = Rect::new(0, 0, width, 1);
        let mut buffer = Buffer::empty(area);
        header(state, &mut Pen::new(&mut buffer, area, state.theme));
        (0..width).map(|x| buffer[(x, 0)].symbol()).collect::<String>().trim_end().to_owned()
    }

    #[test]
    fn the_time_that_is_left_is_never_cut() {
        for project in ["p", "minipach-demo", "a-study-with-quite-a-long-name-of-its-own-and-more-of-it"] {
            for width in 56..140 {
                let line = shown(&live(project, 720_000), width);
                assert!(line.contains("ETA 1h42"), "{width}: {line}");
                assert!(!line.contains("±1…") && !line.ends_with('…'), "{width}: {line}");
            }
        }
    }

    #[test]
    fn on_a_narrow_screen_the_time_that_is_left_comes_before_counts_of_what_is_well() {
        use DatumState::{Blocked, Cached, Done, Failed, Pending, Running, Stale};
        let mut state = live("a-study-of-its-own", 720_000);
        let mut snapshot = (*state.facts.snapshot).clone();
        for datum in [Blocked, Cached, Done, Failed, Pending, Running, Stale] {
            snapshot.nodes[2].counts.add_many(datum, 1234);
        }
        state.facts.snapshot = Arc::new(snapshot);
        let line = shown(&state, 60);
        assert!(line.contains("ETA 1h42") && !line.ends_with('…'), "{line}");
        assert!(line.contains("✗123") && !line.contains('✓'), "{line}");
    }

    #[test]
    fn a_run_that_stops_tells_what_is_in_hand_and_no_time_for_the_rest() {
        let mut state = live("p", 720_000);
        state.facts.stops = 1;
        let line = shown(&state, 120);
        assert!(line.contains("stopping, 0 in hand") && !line.contains("ETA"), "{line}");
    }

    #[test]
    fn a_run_that_was_asked_elsewhere_to_stop_is_stopping_too() {
        let mut state = live("p", 720_000);
        let run = RunProgress { stops: 1, ..(*state.facts.run).clone() };
        state.facts.run = Arc::new(run);
        assert!(shown(&state, 120).contains("stopping, 0 in hand"), "{}", shown(&state, 120));
    }

    #[test]
    fn one_number_of_changed_files_is_told_everywhere() {
        let mut state = State { facts: fixture::facts(), ..State::default() };
        let mut snapshot = (*state.facts.snapshot).clone();
        snapshot.changed_results = 3;
        state.facts.snapshot = Arc::new(snapshot);
        assert!(shown(&state, 100).contains("±3"), "{}", shown(&state, 100));
    }

    #[test]
    fn pipelines_that_are_broken_are_counted_and_their_datums_are_not() {
        let mut state = State { facts: fixture::facts(), ..State::default() };
        assert!(shown(&state, 100).contains("✓1 ↻1 ⊘1 ✗1"), "{}", shown(&state, 100));
        let mut snapshot = (*state.facts.snapshot).clone();
        snapshot.nodes[2].state = "broken".into();
        state.facts.snapshot = Arc::new(snapshot);
        let line = shown(&state, 100);
        assert!(line.contains("⊗1 ⊘1") && !line.contains('✓'), "{line}");
    }

    #[test]
    fn the_clock_goes_before_the_commit_and_that_before_the_run() {
        let state = live("minipach-demo", 720_000);
        let wide = shown(&state, 120);
        assert!(
            wide.contains('@') && wide.contains("run 0/0 · ETA 1h42 ±12m00 · ") && wide.contains(':'),
            "{wide}"
        );
        let all =
            |line: &str| [line.contains(':'), line.contains('@'), line.contains("run"), line.contains('±')];
        let told: Vec<[bool; 4]> = (70..120).rev().map(|width| all(&shown(&state, width))).collect();
        // What has gone stays gone where there is even less room.
        assert!(told.windows(2).all(|pair| (0..4).all(|at| pair[0][at] || !pair[1][at])), "{told:?}");
        assert!(told.iter().all(|[clock, commit, ..]| *commit || !clock), "{told:?}");
    }
}
