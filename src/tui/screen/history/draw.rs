//! Drawing the commits: one in a row, and below them the one under the cursor with what it changed.

use crate::app::{CommitEffect, CommitView};
use crate::model::{DatumState, show};
use crate::tui::bar::WORST_FIRST;
use crate::tui::facts::{Facts, LAST_STATE};
use crate::tui::pen::Pen;
use crate::tui::popup::wrap;
use crate::tui::screen::{Hit, Seen};
use crate::tui::sign::Sign;
use crate::tui::theme::{Role, Theme, role_of};

use super::{History, Row, ago, kind, unsaved};

/// Draws the list, and what is under the cursor below it where there is room.
pub(super) fn draw(history: &History, facts: &Facts, pen: &mut Pen<'_>, seen: &mut Seen) {
    let (width, height) = (pen.width(), pen.height());
    let below = if height >= 14 { (height / 3).clamp(7, 12) } else { 0 };
    list(history, facts, &mut pen.part(0, 0, width, height - below), seen);
    if below > 0 {
        details(history, facts, &mut pen.part(0, height - below, width, below));
    }
}

fn list(history: &History, facts: &Facts, pen: &mut Pen<'_>, seen: &mut Seen) {
    let rows = history.rows();
    let filter = (!history.filter.is_empty()).then(|| format!("filter: {}", show(&history.filter)));
    let chosen = history.chosen.as_ref().map(|chosen| format!("{} is compared", chosen.short()));
    let note = filter.or(chosen).unwrap_or_default();
    let count = history.commits.as_ref().map_or(0, |commits| commits.len());
    let mut inside = pen.frame(&format!("History {count}"), &note, Role::Focus);
    if let Some((text, role)) = empty(history, rows.len()) {
        inside.say(1, 0, &text, role);
        if rows.is_empty() {
            return;
        }
    }
    let theme = inside.theme;
    let top = u16::from(inside.height() > FEW && history.wrong.is_none());
    seen.rows = usize::from(inside.height().saturating_sub(top));
    let window = history.list.window(rows.len(), seen.rows);
    let by = if inside.width() >= 70 { by_columns(&rows[window.clone()]).min(inside.width() / 5) } else { 0 };
    if top > 0 {
        headings(by, &mut inside);
    }
    let mut inside = inside.part(0, top, u16::MAX, u16::MAX);
    for (y, at) in (0_u16..).zip(window) {
        let mut part = inside.part(0, y, u16::MAX, 1);
        match rows[at] {
            Row::Now => now(facts, &mut part),
            Row::Commit(commit) => row(history, facts, commit, by, &mut part),
        }
        seen.hits.push((part.area, Hit::Row(at)));
        if at == history.list.cursor {
            part.say(0, 0, theme.sign(Sign::Cursor), Role::Focus);
            part.mark_row();
        }
    }
}

/// A list with more rows than this has headings.
const FEW: u16 = 5;

/// Writes what stands in each column into the first row.
fn headings(by: u16, pen: &mut Pen<'_>) {
    pen.put_right(9, 0, "when", pen.theme.style(Role::Dim));
    pen.say(11, 0, "commit", Role::Dim);
    if by > 1 {
        pen.put_within(22, 0, by, "by", pen.theme.style(Role::Dim));
    }
    pen.say(subject_column(by), 0, "what", Role::Dim);
    pen.put_right(pen.width().saturating_sub(1), 0, "effect", pen.theme.style(Role::Dim));
}

/// Where subjects begin, behind names of so many columns.
const fn subject_column(by: u16) -> u16 {
    if by > 0 { 22 + by + 1 } else { 22 }
}

