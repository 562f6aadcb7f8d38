//! Drawing the commits: one in a row, and below them the one under the cursor with what it changed.

use crate::app::CommitView;
use crate::model::show;
use crate::tui::facts::{Facts, LAST_STATE, span};
use crate::tui::pen::Pen;
use crate::tui::screen::{Hit, Seen};
use crate::tui::theme::{Role, Theme};

use super::{History, Row, kind};

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
    seen.rows = usize::from(inside.height());
    let theme = inside.theme;
    for (y, at) in (0_u16..).zip(history.list.window(rows.len(), seen.rows)) {
        let mut part = inside.part(0, y, u16::MAX, 1);
        match rows[at] {
            Row::Now => now(facts, &mut part),
            Row::Commit(commit) => row(history, facts, commit, &mut part),
        }
        seen.hits.push((part.area, Hit::Row(at)));
        if at == history.list.cursor {
            part.say(0, 0, theme.pick("›", ">"), Role::Focus);
            part.mark(0, 0, part.width(), theme.selected());
        }
    }
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
    let edited = facts.snapshot.uncommitted.len();
    let held = facts.snapshot.nodes.iter().filter(|node| node.held.is_some()).count();
    let mut said = Vec::new();
    if edited > 0 {
        said.push(crate::run::count(edited, "file"));
    }
    if held > 0 {
        said.push(format!("results of {}", crate::run::count(held, "pipeline")));
    }
    let (text, role) = if facts.unread.is_some() {
        (LAST_STATE.to_owned(), Role::Bad)
    } else if said.is_empty() {
        ("the project as it is, all committed".to_owned(), Role::Dim)
    } else {
        (format!("{} not committed", said.join(" and ")), Role::Warn)
    };
    pen.say(20, 0, &text, role);
}

fn row(history: &History, facts: &Facts, commit: &CommitView, pen: &mut Pen<'_>) {
    let is_chosen = history.chosen.as_ref().is_some_and(|chosen| chosen.id == commit.id);
    let (sign, role) = sign(commit, pen.theme);
    pen.put_right(9, 0, &span(facts.now_ms.saturating_sub(commit.at_ms)), pen.theme.style(Role::Dim));
    pen.say(11, 0, commit.short(), if is_chosen { Role::Key } else { Role::Plain });
    if is_chosen {
        pen.say(10, 0, pen.theme.pick("•", "*"), Role::Key);
    }
    pen.say(20, 0, sign, role);
    let by = if pen.width() >= 70 { 16 } else { 0 };
    pen.put_within(22, 0, by, &show(&commit.by), pen.theme.style(Role::Dim));
    let x = if by > 0 { 22 + by + 1 } else { 22 };
    pen.say(x, 0, &show(&commit.subject), if commit.pipeline.is_some() { role } else { Role::Plain });
}

/// Results, what takes others back, and all else.
fn sign(commit: &CommitView, theme: Theme) -> (&'static str, Role) {
    match (&commit.pipeline, &commit.reverts) {
        (_, Some(_)) => (theme.pick("↶", "<"), Role::Stale),
        (Some(_), None) => (theme.pick("✓", "+"), Role::Good),
        (None, None) => (theme.pick("·", "."), Role::Dim),
    }
}

fn details(history: &History, facts: &Facts, pen: &mut Pen<'_>) {
    let Some(commit) = history.current() else {
        let mut inside = pen.frame("now", "", Role::Border);
        inside.say(
            1,
            0,
            "the project as it is; a row further down is a commit: Enter shows all as of it",
            Role::Dim,
        );
        return;
    };
    let ago = format!("{} ago", span(facts.now_ms.saturating_sub(commit.at_ms)));
    let mut inside = pen.frame(commit.short(), &ago, Role::Border);
    let mut lines = vec![(show(&commit.subject), Role::Plain)];
    lines.push((format!("{} · by {}", kind(commit), show(&commit.by)), Role::Dim));
    let touched = history.touched.get(&commit.id);
    lines.extend(touched.into_iter().flatten().map(|line| (line.clone(), Role::Plain)));
    let most = usize::from(inside.height()).saturating_sub(1);
    lines.truncate(most);
    lines
        .push(("of failures, commits tell nothing: what had failed shows as pending then".into(), Role::Dim));
    for (y, (line, role)) in (0_u16..).zip(&lines) {
        inside.say(1, y, line, *role);
    }
}
