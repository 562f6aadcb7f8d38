//! `attach`: follows a run that another process does, to its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::{print_json, say};
use crate::app::{self, AppError, ExitCode, RunState};
use crate::cli::Context;
use crate::cli::args::Attach;
use crate::cli::report::{Progress, Style, paint};
use crate::model::{Event, show};
use crate::run::Observer as _;

/// `attach`. Ctrl-C leaves the run alone.
pub(crate) fn attach(context: &Context, args: &Attach) -> Result<ExitCode, AppError> {
    let state = app::state_dir(&context.dir)?;
    let run = app::find_run(&state, args.run.as_deref())?;
    // What is over is told again only to who names it, and to programs.
    let is_over = args.run.is_none() && !context.json && app::live(&state)?.holder.is_none();
    let left = listen()?;
    let mut progress = Progress::followed(context.quiet, context.verbose);
    let mut tell = |events: &[Event]| {
        for event in events {
            if context.json {
                print_json(&json!(event));
            } else if !is_over {
                progress.event(event);
            }
        }
        progress.tick();
    };
    let end = app::attach(&state, &run, &|| left.load(Ordering::SeqCst), &mut tell)?;
    if !context.json && !context.quiet {
        let again =
            format!("no run is going on; `minipach attach {}` tells the last one again", app::quoted(&run));
        say(&if is_over { format!("{again}\n{}", sentence(&run, end)) } else { sentence(&run, end) });
    }
    Ok(end.exit_code())
}

fn sentence(run: &str, end: RunState) -> String {
    let run = show(run);
    match end {
        RunState::GoingOn => format!("\nrun {run} goes on; `minipach cancel` stops it"),
        RunState::Lost => {
            format!("the process of run {run} is gone; what it finished is kept, and `minipach run` goes on")
        }
        _ => format!("run {run} is {}; {}", end.word(), paint(Style::Hint, "minipach jobs last")),
    }
}

/// Whether somebody pressed Ctrl-C.
fn listen() -> Result<Arc<AtomicBool>, AppError> {
    let left = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::clone(&left))
        .map_err(|error| AppError::new(ExitCode::Bug, format!("cannot listen to signals: {error}")))?;
    Ok(left)
}
