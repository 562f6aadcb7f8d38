//! One file per verb: calls `app`, prints what it gives.

pub(crate) mod check;
pub(crate) mod datums;
pub(crate) mod generated;
pub(crate) mod glob;
pub(crate) mod graph;
pub(crate) mod logs;
pub(crate) mod new;
pub(crate) mod run;
pub(crate) mod save;
pub(crate) mod status;
pub(crate) mod why;

use std::io::Write as _;

use crate::app::{AppError, ExitCode, Session};
use crate::cli::Context;

use super::report::render_findings;

/// Opens the project for the one look that this process is for.
///
/// It stays open until the process ends: freeing some hundred thousand small values takes longer.
///
/// # Errors
/// When there is no usable project.
pub(crate) fn open(context: &Context) -> Result<&'static Session, AppError> {
    Session::open(&context.dir).map(|session| &*Box::leak(Box::new(session)))
}

/// Prints data on standard output. A reader that went away is no error.
pub(crate) fn print(text: &str) {
    let mut stdout = anstream::stdout().lock();
    drop(stdout.write_all(text.as_bytes()));
    drop(stdout.flush());
}

/// Prints one JSON value on a line.
pub(crate) fn print_json(value: &serde_json::Value) {
    print(&format!("{value}\n"));
}

/// Says something on standard error.
pub(crate) fn say(text: &str) {
    let mut stderr = anstream::stderr().lock();
    drop(writeln!(stderr, "{text}"));
}

/// Draws findings on standard error and gives the error that sums them up, if any of them is one.
///
/// # Errors
/// When a finding is an error.
pub(crate) fn refuse_findings(session: &Session) -> Result<(), AppError> {
    let errors: Vec<_> =
        session.project.findings.iter().filter(|finding| finding.is_error()).cloned().collect();
    if !errors.is_empty() {
        say(&draw(session, &errors));
    }
    session.refuse_errors()
}

/// Findings as drawn text.
pub(crate) fn draw(session: &Session, findings: &[crate::model::Finding]) -> String {
    let root = session.project.repo.root().to_owned();
    let source = move |path: &str| std::fs::read_to_string(root.join(path)).ok();
    render_findings(findings, &source, true)
}

/// The exit code for a look: 0.
pub(crate) const LOOKED: ExitCode = ExitCode::Done;
