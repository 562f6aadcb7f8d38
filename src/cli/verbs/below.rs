//! `run --recursive`: pipelines of subdatasets first, inner ones before outer ones, then those of the project.

use std::sync::Arc;

use serde_json::json;

use super::run::{one, request, stop};
use super::{print_json, say};
use crate::app::{self, AppError, Below, ExitCode};
use crate::cli::Context;
use crate::cli::args::Run;
use crate::cli::report::{Style, paint, plural};
use crate::model::show;
use crate::run::{Request, Stop};

/// `run --recursive`: what subdatasets hold, then what is asked for.
pub(crate) fn recursive(context: &Context, args: &Run) -> Result<ExitCode, AppError> {
    let request = &request(args)?;
    let is_dry = args.dry_run;
    let stop = stop(is_dry)?;
    let inner =
        Request { save_paths: Vec::new(), save_files: Vec::new(), targets: Vec::new(), ..request.clone() };
    let mut worst = None;
    for below in app::below(&context.dir)? {
        let code = if is_dry {
            show_one(context, &below, &inner, &stop)?
        } else {
            run_one(context, &below, &inner, &stop)?
        };
        if code == ExitCode::Done {
            continue;
        }
        if code == ExitCode::Interrupted || !request.keep_going && !is_dry {
            let path = show(&below.path);
            say(&format!(
                "{} `{path}` is not complete, so nothing around it was run",
                paint(Style::Warn, "note:")
            ));
            return Ok(code);
        }
        worst = worst.or(Some(code));
    }
    let code = one(context, request, &stop, is_dry)?;
    Ok(if code == ExitCode::Done { worst.unwrap_or(code) } else { code })
}

fn show_one(
    context: &Context,
    below: &Below,
    inner: &Request,
    stop: &Arc<Stop>,
) -> Result<ExitCode, AppError> {
    if !below.has_specs {
        return Ok(ExitCode::Done);
    }
    tell(context, below);
    one(&context.inside(&below.root), inner, stop, true)
}

fn run_one(
    context: &Context,
    below: &Below,
    inner: &Request,
    stop: &Arc<Stop>,
) -> Result<ExitCode, AppError> {
    tell(context, below);
    // What an earlier run left unrecorded, before anything is added to it.
    let mut commits = app::record(below, inner.save)?;
    let code =
        if below.has_specs { one(&context.inside(&below.root), inner, stop, false)? } else { ExitCode::Done };
    commits.extend(app::record(below, inner.save)?);
    if context.json {
        print_json(&json!({"event": "subdataset_recorded", "path": below.path, "commits": commits}));
    } else if !commits.is_empty() && !context.quiet {
        say(&format!("recorded `{}` in {}", show(&below.path), plural(commits.len(), "commit")));
    }
    Ok(code)
}

fn tell(context: &Context, below: &Below) {
    if context.json {
        print_json(&json!({"event": "subdataset", "path": below.path}));
    } else if !context.quiet {
        say(&format!("in the subdataset {}:", paint(Style::Bold, &show(&below.path))));
    }
}
