//! Drawing a datum: all panes at once where there is room; else one of them by its tab, and the log below.

use crate::model::{DatumState, show};
use crate::tui::facts::Facts;
use crate::tui::pen::Pen;
use crate::tui::theme::{Role, role_of};

use super::text::{Line, lines, turned};
use super::{Datum, Pane};
use crate::tui::screen::{Hit, Seen};

/// Rows of a pane that has its frame and something in it.
const LEAST: u16 = 5;

/// Draws it.
pub(super) fn draw(datum: &Datum, facts: &Facts, pen: &mut Pen<'_>, seen: &mut Seen) {
    let (width, height) = (pen.width(), pen.height());
    if datum.is_zoomed {
        fill(datum, facts, datum.pane, pen, seen);
        return;
    }
    head(datum, facts, &mut pen.part(0, 0, width, 1));
    let rest = height.saturating_sub(1);
    if width >= 110 && rest >= 22 {
        return wide(datum, facts, &mut pen.part(0, 1, width, rest), seen);
    }
    tabs(datum, facts, &mut pen.part(0, 1, width, 1), seen);
    let rest = rest.saturating_sub(1);
    if datum.pane == Pane::Log || rest < 2 * LEAST {
        return framed(datum, facts, datum.pane, &mut pen.part(0, 2, width, rest), seen);
    }
    // The pane takes what it has lines for; some of the log is always in sight.
    let wanted = lines(datum, facts, datum.pane, usize::from(width.saturating_sub(4))).len();
    let upper = u16::try_from(wanted).unwrap_or(u16::MAX).saturating_add(2).clamp(LEAST, rest - LEAST);
    framed(datum, facts, datum.pane, &mut pen.part(0, 2, width, upper), seen);
    framed(datum, facts, Pane::Log, &mut pen.part(0, 2 + upper, width, rest - upper), seen);
}

fn wide(datum: &Datum, facts: &Facts, pen: &mut Pen<'_>, seen: &mut Seen) {
    let (width, height) = (pen.width(), pen.height());
    let half = width / 2;
    let (first, second) = ((height / 3).clamp(7, 14), (height / 4).clamp(6, 12));
    // What has no result comes from nowhere: its log has the room.
    let origin = if height >= 30 && datum.has_result() { 6 } else { 0 };
    let log = height.saturating_sub(first + second + origin);
    for (pane, x, y, width, height) in [
        (Pane::Inputs, 0, 0, half, first),
        (Pane::Why, half, 0, width - half, first),
        (Pane::Outputs, 0, first, half, second),
        (Pane::Timing, half, first, width - half, second),
        (Pane::Log, 0, first + second, width, log),
        (Pane::Provenance, 0, first + second + log, width, origin),
    ] {
        if height == 0 {
            continue;
        }
        framed(datum, facts, pane, &mut pen.part(x, y, width, height), seen);
    }
}

/// Its state, and the chosen attempt in short.
fn head(datum: &Datum, facts: &Facts, pen: &mut Pen<'_>) {
    let state = datum.state(facts);
    let theme = pen.theme;
    let text = format!("{} {}", theme.glyph(state), state.word().replace('_', " "));
    let x = pen.say(1, 0, &text, role_of(state));
    let attempts = datum.attempts(facts);
    let Some(at) = datum.chosen(&attempts) else { return };
    let attempt = &attempts[at];
    let parts = [
        format!("attempt {} of {}", at + 1, attempts.len()),
        attempt.end(),
        attempt.length(facts.now_ms),
        attempt.used(),
    ];
    let parts: Vec<String> =
        parts.into_iter().filter(|part| !part.is_empty()).map(|part| show(&part)).collect();
    pen.say(x + 3, 0, &parts.join(theme.pick(" · ", " - ")), Role::Plain);
}

