//! Whether pictures of graphs are right: every edge can be followed, nothing lies on anything else.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

/// The picture as text.
fn text(picture: &Picture, names: &[String], is_ascii: bool) -> String {
    let mut grid = vec![vec![' '; picture.width]; picture.height];
    for ((x, y), sign) in lines(picture, is_ascii) {
        grid[y][x] = sign.chars().next().expect("a sign");
    }
    for (spot, name) in picture.spots.iter().zip(names) {
        name.chars().enumerate().for_each(|(at, letter)| grid[spot.y][spot.x + at] = letter);
    }
    let rows = grid.into_iter().map(|row| row.into_iter().collect::<String>().trim_end().to_owned());
    rows.collect::<Vec<_>>().join("\n")
}

fn laid(names: &[String], reads: &[Vec<usize>]) -> Picture {
    let nodes: Vec<(&str, usize)> = names.iter().map(|name| (name.as_str(), name.chars().count())).collect();
    picture(&nodes, reads)
}

fn drawn(edges: &str, is_ascii: bool) -> String {
    let mut names: Vec<String> = Vec::new();
    let mut reads: Vec<Vec<usize>> = Vec::new();
    for word in edges.split_whitespace() {
        let (name, parents) = word.split_once('<').unwrap_or((word, ""));
        let place = |parent: &str| names.iter().position(|name| name == parent).expect("it came before");
        reads.push(parents.split(',').filter(|parent| !parent.is_empty()).map(place).collect());
        names.push(name.into());
    }
    text(&laid(&names, &reads), &names, is_ascii)
}

#[test]
fn a_chain_and_a_diamond() {
    assert_eq!(drawn("raw fs<raw stats<fs", false), "raw──▸fs──▸stats");
    assert_eq!(drawn("raw t1w<raw dwi<raw tract<t1w,dwi", false), "raw─┬─▸dwi─┬─▸tract\n    └─▸t1w─┘");
    assert_eq!(drawn("raw t1w<raw dwi<raw tract<t1w,dwi", true), "raw-+->dwi-+->tract\n    +->t1w-+");
    assert_eq!(drawn("", false), "");
}

#[test]
fn what_reads_one_of_two_does_not_seem_to_read_the_other() {
    let shown = "t1─┬──▸mean\n   └┐\nt2──┴─▸fs";
    assert_eq!(drawn("t1 t2 mean<t1 fs<t1,t2", false), shown);
}

#[test]
fn crossed_wishes_are_untangled_by_a_second_track() {
    // `a` would go down to where `b` comes in, and `b` up to where `a` comes in.
    let mut wires = vec![
        Wire { node: 0, entry: 0, exits: vec![1], ..Wire::default() },
        Wire { node: 1, entry: 1, exits: vec![0], ..Wire::default() },
    ];
    assert_eq!(columns(&mut wires), Err(0));
    let layers = Layers::new(&[vec![], vec![], vec![1], vec![0]]);
    let mut layout = Layout {
        layers,
        rows: vec![vec![0, 1], vec![0, 1]],
        detours: Vec::new(),
        wires: Vec::new(),
        left: Vec::new(),
        wide: vec![1, 1],
    };
    while let Err(detour) = layout.route() {
        layout.insert(detour);
    }
    let names = ["a", "b", "c", "d"].map(str::to_owned);
    check(&layout.picture(&[1; 4]), &names, &[vec![], vec![], vec![1], vec![0]]);
    assert_eq!(layout.detours.len(), 1);
}

#[test]
fn two_hundred_nodes_are_quick() {
    let reads: Vec<Vec<usize>> = (0..200_usize)
        .map(|at| {
            if at < 4 { Vec::new() } else { vec![at - 1 - at * 7 % at.min(9), at - 1 - at * 13 % at.min(17)] }
        })
        .collect();
    let names: Vec<String> = (0..200).map(|at| format!("p{at:03}")).collect();
    let before = std::time::Instant::now();
    let picture = laid(&names, &reads);
    // A few milliseconds in a build for users; this one is not optimised, and its machine may be busy.
    assert!(before.elapsed().as_secs() < 5, "{:?}", before.elapsed());
    check(&picture, &names, &reads);
}

fn sides(sign: char) -> &'static str {
    match sign {
        '─' => "lr",
        '│' => "ud",
        '┌' => "rd",
        '┐' => "ld",
        '└' => "ru",
        '┘' => "lu",
        '├' => "rud",
        '┤' => "lud",
        '┬' => "lrd",
        '┴' => "lru",
        '┼' => "lrud",
        _ => "",
    }
}

/// Where a line that leaves a node leads to, by nothing but the picture: lines are never followed to the left.
fn followed(grid: &BTreeMap<(usize, usize), char>, start: (usize, usize)) -> BTreeSet<(usize, usize)> {
    let (mut todo, mut done, mut found) = (vec![(start, 'r')], BTreeSet::new(), BTreeSet::new());
    while let Some(((x, y), heading)) = todo.pop() {
        if !done.insert((x, y, heading)) {
            continue;
        }
        let Some(sign) = grid.get(&(x, y)).copied() else { continue };
        let from = match heading {
            'r' => 'l',
            'l' => 'r',
            'u' => 'd',
            _ => 'u',
        };
        if sign == '▸' {
            found.extend((heading == 'r').then_some((x + 1, y)));
            continue;
        }
        // A line that meets a vertical one without a joint goes on below it.
        let is_under = sign == '│' && "lr".contains(heading);
        let ways: Vec<char> = if is_under {
            vec![heading]
        } else if sides(sign).contains(from) {
            sides(sign).chars().filter(|side| *side != from && *side != 'l').collect()
        } else {
            Vec::new()
        };
        todo.extend(ways.into_iter().filter_map(|way| {
            let next = match way {
                'r' => (x + 1, y),
                'l' => (x.checked_sub(1)?, y),
                'u' => (x, y.checked_sub(1)?),
                _ => (x, y + 1),
            };
            Some((next, way))
        }));
    }
    found
}

