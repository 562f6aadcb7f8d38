//! The rows of Home: nodes in order; as a tree, those of a folder that holds several below a row of its own.

use std::collections::BTreeSet;

use crate::app::{Node, Overall};
use crate::model::StateCounts;
use crate::tui::facts::Facts;

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// How deep it lies.
    pub(super) depth: usize,
    /// What it is.
    pub(super) kind: Kind,
}

/// A node or a folder of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A node, and how many bytes of its name stand above it.
    Node(usize, usize),
    /// A folder.
    Folder(Folder),
}

/// A folder that holds several nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Folder {
    /// Its path from the root.
    pub(super) path: String,
    /// All nodes in it, in order.
    pub(super) nodes: Vec<usize>,
    /// Whether they are shown.
    pub(super) is_open: bool,
}

impl Folder {
    /// Their datums by state.
    pub(super) fn counts(&self, facts: &Facts) -> StateCounts {
        let mut sum = StateCounts::default();
        self.nodes.iter().for_each(|at| sum.merge(&facts.counts(*at)));
        sum
    }

    /// What stands for all of them: the worst.
    pub(super) fn state(&self, facts: &Facts) -> Overall {
        let states: Vec<Overall> = self.nodes.iter().map(|at| facts.node_state(*at)).collect();
        if let Some(unsound) = states.iter().find(|state| state.is_unsound()) {
            return *unsound;
        }
        if states.iter().all(|state| *state == Overall::Input) {
            return Overall::Input;
        }
        let is_partial = self.nodes.iter().any(|at| facts.snapshot.nodes[*at].is_lower_bound);
        Overall::of(&self.counts(facts), is_partial)
    }

    /// The pipelines in it.
    pub(super) fn pipelines<'a>(&'a self, facts: &'a Facts) -> impl Iterator<Item = &'a Node> {
        self.nodes.iter().map(|at| &facts.snapshot.nodes[*at]).filter(|node| node.is_pipeline())
    }
}

/// Nodes one below the other.
pub(super) fn flat(shown: &[usize]) -> Vec<Row> {
    shown.iter().map(|at| Row { depth: 0, kind: Kind::Node(*at, 0) }).collect()
}

/// Nodes in their folders; a folder of one needs no row.
pub(super) fn tree(facts: &Facts, shown: &[usize], open: &BTreeSet<String>) -> Vec<Row> {
    let mut rows = Vec::new();
    add(&facts.snapshot.nodes, shown, (0, 0), open, &mut rows);
    rows
}

