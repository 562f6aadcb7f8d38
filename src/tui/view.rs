//! `view`: draws the state: header, tabs, the screen on top, the bottom lines, and what lies over it all.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::model::{DatumState, show};

use super::action::{Action, row};
use super::facts::Watch;
use super::footer::footer;
use super::header::header;
use super::pen::Pen;
use super::popup::{Filter, Popup, broken, draw_text, finder, form, question};
use super::screen::check::counted;
use super::screen::{Hit, Seen};
use super::state::{State, Tab};
use super::theme::Role;

/// The least that a screen needs.
const LEAST: (u16, u16) = (40, 10);

/// What is said has at most so many rows.
const SAID: u16 = 3;

/// Draws a frame; gives what stands where.
pub(super) fn view(state: &State, frame: &mut Frame<'_>) -> Seen {
    let area = frame.area();
    draw(state, frame.buffer_mut(), area)
}

/// Draws into a buffer.
pub(super) fn draw(state: &State, buffer: &mut Buffer, area: Rect) -> Seen {
    let mut seen = Seen::default();
    let mut pen = Pen::new(buffer, area, state.theme);
    pen.clear();
    if pen.width() < LEAST.0 || pen.height() < LEAST.1 {
        too_small(state, &mut pen);
        return seen;
    }
    let (width, height) = (pen.width(), pen.height());
    header(state, &mut pen.part(0, 0, width, 1));
    let end = tabs(state, &mut pen.part(0, 1, width, 1), &mut seen);
    watched(state, end, &mut pen.part(0, 1, width, 1));
    let body = height.saturating_sub(4);
    state.top().draw(&state.facts, &mut pen.part(0, 2, width, body), &mut seen);
    let rows = if state.popups.is_empty() { SAID } else { 1 };
    bottom(state, &mut pen.part(0, height - 1 - rows, width, rows));
    for popup in &state.popups {
        over(popup, &mut pen.part(0, 2, width, body), &mut seen);
    }
    // It tells what there is to scroll of what lies on top.
    footer(state, &mut pen.part(0, height - 1, width, 1), &mut seen);
    seen
}

/// What stands in the title of the window: the project, what failed, what runs.
pub(super) fn title(state: &State) -> String {
    let (totals, theme) = (state.facts.totals(), state.theme);
    let mut title = show(&state.facts.snapshot.project);
    for told in [DatumState::Failed, DatumState::Running] {
        let count = totals.get(told);
        if count > 0 {
            title = format!("{title} {}{count}", theme.glyph(told));
        }
    }
    format!("{title} - minipach")
}

fn too_small(state: &State, pen: &mut Pen<'_>) {
    let failed = state.facts.totals().get(DatumState::Failed);
    let (width, height) = (pen.width(), pen.height());
    let text = format!("needs {}x{}, is {width}x{height} · {failed} failed", LEAST.0, LEAST.1);
    pen.say(0, 0, &text, Role::Plain);
}

/// What stands beside the tabs: how changes are noticed, or as of which commit all is shown.
fn told_beside(state: &State) -> String {
    match (&state.look, &state.facts.watch) {
        (Some(look), _) => format!(" as of {} ", look.short()),
        (None, Watch::Starting) => String::new(),
        (None, Watch::Told(_)) if state.facts.unread.is_some() => "not read".into(),
        (None, Watch::Told(_)) => "live".into(),
        (None, Watch::Polling(_)) => "polling 5s".into(),
    }
}

/// How changes are noticed, at the right, if there is room.
fn watched(state: &State, end: u16, pen: &mut Pen<'_>) {
    if let Some(look) = &state.look {
        return banner(&look.short(), end, pen);
    }
    let is_polling = matches!(state.facts.watch, Watch::Polling(_));
    let text = told_beside(state);
    let room = usize::from(pen.width()).saturating_sub(usize::from(end) + 1);
    // The trail of a screen may leave less room.
    let text = if text.len() > room && is_polling { "polling".to_owned() } else { text };
    if text.len() <= room {
        let is_troubled = is_polling || state.facts.unread.is_some();
        let role = if is_troubled { Role::Warn } else { Role::Good };
        pen.put_right(pen.width() - 1, 0, &text, pen.theme.style(role));
    }
}

/// That all is shown as of a commit: never out of sight.
fn banner(short: &str, end: u16, pen: &mut Pen<'_>) {
    let room = usize::from(pen.width()).saturating_sub(usize::from(end));
    let texts = [
        format!(" as of {short}, read-only; T leads back to now "),
        format!(" as of {short}, read-only "),
        format!(" as of {short} "),
    ];
    let text = texts.iter().find(|text| text.len() <= room).unwrap_or(&texts[2]);
    let style = pen.theme.style(Role::Warn).patch(pen.theme.selected());
    pen.put_right(pen.width(), 0, text, style);
}

