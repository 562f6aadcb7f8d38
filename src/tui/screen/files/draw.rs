//! Drawing the tree, and beside or below it what changed and whom the file under the cursor feeds.

use crate::app::{FileChange, FileState};
use crate::model::{DatumState, show};
use crate::run::count;
use crate::tui::facts::{Facts, LAST_STATE, Watch};
use crate::tui::pen::Pen;
use crate::tui::popup::wrap;
use crate::tui::screen::{Hit, Seen};
use crate::tui::sign::Sign;
use crate::tui::theme::{Role, Theme};
use crate::tui::words::{age, clock, size};

use super::tree::{Row, RowKind};
use super::{Files, explained, told};

/// Draws all of it, as much as there is room for.
pub(super) fn draw(files: &Files, facts: &Facts, pen: &mut Pen<'_>, seen: &mut Seen) {
    let (width, height) = (pen.width(), pen.height());
    if width >= 70 {
        let side = width / 2;
        tree(files, facts, &mut pen.part(0, 0, width - side, height), seen);
        let below = if height >= 12 { (height / 2).min(12) } else { 0 };
        changes(files, facts, &mut pen.part(width - side, 0, side, height - below), seen);
        details(files, facts, &mut pen.part(width - side, height - below, side, below));
    } else if height >= 16 && files.found.as_ref().is_some_and(|found| !found.changes.is_empty()) {
        // What changed is what one comes for; of the file under the cursor the first lines are enough.
        tree(files, facts, &mut pen.part(0, 0, width, height - 9), seen);
        changes(files, facts, &mut pen.part(0, height - 9, width, 5), seen);
        details(files, facts, &mut pen.part(0, height - 4, width, 4));
    } else if height >= 12 {
        tree(files, facts, &mut pen.part(0, 0, width, height - 6), seen);
        details(files, facts, &mut pen.part(0, height - 6, width, 6));
    } else {
        tree(files, facts, pen, seen);
    }
}

fn tree(files: &Files, facts: &Facts, pen: &mut Pen<'_>, seen: &mut Seen) {
    let filter = (!files.filter.is_empty()).then(|| format!("filter: {}", show(&files.filter)));
    let watched = match &facts.watch {
        _ if facts.is_past => "as of a commit, nothing moves here".to_owned(),
        Watch::Told(folders) => format!("watched: {}", count(*folders, "folder")),
        Watch::Polling(_) => "looked at every 5 s".into(),
        Watch::Starting => String::new(),
    };
    let count = files.found.as_ref().map_or(0, |found| found.files.len());
    let focus = if files.is_of_changes { Role::Border } else { Role::Focus };
    let mut inside = pen.frame(&format!("Files {count}"), &filter.unwrap_or(watched), focus);
    if files.rows.is_empty() {
        let text = match (&files.found, files.filter.is_empty()) {
            (None, _) if facts.unread.is_some() => LAST_STATE,
            (None, _) => "looking at the files …",
            (_, false) => "nothing matches the filter; Esc shows all again",
            _ => "no file yet",
        };
        inside.say(1, 0, text, Role::Dim);
        return;
    }
    seen.rows = usize::from(inside.height());
    for (y, at) in (0_u16..).zip(files.list.window(files.rows.len(), seen.rows)) {
        let mut part = inside.part(0, y, u16::MAX, 1);
        row(&files.rows[at], &mut part);
        seen.hits.push((part.area, Hit::Row(at)));
        if at == files.list.cursor {
            part.say(0, 0, part.theme.sign(Sign::Cursor), Role::Focus);
            part.mark_row();
        }
    }
}

