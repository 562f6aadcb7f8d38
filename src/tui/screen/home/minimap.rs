//! Maps of what is scrolled: a column beside a long table, a corner of a large graph; what failed is seen from afar.

use std::ops::Range;

use crate::app::Overall;
use crate::model::DatumState;
use crate::tui::bar::{WORST_FIRST, cells};
use crate::tui::pen::Pen;
use crate::tui::theme::{Role, Theme};

use super::sign::sign;

/// Draws all rows of a list over the height of the pen: each cell shows the worst of the rows behind it, those in
/// view as a block.
pub(super) fn column(states: &[Overall], view: &Range<usize>, pen: &mut Pen<'_>) {
    for (y, range) in (0_u16..).zip(cells(states.len(), usize::from(pen.height()))) {
        let Some(state) = worst(states[range.clone()].iter().copied()) else { continue };
        let is_in_view = range.start < view.end && view.start < range.end;
        let (text, role) = mark(state, is_in_view, pen.theme);
        pen.say(0, y, text, role);
    }
}

/// Draws where nodes stand in a picture of a size, small, with the part that is in view as blocks.
pub(super) fn corner(
    nodes: impl Iterator<Item = ((usize, usize), Overall)>,
    size: (usize, usize),
    view: &(Range<usize>, Range<usize>),
    pen: &mut Pen<'_>,
) {
    let (wide, high) = (usize::from(pen.width()), usize::from(pen.height()));
    let mut found: Vec<Vec<Overall>> = vec![Vec::new(); wide * high];
    for ((x, y), state) in nodes {
        let (column, row) = (x * wide / size.0.max(1), y * high / size.1.max(1));
        found[row.min(high - 1) * wide + column.min(wide - 1)].push(state);
    }
    let columns: Vec<Range<usize>> =
        (0..wide).map(|at| at * size.0 / wide..(at + 1) * size.0 / wide).collect();
    let rows: Vec<Range<usize>> = (0..high).map(|at| at * size.1 / high..(at + 1) * size.1 / high).collect();
    let meets = |one: &Range<usize>, other: &Range<usize>| {
        one.start < other.end && other.start < one.end.max(one.start + 1)
    };
    for (at, states) in found.into_iter().enumerate() {
        let (x, y) = (at % wide, at / wide);
        let is_in_view = meets(&columns[x], &view.0) && meets(&rows[y], &view.1);
        let (text, role) = match worst(states.into_iter()) {
            Some(state) => mark(state, is_in_view, pen.theme),
            None => (if is_in_view { pen.theme.pick("░", ":") } else { " " }, Role::Dim),
        };
        pen.say(u16::try_from(x).unwrap_or(u16::MAX), u16::try_from(y).unwrap_or(u16::MAX), text, role);
    }
}

/// The worst of some: what is broken, then by states.
fn worst(states: impl Iterator<Item = Overall>) -> Option<Overall> {
    states.min_by_key(|state| match state {
        Overall::Broken => 0,
        Overall::LeftOut => 1,
        Overall::Datum(state) => 2 + WORST_FIRST.iter().position(|worse| worse == state).unwrap_or(0),
        Overall::Input => usize::MAX,
    })
}

const fn mark(state: Overall, is_in_view: bool, theme: Theme) -> (&'static str, Role) {
    let (glyph, role) = sign(state, theme);
    let is_bad = state.is_unsound() || matches!(state, Overall::Datum(DatumState::Failed));
    match (is_bad, is_in_view) {
        (true, _) => (glyph, role),
        (false, true) => (theme.pick("█", "#"), role),
        (false, false) => (theme.pick("│", "|"), role),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    fn drawn(width: u16, height: u16, draw: impl FnOnce(&mut Pen<'_>)) -> Vec<String> {
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        draw(&mut Pen::new(&mut buffer, area, Theme::default()));
        (0..height).map(|y| (0..width).map(|x| buffer[(x, y)].symbol()).collect()).collect()
    }

    #[test]
    fn one_failure_of_hundreds_is_seen_and_where_one_is() {
        let mut states = vec![Overall::Datum(DatumState::Done); 200];
        states[150] = Overall::Datum(DatumState::Failed);
        let rows = drawn(1, 10, |pen| column(&states, &(20..40), pen));
        assert_eq!(rows.concat(), "│█│││││✗││");
    }

    #[test]
    fn a_large_graph_is_a_small_picture() {
        let nodes = [
            ((0, 0), Overall::Input),
            ((99, 0), Overall::Datum(DatumState::Done)),
            ((50, 9), Overall::Broken),
        ];
        let rows = drawn(10, 2, |pen| corner(nodes.into_iter(), (100, 10), &(0..30, 0..5), pen));
        assert_eq!(rows, ["█░░      │", "     ⊗    "]);
    }
}
