//! A log without its picture: where it stands, whether it grows, and its lines.

use serde_json::json;

use crate::model::show;
use crate::run::count;
use crate::tui::facts::Facts;
use crate::tui::twin::{Row, Twin};

use super::Log;

/// What the screen says.
pub(super) fn twin(log: &Log, _facts: &Facts, most: usize) -> Twin {
    let read = log.text.as_ref().and_then(|text| text.as_ref().ok());
    let error = log.text.as_ref().and_then(|text| text.as_ref().err()).map(ToString::to_string);
    let lines = log.lines();
    let state = if log.is_running { "its command runs" } else { "its command has ended" };
    Twin::default()
        .with("pipeline", log.source.pipeline.clone())
        .with("key", log.source.key.clone())
        .with("file", json!(log.source.file))
        .with("path", json!(read.map(|text| &text.path)))
        .with("bytes", json!(read.map(|text| text.bytes)))
        .with("is_cut", read.is_some_and(|text| text.is_cut))
        .with("is_running", log.is_running)
        .with("is_following", log.is_following)
        .with("search", log.search.text.clone())
        .with("error", json!(error))
        .line(match &log.source.file {
            Some(path) => format!("file {}: {}", show(path), count(lines.len(), "line")),
            None => format!("log of {}: {}, {state}", show(&log.name()), count(lines.len(), "line")),
        })
        .line(error.map(|error| show(&error)).unwrap_or_default())
        .list(lines.len(), log.row(), most, |at| Row {
            text: lines[at].clone(),
            facts: json!({ "line": at + 1, "text": lines[at] }),
        })
}