fn row(row: &Row, pen: &mut Pen<'_>) {
    let theme = pen.theme;
    let x = u16::try_from(2 + 2 * row.depth.min(40)).unwrap_or(u16::MAX);
    // Where a filter made the list flat, the whole path is the name.
    let name = if row.depth == 0 { &row.path } else { row.name() };
    let (sign, role, note) = match row.kind {
        RowKind::Folder(is_open, all, changed, absent) => {
            let sign = if is_open { theme.sign(Sign::Open) } else { theme.sign(Sign::Closed) };
            let mut note = String::new();
            if changed > 0 {
                note = format!("{}{changed} ", theme.pick("±", "+-"));
            }
            if absent > 0 {
                note = format!("{note}{}{absent} ", theme.sign(Sign::Absent));
            }
            (sign, if changed > 0 { Role::Warn } else { Role::Plain }, format!("{note}{all}"))
        }
        RowKind::File(state) => {
            let (sign, role) = sign(state, theme);
            (sign, role, state.word().to_owned())
        }
    };
    pen.say(x, 0, sign, role);
    let room = pen.width().saturating_sub(x + 3 + u16::try_from(note.chars().count()).unwrap_or(0) + 1);
    let plain = if role == Role::Dim { Role::Dim } else { Role::Plain };
    pen.put_within(x + 2, 0, room, &show(name), theme.style(plain));
    pen.put_right(
        pen.width().saturating_sub(1),
        0,
        &note,
        theme.style(if role == Role::Plain { Role::Dim } else { role }),
    );
}

fn sign(state: FileState, theme: Theme) -> (&'static str, Role) {
    match state {
        FileState::Clean => (" ", Role::Plain),
        FileState::Annexed => (theme.sign(Sign::Annexed), Role::Good),
        FileState::Absent => (theme.sign(Sign::Absent), Role::Blocked),
        FileState::Ignored => (" ", Role::Dim),
        FileState::Changed(FileChange::New) | FileState::Made(FileChange::New) => {
            (theme.sign(Sign::New), Role::Good)
        }
        FileState::Made(FileChange::Changed) => (theme.glyph(DatumState::Done), Role::Good),
        FileState::Made(FileChange::Removed) => (theme.sign(Sign::Deleted), Role::Dim),
        FileState::Changed(FileChange::Changed) => (theme.sign(Sign::Edited), Role::Warn),
        FileState::Changed(FileChange::Removed) => (theme.sign(Sign::Deleted), Role::Bad),
        FileState::Conflict => (theme.sign(Sign::Broken), Role::Bad),
    }
}

/// What is not committed, and what each change means.
fn changes(files: &Files, facts: &Facts, pen: &mut Pen<'_>, seen: &mut Seen) {
    let changes = files.found.as_ref().map_or(&[][..], |found| &found.changes);
    let count = changes.len();
    let (note, role) = if files.is_of_changes {
        (format!("{} of {count}", files.changed.cursor + 1), Role::Focus)
    } else {
        (String::new(), Role::Border)
    };
    let mut inside = pen.frame(&format!("Changed since the last commit {count}"), &note, role);
    seen.other_rows = usize::from(inside.height() / 2);
    let first = first(files, changes, &inside);
    let (mut y, height) = (0, inside.height());
    for (at, change) in changes.iter().enumerate().skip(first) {
        let lines = meaning(&change.2, &inside);
        let end = y + 1 + u16::try_from(lines.len()).unwrap_or(u16::MAX);
        // The last row says how many there is no room for.
        if end + u16::from(at + 1 < count) > height {
            let more = if files.is_of_changes { "" } else { "; Tab goes through them" };
            let more = format!("{} and {} more{more}", inside.theme.pick("…", "..."), count - at);
            inside.say(1, height.saturating_sub(1).max(y.min(height)), &more, Role::Dim);
            return;
        }
        let is_current = files.is_of_changes && at == files.changed.cursor;
        let written = files.found.as_ref().and_then(|found| found.written.get(&change.0));
        let written =
            written.map(|(at_ms, bytes)| (when(*at_ms, facts.now_ms, inside.width()), size(*bytes)));
        one_change(change, (written, &lines), is_current, &mut inside.part(0, y, u16::MAX, end - y));
        y = end;
    }
    if facts.unread.is_some() {
        inside.say(1, y.min(height.saturating_sub(1)), LAST_STATE, Role::Bad);
    } else if count == 0 {
        match facts.edited() {
            None => inside.say(1, 0, "nothing: all is committed", Role::Dim),
            Some(edited) => inside.say(1, 0, &format!("no input or code; {edited}"), Role::Stale),
        };
    }
}

