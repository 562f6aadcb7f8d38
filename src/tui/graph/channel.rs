//! Channels: between two layers, one vertical track for each line that does not go straight.

/// The lines of one node between two layers, or a part of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wire {
    /// The node.
    pub(super) node: usize,
    /// The row it comes in on.
    pub(super) entry: usize,
    /// The rows it goes out on.
    pub(super) exits: Vec<usize>,
    /// The column of its track.
    pub(super) column: usize,
    /// Whether it is a half of a line that needs two tracks.
    pub(super) half: Half,
}

/// Which part of a line a wire is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Half {
    /// From the left to a row of its own.
    First,
    /// All of it.
    #[default]
    Whole,
    /// From a row of its own to the right.
    Second,
}

impl Wire {
    /// The second half of a line, from a row of its own.
    pub(super) fn second(node: usize, entry: usize, exits: Vec<usize>) -> Self {
        Self { node, entry, exits, half: Half::Second, ..Self::default() }
    }

    /// The rows of its track.
    fn span(&self) -> (usize, usize) {
        let all = || self.exits.iter().copied().chain([self.entry]);
        (all().min().unwrap_or(self.entry), all().max().unwrap_or(self.entry))
    }

    /// Whether it needs no track.
    pub(super) fn is_straight(&self) -> bool {
        self.half == Half::Whole && self.exits.iter().all(|exit| *exit == self.entry)
    }

    fn passes(&self, row: usize) -> bool {
        let (first, last) = self.span();
        (first..=last).contains(&row)
    }

    /// Whether its track must be left of another's: else both would lie on one another in a row.
    fn is_before(&self, other: &Self) -> bool {
        let is_shared = self.half != Half::Second && other.exits.contains(&self.entry);
        self.half < other.half || (self.half == other.half && is_shared)
    }

    /// How often it crosses another whose track is right of its own.
    fn crossings(&self, other: &Self) -> usize {
        let enters = self.half != Half::First && self.passes(other.entry);
        usize::from(enters) + self.exits.iter().filter(|exit| other.passes(**exit)).count()
    }
}

/// Gives each wire its column; how many there are.
///
/// # Errors
/// The node whose line needs two tracks, because the wires want to be left of one another in a circle.
pub(super) fn columns(wires: &mut [Wire]) -> Result<usize, usize> {
    let mut order = sorted(wires)?;
    untangle(&mut order, wires);
    let mut count = 0;
    for (at, wire) in order.iter().copied().enumerate() {
        let (first, last) = wires[wire].span();
        let overlaps = |other: &&usize| {
            let (top, bottom) = wires[**other].span();
            top <= last && first <= bottom
        };
        let right = order[..at].iter().filter(overlaps).map(|other| wires[*other].column + 1).max();
        wires[wire].column = right.unwrap_or(0);
        count = count.max(wires[wire].column + 1);
    }
    Ok(count)
}

/// The wires that need a track, each after those that must be left of it.
fn sorted(wires: &[Wire]) -> Result<Vec<usize>, usize> {
    let mut left: Vec<usize> = (0..wires.len()).filter(|at| !wires[*at].is_straight()).collect();
    left.sort_by_key(|at| wires[*at].entry);
    let mut order = Vec::new();
    while !left.is_empty() {
        let is_before = |one: &usize, other: &usize| one != other && wires[*one].is_before(&wires[*other]);
        let is_free = |at: &usize| !left.iter().any(|other| is_before(other, at));
        let Some(next) = left.iter().position(is_free) else {
            // One of a circle: it waits for others and others for it. Halves wait for no one of their kind.
            let is_waited_for = |at: &&usize| left.iter().any(|other| is_before(at, other));
            let mut whole = left.iter().filter(|at| wires[**at].half == Half::Whole);
            return Err(whole.find(is_waited_for).map_or(0, |at| wires[*at].node));
        };
        order.push(left.remove(next));
    }
    Ok(order)
}

/// Swaps neighbours as long as that saves crossings.
fn untangle(order: &mut [usize], wires: &[Wire]) {
    for _ in 0..order.len() {
        let mut has_changed = false;
        for at in 1..order.len() {
            let (one, other) = (&wires[order[at - 1]], &wires[order[at]]);
            if !one.is_before(other) && other.crossings(one) < one.crossings(other) {
                order.swap(at - 1, at);
                has_changed = true;
            }
        }
        if !has_changed {
            return;
        }
    }
}
