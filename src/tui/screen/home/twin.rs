//! Home without its picture: every pipeline in a sentence, in order, with what it reads.

use serde_json::{Value, json};

use crate::model::show;
use crate::run::count;
use crate::tui::facts::Facts;
use crate::tui::twin::{Row, Twin, counted, counts};

use super::Home;

/// What the screen says.
pub(super) fn twin(home: &Home, facts: &Facts, most: usize) -> Twin {
    let shown = home.shown(facts);
    let error = facts.snapshot.error.as_deref().map(show).unwrap_or_default();
    let empty = if shown.is_empty() { "nothing is shown" } else { "" };
    Twin::default()
        .with("filter", home.filter.clone())
        .with("is_failed_only", home.is_failed_only)
        .line(error)
        .line(empty)
        .list(shown.len(), home.list.cursor, most, |row| node(facts, shown[row]))
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
        "name": node.name, "kind": kind, "state": state, "reads": reads, "files": node.files,
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
