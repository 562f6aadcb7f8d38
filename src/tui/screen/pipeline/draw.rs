//! Drawing a pipeline: the panes above, and of the table only the rows that are on the screen.

use crate::model::show;
use crate::plan::FAILED;
use crate::tui::facts::{Facts, span};
use crate::tui::pen::Pen;
use crate::tui::popup::broken;
use crate::tui::screen::{Hit, Seen};
use crate::tui::sign::Sign;
use crate::tui::theme::{Role, role_of};
use crate::tui::words::size;

use super::ask::nothing;
use super::panes::{Look, heat, spec, spec_line, strip};
use super::rows::Rows;

/// Draws all of it, as much as there is room for.
pub(super) fn draw(rows: &Rows, look: Look, facts: &Facts, pen: &mut Pen<'_>, seen: &mut Seen) {
    let (width, height) = (pen.width(), pen.height());
    match (rows.node, rows.pipeline(facts)) {
        _ if look.is_zoomed && look.is_strip => strip(rows, look, facts, pen, seen),
        _ if look.is_zoomed => drop(list(rows, facts, pen, seen)),
        (Some(at), Some(node)) if width >= 110 && height >= 24 => {
            let (top, side) = ((height * 2 / 5).clamp(9, 13), 48);
            spec(node, at, facts, &mut pen.part(0, 0, side, top));
            heat(rows, look, facts, &mut pen.part(side, 0, width - side, top), seen);
            table(rows, look, facts, &mut pen.part(0, top, width, height - top), seen);
        }
        (_, Some(node)) if width >= 70 && height >= 14 => {
            spec_line(node, &mut pen.part(0, 0, width, 1));
            heat(rows, look, facts, &mut pen.part(0, 1, width, 4), seen);
            table(rows, look, facts, &mut pen.part(0, 5, width, height - 5), seen);
        }
        (Some(_), _) if height >= 8 => {
            strip(rows, look, facts, &mut pen.part(1, 0, width.saturating_sub(2), 1), seen);
            table(rows, look, facts, &mut pen.part(0, 1, width, height - 1), seen);
        }
        _ => table(rows, look, facts, pen, seen),
    }
}

fn table(rows: &Rows, look: Look, facts: &Facts, pen: &mut Pen<'_>, seen: &mut Seen) {
    let role = if look.is_strip { Role::Border } else { Role::Focus };
    let note = note(rows, usize::from(pen.width()).saturating_sub(14));
    let mut inside = pen.frame("Datums", &note, role);
    let window = list(rows, facts, &mut inside, seen);
    if let Some(wrong) = &rows.wrong {
        pen.under(wrong);
    } else if let Some(held) = rows.node.and_then(|at| facts.held(at)) {
        pen.under(&format!("results not committed yet: {}", show(&held.why)));
    } else if window.len() < rows.shown.len() {
        pen.under(&format!("rows {} to {} of {}", window.start + 1, window.end, rows.shown.len()));
    }
}

/// How rows are sorted and filtered, how many are selected, and where the cursor is; the last always.
fn note(rows: &Rows, room: usize) -> String {
    let asked = &rows.asked;
    let order = asked.sort.name(asked.is_reversed);
    let order = match (rows.is_sorting, rows.is_outdated) {
        (true, _) => format!("sorting: {order}"),
        (false, true) => format!("{order}, as of before"),
        (false, false) => order.into(),
    };
    let cursor = if rows.shown.is_empty() { 0 } else { rows.list.cursor + 1 };
    let selected = (!rows.selected.is_empty()).then(|| format!("{} selected", rows.selected.len()));
    let failed = asked.is_failed_only.then(|| "failed only".to_owned());
    let range = asked.range.as_ref().map(|_| "one cell".to_owned());
    let filter = asked.filter.trim();
    let filter = (!filter.is_empty()).then(|| format!("filter: {}", show(filter)));
    let place = format!("{cursor}/{}", rows.shown.len());
    // The likeliest to be known are the first to go.
    let mut parts: Vec<String> =
        [Some(order), failed, range, filter, selected, Some(place)].into_iter().flatten().collect();
    while parts.len() > 1 && parts.iter().map(|part| part.chars().count() + 3).sum::<usize>() > room {
        parts.remove(0);
    }
    parts.join("   ")
}

/// A reason without what the sign before it says already.
fn telling(reason: &str) -> &str {
    reason.strip_prefix(FAILED).unwrap_or(reason)
}

/// Which columns there are, and how wide keys are.
struct Columns {
    key: u16,
    has_id: bool,
    has_time: bool,
    has_memory: bool,
}

