//! One file per verb: calls `app`, prints what it gives.

pub(crate) mod add;
pub(crate) mod attach;
pub(crate) mod below;
pub(crate) mod cancel;
pub(crate) mod check;
pub(crate) mod datums;
pub(crate) mod diff;
mod drift;
pub(crate) mod engines;
pub(crate) mod enter;
pub(crate) mod gc;
pub(crate) mod generated;
pub(crate) mod glob;
pub(crate) mod graph;
pub(crate) mod import;
pub(crate) mod jobs;
pub(crate) mod logs;
pub(crate) mod new;
mod place;
mod preview;
pub(crate) mod provenance;
pub(crate) mod rule;
pub(crate) mod run;
pub(crate) mod save;
pub(crate) mod status;
mod targets;
mod template;
pub(crate) mod ui;
pub(crate) mod undo;
pub(crate) mod update;
mod whole;
pub(crate) mod why;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::OnceLock;

use serde_json::json;

use crate::app::{self, AppError, CommitView, ExitCode, Moment, Replica, Session};
use crate::cli::Context;
use crate::model::{Finding, PipelineName, show};
use crate::spec::Unsound;

use super::report::{Style, paint, render_findings};

/// Opens the project for the one look that this process is for.
///
/// It stays open until the process ends: freeing some hundred thousand small values takes longer.
///
/// # Errors
/// When there is no usable project.
pub(crate) fn open(context: &Context) -> Result<&'static Session, AppError> {
    Session::open(&context.dir).map(|session| &*Box::leak(Box::new(session)))
}

/// A project as it is looked at: now, or as a commit has it.
pub(crate) struct Look {
    /// The project; it stays open, as for [`open`].
    pub(crate) session: &'static Session,
    /// The commit; none is now.
    pub(crate) commit: Option<CommitView>,
    /// Gone with it is what was laid out of a commit.
    _replica: Option<Replica>,
}

/// Opens the project now, or as a commit has it.
///
/// # Errors
/// When there is no usable project, no such commit, or no room to lay it out.
pub(crate) fn look(context: &Context, at: Option<&str>) -> Result<Look, AppError> {
    let Moment { session, commit, replica } = Moment::open(&context.dir, at)?;
    Ok(Look { session: &*Box::leak(Box::new(session)), commit, _replica: replica })
}

/// Why data could not be printed, the first time.
static UNPRINTED: OnceLock<String> = OnceLock::new();

/// Prints data on standard output. A reader that went away is no error; any other is told at the end.
pub(crate) fn print(text: &str) {
    let mut stdout = anstream::stdout().lock();
    note_unprinted(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()));
}

/// Notes that something could not be printed, unless it was its reader's choice.
pub(crate) fn note_unprinted(printed: std::io::Result<()>) {
    if let Err(error) = printed
        && error.kind() != std::io::ErrorKind::BrokenPipe
    {
        drop(UNPRINTED.set(error.to_string()));
    }
}

/// That something could not be printed, if that is so.
pub(crate) fn unprinted() -> Option<AppError> {
    let why = UNPRINTED.get()?;
    let message = format!("not all of it could be printed: standard output takes no more: {why}");
    Some(AppError::new(ExitCode::Data, message))
}

/// What a merge left to be done, and content that is damaged, as paragraphs of their own.
fn unsettled(session: &Session) -> String {
    let merge = app::unsettled(&session.project, &|command| paint(Style::Hint, command));
    let damaged = app::set_aside(&session.project);
    let told: Vec<String> = merge.into_iter().chain(damaged).collect();
    if told.is_empty() { String::new() } else { format!("\n{}\n", told.join("\n\n")) }
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

/// Draws the errors in specs on standard error; sound pipelines can be looked at all the same.
///
/// # Errors
/// When it is the project file that has errors.
pub(crate) fn tell_errors(session: &Session) -> Result<(), AppError> {
    let errors = session.errors();
    if !errors.is_empty() {
        say(&draw(session, &errors));
    }
    session.refuse_broken_config()
}

/// What `plan`, `status` and a dry run tell of the specs of these pipelines: all errors, and scripts that are not there.
pub(crate) fn spec_findings<'a>(session: &Session, names: impl Iterator<Item = &'a str>) -> Vec<Finding> {
    let names = names.filter_map(|name| PipelineName::parse(name).ok());
    let absent = names.flat_map(|name| session.project.missing_scripts(&name));
    session.errors().into_iter().chain(absent).collect()
}

/// Draws warnings among findings on standard error.
pub(crate) fn tell_warnings(session: &Session, findings: &[Finding]) {
    let warnings: Vec<Finding> = findings.iter().filter(|finding| !finding.is_error()).cloned().collect();
    if !warnings.is_empty() {
        say(&draw(session, &warnings));
    }
}

/// Names the pipelines that are not sound in one line on standard error, for verbs about others.
///
/// # Errors
/// When it is the project file that has errors, which are drawn.
pub(crate) fn note_unsound(context: &Context, session: &Session) -> Result<(), AppError> {
    let unsound = &session.project.unsound;
    if session.project.loaded.is_config_broken {
        return tell_errors(session);
    }
    if !unsound.is_empty() && !context.quiet {
        let named: Vec<String> = unsound.iter().map(|(name, why)| state_of(name, why)).collect();
        say(&format!("{} {} (minipach check)", paint(Style::Warn, "note:"), named.join(", ")));
    }
    Ok(())
}

/// `` `fs` is broken ``.
fn state_of(name: &str, why: &Unsound) -> String {
    format!("`{}` is {}", show(name), why.word().replace('_', " "))
}

/// Pipelines that are not sound, as data.
pub(crate) fn unsound_json(unsound: &BTreeMap<String, Unsound>) -> serde_json::Value {
    let one = |(name, why): (&String, &Unsound)| json!({"name": name, "state": why.word(), "message": why.sentence()});
    unsound.iter().map(one).collect()
}

/// Findings as drawn text.
pub(crate) fn draw(session: &Session, findings: &[Finding]) -> String {
    let root = session.project.repo.root().to_owned();
    let source = move |path: &str| std::fs::read_to_string(root.join(path)).ok();
    render_findings(findings, &source, true)
}

/// Draws what looks like a spec and is none, for who finds no pipeline.
pub(crate) fn tell_misnamed(session: &Session) -> Result<(), AppError> {
    let findings = session.misnamed_specs()?;
    if !findings.is_empty() {
        say(&draw(session, &findings));
    }
    Ok(())
}

/// The exit code for a look: 0.
pub(crate) const LOOKED: ExitCode = ExitCode::Done;

/// How a plan ends: with a spec's error before another reason that pipelines cannot be planned.
fn worst(has_errors: bool, broken: impl Iterator<Item = ExitCode>) -> ExitCode {
    let errors = has_errors.then_some(ExitCode::Spec).into_iter();
    errors.chain(broken).min_by_key(|code| code.number()).unwrap_or(LOOKED)
}
