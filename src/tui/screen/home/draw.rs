//! Drawing Home: the graph if it fits, the table, and what is under the cursor beside or below it.

use crate::tui::facts::Facts;
use crate::tui::pen::Pen;
use crate::tui::screen::Seen;

use super::Home;
use super::details::details;
use super::graph;
use super::table::table;

/// Rows of the table beside those of its list: a frame and a heading.
const AROUND: u16 = 3;

/// Draws the graph if it fits, the table below it, and what is under the cursor beside or below that.
pub(in crate::tui) fn draw(home: &Home, facts: &Facts, pen: &mut Pen<'_>, seen: &mut Seen) {
    let (width, height) = (pen.width(), pen.height());
    let above = home.graph.rows(width, height);
    if above > 0 {
        graph::draw(home, facts, &mut pen.part(0, 0, width, above), seen);
    }
    below(home, facts, &mut pen.part(0, above, width, height - above), seen);
}

/// The table, and what is under the cursor beside it; where it is narrow, below it.
fn below(home: &Home, facts: &Facts, pen: &mut Pen<'_>, seen: &mut Seen) {
    let (width, height) = (pen.width(), pen.height());
    if width >= 110 && height >= 14 {
        let side = 38.min(width / 3);
        table(home, facts, &mut pen.part(0, 0, width - side, height), seen);
        return details(home, facts, &mut pen.part(width - side, 0, side, height));
    }
    // What the list does not need is for what is under the cursor.
    let list = u16::try_from(home.rows(facts).len()).unwrap_or(u16::MAX).saturating_add(AROUND);
    let least = if width >= 70 && height >= 12 { 5 } else { 0 };
    let side = height.saturating_sub(list).clamp(least, 14);
    let side = if side < 4 || home.row(facts).is_none() { 0 } else { side };
    table(home, facts, &mut pen.part(0, 0, width, height - side), seen);
    if side > 0 {
        details(home, facts, &mut pen.part(0, height - side, width, side));
    }
}
