//! The graph of pipelines from left to right, one row a node; all lines of one node are one net.

mod channel;
mod layer;
mod order;
mod paint;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use channel::{Half, Wire, columns};
use layer::Layers;

use paint::{cells, lines};

use unicode_width::UnicodeWidthStr as _;

/// Names, and what each reads: a layout stands as long as they do.
pub(super) type Shape = Vec<(String, Vec<usize>)>;

/// A graph, laid out. Places are columns and rows from its top left corner.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Picture {
    /// Columns.
    pub(super) width: usize,
    /// Rows.
    pub(super) height: usize,
    /// Where each node stands, in the order in which they were given.
    pub(super) spots: Vec<Spot>,
    /// The way of each edge.
    pub(super) routes: Vec<Route>,
}

/// Where a node stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spot {
    /// Column.
    pub(super) x: usize,
    /// Row.
    pub(super) y: usize,
    /// How many columns it has.
    pub(super) width: usize,
}

/// The way of an edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Route {
    /// The node that is read.
    pub(super) from: usize,
    /// Who reads it.
    pub(super) to: usize,
    /// Corners, from the first cell after the one to the cell before the other.
    pub(super) points: Vec<(usize, usize)>,
    /// Columns from which on it is a branch that goes over other branches of the same node without meeting them.
    pub(super) cuts: Vec<usize>,
}

/// A graph that was laid out, and all that drawing it needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Drawing {
    /// Where all stands.
    pub(super) picture: Picture,
    /// The sign of each cell with a line, by column and row; in ASCII second.
    pub(super) signs: [BTreeMap<(usize, usize), &'static str>; 2],
    /// The cells of each edge, in the order of the routes.
    pub(super) ways: Vec<Vec<(usize, usize)>>,
}

/// Lays out a shape; each node is its sign, a space and its name.
pub(super) fn laid(shape: &Shape) -> Drawing {
    let nodes: Vec<(&str, usize)> = shape.iter().map(|(name, _)| (name.as_str(), name.width() + 2)).collect();
    let reads: Vec<Vec<usize>> = shape.iter().map(|(_, reads)| reads.clone()).collect();
    let picture = picture(&nodes, &reads);
    let signs = [false, true].map(|is_ascii| lines(&picture, is_ascii));
    let ways = picture.routes.iter().map(cells).collect();
    Drawing { picture, signs, ways }
}

/// Lays out nodes, given by name, width and what each reads. The order in which they are given does not matter.
pub(super) fn picture(nodes: &[(&str, usize)], reads: &[Vec<usize>]) -> Picture {
    let mut by_name: Vec<usize> = (0..nodes.len()).collect();
    by_name.sort_by_key(|at| nodes[*at].0);
    let mut place = vec![0; nodes.len()];
    by_name.iter().enumerate().for_each(|(to, from)| place[*from] = to);
    let moved = |at: &usize| reads[*at].iter().map(|read| place[*read]).collect();
    let sorted: Vec<Vec<usize>> = by_name.iter().map(moved).collect();
    let widths: Vec<usize> = by_name.iter().map(|at| nodes[*at].1).collect();
    let made = Layout::new(&widths, &sorted).picture(&widths);
    let spots = place.iter().map(|at| made.spots[*at]).collect();
    let routes = made.routes.into_iter();
    let routes =
        routes.map(|route| Route { from: by_name[route.from], to: by_name[route.to], ..route }).collect();
    Picture { spots, routes, ..made }
}

/// A line, or its branch to one reader, that needs two tracks in a channel, joined in a row of its own.
#[derive(Clone, Copy, Debug)]
struct Detour {
    layer: usize,
    node: usize,
    /// The reader that a branch leads to, by its place in the next layer; none for all that has no branch of its own.
    to: Option<usize>,
    row: usize,
}

/// Everything in its layer, row and column.
struct Layout {
    layers: Layers,
    rows: Vec<Vec<usize>>,
    detours: Vec<Detour>,
    wires: Vec<Vec<Wire>>,
    /// Where each layer begins.
    left: Vec<usize>,
    /// How wide each layer is.
    wide: Vec<usize>,
}

impl Layout {
    fn new(widths: &[usize], reads: &[Vec<usize>]) -> Self {
        let mut layers = Layers::new(reads);
        order::order(&mut layers);
        let rows = rows::rows(&layers);
        let wide = layers.items.iter().map(|items| {
            items.iter().filter(|item| !item.is_dummy).map(|item| widths[item.node]).max().unwrap_or(1)
        });
        let wide = wide.collect();
        let mut made = Self { layers, rows, detours: Vec::new(), wires: Vec::new(), left: Vec::new(), wide };
        // Each detour takes away one reason for the next; there are no more than lines.
        while let Err(detour) = made.route() {
            made.insert(detour);
        }
        made
    }

    /// Gives each wire its column and each layer its place.
    fn route(&mut self) -> Result<(), Detour> {
        (self.wires, self.left) = (Vec::new(), vec![0]);
        for layer in 0..self.layers.items.len() {
            self.branches(layer).map_or(Ok(()), Err)?;
            let mut wires = self.between(layer);
            let count = columns(&mut wires).map_err(|node| {
                let entry = wires.iter().find(|wire| wire.node == node).map_or(0, |wire| wire.entry);
                Detour { layer, node, to: None, row: entry + 1 }
            })?;
            let start = self.left.last().copied().unwrap_or(0);
            self.left.push(start + self.wide[layer] + 1 + count + 2);
            self.wires.push(wires);
        }
        Ok(())
    }

