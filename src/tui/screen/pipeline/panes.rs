//! The panes above the table: the spec in short, and the strip of all datums with their counts and times.

use crate::app::Node;
use crate::model::{DatumState, StateCounts, show};
use crate::run::count;
use crate::tui::bar::{cells, counts_line, strip_cell};
use crate::tui::facts::{Facts, span};
use crate::tui::forecast::told;
use crate::tui::pen::Pen;
use crate::tui::screen::Seen;
use crate::tui::theme::Role;

use super::rows::Rows;

/// Where keys go.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Look {
    /// To the strip, not to the table.
    pub(super) is_strip: bool,
    /// The cell under the cursor of the strip.
    pub(super) cell: usize,
    /// Whether that pane is alone on the screen.
    pub(super) is_zoomed: bool,
}

/// The spec, one fact in a row.
pub(super) fn spec(node: &Node, at: usize, facts: &Facts, pen: &mut Pen<'_>) {
    let mut inside = pen.frame("Spec", &show(&node.spec.path), Role::Border);
    let lines = spec_lines(node, at, facts);
    // Of many inputs the last are told by their number, so that the rest of the spec stays in sight.
    let over = lines.len().saturating_sub(usize::from(inside.height()));
    let inputs = node.spec.inputs.len();
    let hidden = if over == 0 || inputs < 2 { 0 } else { (over + 1).min(inputs - 1) };
    let last = lines.iter().rposition(|(word, _)| *word == "input");
    let is_kept = |line: usize| last.is_none_or(|last| line + hidden <= last || line > last);
    let mut y = 0;
    for (line, (word, text)) in lines.iter().enumerate().filter(|(line, _)| is_kept(*line)) {
        let role = if *word == "wrong" { Role::Bad } else { Role::Dim };
        inside.say(1, y, word, role);
        inside.say(10, y, text, if *word == "wrong" { Role::Bad } else { Role::Plain });
        y += 1;
        if hidden > 0 && last.is_some_and(|last| line + hidden == last) {
            inside.say(10, y, &format!("and {hidden} more"), Role::Dim);
            y += 1;
        }
    }
}

/// What a spec says; only what it does say.
fn spec_lines(node: &Node, at: usize, facts: &Facts) -> Vec<(&'static str, String)> {
    let spec = &node.spec;
    let mut lines: Vec<(&str, String)> = node.error.iter().map(|error| ("wrong", show(error))).collect();
    lines.extend(spec.inputs.iter().map(|input| ("input", show(input))));
    let code: Vec<String> = spec.code.iter().map(|path| show(path)).collect();
    let readers: Vec<String> =
        facts.snapshot.readers(at).map(|at| show(&facts.snapshot.nodes[at].name)).collect();
    let readers = if readers.is_empty() { "nobody".into() } else { readers.join(" ") };
    let rest = [
        ("combined", show(&spec.combined)),
        ("command", show(&spec.command)),
        ("output", show(&spec.output)),
        ("image", show(&spec.image)),
        ("limits", show(&spec.limits)),
        ("code", code.join(" ")),
        ("made", show(&spec.made)),
        ("read by", readers),
    ];
    lines.extend(rest.into_iter().filter(|(_, text)| !text.is_empty()));
    lines
}

/// The spec in one line.
pub(super) fn spec_line(node: &Node, pen: &mut Pen<'_>) {
    if let Some(error) = &node.error {
        pen.say(1, 0, &show(error), Role::Bad);
        return;
    }
    let spec = &node.spec;
    let inputs: Vec<String> = spec.inputs.iter().map(|input| show(input)).collect();
    let arrow = pen.theme.pick("→", "->");
    let text = [
        show(&spec.command),
        inputs.join(", "),
        if spec.output.is_empty() { String::new() } else { format!("{arrow} {}", show(&spec.output)) },
        show(&spec.image),
        show(&spec.limits),
    ];
    let text: Vec<String> = text.into_iter().filter(|part| !part.is_empty()).collect();
    pen.say(1, 0, &text.join(pen.theme.pick(" · ", " | ")), Role::Dim);
}

/// `1000 datums`, with `≥` where more may come.
fn total(rows: &Rows, facts: &Facts) -> String {
    let is_least = rows.pipeline(facts).is_some_and(|node| node.is_lower_bound);
    let counts = rows.node.map(|at| facts.counts(at)).unwrap_or_default();
    let all = count(counts.total(), "datum");
    let all = if is_least { format!("at least {all}") } else { all };
    match counts.get(DatumState::Orphaned) {
        0 => all,
        // They are rows, but no datums any more.
        left => format!("{all}, {left} left over"),
    }
}