fn add(
    nodes: &[Node],
    members: &[usize],
    (depth, skip): (usize, usize),
    open: &BTreeSet<String>,
    rows: &mut Vec<Row>,
) {
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for at in members {
        let name = nodes[*at].name.as_str();
        let end = name.get(skip..).and_then(|rest| rest.find('/')).map(|end| skip + end);
        let folder = end.map(|end| &name[..end]);
        if folder.is_some_and(|folder| told.contains(folder)) {
            continue;
        }
        let is_inside = |at: &&usize| {
            let other = nodes[**at].name.as_str();
            folder.is_some_and(|folder| other.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')))
        };
        let inside: Vec<usize> = members.iter().filter(is_inside).copied().collect();
        let (Some(folder), Some(end), true) = (folder, end, inside.len() > 1) else {
            rows.push(Row { depth, kind: Kind::Node(*at, skip) });
            continue;
        };
        told.insert(folder);
        let is_open = open.contains(folder);
        let row = Folder { path: folder.to_owned(), nodes: inside.clone(), is_open };
        rows.push(Row { depth, kind: Kind::Folder(row) });
        if is_open {
            add(nodes, &inside, (depth + 1, end + 1), open, rows);
        }
    }
}

/// Whether any folder holds several nodes.
pub(super) fn has_folders(facts: &Facts) -> bool {
    let mut seen = BTreeSet::new();
    let first = |node: &'_ Node| node.name.find('/').map(|end| node.name[..end].to_owned());
    facts.snapshot.nodes.iter().filter_map(first).any(|folder| !seen.insert(folder))
}

/// All folders that hold a node, outermost first.
pub(super) fn folders_of(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('/').map(|(end, _)| &name[..end])
}

/// For each row the rows before it that it reads. A closed folder reads what is read in it, an open one nothing.
pub(super) fn reads(facts: &Facts, rows: &[Row]) -> Vec<Vec<usize>> {
    let nodes = &facts.snapshot.nodes;
    let mut place: Vec<Option<usize>> = vec![None; nodes.len()];
    for (row, found) in rows.iter().enumerate() {
        found.shown().iter().for_each(|at| place[*at] = Some(row));
    }
    let of = |(row, found): (usize, &Row)| {
        let read = found.shown().into_iter().flat_map(|at| nodes[at].reads.iter());
        let rows: BTreeSet<usize> = read.filter_map(|read| place[*read]).filter(|read| *read < row).collect();
        rows.into_iter().collect()
    };
    rows.iter().enumerate().map(of).collect()
}

impl Row {
    /// The nodes that it stands for.
    fn shown(&self) -> Vec<usize> {
        match &self.kind {
            Kind::Node(at, _) => vec![*at],
            Kind::Folder(folder) if folder.is_open => Vec::new(),
            Kind::Folder(folder) => folder.nodes.clone(),
        }
    }

    /// What it is called, whatever is open.
    pub(super) fn path<'a>(&'a self, facts: &'a Facts) -> &'a str {
        match &self.kind {
            Kind::Node(at, _) => &facts.snapshot.nodes[*at].name,
            Kind::Folder(folder) => &folder.path,
        }
    }

    /// The node, if it is one.
    pub(super) const fn node(&self) -> Option<usize> {
        match self.kind {
            Kind::Node(at, _) => Some(at),
            Kind::Folder(_) => None,
        }
    }

    /// The folder, if it is one.
    pub(super) const fn folder(&self) -> Option<&Folder> {
        match &self.kind {
            Kind::Node(..) => None,
            Kind::Folder(folder) => Some(folder),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::DatumState;
    use crate::tui::facts::fixture;
    use std::sync::Arc;

    /// `raw/a`, `raw/b`, then `prep/x/one`, `prep/x/two`, `prep/fix`, `fs` and `prep/last`, each reading the one before.
    pub(in crate::tui::screen::home) fn facts() -> Facts {
        let mut facts = fixture::facts();
        let raw = |name: &str| Node { name: name.into(), files: Some(2), ..Node::default() };
        let made = |name: &str, reads, state| fixture::pipeline(name, reads, &[("k", state, "why")]);
        let mut snapshot = (*facts.snapshot).clone();
        snapshot.nodes = vec![
            raw("raw/a"),
            raw("raw/b"),
            made("prep/x/one", vec![0], DatumState::Done),
            made("prep/x/two", vec![1, 2], DatumState::Failed),
            made("prep/fix", vec![3], DatumState::Stale),
            made("fs", vec![4], DatumState::Done),
            made("prep/last", vec![5], DatumState::Done),
        ];
        facts.snapshot = Arc::new(snapshot);
        facts
    }

    fn told(facts: &Facts, open: &[&str]) -> Vec<String> {
        let (all, open) = ((0..7).collect::<Vec<_>>(), open.iter().map(|path| (*path).to_owned()).collect());
        let name = |row: &Row| match &row.kind {
            Kind::Node(at, skip) => facts.snapshot.nodes[*at].name[*skip..].to_owned(),
            Kind::Folder(folder) => format!("{}/{}", folder.path, folder.nodes.len()),
        };
        let line = |row: &Row| format!("{}{}", " ".repeat(row.depth), name(row));
        tree(facts, &all, &open).iter().map(line).collect()
    }

    #[test]
    fn folders_of_several_have_a_row_and_are_opened() {
        let facts = facts();
        assert_eq!(told(&facts, &[]), ["raw/2", "prep/4", "fs"]);
        assert_eq!(told(&facts, &["prep"]), ["raw/2", "prep/4", " prep/x/2", " fix", " last", "fs"]);
        assert_eq!(told(&facts, &["prep", "prep/x"])[2..5], [" prep/x/2", "  one", "  two"]);
        assert!(has_folders(&facts) && folders_of("a/b/c").eq(["a", "a/b"]));
    }

    #[test]
    fn what_is_folded_reads_what_is_read_in_it() {
        let facts = facts();
        let rows = tree(&facts, &(0..7).collect::<Vec<_>>(), &BTreeSet::new());
        // `prep/last` reads `fs` below it: lines only go down.
        assert_eq!(reads(&facts, &rows), [vec![], vec![0], vec![1]]);
        let open = ["prep".to_owned()].into();
        let rows = tree(&facts, &(0..7).collect::<Vec<_>>(), &open);
        assert_eq!(reads(&facts, &rows), [vec![], vec![], vec![0], vec![2], vec![], vec![3]]);
    }

    #[test]
    fn the_worst_stands_for_a_folder() {
        let facts = facts();
        let rows = tree(&facts, &(0..7).collect::<Vec<_>>(), &BTreeSet::new());
        let states: Vec<_> = rows.iter().filter_map(Row::folder).map(|folder| folder.state(&facts)).collect();
        assert_eq!(states, [Overall::Input, Overall::Datum(DatumState::Failed)]);
    }
}
