//! Layers: each node one to the right of all it reads, and a dummy for every line that passes a layer.

/// What stands in a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Item {
    /// The node, or the one whose line passes.
    pub(super) node: usize,
    /// Whether only a line passes.
    pub(super) is_dummy: bool,
}

/// Nodes in layers, with the edges between them that lead to the right.
#[derive(Clone, Debug, Default)]
pub(super) struct Layers {
    /// The layer of each node.
    pub(super) of: Vec<usize>,
    /// Who reads each node.
    pub(super) readers: Vec<Vec<usize>>,
    /// What stands in each layer, in the order of the nodes.
    pub(super) items: Vec<Vec<Item>>,
}

impl Layers {
    /// Layers of nodes given by what each reads.
    pub(super) fn new(reads: &[Vec<usize>]) -> Self {
        let of = depths(reads);
        let mut readers = vec![Vec::new(); reads.len()];
        for (reader, parents) in reads.iter().enumerate() {
            // An edge of a circle leads nowhere.
            for parent in parents.iter().filter(|parent| of[**parent] < of[reader]) {
                if !readers[*parent].contains(&reader) {
                    readers[*parent].push(reader);
                }
            }
        }
        let mut layers = Self { of, readers, items: Vec::new() };
        layers.fill();
        layers
    }

    /// The last layer that the line of a node reaches.
    fn end(&self, node: usize) -> usize {
        self.readers[node].iter().map(|reader| self.of[*reader]).max().unwrap_or(self.of[node])
    }

    fn fill(&mut self) {
        let count = self.of.iter().map(|layer| layer + 1).max().unwrap_or(0);
        self.items = vec![Vec::new(); count];
        for node in 0..self.of.len() {
            let first = self.of[node];
            for layer in first..self.end(node).max(first + 1) {
                self.items[layer].push(Item { node, is_dummy: layer > first });
            }
        }
    }

    /// Where the line of an item leads to: places in the next layer.
    pub(super) fn next(&self, layer: usize, item: Item) -> Vec<usize> {
        let Some(items) = self.items.get(layer + 1) else { return Vec::new() };
        let leads = |to: &Item| {
            if to.is_dummy { to.node == item.node } else { self.readers[item.node].contains(&to.node) }
        };
        items.iter().enumerate().filter(|(_, to)| leads(to)).map(|(at, _)| at).collect()
    }
}

/// The layer of each node by its longest way from a source; sources stand next to their first reader.
fn depths(reads: &[Vec<usize>]) -> Vec<usize> {
    let mut of = vec![0; reads.len()];
    // As many rounds as there are nodes are enough; in a circle they never are.
    for _ in 0..reads.len() {
        let before = of.clone();
        for (node, parents) in reads.iter().enumerate() {
            let deepest = parents.iter().filter(|parent| **parent != node).map(|parent| of[*parent] + 1);
            of[node] = deepest.max().unwrap_or(0).min(reads.len().saturating_sub(1));
        }
        if of == before {
            break;
        }
    }
    let sources = (0..reads.len()).filter(|node| reads[*node].is_empty());
    for source in sources.collect::<Vec<_>>() {
        let readers = (0..reads.len()).filter(|reader| reads[*reader].contains(&source));
        of[source] = readers.map(|reader| of[reader]).min().unwrap_or(0).saturating_sub(1);
    }
    of
}
