//! One datum without its picture: each of its panes under its name.

use serde_json::{Value, json};

use crate::model::show;
use crate::tui::facts::Facts;
use crate::tui::twin::Twin;

use super::{Datum, Pane, text};

/// Lines of a log that are told.
const TAIL: usize = 20;

/// What the screen says; the log as far as it was read.
pub(super) fn twin(datum: &Datum, facts: &Facts, most: usize) -> Twin {
    let state = datum.state(facts).word();
    let lines = |pane| -> Vec<String> {
        let found = text::lines(datum, facts, pane, usize::MAX).into_iter();
        found.map(|line| format!("{} {}", line.text, line.right).trim_end().to_owned()).collect()
    };
    let log = datum.text(facts).and_then(|text| text.as_ref().ok());
    let log = log.map(|text| json!({ "path": text.path, "bytes": text.bytes, "lines": text.lines }));
    let known = datum.found().map_or(Value::Null, crate::app::DatumView::json);
    let mut twin = Twin::default()
        .with("pipeline", datum.pipeline.clone())
        .with("key", datum.key.clone())
        .with("state", state)
        .with("why", json!(lines(Pane::Why)))
        .with("datum", known)
        .with("log", json!(log))
        .line(format!("{}: {}", show(&datum.name()), state.replace('_', " ")));
    for (name, pane) in [
        ("why", Pane::Why),
        ("inputs", Pane::Inputs),
        ("outputs", Pane::Outputs),
        ("attempts", Pane::Timing),
        ("end of the log", Pane::Log),
    ] {
        let told = lines(pane);
        let skipped = if pane == Pane::Log { told.len().saturating_sub(TAIL.min(most)) } else { 0 };
        twin.lines.push(format!("{name}:"));
        twin.lines.extend(told.into_iter().skip(skipped).map(|line| format!("  {line}")));
    }
    twin
}
