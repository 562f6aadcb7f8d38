//! `rule`: the page of a rule, or a list of all.

use serde_json::json;

use super::{print, print_json};
use crate::app::{AppError, ExitCode, Rules};
use crate::cli::Context;

/// `rule`.
///
/// # Errors
/// When there is no such rule.
pub(crate) fn rule(context: &Context, word: Option<&str>) -> Result<ExitCode, AppError> {
    let Some(word) = word else {
        list(context);
        return Ok(ExitCode::Done);
    };
    let (row, page) = Rules::page(word)?;
    if context.json {
        print_json(&json!({
            "code": row.rule.code, "name": row.rule.name, "severity": row.rule.severity, "why": row.rule.why,
            "on_request": row.is_on_request, "page": page,
        }));
    } else {
        print(page);
    }
    Ok(ExitCode::Done)
}

/// All rules, a line each.
pub(super) fn list(context: &Context) {
    for row in Rules::all() {
        let rule = row.rule;
        if context.json {
            print_json(&json!({
                "code": rule.code, "name": rule.name, "severity": rule.severity, "why": rule.why,
                "on_request": row.is_on_request,
            }));
            continue;
        }
        let asked = if row.is_on_request { " (only when selected)" } else { "" };
        let word = rule.severity.word();
        print(&format!("{}  {:<24} {word:<8} {}{asked}\n", rule.code, rule.name, rule.why));
    }
}
