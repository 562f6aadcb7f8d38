//! What differs between a project at two moments, pipeline by pipeline and datum by datum.

use std::collections::BTreeMap;

use crate::model::show;
use crate::run::count;

use super::snapshot::{Node, Snapshot};
use super::table::DatumTable;

/// So many datums are named in a line.
const NAMED: usize = 4;

/// What is otherwise in `to` than it was in `from`, a line each; none where nothing is.
pub fn compare(from: &Snapshot, to: &Snapshot) -> Vec<String> {
    let empty = Node::default();
    let find =
        |snapshot: &Snapshot, name: &str| snapshot.nodes.iter().find(|node| node.name == name).cloned();
    let mut lines = Vec::new();
    for node in &to.nodes {
        match find(from, &node.name) {
            None => lines.push(format!("{}: new", show(&node.name))),
            Some(before) if node.is_pipeline() => lines.extend(datums(&before, node)),
            Some(before) if before.files != node.files => {
                let files = |node: &Node| node.files.unwrap_or(0);
                lines.push(format!("{}: {} files, were {}", show(&node.name), files(node), files(&before)));
            }
            Some(_) => {}
        }
    }
    let gone = from.nodes.iter().filter(|node| find(to, &node.name).is_none());
    lines.extend(gone.map(|node| format!("{}: gone", show(&node.name))));
    let spec = |node: &Node| find(from, &node.name).unwrap_or_else(|| empty.clone()).spec != node.spec;
    let specs = to.nodes.iter().filter(|node| node.is_pipeline() && find(from, &node.name).is_some());
    lines.extend(
        specs.filter(|node| spec(node)).map(|node| format!("{}: another spec or code", show(&node.name))),
    );
    lines
}

/// `fs: 2 datums pending, now done (sub-1, sub-2)`, one line for each way in which datums differ.
fn datums(before: &Node, after: &Node) -> Vec<String> {
    let mut ways: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let keys = |table: &DatumTable| -> Vec<String> {
        (0..table.len()).map(|row| table.key(row).to_owned()).collect()
    };
    for key in keys(&after.table) {
        if let Some(way) = way(&before.table, &after.table, &key) {
            ways.entry(way).or_default().push(key);
        }
    }
    let gone = keys(&before.table).into_iter().filter(|key| after.table.row_of(key).is_none());
    let gone: Vec<String> = gone.collect();
    if !gone.is_empty() {
        ways.insert("gone".into(), gone);
    }
    let line = |(way, keys): (String, Vec<String>)| {
        let named: Vec<String> = keys.iter().take(NAMED).map(|key| show(key)).collect();
        let more = if keys.len() > NAMED { ", …" } else { "" };
        format!("{}: {} {way} ({}{more})", show(&after.name), count(keys.len(), "datum"), named.join(", "))
    };
    ways.into_iter().map(line).collect()
}

/// How a datum differs, if it does.
fn way(before: &DatumTable, after: &DatumTable, key: &str) -> Option<String> {
    let row = after.row_of(key)?;
    let word = |table: &DatumTable, row: usize| table.states[row].word().replace('_', " ");
    match before.row_of(key) {
        None => Some(format!("new, {}", word(after, row))),
        Some(old) if before.states[old] != after.states[row] => {
            Some(format!("{}, then {}", word(before, old), word(after, row)))
        }
        Some(old) if before.ids[old] != after.ids[row] => {
            Some(format!("{} as before, of other inputs or code", word(after, row)))
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DatumState::{Done, Failed, Pending};
    use std::sync::Arc;

    fn at(rows: &[(&str, crate::model::DatumState)]) -> Snapshot {
        let table = DatumTable::from_rows(rows.iter().map(|(key, state)| (*key, *state, "")));
        let node = Node { name: "fs".into(), table: Arc::new(table), ..Node::default() };
        Snapshot { nodes: vec![node], ..Snapshot::default() }
    }

    #[test]
    fn datums_that_differ_alike_are_told_together() {
        let (then, now) = (
            at(&[("a", Pending), ("b", Pending), ("c", Done)]),
            at(&[("a", Done), ("b", Done), ("d", Failed)]),
        );
        assert_eq!(
            compare(&then, &now),
            ["fs: 1 datum gone (c)", "fs: 1 datum new, failed (d)", "fs: 2 datums pending, then done (a, b)"]
        );
        assert_eq!(compare(&now, &now), Vec::<String>::new());
        assert_eq!(compare(&Snapshot::default(), &now), ["fs: new"]);
        assert_eq!(compare(&now, &Snapshot::default()), ["fs: gone"]);
    }
}