impl Columns {
    fn of(rows: &Rows, facts: &Facts, width: u16) -> Self {
        let longest = u16::try_from(rows.table().longest_key).unwrap_or(u16::MAX);
        Self {
            key: longest.clamp(4, (width / 3).clamp(8, 32)),
            has_id: width >= 72,
            has_time: width >= 46,
            has_memory: width >= 64 && rows.node.is_some_and(|at| facts.has_peaks(at)),
        }
    }

    /// Where the time ends, where the memory, and where the reason begins.
    const fn after(&self) -> (u16, u16, u16) {
        let time = 4 + self.key + if self.has_id { 10 } else { 0 } + if self.has_time { 8 } else { 0 };
        let memory = time + if self.has_memory { 8 } else { 0 };
        (time, memory, memory + 2)
    }
}

/// The rows on the screen.
fn list(rows: &Rows, facts: &Facts, pen: &mut Pen<'_>, seen: &mut Seen) -> std::ops::Range<usize> {
    let columns = Columns::of(rows, facts, pen.width());
    let height = usize::from(pen.height().saturating_sub(1));
    seen.rows = height;
    let Some(at) = rows.node.filter(|_| !rows.shown.is_empty()) else {
        for (y, line) in (0_u16..).zip(nothing(rows, facts)) {
            pen.say(1, y, &line, Role::Dim);
        }
        return 0..0;
    };
    heading(&columns, pen);
    let whole = whole(rows, facts, at, &columns, pen);
    let below = u16::try_from(whole.len()).unwrap_or(u16::MAX).min(pen.height() / 3);
    for (y, line) in (pen.height() - below..).zip(whole.iter().take(usize::from(below))) {
        pen.say(4, y, line, Role::Dim);
    }
    let height = height.saturating_sub(usize::from(below));
    seen.rows = height;
    let window = rows.list.window(rows.shown.len(), height);
    for (y, place) in (1_u16..).zip(window.clone()) {
        let mut part = pen.part(0, y, u16::MAX, 1);
        row(rows, facts, at, place, &columns, &mut part);
        seen.hits.push((part.area, Hit::Row(place)));
    }
    window
}

/// The reason of the row under the cursor in lines of their own, where the row has no room for all of it.
fn whole(rows: &Rows, facts: &Facts, at: usize, columns: &Columns, pen: &Pen<'_>) -> Vec<String> {
    let Some(row) = rows.current().filter(|_| pen.height() >= 8) else { return Vec::new() };
    let words = show(telling(&facts.reason(at, row)));
    let (.., x) = columns.after();
    let is_cut = x.saturating_add(pen.columns(&words)) > pen.width();
    if is_cut { broken(&words, usize::from(pen.width().saturating_sub(5))) } else { Vec::new() }
}

fn heading(columns: &Columns, pen: &mut Pen<'_>) {
    let (time, memory, reason) = columns.after();
    pen.say(4, 0, "key", Role::Dim);
    if columns.has_id {
        pen.say(6 + columns.key, 0, "id", Role::Dim);
    }
    if columns.has_time {
        pen.put_right(time, 0, "time", pen.theme.style(Role::Dim));
    }
    if columns.has_memory {
        pen.put_right(memory, 0, "mem", pen.theme.style(Role::Dim));
    }
    pen.say(reason, 0, "why", Role::Dim);
}

fn row(rows: &Rows, facts: &Facts, at: usize, place: usize, columns: &Columns, pen: &mut Pen<'_>) {
    let (row, theme) = (rows.shown[place] as usize, pen.theme);
    let (key, state) = (rows.table().key(row), facts.state(at, row));
    let is_current = place == rows.list.cursor;
    if is_current {
        pen.say(0, 0, theme.sign(Sign::Cursor), Role::Focus);
    }
    if rows.selected.contains(key) {
        pen.say(1, 0, theme.sign(Sign::Selected), Role::Key);
    }
    pen.say(2, 0, theme.glyph(state), role_of(state));
    pen.put_within(4, 0, columns.key, &show(key), theme.style(Role::Plain));
    if columns.has_id {
        let id = rows.table().ids.get(row).map(ToString::to_string).unwrap_or_default();
        pen.put_within(6 + columns.key, 0, 8, id.get(..8).unwrap_or(&id), theme.style(Role::Dim));
    }
    let (time, memory, reason) = columns.after();
    let took = facts.took_one(at, row);
    if columns.has_time {
        let text = if took > 0 { span(took) } else { "-".into() };
        pen.put_right(time, 0, &text, theme.style(Role::Dim));
    }
    if columns.has_memory {
        let text = facts.peak(at, row).map_or_else(|| "-".into(), size);
        pen.put_right(memory, 0, &text, theme.style(Role::Dim));
    }
    pen.say(reason, 0, &show(telling(&facts.reason(at, row))), role_of(state));
    if is_current {
        pen.mark_row();
    }
}