fn tabs(datum: &Datum, facts: &Facts, pen: &mut Pen<'_>, seen: &mut Seen) {
    let mut x = 1;
    for pane in datum.panes() {
        let name = title(datum, facts, pane);
        // On a narrow screen the name of the log must have its room.
        let name = if pen.width() < 70 && pane == Pane::Provenance { "Prov".into() } else { name };
        let is_current = pane == datum.pane;
        let text = if is_current { format!("[{name}]") } else { format!(" {name} ") };
        let end = pen.say(x, 0, &text, if is_current { Role::Focus } else { Role::Dim });
        seen.hits.push((pen.part(x, 0, end - x, 1).area, Hit::Row(pane as usize)));
        x = end + 1;
    }
}

fn title(datum: &Datum, facts: &Facts, pane: Pane) -> String {
    let view = datum.found();
    let counted = |word: &str, count: Option<usize>| match count {
        Some(count) => format!("{word} {count}"),
        None => word.to_owned(),
    };
    match pane {
        Pane::Why => "Why".into(),
        Pane::Inputs => counted("Inputs", view.map(|view| view.inputs.len())),
        Pane::Outputs => counted("Outputs", view.map(|view| view.outputs.len())),
        Pane::Timing => counted("Timing", Some(datum.attempts(facts).len()).filter(|count| *count > 0)),
        Pane::Provenance => "Provenance".into(),
        Pane::Log => "Log".into(),
    }
}

fn framed(datum: &Datum, facts: &Facts, pane: Pane, pen: &mut Pen<'_>, seen: &mut Seen) {
    let role = if pane == datum.pane { Role::Focus } else { Role::Border };
    let title = match pane {
        Pane::Why if datum.state(facts) == DatumState::Failed => "Why did it fail?".into(),
        Pane::Why => format!("Why is it {}?", datum.state(facts).word().replace('_', " ")),
        pane => title(datum, facts, pane),
    };
    let note = if pane == Pane::Log { log_note(datum, facts) } else { String::new() };
    seen.hits.push((pen.area, Hit::Row(pane as usize)));
    let mut inside = pen.frame(&title, &note, role);
    let width = inside.width();
    let below = fill(datum, facts, pane, &mut inside.part(1, 0, width.saturating_sub(2), u16::MAX), seen);
    if below > 0 && pen.height() >= 3 {
        let keys = if pane == datum.pane { "j k" } else { "Tab" };
        pen.under(&format!("{}, {keys}", crate::run::count(below, "more line")));
    }
}

fn log_note(datum: &Datum, facts: &Facts) -> String {
    let attempts = datum.attempts(facts);
    let which = datum.chosen(&attempts).map(|at| format!("attempt {} of {}", at + 1, attempts.len()));
    let length = match datum.text(facts) {
        Some(Ok(text)) => crate::run::count(text.lines.len(), "line"),
        _ => String::new(),
    };
    let before = datum.chosen(&attempts).filter(|at| attempts[*at].is_before);
    let before = before.map_or("", |at| turned(&attempts[..at], true).trim_end_matches(':'));
    [which.unwrap_or_default(), before.to_owned(), length]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(", ")
}

/// The lines of a pane from where it is scrolled to; how many there are below.
fn fill(datum: &Datum, facts: &Facts, pane: Pane, pen: &mut Pen<'_>, seen: &mut Seen) -> usize {
    let (rows, columns) = (usize::from(pen.height()), usize::from(pen.width()));
    let lines = lines(datum, facts, pane, columns);
    if pane == datum.pane {
        (seen.rows, seen.columns, seen.lines) = (rows, columns, lines.len());
    }
    let most = lines.len().saturating_sub(rows);
    let scrolled = datum.scrolled(pane).min(most);
    let first = if pane == Pane::Log { most - scrolled } else { scrolled };
    for (y, line) in (0..pen.height()).zip(&lines[first..]) {
        one(line, y, pen);
    }
    most - first
}

fn one(line: &Line, y: u16, pen: &mut Pen<'_>) {
    let width = pen.width();
    let right = u16::try_from(line.right.chars().count()).unwrap_or(u16::MAX);
    // What a line is about goes before what stands at its end.
    let is_wide = right > 0 && width > right + 20;
    let room = if is_wide { width - right - 1 } else { width };
    pen.put_within(0, y, room, &line.text, pen.theme.style(line.role));
    if is_wide {
        pen.put_right(width, y, &show(&line.right), pen.theme.style(Role::Dim));
    }
}