    /// Makes a row of its own for a detour.
    fn insert(&mut self, detour: Detour) {
        let rows = self.rows.iter_mut().flatten().chain(self.detours.iter_mut().map(|other| &mut other.row));
        rows.filter(|row| **row >= detour.row).for_each(|row| *row += 1);
        self.detours.push(detour);
    }

    /// The row of a detour, if there is one.
    fn detour(&self, layer: usize, node: usize, to: Option<usize>) -> Option<usize> {
        let is_it = |detour: &&Detour| (detour.layer, detour.node, detour.to) == (layer, node, to);
        self.detours.iter().find(is_it).map(|detour| detour.row)
    }

    /// A branch that would be read wrong: where lines of two nodes meet at a reader, nobody can tell on which of them one
    /// comes from, so that none of them may lead to others too, unless it begins in that row.
    fn branches(&self, layer: usize) -> Option<Detour> {
        let items = &self.layers.items[layer];
        let nexts: Vec<Vec<usize>> = items.iter().map(|item| self.layers.next(layer, *item)).collect();
        let is_shared = |to: usize| nexts.iter().filter(|next| next.contains(&to)).count() > 1;
        for (at, (item, next)) in items.iter().zip(&nexts).enumerate() {
            let entry = self.rows[layer][at];
            let is_split = self.detour(layer, item.node, None).is_some();
            for to in next.iter().copied().filter(|to| next.len() > 1 && is_shared(*to)) {
                let row = self.rows[layer + 1][to];
                let is_first = row == entry && !is_split;
                if !is_first && self.detour(layer, item.node, Some(to)).is_none() {
                    let row = if row > entry { row } else { row + 1 };
                    return Some(Detour { layer, node: item.node, to: Some(to), row });
                }
            }
        }
        None
    }

    fn between(&self, layer: usize) -> Vec<Wire> {
        let mut wires = Vec::new();
        for (at, item) in self.layers.items[layer].iter().enumerate() {
            let (node, entry) = (item.node, self.rows[layer][at]);
            let (mut exits, mut branches, mut turns) = (Vec::new(), Vec::new(), Vec::new());
            for to in self.layers.next(layer, *item) {
                let row = self.rows[layer + 1][to];
                match self.detour(layer, node, Some(to)) {
                    None => exits.push(row),
                    Some(turn) => {
                        turns.push(turn);
                        branches.push(Wire::second(node, turn, vec![row]));
                    }
                }
            }
            let split = self.detour(layer, node, None).filter(|_| !exits.is_empty());
            if let Some(row) = split {
                branches.push(Wire::second(node, row, std::mem::replace(&mut exits, vec![row])));
            }
            exits.extend(turns);
            if !exits.is_empty() {
                let half = if split.is_some() { Half::First } else { Half::Whole };
                wires.push(Wire { node, entry, exits, half, ..Wire::default() });
                wires.extend(branches);
            }
        }
        wires
    }

    /// The row of a node, or of its line, in a layer.
    fn row(&self, layer: usize, node: usize) -> usize {
        let at = self.layers.items[layer].iter().position(|item| item.node == node);
        at.map_or(0, |at| self.rows[layer][at])
    }

    fn picture(&self, widths: &[usize]) -> Picture {
        let spot = |node: usize| {
            let layer = self.layers.of[node];
            Spot { x: self.left[layer], y: self.row(layer, node), width: widths[node] }
        };
        let spots: Vec<Spot> = (0..widths.len()).map(spot).collect();
        let edges = self.layers.readers.iter().enumerate();
        let edges = edges.flat_map(|(from, readers)| readers.iter().map(move |to| (from, *to)));
        let routes: Vec<Route> = edges.map(|(from, to)| self.way(from, to, &spots)).collect();
        let corners = || routes.iter().flat_map(|route| &route.points);
        let width = spots.iter().map(|spot| spot.x + spot.width).max().unwrap_or(0);
        let bottom = spots.iter().map(|spot| spot.y).chain(corners().map(|(_, y)| *y)).max();
        Picture { width, height: bottom.map_or(0, |row| row + 1), spots, routes }
    }

    fn way(&self, from: usize, to: usize, spots: &[Spot]) -> Route {
        let mut row = spots[from].y;
        let mut points = vec![(spots[from].x + spots[from].width, row)];
        let mut cuts = Vec::new();
        for layer in self.layers.of[from]..self.layers.of[to] {
            let is_last = layer + 1 == self.layers.of[to];
            let target = self.row(layer + 1, if is_last { to } else { from });
            let start = self.left[layer] + self.wide[layer] + 1;
            for (at, (column, down)) in self.turns(layer, from, target).into_iter().enumerate() {
                cuts.extend((at > 0).then_some(start + column));
                if down != row {
                    points.extend([(start + column, row), (start + column, down)]);
                }
                row = down;
            }
        }
        points.push((spots[to].x.saturating_sub(1), row));
        Route { from, to, points, cuts }
    }

    /// The tracks on which a line goes to a row in the next layer, and to which rows they lead.
    fn turns(&self, layer: usize, node: usize, target: usize) -> Vec<(usize, usize)> {
        let mut of_node = self.wires[layer].iter().filter(|wire| wire.node == node);
        let Some(main) = of_node.next() else { return Vec::new() };
        let second = of_node.find(|wire| wire.exits.contains(&target));
        let (down, end) = second.map_or((target, None), |wire| (wire.entry, Some((wire.column, target))));
        [(main.column, down)].into_iter().chain(end).collect()
    }
}
