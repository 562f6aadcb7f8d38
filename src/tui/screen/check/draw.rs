//! Drawing findings: the list, and below it the one under the cursor with its source, notes and help.

use crate::app::is_mendable;
use crate::model::{DatumState, Finding, Severity, show};
use crate::tui::facts::{Facts, LAST_STATE};
use crate::tui::pen::Pen;
use crate::tui::popup::wrap;
use crate::tui::sign::Sign;
use crate::tui::theme::{Role, Theme};

use super::excerpt::excerpt;
use super::{Check, place, word};
use crate::tui::screen::{Hit, Seen};

/// Draws the list, and the finding under the cursor below it where there is room.
pub(super) fn draw(check: &Check, facts: &Facts, pen: &mut Pen<'_>, seen: &mut Seen) {
    let (width, height) = (pen.width(), pen.height());
    if check.is_alone {
        return details(check, facts, pen);
    }
    let below = if height >= 12 { details_height(check.shown(facts).len(), height) } else { 0 };
    list(check, facts, &mut pen.part(0, 0, width, height - below), seen);
    if below > 0 {
        details(check, facts, &mut pen.part(0, height - below, width, below));
    }
}

/// Where a screen is so low, rows that the list has no use for are of use below it.
const LOW: u16 = 24;

/// How many rows the finding under the cursor has, below a list of so many.
fn details_height(shown: usize, height: u16) -> u16 {
    let half = (height / 2).min(16);
    let heading = usize::from(shown >= usize::from(FEW));
    let list = u16::try_from(shown + 2 + heading).unwrap_or(u16::MAX).max(4);
    if height < LOW { half.max(height.saturating_sub(list)) } else { half }
}

const fn sign(severity: Severity, theme: Theme) -> (&'static str, Role) {
    match severity {
        Severity::Error => (theme.glyph(DatumState::Failed), Role::Bad),
        Severity::Warning => (theme.sign(Sign::Warning), Role::Warn),
        Severity::Info => (theme.sign(Sign::Note), Role::Dim),
    }
}

/// How many findings are not put aside, by their severity, the worst first: `✗1`, `!2`.
pub(super) fn counted(facts: &Facts, theme: Theme) -> Vec<String> {
    let count = |severity| {
        let is_meant = |finding: &&Finding| finding.severity == severity && !facts.is_dismissed(finding);
        facts.snapshot.findings.iter().filter(is_meant).count()
    };
    let all =
        [Severity::Error, Severity::Warning, Severity::Info].map(|severity| (severity, count(severity)));
    let all = all.into_iter().filter(|(_, count)| *count > 0);
    all.map(|(severity, count)| format!("{}{count}", sign(severity, theme).0)).collect()
}

fn note(facts: &Facts, theme: Theme) -> String {
    let aside = facts.snapshot.findings.len() - facts.findings();
    let aside = (aside > 0).then(|| format!("{aside} put aside"));
    counted(facts, theme).into_iter().chain(aside).collect::<Vec<_>>().join(" ")
}

fn list(check: &Check, facts: &Facts, pen: &mut Pen<'_>, seen: &mut Seen) {
    let shown = check.shown(facts);
    let theme = pen.theme;
    let filter = (!check.filter.is_empty()).then(|| format!("filter: {}", show(&check.filter)));
    let note = filter.unwrap_or_else(|| note(facts, theme));
    let mut inside = pen.frame(&format!("Check {}", shown.len()), &note, Role::Focus);
    if shown.is_empty() {
        let (text, role) = empty(check, facts);
        inside.say(1, 0, text, role);
        return;
    }
    let wide = shown.iter().map(|finding| show(&place(finding)).chars().count()).max().unwrap_or(0);
    let wide = u16::try_from(wide).unwrap_or(u16::MAX).min(inside.width() / 3);
    let top = u16::from(inside.height() > FEW);
    if top > 0 {
        headings(wide, &mut inside);
    }
    let mut inside = inside.part(0, top, u16::MAX, u16::MAX);
    seen.rows = usize::from(inside.height());
    let mut view = check.list;
    view.cursor = view.cursor.min(shown.len() - 1);
    for (y, at) in (0_u16..).zip(view.window(shown.len(), seen.rows)) {
        let mut part = inside.part(0, y, u16::MAX, 1);
        row(shown[at], facts.is_dismissed(shown[at]), wide, &mut part);
        seen.hits.push((part.area, Hit::Row(at)));
        if at == view.cursor {
            part.say(0, 0, theme.sign(Sign::Cursor), Role::Focus);
            part.mark_row();
        }
    }
}

/// A list with more rows than this has headings.
const FEW: u16 = 5;

/// Writes what stands in each column into the first row.
fn headings(wide: u16, pen: &mut Pen<'_>) {
    pen.say(4, 0, "rule", Role::Dim);
    if wide > 4 {
        pen.say(11, 0, "where", Role::Dim);
    }
    pen.say(message_column(wide), 0, "finding", Role::Dim);
    pen.put_right(pen.width().saturating_sub(1), 0, "fix", pen.theme.style(Role::Dim));
}

