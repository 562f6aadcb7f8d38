//! A pipeline whose spec breaks while it is looked at keeps what was last known of it, and so do its readers: inputs,
//! spec, datums.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::app::{Node, Snapshot};

/// A snapshot in which broken pipelines have what they had in the one before; the same one if none is broken.
pub(super) fn keep(before: &Snapshot, now: Arc<Snapshot>) -> Arc<Snapshot> {
    let kept: Vec<(usize, &Node)> = now
        .nodes
        .iter()
        .enumerate()
        .filter(|(_, node)| matches!(node.state.as_str(), "broken" | "left_out") && node.table.is_empty())
        .filter_map(|(at, node)| Some((at, &before.nodes[before.position(&node.name)?])))
        .filter(|(_, old)| old.is_pipeline() && !old.reads.is_empty())
        .collect();
    if kept.is_empty() {
        return now;
    }
    let mut nodes: Vec<(Node, Vec<String>)> =
        now.nodes.iter().map(|node| (node.clone(), names(&now, node))).collect();
    for (at, old) in kept {
        let (node, reads) = &mut nodes[at];
        let path = node.spec.path.clone();
        (node.counts, node.table, node.spec) = (old.counts, Arc::clone(&old.table), old.spec.clone());
        node.spec.path = path;
        *reads = names(before, old);
    }
    bring_back(before, &mut nodes);
    // Rows stay where they were looked at.
    nodes.sort_by_key(|(node, _)| before.position(&node.name).unwrap_or(usize::MAX));
    Arc::new(Snapshot { nodes: in_order(nodes), ..(*now).clone() })
}

fn names(snapshot: &Snapshot, node: &Node) -> Vec<String> {
    node.reads.iter().map(|read| snapshot.nodes[*read].name.clone()).collect()
}

/// Raw repos that nobody else reads are not in the new snapshot: they come from the one before.
fn bring_back(before: &Snapshot, nodes: &mut Vec<(Node, Vec<String>)>) {
    let is_wanted = |old: &&Node| nodes.iter().any(|(_, reads)| reads.contains(&old.name));
    let is_there = |old: &&Node| nodes.iter().any(|(node, _)| node.name == old.name);
    let raw = before.nodes.iter().filter(|old| !old.is_pipeline());
    let gone = raw.filter(|old| is_wanted(old) && !is_there(old)).map(|old| (old.clone(), Vec::new()));
    let gone: Vec<(Node, Vec<String>)> = gone.collect();
    nodes.extend(gone);
}

/// Nodes after all that they read, else as they were; what would go round in a circle is not read.
fn in_order(nodes: Vec<(Node, Vec<String>)>) -> Vec<Node> {
    let (mut made, mut left): (Vec<Node>, Vec<(Node, Vec<String>)>) = (Vec::new(), nodes);
    let mut place: BTreeMap<String, usize> = BTreeMap::new();
    while !left.is_empty() {
        let waits =
            |reads: &Vec<String>| reads.iter().any(|read| left.iter().any(|(other, _)| other.name == *read));
        let at = left.iter().position(|(_, reads)| !waits(reads)).unwrap_or(0);
        let (node, reads) = left.remove(at);
        place.insert(node.name.clone(), made.len());
        let reads =
            reads.iter().filter_map(|read| place.get(read).copied().filter(|at| *at < made.len())).collect();
        made.push(Node { reads, ..node });
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::facts::fixture;

    #[test]
    fn a_pipeline_that_breaks_keeps_its_inputs_and_datums() {
        let before = (*fixture::facts().snapshot).clone();
        let mut broken = before.clone();
        // Nobody else reads `raw/t1` and `raw/t2`, so they are gone too; `stats` was left out.
        let error = Some("its spec is broken".to_owned());
        let fs = Node { name: "fs".into(), state: "broken".into(), error, ..Node::default() };
        let stats = Node { name: "stats".into(), state: "left_out".into(), ..Node::default() };
        broken.nodes = vec![fs, stats];
        let kept = keep(&before, Arc::new(broken));
        let names: Vec<&str> = kept.nodes.iter().map(|node| node.name.as_str()).collect();
        assert_eq!(names, ["raw/t1", "raw/t2", "fs", "stats"]);
        let fs = &kept.nodes[2];
        assert_eq!((fs.reads.len(), fs.table.len(), fs.counts.total()), (2, 3, 3));
        assert!(fs.error.is_some() && fs.state == "broken");
        assert_eq!(kept.nodes[3].reads, [2]);
        let again = keep(&kept, Arc::new((*kept).clone()));
        assert_eq!(again.nodes, kept.nodes);
    }

    #[test]
    fn rows_stay_in_order_where_one_breaks() {
        let mut before = (*fixture::facts().snapshot).clone();
        // `b` and `c` read raw repos of their own, in the order in which they were planned.
        let raw = |name: &str| Node { name: name.into(), files: Some(1), ..Node::default() };
        let fs = before.nodes[2].clone();
        let of = |name: &str, read| Node { name: name.into(), reads: vec![read], ..fs.clone() };
        before.nodes = vec![raw("x"), of("b", 0), raw("y"), of("c", 2)];
        // What is broken comes last, and what it alone read not at all.
        let error = Some("its spec is broken".to_owned());
        let broken = Node { name: "b".into(), state: "broken".into(), error, ..Node::default() };
        let now = Snapshot { nodes: vec![raw("y"), of("c", 0), broken], ..before.clone() };
        let kept = keep(&before, Arc::new(now));
        let names: Vec<&str> = kept.nodes.iter().map(|node| node.name.as_str()).collect();
        assert_eq!(names, ["x", "b", "y", "c"]);
        assert_eq!((kept.nodes[1].reads.as_slice(), kept.nodes[3].reads.as_slice()), (&[0][..], &[2][..]));
    }

    #[test]
    fn circles_are_cut_and_what_is_whole_stays_the_same() {
        let snapshot = Arc::clone(&fixture::facts().snapshot);
        assert!(Arc::ptr_eq(&keep(&snapshot, Arc::clone(&snapshot)), &snapshot));
        let mut before = (*snapshot).clone();
        before.nodes[3].reads = vec![2];
        let mut now = before.clone();
        now.nodes = vec![
            Node { name: "stats".into(), state: "broken".into(), ..Node::default() },
            Node { reads: vec![0], ..before.nodes[2].clone() },
        ];
        let kept = keep(&before, Arc::new(now));
        for (at, node) in kept.nodes.iter().enumerate() {
            assert!(node.reads.iter().all(|read| *read < at), "{}", node.name);
        }
        assert_eq!(kept.nodes.len(), 2);
    }
}