fn check(picture: &Picture, names: &[String], reads: &[Vec<usize>]) {
    let shown = text(picture, names, false);
    let grid: BTreeMap<(usize, usize), char> = lines(picture, false)
        .into_iter()
        .map(|(cell, sign)| (cell, sign.chars().next().expect("a sign")))
        .collect();
    let mut taken = BTreeSet::new();
    for spot in &picture.spots {
        for x in spot.x..spot.x + spot.width {
            assert!(
                taken.insert((x, spot.y)) && !grid.contains_key(&(x, spot.y)),
                "overlap at {x},{}:\n{shown}",
                spot.y
            );
        }
    }
    assert!(grid.keys().all(|(x, y)| *x < picture.width && *y < picture.height), "{shown}");
    for (node, from) in picture.spots.iter().enumerate() {
        let found = followed(&grid, (from.x + from.width, from.y));
        let readers = picture.spots.iter().enumerate().filter(|(reader, _)| reads[*reader].contains(&node));
        let readers: BTreeSet<(usize, usize)> = readers.map(|(_, spot)| (spot.x, spot.y)).collect();
        assert_eq!(found, readers, "from {}:\n{shown}", names[node]);
    }
    joints(picture, reads, &shown);
}

/// Lines of two nodes meet only where one goes over the other, and in the row of somebody who reads both.
fn joints(picture: &Picture, reads: &[Vec<usize>], shown: &str) {
    let mut nets: BTreeMap<(usize, usize), BTreeMap<usize, BTreeSet<bool>>> = BTreeMap::new();
    for route in &picture.routes {
        let way = cells(route);
        for pair in way.windows(2) {
            for cell in pair {
                nets.entry(*cell).or_default().entry(route.from).or_default().insert(pair[0].1 == pair[1].1);
            }
        }
    }
    let signs = lines(picture, false);
    for (cell, nets) in nets {
        let y = cell.1;
        let all: Vec<_> = nets.iter().collect();
        for (at, (one, ways)) in all.iter().enumerate() {
            for (other, other_ways) in &all[..at] {
                let is_over = ways.len() == 1 && other_ways.len() == 1 && ways != other_ways;
                let reads_both = |reader: usize| reads[reader].contains(one) && reads[reader].contains(other);
                let is_joint =
                    (0..reads.len()).any(|reader| picture.spots[reader].y == y && reads_both(reader));
                assert!(is_joint || signs[&cell] == "│", "no line goes over at {cell:?}:\n{shown}");
                assert!(is_over || is_joint, "lines of {one} and {other} meet in row {y}:\n{shown}");
            }
        }
    }
}

prop_compose! {
    /// What each of some nodes reads, of those before it.
    fn graphs(most: usize)(
        picks in prop::collection::vec(prop::collection::btree_set(0usize..1000, 0..4), 1..most)
    ) -> Vec<Vec<usize>> {
        let read = |(at, picks): (usize, BTreeSet<usize>)| {
            let reads: BTreeSet<usize> = picks.into_iter().filter(|_| at > 0).map(|pick| pick % at.max(1)).collect();
            reads.into_iter().collect()
        };
        picks.into_iter().enumerate().map(read).collect()
    }
}

proptest! {
    #[test]
    fn every_edge_can_be_followed(reads in graphs(24)) {
        let names: Vec<String> = (0..reads.len()).map(|at| format!("n{}", "x".repeat(at % 5) + &at.to_string())).collect();
        check(&laid(&names, &reads), &names, &reads);
    }

    #[test]
    fn the_order_of_the_nodes_changes_nothing(reads in graphs(14), seed in 0usize..1000) {
        let count = reads.len();
        let names: Vec<String> = (0..count).map(|at| format!("n{at}")).collect();
        let first = text(&laid(&names, &reads), &names, false);
        prop_assert_eq!(&first, &text(&laid(&names, &reads), &names, false));
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by_key(|at| (at * 7919 + seed * 104_729) % 1009);
        let place = |node: &usize| order.iter().position(|at| at == node).expect("it is there");
        let other_names: Vec<String> = order.iter().map(|at| names[*at].clone()).collect();
        let other: Vec<Vec<usize>> =
            order.iter().map(|at| reads[*at].iter().rev().map(place).collect()).collect();
        prop_assert_eq!(first, text(&laid(&other_names, &other), &other_names, false));
    }

    #[test]
    fn circles_and_odd_graphs_do_no_harm(edges in prop::collection::vec((0usize..6, 0usize..6), 0..14)) {
        let mut reads = vec![Vec::new(); 6];
        for (from, to) in edges {
            reads[to].push(from);
        }
        let names: Vec<String> = (0..6).map(|at| format!("n{at}")).collect();
        let shown = text(&laid(&names, &reads), &names, true);
        prop_assert!(shown.is_ascii() && names.iter().all(|name| shown.contains(name.as_str())));
    }
}