/// Where messages begin, behind places of so many columns.
const fn message_column(wide: u16) -> u16 {
    if wide > 0 { 11 + wide + 2 } else { 11 }
}

fn empty(check: &Check, facts: &Facts) -> (&'static str, Role) {
    match (check.filter.is_empty(), facts.is_loading) {
        (false, _) if !facts.snapshot.findings.is_empty() => {
            ("nothing matches the filter; Esc shows all again", Role::Dim)
        }
        _ if facts.unread.is_some() => (LAST_STATE, Role::Bad),
        (_, true) => ("reading the project …", Role::Dim),
        _ => ("nothing is wrong with specs and layout", Role::Good),
    }
}

fn row(finding: &Finding, is_aside: bool, wide: u16, pen: &mut Pen<'_>) {
    let (sign, role) = sign(finding.severity, pen.theme);
    let (sign, role) = if is_aside { (pen.theme.sign(Sign::Aside), Role::Dim) } else { (sign, role) };
    let plain = if is_aside { Role::Dim } else { Role::Plain };
    pen.say(2, 0, sign, role);
    pen.say(4, 0, finding.code, role);
    pen.put_within(11, 0, wide, &show(&place(finding)), pen.theme.style(plain));
    let x = message_column(wide);
    // Whether a key mends it is to be seen before it is pressed.
    let mark = if is_mendable(finding) && !is_aside { "F" } else { "" };
    let room = pen.width().saturating_sub(x + 3);
    pen.put_within(x, 0, room, &show(&finding.message), pen.theme.style(plain));
    pen.put_right(pen.width().saturating_sub(1), 0, mark, pen.theme.style(Role::Key));
}

fn details(check: &Check, facts: &Facts, pen: &mut Pen<'_>) {
    let Some(finding) = check.current(facts) else {
        let mut inside = pen.frame("", "", Role::Border);
        inside.say(1, 0, "a finding is shown here with its source", Role::Dim);
        return;
    };
    let title = format!("{} {}", finding.code, finding.name);
    let mut inside = if check.is_alone {
        pen.part(0, 0, pen.width(), pen.height())
    } else {
        pen.frame(&title, word(finding.severity), Role::Border)
    };
    let room = usize::from(inside.width().saturating_sub(2));
    let (_, role) = sign(finding.severity, inside.theme);
    let mut y = paragraph(&mut inside, 0, "", &finding.message, room, role);
    y = source(check, finding, &mut inside, y);
    for note in &finding.notes {
        y = paragraph(&mut inside, y, "note: ", note, room, Role::Plain);
    }
    if let Some(help) = &finding.help {
        y = paragraph(&mut inside, y, "help: ", help, room, Role::Good);
    }
    inside.goes_on(y);
    let has_more = y > inside.height();
    if has_more && !check.is_alone {
        pen.under("z shows all of it");
    }
}

/// Writes a text of any length from a row on; the row after it.
fn paragraph(pen: &mut Pen<'_>, y: u16, word: &str, text: &str, room: usize, role: Role) -> u16 {
    let lines = text.lines().enumerate().map(|(at, line)| {
        let before = if at == 0 { word.to_owned() } else { " ".repeat(word.len()) };
        format!("{before}{}", show(line))
    });
    let mut y = y;
    for line in lines.flat_map(|line| wrap(&line, room)) {
        pen.say(1, y, &line, role);
        y = y.saturating_add(1);
    }
    y
}

/// The place with the lines around it, or only its name where the text is not known.
fn source(check: &Check, finding: &Finding, pen: &mut Pen<'_>, y: u16) -> u16 {
    let place = place(finding);
    if place.is_empty() {
        return y;
    }
    pen.say(1, y, &format!("{} {}", pen.theme.pick("→", "->"), show(&place)), Role::Dim);
    let text = finding.span.zip(check.source(finding));
    let above = if pen.height() > 8 { 2 } else { 1 };
    let Some(found) = text.and_then(|(span, text)| excerpt(text, span, above)) else { return y + 1 };
    let wall = pen.theme.pick("│", "|");
    let gutter = found.lines.last().map_or(1, |(number, _)| number.to_string().len());
    let mut y = y + 1;
    for (number, line) in &found.lines {
        let x = pen.say(1, y, &format!("{number:>gutter$} {wall} "), Role::Dim);
        pen.say(x, y, line, Role::Plain);
        y = y.saturating_add(1);
    }
    let x = pen.say(1, y, &format!("{:>gutter$} {wall} ", ""), Role::Dim);
    let x = x.saturating_add(u16::try_from(found.before).unwrap_or(u16::MAX));
    let x = pen.say(x, y, &"^".repeat(found.wide), Role::Bad);
    if let Some(label) = &finding.label {
        pen.say(x.saturating_add(1), y, &show(label), Role::Bad);
    }
    y.saturating_add(1)
}
