//! One pipeline without its picture: its spec and times, and its datums in sentences.

use serde_json::{Value, json};

use crate::model::{DatumState, show};
use crate::tui::facts::{Facts, span};
use crate::tui::twin::{Row, Twin, counted, counts};

use super::Pipeline;
use super::ask::nothing;
use super::rows::Rows;

/// What the screen says.
pub(super) fn twin(screen: &Pipeline, facts: &Facts, most: usize) -> Twin {
    let (rows, timing) = (&screen.rows, &screen.rows.timing);
    let sum = rows.node.map(|at| facts.counts(at)).unwrap_or_default();
    let times = (timing.known > 0).then(|| {
        json!({
            "known": timing.known, "median_ms": timing.median, "p95_ms": timing.p95, "longest_ms": timing.longest,
        })
    });
    let selected: Vec<&str> = rows.selected.iter().map(String::as_str).collect();
    let mut twin = Twin::default()
        .with("pipeline", rows.name.clone())
        .with("counts", counts(&sum))
        .with("spec", spec(rows, facts))
        .with("times", json!(times))
        .with("filter", rows.asked.filter.clone())
        .with("is_failed_only", rows.asked.is_failed_only)
        .with("sort", rows.asked.sort.name(rows.asked.is_reversed))
        .with("selected", json!(selected))
        .line(format!("{}: {}", show(&rows.name), counted(&sum)));
    if let Some(node) = rows.pipeline(facts) {
        let inputs: Vec<String> = node.spec.inputs.iter().map(|input| show(input)).collect();
        let error = node.error.as_deref().map(|error| format!("wrong: {}", show(error)));
        twin = twin
            .line(error.unwrap_or_default())
            .line(format!("inputs: {}", inputs.join("; ")))
            .line(format!("command: {}", show(&node.spec.command)));
    }
    if timing.known > 0 {
        let (median, longest) = (span(u64::from(timing.median)), span(u64::from(timing.longest)));
        twin = twin.line(format!("took: median {median}, longest {longest}"));
    }
    if rows.shown.is_empty() {
        twin.lines.extend(nothing(rows, facts));
    }
    twin.list(rows.shown.len(), rows.list.cursor, most, |place| datum(rows, facts, place))
}

fn spec(rows: &Rows, facts: &Facts) -> Value {
    let Some(node) = rows.pipeline(facts) else { return Value::Null };
    let spec = &node.spec;
    json!({
        "path": spec.path, "inputs": spec.inputs, "combined": spec.combined, "command": spec.command,
        "output": spec.output, "image": spec.image, "limits": spec.limits, "code": spec.code,
        "made": spec.made,
        "error": node.error,
    })
}

fn datum(rows: &Rows, facts: &Facts, place: usize) -> Row {
    let row = rows.shown[place] as usize;
    let at = rows.node.unwrap_or(usize::MAX);
    let (key, state) = (rows.table().key(row), facts.state(at, row));
    let (reason, took) = (facts.reason(at, row), facts.took_one(at, row));
    let is_selected = rows.selected.contains(key);
    let id = rows.table().ids.get(row).map(ToString::to_string);
    let known = (took > 0).then_some(took);
    let mut found = json!({
        "key": key, "id": id, "state": state.word(), "reason": reason, "took_ms": known, "peak_bytes": facts.peak(at, row),
        "is_selected": is_selected,
    });
    let result = rows.table().result(row);
    if !result.is_empty() {
        found["path"] = result.into();
    }
    let mark = if is_selected { "selected, " } else { "" };
    let time = match (took, state) {
        (0, _) | (_, DatumState::Running) => String::new(),
        _ => format!("; took {}", span(took)),
    };
    let state = state.word().replace('_', " ");
    Row { text: format!("{mark}{}: {state}; {}{time}", show(key), show(&reason)), facts: found }
}