/// How wide the names are of those who committed what is shown.
fn by_columns(rows: &[Row<'_>]) -> u16 {
    let wide = rows.iter().map(|row| match row {
        Row::Commit(commit) => show(&commit.by).chars().count(),
        Row::Now => 0,
    });
    u16::try_from(wide.max().unwrap_or(0)).unwrap_or(u16::MAX)
}

fn empty(history: &History, rows: usize) -> Option<(String, Role)> {
    match (&history.wrong, &history.commits) {
        (Some(why), _) => Some((show(why), Role::Bad)),
        (None, Some(_)) if rows == 0 => {
            Some(("nothing matches the filter; Esc shows all again".into(), Role::Dim))
        }
        _ => None,
    }
}

fn now(facts: &Facts, pen: &mut Pen<'_>) {
    pen.say(2, 0, "now", Role::Title);
    let (text, role) = match unsaved(facts) {
        _ if facts.unread.is_some() => (LAST_STATE.to_owned(), Role::Bad),
        _ if facts.is_past => ("the project now: Enter leads back".to_owned(), Role::Dim),
        None => ("as it is, all committed".to_owned(), Role::Dim),
        Some(said) => (said, Role::Warn),
    };
    let mut end = pen.width().saturating_sub(1);
    let told = if facts.is_past { Vec::new() } else { work(facts, pen.theme) };
    for (text, role) in told.iter().rev() {
        pen.put_right(end, 0, text, pen.theme.style(*role));
        end = end.saturating_sub(u16::try_from(text.chars().count()).unwrap_or(0) + 1);
    }
    pen.put_within(20, 0, end.saturating_sub(20), &text, pen.theme.style(role));
}

/// What a run would do something for, by state, the worst first.
fn work(facts: &Facts, theme: Theme) -> Vec<(String, Role)> {
    let totals = facts.totals();
    let work = WORST_FIRST.into_iter().filter(|state| state.is_work() && totals.get(*state) > 0);
    work.map(|state| (format!("{}{}", theme.glyph(state), totals.get(state)), role_of(state))).collect()
}

/// What a commit did in a few signs: `✓21 Δ1`, `+400 ~2`.
fn told_effect(effect: CommitEffect, theme: Theme) -> Vec<(String, Role)> {
    let (new, edited, deleted) = effect.files;
    let told = [
        (effect.made, theme.glyph(DatumState::Done), Role::Good),
        (effect.remade, theme.sign(Sign::Replaced), Role::Stale),
        (effect.gone, theme.sign(Sign::Gone), Role::Warn),
        (new, theme.sign(Sign::New), Role::Good),
        (edited, theme.sign(Sign::Edited), Role::Warn),
        (deleted, theme.sign(Sign::Deleted), Role::Bad),
    ];
    let told = told.into_iter().filter(|(number, ..)| *number > 0);
    told.map(|(number, sign, role)| (format!("{sign}{number}"), role)).collect()
}

fn row(history: &History, facts: &Facts, commit: &CommitView, by: u16, pen: &mut Pen<'_>) {
    let is_chosen = history.chosen.as_ref().is_some_and(|chosen| chosen.id == commit.id);
    let (sign, role) = sign(commit, pen.theme);
    pen.put_right(9, 0, &ago(facts, commit), pen.theme.style(Role::Dim));
    pen.say(11, 0, commit.short(), if is_chosen { Role::Key } else { Role::Plain });
    if is_chosen {
        pen.say(10, 0, pen.theme.sign(Sign::Selected), Role::Key);
    } else if facts.is_past && commit.id == facts.snapshot.head {
        pen.say(10, 0, pen.theme.sign(Sign::Here), Role::Warn);
    }
    pen.say(20, 0, sign, role);
    pen.put_within(22, 0, by, &show(&commit.by), pen.theme.style(Role::Dim));
    let x = subject_column(by);
    let mut end = pen.width().saturating_sub(1);
    let effect = history.effects.get(&commit.id).copied().flatten().unwrap_or_default();
    for (text, role) in told_effect(effect, pen.theme).iter().rev() {
        pen.put_right(end, 0, text, pen.theme.style(*role));
        end = end.saturating_sub(u16::try_from(text.chars().count()).unwrap_or(0) + 1);
    }
    let role = if commit.pipeline.is_some() { role } else { Role::Plain };
    pen.put_within(x, 0, end.saturating_sub(x), &show(&commit.subject), pen.theme.style(role));
}

/// Results, what takes others back, and all else.
fn sign(commit: &CommitView, theme: Theme) -> (&'static str, Role) {
    match (&commit.pipeline, &commit.reverts) {
        (_, Some(_)) => (theme.sign(Sign::TakesBack), Role::Stale),
        (Some(_), None) => (theme.glyph(DatumState::Done), Role::Good),
        (None, None) => (" ", Role::Dim),
    }
}

fn details(history: &History, facts: &Facts, pen: &mut Pen<'_>) {
    let Some(commit) = history.current() else {
        let text = "the project as it is; a row further down is a commit: Enter shows all as of it";
        let mut inside = pen.frame("now", "", Role::Border);
        return lines(&[(text.to_owned(), Role::Dim)], &mut inside);
    };
    let mut inside = pen.frame(commit.short(), &ago(facts, commit), Role::Border);
    let mut told = vec![(show(&commit.subject), Role::Plain)];
    told.push((format!("{} · by {}", kind(commit), show(&commit.by)), Role::Dim));
    told.extend(history.taken_back(commit).map(|said| (said, Role::Stale)));
    let touched = history.touched.get(&commit.id);
    told.extend(touched.into_iter().flatten().map(|line| (line.clone(), Role::Plain)));
    lines(&told, &mut inside);
    // Where there is room for it.
    let last = inside.height().saturating_sub(1);
    if usize::from(last) > told.len() {
        let text = "commits tell nothing of failures: what had failed is pending there";
        inside.say(1, last, text, Role::Dim);
    }
}

/// Lines as wide as there is room, as many as fit.
fn lines(told: &[(String, Role)], pen: &mut Pen<'_>) {
    let room = usize::from(pen.width().saturating_sub(2));
    let rows = told.iter().flat_map(|(line, role)| wrap(line, room).into_iter().map(|line| (line, *role)));
    let mut end = 0_u16;
    for (line, role) in rows {
        pen.say(1, end, &line, role);
        end = end.saturating_add(1);
    }
    pen.goes_on(end);
}
