//! Home without its picture: every pipeline in a sentence, in order, with what it reads.

use serde_json::{Value, json};

use crate::model::show;
use crate::run::count;
use crate::tui::facts::Facts;
use crate::tui::twin::{Row, Twin, counted, counts};

use super::Home;
use super::rows::{Folder, Kind};

/// What the screen says.
pub(super) fn twin(home: &Home, facts: &Facts, most: usize) -> Twin {
    let rows = home.rows(facts);
    let error = facts.snapshot.error.as_deref().map(show).unwrap_or_default();
    let empty = if rows.is_empty() { "nothing is shown" } else { "" };
    Twin::default()
        .with("filter", home.filter.clone())
        .with("is_failed_only", home.is_failed_only)
        .line(error)
        .line(home.wrong().unwrap_or_default())
        .line(empty)
        .list(rows.len(), home.list.cursor, most, |row| match &rows[row].kind {
            Kind::Node(at, _) => node(facts, *at),
            Kind::Folder(inside) => folder(facts, inside),
        })
}

fn folder(facts: &Facts, folder: &Folder) -> Row {
    let names: Vec<&str> = folder.nodes.iter().map(|at| facts.snapshot.nodes[*at].name.as_str()).collect();
    let (state, sum) = (folder.state(facts).word(), folder.counts(facts));
    let found = json!({
        "name": folder.path, "path": folder.path, "kind": "folder", "state": state, "holds": names,
        "is_open": folder.is_open, "counts": counts(&sum), "total": sum.total(),
    });
    let open = if folder.is_open { "an open" } else { "a closed" };
    let text = format!("{}: {open} folder of {}; {}", show(&folder.path), names.len(), counted(&sum));
    Row { text, facts: found }
}

fn node(facts: &Facts, at: usize) -> Row {
    let node = &facts.snapshot.nodes[at];
    let reads: Vec<&str> = node.reads.iter().map(|read| facts.snapshot.nodes[*read].name.as_str()).collect();
    let (state, sum) = (facts.node_state(at).word(), facts.counts(at));
    let causes: Vec<Value> = node
        .causes
        .iter()
        .map(|cause| json!({ "sentence": cause.sentence, "datums": cause.datums }))
        .collect();
    let kind = if node.is_pipeline() { "pipeline" } else { "input" };
    let found = json!({
        "name": node.name, "path": node.name, "kind": kind, "state": state, "reads": reads, "files": node.files,
        "counts": counts(&sum), "total": sum.total(), "is_lower_bound": node.is_lower_bound,
        "causes": causes, "error": node.error, "alone": node.alone,
    });
    let name = show(&node.name);
    if let Some(files) = node.files {
        return Row { text: format!("{name}: data, {}", count(files, "file")), facts: found };
    }
    let read = if reads.is_empty() { String::new() } else { format!("; reads {}", show(&reads.join(", "))) };
    let why = node.error.iter().chain(node.causes.first().map(|cause| &cause.sentence)).next();
    let why = why.map(|why| format!("; {}", show(why))).unwrap_or_default();
    let more = if node.is_lower_bound { ", more may come" } else { "" };
    let state = state.replace('_', " ");
    Row { text: format!("{name}: {state}; {}{more}{read}{why}", counted(&sum)), facts: found }
}
