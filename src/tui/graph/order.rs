//! The order within layers: each item near the middle of what it is joined to, with few crossings.

use super::layer::Layers;

/// So many times the layers are gone through.
const ROUNDS: usize = 24;

/// Orders the items of all layers; nodes with lower numbers come first where nothing else decides.
pub(super) fn order(layers: &mut Layers) {
    let mut best = (crossings(layers), layers.items.clone());
    for round in 0..ROUNDS {
        if best.0 == 0 {
            break;
        }
        sweep(layers, round % 2 == 0);
        let count = crossings(layers);
        if count < best.0 {
            best = (count, layers.items.clone());
        }
    }
    layers.items = best.1;
}

fn sweep(layers: &mut Layers, is_right: bool) {
    let count = layers.items.len();
    let all: Vec<usize> =
        if is_right { (1..count).collect() } else { (0..count.saturating_sub(1)).rev().collect() };
    for layer in all {
        let near = neighbours(layers, layer, is_right);
        let mut keyed: Vec<_> = layers.items[layer].iter().copied().zip(&near).enumerate().collect();
        keyed.sort_by(|(at, (one, near)), (other_at, (other, other_near))| {
            let place = |near: &[usize], at: usize| middle(near).unwrap_or(at * 1000);
            let (key, other_key) = (place(near, *at), place(other_near, *other_at));
            key.cmp(&other_key).then(one.node.cmp(&other.node))
        });
        let sorted = keyed.into_iter().map(|(_, (item, _))| item).collect();
        layers.items[layer] = sorted;
    }
}

/// The mean of places, in thousandths.
fn middle(places: &[usize]) -> Option<usize> {
    (!places.is_empty()).then(|| places.iter().sum::<usize>() * 1000 / places.len())
}

/// For each item of a layer the places of those it is joined to, in the layer before or after.
pub(super) fn neighbours(layers: &Layers, layer: usize, is_before: bool) -> Vec<Vec<usize>> {
    if !is_before {
        return layers.items[layer].iter().map(|item| layers.next(layer, *item)).collect();
    }
    let mut found = vec![Vec::new(); layers.items[layer].len()];
    let Some(before) = layer.checked_sub(1) else { return found };
    for (at, item) in layers.items[before].iter().enumerate() {
        layers.next(before, *item).into_iter().for_each(|to| found[to].push(at));
    }
    found
}

/// How often lines cross, over all layers.
fn crossings(layers: &Layers) -> usize {
    (0..layers.items.len().saturating_sub(1)).map(|layer| crossings_after(layers, layer)).sum()
}

fn crossings_after(layers: &Layers, layer: usize) -> usize {
    let mut ends: Vec<usize> = Vec::new();
    let mut count = 0;
    for item in &layers.items[layer] {
        let next = layers.next(layer, *item);
        // Lines from above that end further down are crossed.
        count += next.iter().map(|to| ends.iter().filter(|end| *end > to).count()).sum::<usize>();
        ends.extend(next);
    }
    count
}