/// When a file was written: the time of the day, or how many days ago, in as many columns.
fn when(at_ms: u64, now_ms: u64, width: u16) -> String {
    let ago = now_ms.saturating_sub(at_ms);
    let has_seconds = width >= 50;
    let told = if ago < DAY_MS { clock(at_ms, has_seconds) } else { format!("{} ago", age(ago)) };
    format!("{told:<columns$} ", columns = if has_seconds { 8 } else { 6 })
}

/// A day, in milliseconds.
const DAY_MS: u64 = 86_400_000;

/// A change in one row, with when it was made and how large the file is, and what it means in those below.
fn one_change(
    (path, change, _): &Change,
    (written, lines): (Option<(String, String)>, &[String]),
    is_current: bool,
    pen: &mut Pen<'_>,
) {
    let (sign, role) = sign(*change, pen.theme);
    let (when, size) = written.unwrap_or_default();
    let x = pen.say(1, 0, &when, Role::Dim);
    let x = pen.say(x, 0, sign, role);
    let x = pen.say(x + 1, 0, change.word(), Role::Dim);
    let wide = u16::try_from(size.chars().count()).unwrap_or(0);
    let room = pen.width().saturating_sub(x + 1 + if wide > 0 { wide + 2 } else { 0 });
    pen.put_within(x + 1, 0, room, &show(path), pen.theme.style(Role::Plain));
    pen.put_right(pen.width().saturating_sub(1), 0, &size, pen.theme.style(Role::Dim));
    let arrow = pen.theme.pick("→ ", "->");
    for (y, line) in (1..).zip(lines) {
        pen.say(3, y, if y == 1 { arrow } else { "" }, Role::Dim);
        pen.say(5, y, line, Role::Stale);
    }
    if is_current {
        let mut row = pen.part(0, 0, u16::MAX, 1);
        row.say(0, 0, row.theme.sign(Sign::Cursor), Role::Focus);
        row.mark_row();
    }
}

/// A path, what happened to it, and what that means.
type Change = (String, FileState, String);

/// What a change means, in lines. Where few rows are, it has one, which ends in a mark if it is longer.
fn meaning(told: &str, pen: &Pen<'_>) -> Vec<String> {
    let room = usize::from(pen.width().saturating_sub(5));
    let mut lines = if pen.height() < 6 { vec![told.to_owned()] } else { wrap(told, room) };
    lines.retain(|line| !line.is_empty());
    lines
}

/// The first change to be shown, so that the one that keys go to is in sight.
fn first(files: &Files, changes: &[Change], pen: &Pen<'_>) -> usize {
    let cursor = if files.is_of_changes { files.changed.cursor } else { 0 };
    let more = u16::from(cursor + 1 < changes.len());
    let mut room = pen.height().saturating_sub(more);
    let mut first = cursor;
    for at in (0..=cursor).rev() {
        let rows = changes.get(at).map_or(0, |(.., told)| 1 + meaning(told, pen).len());
        let rows = u16::try_from(rows).unwrap_or(u16::MAX);
        if rows > room && at < cursor {
            break;
        }
        (room, first) = (room.saturating_sub(rows), at);
    }
    first
}

/// The path under the cursor: whom it feeds, or who made it.
fn details(files: &Files, facts: &Facts, pen: &mut Pen<'_>) {
    let Some(row) = files.current() else {
        pen.frame("", "", Role::Border);
        return;
    };
    let mut inside = pen.frame(&show(&row.path), "", Role::Border);
    let room = usize::from(inside.width().saturating_sub(2));
    let lines = match files.known() {
        None => vec!["looking …".to_owned()],
        Some(known) => told(known),
    };
    let lines = explained(lines, &row.path, facts);
    let absent = matches!(row.kind, RowKind::File(FileState::Absent));
    let absent = absent
        .then(|| "its content is not here: a run that needs it fetches it (`git annex get`)".to_owned());
    let mut end = 0_u16;
    for line in absent.iter().chain(&lines).flat_map(|line| wrap(line, room)) {
        inside.say(1, end, &line, Role::Plain);
        end = end.saturating_add(1);
    }
    inside.goes_on(end);
}