/// Which screen this is; where that text ends.
fn tabs(state: &State, pen: &mut Pen<'_>, seen: &mut Seen) -> u16 {
    if let Some(trail) = state.trail() {
        let end = pen.say(1, 0, &trail, Role::Title);
        // A click on the way leads back.
        seen.hits.push((pen.part(0, 0, end, 1).area, Hit::Act(Action::Back)));
        return beside(state, end, pen);
    }
    let width = usize::from(pen.width());
    let beside = told_beside(state).chars().count() + 1;
    let told = |level| names(state, level);
    let room = |of: &Vec<(Action, String, bool)>, gap: usize| {
        of.iter().map(|(_, text, _)| text.chars().count() + gap).sum::<usize>() + 1
    };
    // Names give way before what stands beside them, and that before numbers.
    let levels = [(0, 1), (1, 1), (1, 0), (2, 0)];
    let fits =
        |more: usize| levels.into_iter().find(|(level, gap)| room(&told(*level), *gap) + more <= width);
    let (level, gap) = fits(beside).or_else(|| fits(0)).unwrap_or((2, 0));
    let mut x = 1;
    for (action, text, is_current) in told(level) {
        let end = pen.say(x, 0, &text, if is_current { Role::Title } else { Role::Dim });
        let area = pen.part(x, 0, end - x, 1).area;
        seen.hits.push((area, Hit::Act(action)));
        x = end + u16::try_from(gap).unwrap_or(1);
    }
    x
}

/// What tabs are called: 0 in full, 1 in short, 2 only the one that is on the screen.
fn names(state: &State, level: u8) -> Vec<(Action, String, bool)> {
    let edited = state.facts.changed_files();
    let numbered = |name: &str, sign: &str, number: usize| {
        if number > 0 { format!("{name} {sign}{number}") } else { name.to_owned() }
    };
    let is_full = level == 0;
    let running = state.theme.glyph(DatumState::Running);
    let jobs = if state.facts.is_live { format!("Jobs {running}") } else { "Jobs".to_owned() };
    // Where there is no room for all, the worst are told.
    let findings = counted(&state.facts, state.theme).into_iter().take(if is_full { 3 } else { 1 });
    let check = std::iter::once("Check".to_owned()).chain(findings).collect::<Vec<_>>().join(" ");
    let all = [
        (Tab::Home, Action::ShowPipelines, if is_full { "Pipelines" } else { "Pipes" }.to_owned()),
        (Tab::Jobs, Action::ShowJobs, jobs),
        (Tab::Files, Action::ShowFiles, numbered("Files", state.theme.pick("±", "+-"), edited)),
        (Tab::Check, Action::ShowCheck, check),
        (Tab::History, Action::ShowHistory, if is_full { "History" } else { "Hist" }.to_owned()),
    ];
    let text = |(tab, action, name): (Tab, Action, String)| {
        let (is_current, key) = (tab == state.tab, state.keymap.shown(action));
        let text = match (is_current, level) {
            (true, _) => format!("[{key} {name}]"),
            (false, 2) => format!(" {key} "),
            (false, _) => format!(" {key} {name} "),
        };
        (action, text, is_current)
    };
    all.map(text).into()
}

/// What an action is called in few words.
fn word(action: Action) -> &'static str {
    let entry = row(action);
    if entry.short.is_empty() { entry.name } else { entry.short }
}

/// What lies before and after, and the keys that lead there, if there is room; where that ends.
fn beside(state: &State, end: u16, pen: &mut Pen<'_>) -> u16 {
    let Some((before, after)) = state.top().beside(&state.facts) else { return end };
    let told = |action, name: Option<String>| {
        name.map(|name| format!("{} {}", state.keymap.shown(action), show(&name)))
    };
    let told = [told(Action::Previous, before), told(Action::Next, after)];
    let text = told.into_iter().flatten().collect::<Vec<_>>().join("   ");
    let wide = u16::try_from(text.chars().count()).unwrap_or(u16::MAX);
    // What is at the right must have its room too.
    if text.is_empty() || end.saturating_add(wide).saturating_add(16) > pen.width() {
        return end;
    }
    pen.say(end + 3, 0, &text, Role::Dim)
}

fn bottom(state: &State, pen: &mut Pen<'_>) {
    if let Some(Popup::Filter(filter)) = state.popups.last() {
        return typed(filter, pen);
    }
    if let Some(message) = state.message() {
        told(&show(&message.text), message.role, pen);
    } else if let Some(starting) = &state.starting {
        told(starting, Role::Dim, pen);
    } else if let Some(why) = &state.facts.unread {
        told(&show(&format!("the last state stays: {why}")), Role::Bad, pen);
    } else if let Some(error) = &state.facts.snapshot.error {
        told(&show(error), Role::Bad, pen);
    } else if let Some(wrong) = &state.misconfigured {
        told(&show(wrong), Role::Bad, pen);
    } else if let Some((text, more)) = state.top().hint(&state.facts) {
        // A key that does nothing now leads nowhere.
        let is_off = state.off(more).is_some();
        let more =
            if is_off { String::new() } else { format!("  {} {}", state.keymap.shown(more), word(more)) };
        let room = pen.width().saturating_sub(u16::try_from(more.chars().count()).unwrap_or(0) + 2);
        let last = pen.height().saturating_sub(1);
        let end = pen.put_within(1, last, room, &text, pen.theme.style(Role::Dim));
        pen.say(end, last, &more, Role::Dim);
    }
}

