//! Many datums in few cells: the progress bar of a pipeline, and the heat strip in which the worst state wins.

use crate::model::{DatumState, StateCounts};

use super::pen::{FULL, Pen};
use super::theme::{Role, Theme, role_of};

/// States from worst to best: of the datums behind one cell, the worst is shown.
pub(super) const WORST_FIRST: [DatumState; 13] = [
    DatumState::Failed,
    DatumState::Edited,
    DatumState::InTheWay,
    DatumState::Unknown,
    DatumState::Running,
    DatumState::Recovered,
    DatumState::Stale,
    DatumState::Orphaned,
    DatumState::Queued,
    DatumState::Pending,
    DatumState::Cached,
    DatumState::Blocked,
    DatumState::Done,
];

/// Draws the share of each state over the width of the pen; every state that occurs has at least a cell.
pub(super) fn bar(counts: &StateCounts, pen: &mut Pen<'_>) {
    let cells = shares(counts, usize::from(pen.width()));
    for (x, state) in (0_u16..).zip(cells) {
        let text = cell(state, pen.theme);
        pen.put(x, 0, text, pen.theme.style(role_of(state)));
    }
}

/// The sign of a state in bars and strips: what is done fills its cell, what is to come is a dot, all else has the sign
/// that it has in lists.
const fn cell(state: DatumState, theme: Theme) -> &'static str {
    match state {
        DatumState::Done => theme.pick(FULL, "#"),
        DatumState::Pending | DatumState::Blocked | DatumState::Queued => theme.pick("·", "."),
        _ => theme.glyph(state),
    }
}

/// Which state each of `width` cells shows: done first, what is bad last.
fn shares(counts: &StateCounts, width: usize) -> Vec<DatumState> {
    const ORDER: [DatumState; 12] = [
        DatumState::Done,
        DatumState::Cached,
        DatumState::Running,
        DatumState::Stale,
        DatumState::Recovered,
        DatumState::Queued,
        DatumState::Pending,
        DatumState::Blocked,
        DatumState::Unknown,
        DatumState::InTheWay,
        DatumState::Edited,
        DatumState::Failed,
    ];
    let total = counts.total();
    if total == 0 {
        return vec![DatumState::Pending; width];
    }
    let present: Vec<(DatumState, usize)> =
        ORDER.iter().map(|state| (*state, counts.get(*state))).filter(|(_, count)| *count > 0).collect();
    let mut cells: Vec<usize> = present.iter().map(|(_, count)| (count * width / total).max(1)).collect();
    // What rounding took or gave is settled with the widest share.
    let sum: usize = cells.iter().sum();
    if let Some(widest) = cells.iter_mut().max() {
        *widest = (*widest + width).saturating_sub(sum).max(1);
    }
    let drawn = present.iter().zip(cells).flat_map(|((state, _), count)| std::iter::repeat_n(*state, count));
    let drawn: Vec<DatumState> = drawn.collect();
    // Where there are more states than cells, the worst are shown.
    drawn[drawn.len().saturating_sub(width)..].to_vec()
}

/// Draws all datums in one row: each cell stands for as many as are needed, and shows the worst of them.
pub(super) fn strip(states: &[DatumState], pen: &mut Pen<'_>) {
    let width = usize::from(pen.width());
    for (x, range) in (0_u16..).zip(cells(states.len(), width)) {
        if let Some((text, role)) = strip_cell(&states[range], pen.theme) {
            pen.say(x, 0, text, role);
        }
    }
}

/// What one cell of a strip shows of the datums behind it; `None` of none.
pub(super) fn strip_cell(states: &[DatumState], theme: Theme) -> Option<(&'static str, Role)> {
    let (state, done) = worst(states)?;
    let is_bad = matches!(state, DatumState::Failed | DatumState::Edited | DatumState::InTheWay);
    // Of what is done in part the height tells how much.
    let text =
        if is_bad || done == 0 { cell(state, theme) } else { theme.pick(height(done), height_ascii(done)) };
    Some((text, role_of(state)))
}

/// The datums behind each cell, in order; no more cells than datums.
pub(super) fn cells(datums: usize, width: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    let count = width.min(datums);
    (0..count).map(move |cell| cell * datums / count..(cell + 1) * datums / count)
}

/// The worst state, and the share that is done in eighths.
fn worst(states: &[DatumState]) -> Option<(DatumState, usize)> {
    let mut seen = StateCounts::default();
    for state in states {
        seen.add(*state);
    }
    let worst = WORST_FIRST.into_iter().find(|state| seen.get(*state) > 0)?;
    Some((worst, seen.get(DatumState::Done) * 8 / states.len()))
}

const fn height(eighths: usize) -> &'static str {
    [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"][if eighths > 8 { 8 } else { eighths }]
}

