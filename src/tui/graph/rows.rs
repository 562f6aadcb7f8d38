//! Rows: each item near the middle of what it is joined to, in the order of its layer, no row left empty.

use std::collections::{BTreeMap, BTreeSet};

use super::layer::Layers;
use super::order::neighbours;

/// So many times the layers are gone through.
const ROUNDS: usize = 8;

/// The row of every item, layer by layer.
pub(super) fn rows(layers: &Layers) -> Vec<Vec<usize>> {
    let first = |count: usize| (0..i64::try_from(count).unwrap_or(0)).collect();
    let mut rows: Vec<Vec<i64>> = layers.items.iter().map(|items| first(items.len())).collect();
    let before: Vec<_> = (0..rows.len()).map(|layer| neighbours(layers, layer, true)).collect();
    let after: Vec<_> = (0..rows.len()).map(|layer| neighbours(layers, layer, false)).collect();
    for round in 0..ROUNDS {
        for step in 0..rows.len() {
            let is_right = round % 2 == 0;
            let layer = if is_right { step } else { rows.len() - 1 - step };
            let beside = if is_right { layer.checked_sub(1) } else { Some(layer + 1) };
            let Some(beside) = beside.and_then(|beside| rows.get(beside)) else { continue };
            let near = if is_right { &before[layer] } else { &after[layer] };
            let wanted = rows[layer].iter().zip(near);
            let wanted = wanted.map(|(row, near)| middle(beside, near).unwrap_or(*row));
            rows[layer] = spread(&wanted.collect::<Vec<_>>());
        }
    }
    squeezed(&rows)
}

/// The middle one of the rows of neighbours; of two, the upper.
fn middle(rows: &[i64], near: &[usize]) -> Option<i64> {
    let mut found: Vec<i64> = near.iter().map(|at| rows[*at]).collect();
    found.sort_unstable();
    found.get(found.len().saturating_sub(1) / 2).copied()
}

/// Rows as near as possible to those wanted, each below the one before.
fn spread(wanted: &[i64]) -> Vec<i64> {
    // Blocks of neighbours that push one another: the sum of where each wants the block to begin, and how many.
    let mut blocks: Vec<(i64, i64)> = Vec::new();
    for (at, row) in (0_i64..).zip(wanted) {
        let mut block = (row - at, 1);
        while let Some((sum, count)) = blocks.pop_if(|(sum, count)| *sum * block.1 > block.0 * *count) {
            block = (block.0 + sum, block.1 + count);
        }
        blocks.push(block);
    }
    // The mean, rounded to the next row.
    let starts = blocks.iter().flat_map(|(sum, count)| {
        let start = (2 * sum + count).div_euclid(2 * count);
        (0..*count).map(move |_| start)
    });
    (0_i64..).zip(starts).map(|(at, start)| start + at).collect()
}

/// Rows counted from 0, without those in which nothing stands.
fn squeezed(rows: &[Vec<i64>]) -> Vec<Vec<usize>> {
    let used: BTreeSet<i64> = rows.iter().flatten().copied().collect();
    let places: BTreeMap<i64, usize> = used.into_iter().enumerate().map(|(to, from)| (from, to)).collect();
    let place = |row: &i64| places.get(row).copied().unwrap_or(0);
    rows.iter().map(|rows| rows.iter().map(place).collect()).collect()
}