/// All datums in cells, their counts, and how long they took.
pub(super) fn heat(rows: &Rows, look: Look, facts: &Facts, pen: &mut Pen<'_>, seen: &mut Seen) {
    let Some(at) = rows.node else { return };
    let role = if look.is_strip { Role::Focus } else { Role::Border };
    let mut inside = pen.frame(&total(rows, facts), "", role);
    let (width, height) = (inside.width().saturating_sub(2), inside.height());
    let is_long = rows.table().len() > usize::from(width);
    let lines = if height > 6 && is_long { 2 } else { 1 };
    strip(rows, look, facts, &mut inside.part(1, 0, width, lines), seen);
    let x = counts_line(&facts.counts(at), 1, lines, &mut inside);
    let eta = facts.schedule.ends.get(at).copied().flatten().filter(|_| facts.is_live);
    let eta = eta.map(|eta| format!("ETA {}  ", told(eta, false, inside.theme)));
    let times = format!("{}{}", eta.unwrap_or_default(), times(rows));
    if height > lines + 1 {
        cell_line(rows, look, facts, seen.other_rows, &mut inside.part(0, lines + 1, width + 2, 1));
    } else if look.is_strip {
        cell_line(rows, look, facts, seen.other_rows, &mut inside.part(x + 1, lines, width, 1));
        return;
    }
    if height > lines + 3 {
        inside.say(1, lines + 2, &times, Role::Plain);
        histogram(rows, &mut inside.part(1, lines + 3, width, height - lines - 3));
    } else {
        inside.say(x + 2, lines, &times, Role::Dim);
    }
}

/// The cells alone. How many there are is kept for keys.
pub(super) fn strip(rows: &Rows, look: Look, facts: &Facts, pen: &mut Pen<'_>, seen: &mut Seen) {
    let Some(at) = rows.node else { return };
    let (width, states) = (usize::from(pen.width()), facts.states(at));
    let ranges = cells(states.len(), width * usize::from(pen.height()));
    seen.other_rows = 0;
    for (cell, range) in ranges.enumerate() {
        let x = u16::try_from(cell % width).unwrap_or(u16::MAX);
        let y = u16::try_from(cell / width).unwrap_or(u16::MAX);
        if let Some((text, role)) = strip_cell(&states[range], pen.theme) {
            pen.say(x, y, text, role);
        }
        if look.is_strip && cell == look.cell {
            pen.mark(x, y, 1, pen.theme.selected());
        }
        seen.other_rows = cell + 1;
    }
}

/// What is in the cell under the cursor, or how many datums a cell stands for.
fn cell_line(rows: &Rows, look: Look, facts: &Facts, count: usize, pen: &mut Pen<'_>) {
    let all = rows.table().len();
    let range = cells(all, count).nth(look.cell).filter(|_| look.is_strip);
    let (Some(range), Some(at)) = (range, rows.node) else {
        if count > 0 && all > count {
            pen.say(
                1,
                0,
                &format!("a cell stands for {} datums, the worst shows", all.div_ceil(count)),
                Role::Dim,
            );
        }
        return;
    };
    let (first, last) = (show(rows.table().key(range.start)), show(rows.table().key(range.end - 1)));
    let keys =
        if range.len() == 1 { first } else { format!("{first} {} {last}", pen.theme.pick("…", "..")) };
    let mut counts = StateCounts::default();
    facts.states(at).get(range).into_iter().flatten().for_each(|state| counts.add(*state));
    let x = pen.say(1, 0, &keys, Role::Focus);
    let x = counts_line(&counts, x + 2, 0, pen);
    pen.say(x + 1, 0, "Enter shows only these", Role::Dim);
}

/// `took  median 6m12  p95 11m40  longest 18m22 (sub-0412)`, or that nothing is known.
fn times(rows: &Rows) -> String {
    let timing = &rows.timing;
    if timing.known == 0 {
        return String::new();
    }
    let ms = |time: u32| span(u64::from(time));
    if timing.known == 1 {
        return format!("took {}", ms(timing.longest));
    }
    let slowest = show(rows.table().key(timing.slowest));
    format!(
        "median {}  p95 {}  longest {} ({slowest})",
        ms(timing.median),
        ms(timing.p95),
        ms(timing.longest)
    )
}

fn histogram(rows: &Rows, pen: &mut Pen<'_>) {
    let bars = rows.timing.histogram(usize::from(pen.height()));
    let most = bars.iter().map(|bar| bar.count).max().unwrap_or(0).max(1);
    let labels: Vec<String> = bars.iter().map(|bar| bar.label()).collect();
    let left = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
    let left = u16::try_from(left).unwrap_or(u16::MAX);
    let room = usize::from(pen.width().saturating_sub(left + 9));
    for (y, (bar, label)) in (0_u16..).zip(bars.iter().zip(labels)) {
        let count = bar.count;
        pen.put_right(left, y, &label, pen.theme.style(Role::Dim));
        let width = if count == 0 { 0 } else { (count * room / most).max(1) };
        let x = pen.say(left + 1, y, &pen.theme.pick("█", "#").repeat(width), Role::Good);
        pen.say(x + 1, y, &count.to_string(), Role::Dim);
    }
}

/// Whether any datum is in a state that "failed only" shows.
pub(super) fn has_bad(counts: &StateCounts) -> bool {
    DatumState::ALL.into_iter().any(|state| super::order::is_bad(state) && counts.get(state) > 0)
}
