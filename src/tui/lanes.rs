//! The lane gutter: one row for each node in topological order, a lane for each that is still to be read.

/// A cell of the gutter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    /// What is drawn.
    pub(super) sign: char,
    /// The row whose lane it is, if it is of one.
    pub(super) of: Option<usize>,
}

/// Draws the gutter of nodes given by what each reads (places before its own). Each row is as wide as the widest.
pub(super) fn lanes(reads: &[Vec<usize>]) -> Vec<Vec<Cell>> {
    let mut last_reader = vec![None; reads.len()];
    for (at, parents) in reads.iter().enumerate() {
        for &parent in parents {
            last_reader[parent] = Some(at);
        }
    }
    let mut open: Vec<Option<usize>> = Vec::new();
    let mut rows: Vec<Vec<Cell>> =
        (0..reads.len()).map(|at| row(at, &reads[at], &last_reader, &mut open)).collect();
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    for row in &mut rows {
        row.resize(width, Cell { sign: ' ', of: None });
    }
    rows
}

/// Which cells of a row lie on the way to or from the node `current`: its own lane, those of what it reads down to it,
/// and what joins them.
pub(super) fn near(row: usize, cells: &[Cell], reads: &[Vec<usize>], current: usize) -> Vec<bool> {
    let is_read = |of: usize| reads[current].contains(&of) && row <= current;
    let is_lane = |cell: &Cell| cell.of.is_some_and(|of| of == current || is_read(of));
    let mut near: Vec<bool> = cells.iter().map(is_lane).collect();
    let own = cells.iter().position(|cell| cell.of == Some(row));
    let joined: Vec<usize> = if row == current {
        (0..cells.len()).filter(|at| near[*at] && cells[*at].sign != '│').collect()
    } else if reads[row].contains(&current) {
        cells.iter().position(|cell| cell.of == Some(current)).into_iter().chain(own).collect()
    } else {
        Vec::new()
    };
    if let (Some(first), Some(last)) = (joined.first().min(joined.last()), joined.first().max(joined.last()))
    {
        (*first..=*last).filter(|at| cells[*at].of.is_none()).for_each(|at| near[at] = true);
    }
    // The sign of another node belongs to it.
    if let Some(own) = own.filter(|_| row != current) {
        near[own] = reads[row].contains(&current) || is_read(row);
    }
    near
}

/// One row; afterwards `open` tells which node each lane comes from.
fn row(
    at: usize,
    reads: &[usize],
    last_reader: &[Option<usize>],
    open: &mut Vec<Option<usize>>,
) -> Vec<Cell> {
    let lane_of = |node: usize, open: &[Option<usize>]| open.iter().position(|lane| *lane == Some(node));
    let parents: Vec<usize> = reads.iter().filter_map(|node| lane_of(*node, open)).collect();
    let ends = |lane: usize| open[lane].is_some_and(|node| last_reader[node] == Some(at));
    let own = parents.iter().copied().filter(|lane| ends(*lane)).max().unwrap_or_else(|| first_free(open));
    let left = parents.iter().copied().chain([own]).min().unwrap_or(own);
    let right = parents.iter().copied().chain([own]).max().unwrap_or(own);
    let mut drawn = Vec::new();
    for lane in 0..open.len().max(own + 1) {
        let is_inside = (left..=right).contains(&lane);
        let of = open.get(lane).copied().flatten();
        let (sign, of) = match lane {
            _ if lane == own => ('●', Some(at)),
            _ if parents.contains(&lane) => (joint(ends(lane), lane == left, lane == right), of),
            _ if of.is_some() => ('│', of),
            _ if is_inside => ('─', None),
            _ => (' ', None),
        };
        drawn.push(Cell { sign, of });
        drawn.push(Cell { sign: if is_inside && lane < right { '─' } else { ' ' }, of: None });
    }
    for lane in parents.iter().filter(|lane| ends(**lane)).copied().collect::<Vec<_>>() {
        open[lane] = None;
    }
    if open.len() <= own {
        open.resize(own + 1, None);
    }
    open[own] = last_reader[at].map(|_| at);
    while open.last() == Some(&None) {
        open.pop();
    }
    while drawn.last().is_some_and(|cell| cell.sign == ' ') {
        drawn.pop();
    }
    drawn
}