/// Says a text in the last rows, as many as it needs: what is to be done stands at its end, so that is never cut.
fn told(text: &str, role: Role, pen: &mut Pen<'_>) {
    let most = usize::from(pen.height());
    let rows = broken(text, usize::from(pen.width().saturating_sub(2)));
    let cut = rows.len().saturating_sub(most);
    let first = pen.height().saturating_sub(u16::try_from(rows.len() - cut).unwrap_or(u16::MAX));
    let is_shown = |at: &usize| *at + 1 < most || *at >= most.saturating_sub(1) + cut;
    let shown = (0..rows.len()).filter(is_shown);
    for (y, at) in (first..pen.height()).zip(shown) {
        let mark =
            if cut > 0 && at == most.saturating_sub(1) + cut { pen.theme.pick("… ", ".. ") } else { "" };
        let mut row = pen.part(0, y, u16::MAX, 1);
        row.clear();
        row.say(1, 0, &format!("{mark}{}", rows[at].trim_start()), role);
    }
}

fn typed(filter: &Filter, pen: &mut Pen<'_>) {
    let last = pen.height().saturating_sub(1);
    let pen = &mut pen.part(0, last, u16::MAX, 1);
    let (before, after) = filter.line.halves();
    let mut x = pen.say(1, 0, "/", Role::Key);
    if filter.is_whole {
        let style = pen.theme.selected();
        x = pen.put(x, 0, before, style);
        pen.say(x + 2, 0, "typing replaces it, an arrow edits it", Role::Dim);
        return;
    }
    x = pen.say(x, 0, before, Role::Plain);
    let cursor = after.chars().next().map_or(" ".to_owned(), |letter| letter.to_string());
    x = pen.put(x, 0, &cursor, pen.theme.selected());
    x = pen.say(x, 0, after.get(cursor.len()..).unwrap_or(""), Role::Plain);
    pen.say(x + 2, 0, "Enter keeps it, Esc takes it back", Role::Dim);
}

fn over(popup: &Popup, pen: &mut Pen<'_>, seen: &mut Seen) {
    match popup {
        Popup::Finder(finder) => {
            let places = finder::draw(finder, pen).into_iter();
            seen.hits.extend(places.map(|(area, at)| (area, Hit::Item(at))));
        }
        Popup::Question(question) => seen.text = question::draw(question, pen),
        Popup::Form(form) => seen.text = form::draw(form, pen),
        Popup::Text(text) => seen.text = draw_text(text, pen),
        Popup::Filter(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::facts::fixture;

    fn shown(text: &str, (width, height): (u16, u16)) -> Vec<String> {
        let mut state = State { facts: fixture::facts(), ..State::default() };
        state.say(text, Role::Bad);
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        draw(&state, &mut buffer, area);
        let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim().to_owned();
        (0..height).map(row).collect()
    }

    #[test]
    fn the_end_of_what_is_said_is_never_cut() {
        let text =
            "the run was killed; what it finished is kept, and `r` on a pipeline runs what is left of it";
        let rows = shown(text, (60, 20));
        assert_eq!(rows[17..19].join(" "), text, "{rows:?}");
        let long = format!("cannot read {}: mend it with `git fsck`", "a/very/long/path/".repeat(20));
        let rows = shown(&long, (60, 20));
        assert!(
            rows[16].starts_with("cannot read") && rows[18].ends_with("mend it with `git fsck`"),
            "{rows:?}"
        );
        assert!(rows[18].starts_with('…'), "{rows:?}");
        // What fits into a row has one, above the keys.
        assert_eq!(shown("all is well", (60, 20))[18], "all is well");
    }
    #[test]
    fn the_tab_of_findings_tells_how_bad_they_are() {
        use crate::app::Snapshot;
        use crate::model::{Finding, Severity};
        let mut state = State { facts: fixture::facts(), ..State::default() };
        let finding = |severity| Finding::new("MP104", "missing-repo", severity, "it is not there");
        let findings = vec![finding(Severity::Warning), finding(Severity::Error), finding(Severity::Warning)];
        state.facts.snapshot = std::sync::Arc::new(Snapshot { findings, ..(*state.facts.snapshot).clone() });
        for (width, told) in [(120, " 4 Check ✗1 !2 "), (58, " 4 Check ✗1 ")] {
            let area = Rect::new(0, 0, width, 20);
            let mut buffer = Buffer::empty(area);
            draw(&state, &mut buffer, area);
            let row = (0..width).map(|x| buffer[(x, 1)].symbol()).collect::<String>();
            assert!(row.contains(told), "{row}");
        }
    }
}
