//! `cancel`: asks the run of this work tree to end.

use std::path::Path;

use serde_json::json;

use super::{print, print_json};
use crate::app::{self, AppError, ExitCode, Order};
use crate::cli::Context;
use crate::cli::args::Cancel;
use crate::cli::report::plural;

/// `cancel`.
pub(crate) fn cancel(context: &Context, args: &Cancel) -> Result<ExitCode, AppError> {
    let state = app::state_dir(&context.dir)?;
    let live = app::live(&state)?;
    let Some(holder) = live.holder else { return end_left_over(context, &state, live.left) };
    let order = if args.now { Order::End } else { Order::Stop };
    app::order(&state, holder.pid, order)?;
    let running = live.run.running.len();
    // Who is asked a second time ends at once.
    let is_now = args.now || live.run.stops > 0;
    if context.json {
        print_json(
            &json!({"pid": holder.pid, "verb": holder.verb, "now": is_now, "running": running, "ended": 0}),
        );
    } else if !context.quiet {
        print(&said(&holder.verb, holder.pid, is_now, running));
    }
    if !args.wait {
        return Ok(ExitCode::Done);
    }
    app::wait_for_end(&state, holder.pid)?;
    Ok(ExitCode::Done)
}

/// Ends what goes on of a run that was killed itself; `left` is how many of its commands do.
fn end_left_over(context: &Context, state: &Path, left: usize) -> Result<ExitCode, AppError> {
    let ended = match app::end_left_over(state) {
        // Where nobody may write, nobody runs anything.
        Err(_) if left == 0 => 0,
        ended => ended?,
    };
    if ended == 0 {
        return Err(
            AppError::new(ExitCode::Data, "nothing runs here").hint("`minipach jobs` lists past runs")
        );
    }
    let commands = left.max(1);
    if context.json {
        print_json(&json!({"pid": null, "verb": null, "now": true, "running": 0, "ended": commands}));
    } else if !context.quiet {
        print(&format!("ended {} of a run that was killed\n", plural(commands, "command")));
    }
    Ok(ExitCode::Done)
}

fn said(verb: &str, pid: u32, is_now: bool, running: usize) -> String {
    let (run, them) = if running == 1 { ("runs", "it") } else { ("run", "them") };
    let running = plural(running, "datum");
    if is_now {
        return format!(
            "{verb} of process {pid} ends at once; {running} cut off, what is finished is kept\n"
        );
    }
    format!(
        "{verb} of process {pid} starts nothing new and ends after {running} that {run} now; --now cuts {them} off\n"
    )
}
