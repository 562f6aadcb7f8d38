//! `save` and `accept`.

use serde_json::json;

use super::{print, print_json, say};
use crate::app::{self, AppError, ExitCode, Saved};
use crate::cli::Context;
use crate::cli::report::{Style, paint, plural};
use crate::model::show;

/// `save`.
pub(crate) fn save(context: &Context, message: Option<&str>) -> Result<ExitCode, AppError> {
    let saved = app::save(&context.dir, message)?;
    if context.json {
        print_json(&as_json(&saved));
        return Ok(ExitCode::Done);
    }
    match &saved.commit {
        Some(commit) => print(&format!("saved {} in {}\n", plural(saved.paths, "file"), &commit[..10])),
        None if saved.results.is_empty() => print("nothing to save\n"),
        None => {}
    }
    tell_results(&saved);
    Ok(ExitCode::Done)
}

/// `accept`.
pub(crate) fn accept(context: &Context, targets: &[String]) -> Result<ExitCode, AppError> {
    let (accepted, saved) = app::accept(&context.dir, targets)?;
    if context.json {
        print_json(
            &json!({"accepted": accepted.targets, "current": accepted.current, "save": as_json(&saved)}),
        );
        return Ok(ExitCode::Done);
    }
    let current =
        if accepted.current > 0 { format!(", {} current already", accepted.current) } else { String::new() };
    print(&format!("accepted {}{current}\n", plural(accepted.targets.len(), "result")));
    tell_results(&saved);
    Ok(ExitCode::Done)
}

fn tell_results(saved: &Saved) {
    for (name, commits) in &saved.results {
        print(&format!(
            "committed {} ({})\n",
            paint(Style::Bold, &show(name.as_str())),
            plural(commits.len(), "commit")
        ));
    }
    for (name, reason) in &saved.held {
        say(&format!("{}: not committed yet: {}", show(name.as_str()), show(reason)));
    }
}

fn as_json(saved: &Saved) -> serde_json::Value {
    let results: Vec<_> =
        saved.results.iter().map(|(name, commits)| json!({"pipeline": name, "commits": commits})).collect();
    let held: Vec<_> =
        saved.held.iter().map(|(name, reason)| json!({"pipeline": name, "reason": reason})).collect();
    json!({"commit": saved.commit, "paths": saved.paths, "results": results, "held": held})
}