const fn height_ascii(eighths: usize) -> &'static str {
    match eighths {
        0 => " ",
        1..=4 => ":",
        5..=7 => "H",
        _ => "#",
    }
}

/// The states that occur, each with its sign and count: `✓812 ✗3 ▸2`.
pub(super) fn counts_line(counts: &StateCounts, x: u16, y: u16, pen: &mut Pen<'_>) -> u16 {
    let mut x = x;
    for state in DatumState::ALL {
        let count = counts.get(state);
        if count > 0 {
            let text = format!("{}{count}", pen.theme.glyph(state));
            x = pen.say(x, y, &text, role_of(state));
            x = pen.say(x, y, " ", Role::Plain);
        }
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counts(states: &[(DatumState, usize)]) -> StateCounts {
        let mut counts = StateCounts::default();
        for (state, count) in states {
            (0..*count).for_each(|_| counts.add(*state));
        }
        counts
    }

    #[test]
    fn three_failures_of_many_are_seen() {
        let cells = shares(&counts(&[(DatumState::Done, 99_997), (DatumState::Failed, 3)]), 16);
        assert_eq!((cells.len(), cells[15], cells[14]), (16, DatumState::Failed, DatumState::Done));
        let mut states = vec![DatumState::Done; 100_000];
        states[50_000] = DatumState::Failed;
        let found: Vec<_> =
            super::cells(states.len(), 60).filter_map(|range| worst(&states[range])).collect();
        assert_eq!(found.iter().filter(|(state, _)| *state == DatumState::Failed).count(), 1);
        assert_eq!(worst(&[]), None);
    }

    #[test]
    fn what_is_only_known_is_not_drawn_as_done() {
        assert_eq!(worst(&[DatumState::Cached; 24]), Some((DatumState::Cached, 0)));
        assert_eq!(worst(&[DatumState::Done; 24]), Some((DatumState::Done, 8)));
    }

    #[test]
    fn a_full_bar_can_be_told_from_its_row_under_the_cursor() {
        use crate::tui::theme::Palette;
        use ratatui::buffer::{Buffer, Cell};
        use ratatui::layout::Rect;
        use ratatui::style::Modifier;
        let all_done = counts(&[(DatumState::Done, 4)]);
        let looks = |palette, is_ascii| {
            let area = Rect::new(0, 0, 6, 1);
            let (mut buffer, theme) = (Buffer::empty(area), Theme { palette, is_ascii, is_still: false });
            let mut pen = Pen::new(&mut buffer, area, theme);
            bar(&all_done, &mut pen.part(1, 0, 4, 1));
            pen.mark_row();
            let is_turned = |cell: &Cell| cell.modifier.contains(Modifier::REVERSED);
            assert!(is_turned(&buffer[(0, 0)]) && is_turned(&buffer[(5, 0)]), "{palette:?}");
            let cell = &buffer[(1, 0)];
            (cell.symbol().to_owned(), is_turned(cell), cell.style().fg != Some(ratatui::style::Color::Reset))
        };
        for (_, palette) in Palette::NAMES {
            let has_colour = palette != Palette::Mono;
            let expected = if has_colour { ("█".into(), false, true) } else { ("▒".into(), true, false) };
            assert_eq!(looks(palette, false), expected, "{palette:?}");
            assert_eq!(looks(palette, true), ("#".into(), true, has_colour), "{palette:?}");
        }
    }

    #[test]
    fn where_it_is_tight_the_worst_is_shown() {
        let all: Vec<_> = DatumState::ALL.iter().map(|state| (*state, 1)).collect();
        let cells = shares(&counts(&all), 6);
        assert_eq!((cells.len(), cells[5]), (6, DatumState::Failed));
    }

    proptest! {
        #[test]
        fn bars_fill_their_width(done in 0usize..50, failed in 0usize..50, running in 0usize..9, width in 3usize..40) {
            let all = counts(&[(DatumState::Done, done), (DatumState::Failed, failed), (DatumState::Running, running)]);
            let cells = shares(&all, width);
            prop_assert_eq!(cells.len(), width);
            for (state, count) in [(DatumState::Done, done), (DatumState::Failed, failed), (DatumState::Running, running)] {
                prop_assert!(count == 0 || cells.contains(&state));
            }
        }

        #[test]
        fn strips_leave_nobody_out(datums in 0usize..500, width in 0usize..90) {
            let ranges: Vec<_> = cells(datums, width).collect();
            let covered: usize = ranges.iter().map(ExactSizeIterator::len).sum();
            let all = if width == 0 { 0 } else { datums };
            prop_assert!(covered == all);
            prop_assert!(ranges.iter().all(|range| !range.is_empty()));
        }
    }
}
