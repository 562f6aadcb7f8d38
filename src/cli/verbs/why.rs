//! `why`: explains a state, down to the field that changed.

use std::fmt::Write as _;

use super::{LOOKED, note_unsound, open, print, print_json};
use crate::app::{AppError, DatumView, ExitCode, find_datums};
use crate::cli::Context;
use crate::cli::report::{Style, paint, plural, state_style};
use crate::model::{DatumState, show, show_short};

/// More datums than this of one pipeline are summed up, those that are not done first.
const MOST: usize = 20;

/// `why`.
pub(crate) fn why(context: &Context, targets: &[String]) -> Result<ExitCode, AppError> {
    let session = open(context)?;
    note_unsound(context, session)?;
    let known = session.known();
    let plans = session.project.plan_all(&known);
    for text in targets {
        let views = find_datums(session, &plans, &known, text)?;
        if context.json {
            for view in &views {
                print_json(&view.json());
            }
        } else {
            print(&explained(text, &views, context.verbose));
        }
    }
    Ok(LOOKED)
}

fn explained(text: &str, views: &[DatumView], verbose: u8) -> String {
    if let [one] = views {
        return full(one);
    }
    let (done, open): (Vec<_>, Vec<_>) = views.iter().partition(|view| view.state == DatumState::Done);
    let mut out = String::new();
    for view in open.iter().take(if verbose > 0 { usize::MAX } else { MOST }) {
        out.push_str(&full(view));
    }
    if open.len() > MOST && verbose == 0 {
        _ = writeln!(out, "… and {} more; -v shows all", open.len() - MOST);
    }
    if !done.is_empty() {
        let noun = plural(done.len(), "datum");
        _ = writeln!(
            out,
            "{noun} of `{}` done: their work is known and their files stand unmodified",
            show(text)
        );
    }
    if views.is_empty() {
        _ = writeln!(out, "`{}` has no datums: its globs match nothing", show(text));
    }
    out
}

fn full(view: &DatumView) -> String {
    let state = paint(state_style(view.state), &view.state.word().replace('_', " "));
    let target = format!("{}:{}", view.pipeline, view.key);
    let mut out = format!("{} is {state}\n", paint(Style::Bold, &show(&target)));
    for reason in &view.reasons {
        _ = writeln!(out, "  because {}", show(&reason.sentence()));
        if let Some((old, new)) = reason.values() {
            let line = format!("    {} → {}", show_short(&old, 200), show_short(&new, 200));
            _ = writeln!(out, "{}", paint(Style::Dim, &line));
        }
    }
    for fact in facts(view) {
        _ = writeln!(out, "{}", paint(Style::Dim, &format!("  {fact}")));
    }
    if !view.twins.is_empty() {
        _ = writeln!(out, "  the same work as {}", show(&view.twins.join(", ")));
    }
    if let Some(step) = next_step(view, &target) {
        _ = writeln!(out, "  {}", paint(Style::Hint, &step));
    }
    out
}

/// What a datum is made of and what stands for it, one line each, long ones cut.
fn facts(view: &DatumView) -> Vec<String> {
    let inputs = view.inputs.iter().take(10);
    let mut facts: Vec<String> =
        inputs.map(|input| format!("input {} = {}", show(&input.name), show(&input.path))).collect();
    if !view.command.is_empty() {
        facts.push(format!("command {}", show_short(&view.command, 200)));
    }
    if !view.code.is_empty() {
        facts.push(format!("code {}", show_short(&view.code.join(", "), 200)));
    }
    let outputs = view.outputs.iter().take(10);
    facts.extend(outputs.map(|(path, content)| format!("result {} = {}", show(path), show(content))));
    facts
}

fn next_step(view: &DatumView, target: &str) -> Option<String> {
    let target = show(target);
    match view.state {
        DatumState::Failed | DatumState::Recovered => Some(format!("minipach logs '{target}'")),
        DatumState::Edited => Some(format!(
            "minipach accept '{target}' keeps the edit; removing the file lets `minipach run` restore it"
        )),
        DatumState::InTheWay => Some(format!("move the file away, or `minipach accept '{target}'`")),
        DatumState::Stale => Some(format!(
            "minipach run '{target}', or `minipach accept '{target}'` if the result is still good"
        )),
        DatumState::Pending | DatumState::Cached | DatumState::Orphaned => Some("minipach run".into()),
        _ => None,
    }
}
