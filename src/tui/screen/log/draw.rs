//! Drawing a log: its lines, what is found in them, and always whether its end is followed.

use std::ops::Range;

use ratatui::style::Modifier;

use crate::model::show;
use crate::tui::pen::Pen;
use crate::tui::theme::Role;
use crate::tui::words::size;

use super::Log;
use super::rows::{height, right_of, wrapped};
use super::search::{NO_MATCH, places};
use crate::tui::screen::{Hit, Seen};

/// Draws the log into a pane, or without one.
pub(super) fn draw(log: &Log, pen: &mut Pen<'_>, seen: &mut Seen) {
    let is_framed = !log.is_zoomed && pen.width() >= 4 && pen.height() >= 3;
    if !is_framed {
        return body(log, pen, seen);
    }
    let (title, state) = (title(log), state(log));
    let mut inside = pen.frame(&title, &found(log), Role::Focus);
    body(log, &mut inside, seen);
    pen.under(&state);
}

fn title(log: &Log) -> String {
    let Some(Ok(text)) = &log.text else {
        return if log.source.file.is_some() { "File" } else { "Log" }.into();
    };
    let lines = crate::run::count(text.lines.len(), "line");
    if log.source.file.is_some() {
        let of = if text.is_cut { format!(", the beginning of {}", size(text.bytes)) } else { String::new() };
        return format!("File · {lines}{of}");
    }
    if log.source.is_all {
        return format!("Logs of {} · {lines}", show(&log.source.pipeline));
    }
    if text.left_out > 0 {
        format!("Log · {lines}, beginning and end of {}", size(text.bytes + text.left_out))
    } else if text.is_cut {
        format!("Log · {lines}, the end of {}", size(text.bytes))
    } else {
        format!("Log · {lines}")
    }
}

/// What a search found; where only a part of the log was kept, no match there says nothing of the rest.
fn found(log: &Log) -> String {
    let count = log.search.count(log.row());
    if log.is_part() && count == NO_MATCH { format!("{NO_MATCH} in what is kept") } else { count }
}

/// Whether the end is followed, whether it can grow, and how lines are shown.
fn state(log: &Log) -> String {
    let follow = match (log.is_following, log.is_running) {
        (false, _) if log.has_more => "follow off, more came: End shows it",
        (true, true) => "follow on, it runs",
        (true, false) => "follow on, it has ended",
        (false, true) => "follow off, it runs: End follows",
        (false, false) => "follow off, it has ended",
    };
    let place = format!("line {} of {}", (log.row() + 1).min(log.lines().len()), log.lines().len());
    let long = match (log.is_wrapped, log.left) {
        (true, _) => " · wrapped".to_owned(),
        (false, 0) => String::new(),
        (false, left) => format!(" · from column {}", left + 1),
    };
    if log.source.file.is_some() { format!("{place}{long}") } else { format!("{follow} · {place}{long}") }
}

fn empty(log: &Log) -> String {
    match (&log.text, log.is_running) {
        (None, _) => "reading …".into(),
        (Some(_), true) => "nothing printed yet; what comes is shown here".into(),
        (Some(Err(error)), false) => show(&error.to_string()),
        (Some(Ok(_)), false) if log.source.file.is_some() => "the file is empty".into(),
        (Some(Ok(_)), false) => "the log is empty: the command printed nothing".into(),
    }
}

/// A row of the screen: which line, which bytes of it, and columns that stay empty before them.
struct Row {
    line: usize,
    bytes: Range<usize>,
    pad: usize,
}

fn body(log: &Log, pen: &mut Pen<'_>, seen: &mut Seen) {
    (seen.rows, seen.columns, seen.lines) =
        (usize::from(pen.height()), usize::from(pen.width()), log.lines().len());
    if log.lines().is_empty() {
        pen.say(0, 0, &empty(log), Role::Dim);
        return;
    }
    let rows = if log.is_wrapped { wrapped_rows(log, seen) } else { cut_rows(log, seen) };
    for (y, row) in (0..pen.height()).zip(&rows) {
        one(log, row, &mut pen.part(0, y, u16::MAX, 1));
        seen.hits.push((pen.part(0, y, u16::MAX, 1).area, Hit::Row(row.line)));
    }
}

fn cut_rows(log: &Log, seen: &Seen) -> Vec<Row> {
    let lines = log.lines();
    let window = log.list.window(lines.len(), seen.rows);
    let cut = |line: usize| {
        let (start, pad) = right_of(&lines[line], log.left);
        Row { line, bytes: start..lines[line].len(), pad }
    };
    window.map(cut).collect()
}

fn wrapped_rows(log: &Log, seen: &Seen) -> Vec<Row> {
    let (lines, cursor, rows) = (log.lines(), log.row(), seen.rows.max(1));
    let high = |line: usize| height(&lines[line], seen.columns);
    let top = log.list.window(lines.len(), rows).start;
    let (mut first, mut used) = (cursor, high(cursor));
    while first > top && used + high(first - 1) <= rows {
        first -= 1;
        used += high(first);
    }
    // Of a line that is higher than the screen, some rows stand above it.
    let above = log.inner.min(high(cursor).saturating_sub(rows));
    let all = (first..lines.len()).flat_map(|line| {
        let skipped = if line == cursor { above } else { 0 };
        parts(lines, line, seen).skip(skipped)
    });
    let mut found: Vec<Row> = all.take(rows).collect();
    // Of a line that is higher than the room above it, the end stands there.
    for line in (0..first).rev() {
        let room = rows - found.len();
        let end: Vec<Row> = parts(lines, line, seen).rev().take(room).collect();
        found.splice(0..0, end.into_iter().rev());
        if found.len() == rows {
            break;
        }
    }
    found
}

/// The rows of a wrapped line.
fn parts(lines: &[String], line: usize, seen: &Seen) -> impl DoubleEndedIterator<Item = Row> + use<> {
    wrapped(&lines[line], seen.columns).into_iter().map(move |bytes| Row { line, bytes, pad: 0 })
}

fn one(log: &Log, row: &Row, pen: &mut Pen<'_>) {
    let line = &log.lines()[row.line];
    let pad = u16::try_from(row.pad).unwrap_or(u16::MAX);
    pen.say(pad, 0, &line[row.bytes.clone()], Role::Plain);
    if row.line == log.row() {
        pen.mark(0, 0, pen.width(), pen.theme.selected());
    }
    for place in places(line, &log.search.text) {
        let (start, end) = (place.start.max(row.bytes.start), place.end.min(row.bytes.end));
        if start < end {
            mark(&line[row.bytes.start..start], &line[start..end], pad, pen);
        }
    }
}

/// Marks what was found; `before` it stands in the row.
fn mark(before: &str, found: &str, pad: u16, pen: &mut Pen<'_>) {
    let style = pen.theme.style(Role::Warn);
    let style = style.add_modifier(Modifier::REVERSED | Modifier::BOLD | Modifier::UNDERLINED);
    pen.mark(pen.columns(before).saturating_add(pad), 0, pen.columns(found), style);
}
