//! Drawing where something comes from: a tree of what was made of what, and below it what is under the cursor.

use crate::app::ToldLine;
use crate::model::show;
use crate::tui::facts::Facts;
use crate::tui::pen::Pen;
use crate::tui::popup::{wrap, wrap_hanging};
use crate::tui::screen::{Hit, Seen};
use crate::tui::sign::Sign;
use crate::tui::theme::Role;

use super::Provenance;

/// Draws the tree, and what is under the cursor below it where there is room.
pub(super) fn draw(screen: &Provenance, facts: &Facts, pen: &mut Pen<'_>, seen: &mut Seen) {
    let (width, height) = (pen.width(), pen.height());
    let below = if height >= 14 && screen.thing().is_some() { details_height(screen, height) } else { 0 };
    tree(screen, &mut pen.part(0, 0, width, height - below), seen);
    if below > 0 {
        details(screen, facts, &mut pen.part(0, height - below, width, below));
    }
}

/// A third of the room; up to a half where the tree leaves it free.
fn details_height(screen: &Provenance, height: u16) -> u16 {
    let free =
        height.saturating_sub(u16::try_from(screen.lines().len()).unwrap_or(u16::MAX).saturating_add(2));
    let least = (height / 3).clamp(6, 9);
    free.min(height / 2).max(least)
}

fn tree(screen: &Provenance, pen: &mut Pen<'_>, seen: &mut Seen) {
    let note = if screen.at == "HEAD" { "as committed last" } else { &*screen.at };
    let mut inside = pen.frame(&format!("Provenance of {}", show(&screen.target)), note, Role::Focus);
    let theme = inside.theme;
    let (text, role) = match &screen.found {
        None => (format!("reading the past {}", theme.pick("…", "...")), Role::Dim),
        Some(Err(why)) => (show(why), Role::Bad),
        Some(Ok(_)) => (String::new(), Role::Plain),
    };
    let room = usize::from(inside.width().saturating_sub(2));
    if !text.is_empty() {
        for (y, line) in (0..inside.height()).zip(wrap(&text, room)) {
            inside.say(1, y, &line, role);
        }
    }
    let lines = screen.lines();
    seen.rows = usize::from(inside.height());
    for (y, at) in (0_u16..).zip(screen.list.window(lines.len(), seen.rows)) {
        let mut part = inside.part(0, y, u16::MAX, 1);
        row(&lines[at], &mut part);
        seen.hits.push((part.area, Hit::Row(at)));
        if at == screen.list.cursor {
            part.say(0, 0, theme.sign(Sign::Cursor), Role::Focus);
            part.mark_row();
        }
    }
}

/// Deep trees are not indented out of sight.
const MOST_INDENT: usize = 20;

fn row(line: &ToldLine, pen: &mut Pen<'_>) {
    let indent = u16::try_from((line.depth * 2).min(MOST_INDENT)).unwrap_or(0);
    let mut x = 2 + indent;
    if line.is_command() {
        pen.say(x, 0, &line.how, Role::Dim);
        return;
    }
    x = pen.say(x, 0, &line.names, Role::Title);
    x = pen.say(x + 1, 0, &line.how, Role::Plain);
    x = pen.say(x, 0, &line.commit, Role::Key);
    pen.say(x, 0, &line.rest, Role::Dim);
}

fn details(screen: &Provenance, facts: &Facts, pen: &mut Pen<'_>) {
    let title = screen.thing().map(|thing| show(&thing.path)).unwrap_or_default();
    let note = screen.datum(facts).map(|(pipeline, key)| format!("Enter opens {pipeline}:{key}"));
    let mut inside = pen.frame(&title, &show(&note.unwrap_or_default()), Role::Dim);
    let room = usize::from(inside.width().saturating_sub(2));
    let told = screen.told(facts);
    let mut end = 0;
    for line in told.iter().skip(1).flat_map(|line| wrap_hanging(line, room)) {
        inside.say(1, end, &line, Role::Plain);
        end += 1;
    }
    inside.goes_on(end);
}
