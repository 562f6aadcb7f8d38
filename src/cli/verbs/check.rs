//! `check`: findings of specs and layout.

use serde_json::json;

use super::{draw, open, print, print_json};
use crate::app::{AppError, ExitCode};
use crate::cli::Context;
use crate::model::{Finding, Severity, is_at_or_below};

/// `check`.
pub(crate) fn check(context: &Context, paths: &[String]) -> Result<ExitCode, AppError> {
    let session = open(context)?;
    let known = session.known();
    let plans = session.project.plan_all(&known);
    let mut findings = session.findings(&plans);
    findings.extend(session.layout_findings());
    let is_wanted = |finding: &Finding| {
        paths.is_empty()
            || paths.iter().any(|path| {
                let path = path.trim_start_matches("./").trim_end_matches('/');
                is_at_or_below(&finding.path, path)
            })
    };
    findings.retain(is_wanted);
    findings.sort_by(|a, b| (&a.path, a.span, a.code).cmp(&(&b.path, b.span, b.code)));
    if context.json {
        print_json(
            &json!({"schema": 1, "tool": "minipach", "version": env!("CARGO_PKG_VERSION"), "findings": findings}),
        );
    } else {
        print(&if findings.is_empty() { "no findings\n".to_owned() } else { draw(session, &findings) });
    }
    let fails = findings.iter().any(|finding| finding.severity >= Severity::Warning);
    Ok(if fails { ExitCode::Failed } else { ExitCode::Done })
}