/// Where a lane of something that is read meets the row.
const fn joint(is_end: bool, is_left: bool, is_right: bool) -> char {
    match (is_end, is_left, is_right) {
        (false, true, _) => '├',
        (false, _, true) => '┤',
        (false, ..) => '┼',
        (true, true, _) => '└',
        (true, _, true) => '┘',
        (true, ..) => '┴',
    }
}

fn first_free(open: &[Option<usize>]) -> usize {
    open.iter().position(Option::is_none).unwrap_or(open.len())
}

/// The same sign in ASCII.
pub(super) const fn to_ascii(sign: char) -> char {
    match sign {
        '●' => 'o',
        '│' => '|',
        '─' => '-',
        ' ' => ' ',
        _ => '+',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(reads: &[Vec<usize>]) -> Vec<String> {
        lanes(reads).iter().map(|row| row.iter().map(|cell| cell.sign).collect()).collect()
    }

    /// t1, t2, skull(t1), fs(skull, t2), stats(fs), table(fs, stats)
    fn study() -> [Vec<usize>; 6] {
        [vec![], vec![], vec![0], vec![1, 2], vec![3], vec![3, 4]]
    }

    #[test]
    fn a_chain_is_one_lane() {
        assert_eq!(drawn(&[vec![], vec![0], vec![1]]), ["●", "●", "●"]);
    }

    #[test]
    fn a_fan_and_a_join_can_be_followed() {
        assert_eq!(
            drawn(&study()),
            ["●  ", "│ ●", "● │", "└─●", "● ├", "└─●"].map(|row| row.replace("● ├", "●─┤"))
        );
    }

    #[test]
    fn what_leads_to_a_node_and_from_it_is_told_apart() {
        let reads = study();
        let bright = |current: usize| -> Vec<String> {
            let mark = |(row, cells): (usize, &Vec<Cell>)| {
                let near = near(row, cells, &reads, current);
                cells.iter().zip(near).map(|(cell, near)| if near { cell.sign } else { '.' }).collect()
            };
            lanes(&reads).iter().enumerate().map(mark).collect()
        };
        // `fs`: from `t2` and `skull`, to `stats` and `table`.
        assert_eq!(bright(3), ["...", "..●", "●.│", "└─●", "●─┤", "..●"]);
        // `t1`: only to `skull`.
        assert_eq!(bright(0), ["●..", "│..", "●..", "...", "...", "..."]);
    }

    #[test]
    fn every_row_joins_exactly_what_it_reads() {
        let reads = [vec![], vec![], vec![0], vec![2], vec![2], vec![2], vec![3], vec![1, 4, 6], vec![5, 1]];
        for (row, reads) in drawn(&reads).iter().zip(&reads) {
            let joints = row.chars().filter(|letter| "├┤┼└┘┴".contains(*letter)).count();
            // One of what it reads may end in its own lane.
            assert!(joints == reads.len() || joints + 1 == reads.len(), "{row}");
            assert_eq!(row.matches('●').count(), 1, "{row}");
        }
        assert!(drawn(&reads).iter().flat_map(|row| row.chars()).all(|sign| to_ascii(sign).is_ascii()));
    }

    #[test]
    fn wide_graphs_do_not_overflow() {
        let mut reads: Vec<Vec<usize>> = (0..200).map(|_| Vec::new()).collect();
        reads.push((0..200).collect());
        assert_eq!(lanes(&reads)[200].len(), 399);
        assert!(lanes(&[]).is_empty());
    }
}
