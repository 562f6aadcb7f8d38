//! Painting lines: which directions meet in a cell, and the sign for that.

use std::collections::BTreeMap;

use super::{Picture, Route};

const LEFT: u8 = 1;
const RIGHT: u8 = 2;
const UP: u8 = 4;
const DOWN: u8 = 8;

/// All cells on the way of an edge, in order.
pub(in crate::tui) fn cells(route: &Route) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = route.points.first().copied().into_iter().collect();
    for pair in route.points.windows(2) {
        let (mut x, mut y) = pair[0];
        while (x, y) != pair[1] {
            x = nearer(x, pair[1].0);
            // Corners share a row or a column, so that only one of the two moves.
            y = nearer(y, pair[1].1);
            found.push((x, y));
        }
    }
    found
}

const fn nearer(from: usize, to: usize) -> usize {
    if from < to {
        from + 1
    } else if from > to {
        from - 1
    } else {
        from
    }
}

/// The sign of every cell that a line passes.
pub(in crate::tui) fn lines(picture: &Picture, is_ascii: bool) -> BTreeMap<(usize, usize), &'static str> {
    let mut nets: BTreeMap<(usize, usize), BTreeMap<(usize, usize), u8>> = BTreeMap::new();
    for route in &picture.routes {
        let way = cells(route);
        for (at, cell) in way.iter().enumerate() {
            let before =
                at.checked_sub(1).and_then(|at| way.get(at)).map_or(LEFT, |other| side(*cell, *other));
            let after = way.get(at + 1).map_or(RIGHT, |other| side(*cell, *other));
            *nets.entry(*cell).or_default().entry(branch(route, cell.0)).or_default() |= before | after;
        }
    }
    let ends: Vec<_> = picture.routes.iter().filter_map(|route| route.points.last()).collect();
    let drawn = nets.into_iter().map(|(cell, nets)| {
        let sign = if ends.contains(&&cell) {
            if is_ascii { ">" } else { "▸" }
        } else {
            sign(met(&nets), is_ascii)
        };
        (cell, sign)
    });
    drawn.collect()
}

/// The branch that a line is in a column: lines of one branch meet, those of others go over each other.
fn branch(route: &Route, column: usize) -> (usize, usize) {
    let cut = route.cuts.iter().rev().find(|cut| **cut <= column);
    (route.from, cut.copied().unwrap_or(0))
}

/// On which side of a cell its neighbour is.
const fn side(cell: (usize, usize), other: (usize, usize)) -> u8 {
    if other.0 < cell.0 {
        LEFT
    } else if other.0 > cell.0 {
        RIGHT
    } else if other.1 < cell.1 {
        UP
    } else {
        DOWN
    }
}

/// The directions that are drawn: where a line goes over others, only its own.
fn met(nets: &BTreeMap<(usize, usize), u8>) -> u8 {
    let all = nets.values().fold(0, |all, sides| all | sides);
    let is_over = nets.len() > 1 && nets.values().any(|sides| *sides == UP | DOWN);
    if is_over { UP | DOWN } else { all }
}

const fn sign(sides: u8, is_ascii: bool) -> &'static str {
    const SIGNS: [&str; 16] =
        ["·", "─", "─", "─", "│", "┘", "└", "┴", "│", "┐", "┌", "┬", "│", "┤", "├", "┼"];
    match (is_ascii, sides) {
        (false, _) => SIGNS[(sides & 15) as usize],
        (true, 1..=3) => "-",
        (true, 4 | 8 | 12) => "|",
        (true, _) => "+",
    }
}
