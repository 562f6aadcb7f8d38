//! Findings without their picture.

use serde_json::json;

use crate::model::{Finding, show};
use crate::tui::facts::Facts;
use crate::tui::twin::{Row, Twin};

use super::{Check, place, word};

/// What the screen says.
pub(super) fn twin(check: &Check, facts: &Facts, most: usize) -> Twin {
    let shown = check.shown(facts);
    let none = match (shown.is_empty(), facts.snapshot.findings.is_empty()) {
        (true, true) => "nothing is wrong",
        (true, false) => "nothing matches the filter",
        _ => "",
    };
    Twin::default().with("filter", check.filter.clone()).line(none).list(
        shown.len(),
        check.list.cursor,
        most,
        |at| finding(shown[at]),
    )
}

fn finding(finding: &Finding) -> Row {
    let severity = word(finding.severity);
    let at = place(finding);
    let at = if at.is_empty() { String::new() } else { format!(" at {}", show(&at)) };
    let text = format!("{severity} {}{at}: {}", finding.code, show(&finding.message));
    let facts = json!({
        "severity": severity, "code": finding.code, "name": finding.name, "path": finding.path,
        "line": finding.span.map(|span| span.line), "message": finding.message, "label": finding.label,
        "notes": finding.notes, "help": finding.help,
    });
    Row { text, facts }
}
