//! The lane gutter: one row for each node in topological order, a lane for each that is still to be read.

/// Draws the gutter of nodes given by what each reads (places before its own). Each row is as wide as the widest.
pub(super) fn lanes(reads: &[Vec<usize>]) -> Vec<String> {
    let mut last_reader = vec![None; reads.len()];
    for (at, parents) in reads.iter().enumerate() {
        for &parent in parents {
            last_reader[parent] = Some(at);
        }
    }
    let mut open: Vec<Option<usize>> = Vec::new();
    let rows: Vec<Vec<char>> =
        (0..reads.len()).map(|at| row(at, &reads[at], &last_reader, &mut open)).collect();
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    let padded = rows.into_iter().map(|row| {
        let spaces = width - row.len();
        row.into_iter().chain(std::iter::repeat_n(' ', spaces)).collect()
    });
    padded.collect()
}

/// One row; afterwards `open` tells which node each lane comes from.
fn row(
    at: usize,
    reads: &[usize],
    last_reader: &[Option<usize>],
    open: &mut Vec<Option<usize>>,
) -> Vec<char> {
    let lane_of = |node: usize, open: &[Option<usize>]| open.iter().position(|lane| *lane == Some(node));
    let parents: Vec<usize> = reads.iter().filter_map(|node| lane_of(*node, open)).collect();
    let ends = |lane: usize| open[lane].is_some_and(|node| last_reader[node] == Some(at));
    let own = parents.iter().copied().filter(|lane| ends(*lane)).max().unwrap_or_else(|| first_free(open));
    let left = parents.iter().copied().chain([own]).min().unwrap_or(own);
    let right = parents.iter().copied().chain([own]).max().unwrap_or(own);
    let mut drawn = Vec::new();
    for lane in 0..open.len().max(own + 1) {
        let is_inside = (left..=right).contains(&lane);
        let is_open = open.get(lane).copied().flatten().is_some();
        drawn.push(match lane {
            _ if lane == own => '●',
            _ if parents.contains(&lane) => joint(ends(lane), lane == left, lane == right),
            _ if is_open => '│',
            _ if is_inside => '─',
            _ => ' ',
        });
        drawn.push(if is_inside && lane < right { '─' } else { ' ' });
    }
    drawn.pop();
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
    while drawn.last() == Some(&' ') {
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

/// The same in ASCII.
pub(super) fn to_ascii(row: &str) -> String {
    let plain = |letter| match letter {
        '●' => 'o',
        '│' => '|',
        '─' => '-',
        ' ' => ' ',
        _ => '+',
    };
    row.chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_is_one_lane() {
        assert_eq!(lanes(&[vec![], vec![0], vec![1]]), ["●", "●", "●"]);
    }

    #[test]
    fn a_fan_and_a_join_can_be_followed() {
        // t1, t2, skull(t1), fs(skull, t2), stats(fs), table(fs, stats)
        let drawn = lanes(&[vec![], vec![], vec![0], vec![1, 2], vec![3], vec![3, 4]]);
        assert_eq!(drawn, ["●  ", "│ ●", "● │", "└─●", "● ├", "└─●"].map(|row| row.replace("● ├", "●─┤")));
    }

    #[test]
    fn every_row_joins_exactly_what_it_reads() {
        let reads = [vec![], vec![], vec![0], vec![2], vec![2], vec![2], vec![3], vec![1, 4, 6], vec![5, 1]];
        for (row, reads) in lanes(&reads).iter().zip(&reads) {
            let joints = row.chars().filter(|letter| "├┤┼└┘┴".contains(*letter)).count();
            // One of what it reads may end in its own lane.
            assert!(joints == reads.len() || joints + 1 == reads.len(), "{row}");
            assert_eq!(row.matches('●').count(), 1, "{row}");
        }
        assert!(lanes(&reads).iter().all(|row| to_ascii(row).is_ascii()));
    }

    #[test]
    fn wide_graphs_do_not_overflow() {
        let mut reads: Vec<Vec<usize>> = (0..200).map(|_| Vec::new()).collect();
        reads.push((0..200).collect());
        assert_eq!(lanes(&reads)[200].chars().count(), 399);
        assert!(lanes(&[]).is_empty());
    }
}
