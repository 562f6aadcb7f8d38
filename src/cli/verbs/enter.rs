//! `enter`: a shell, or one command, where a datum's command runs.

use super::{note_unsound, open, say};
use crate::app::{AppError, Entered, ExitCode};
use crate::cli::Context;
use crate::cli::args::Enter;
use crate::cli::report::{Style, paint};
use crate::model::{Place, show};

/// `enter`.
pub(crate) fn enter(context: &Context, args: &Enter) -> Result<ExitCode, AppError> {
    if context.json {
        return Err(AppError::usage("`enter` prints no data, so it has no JSON form"));
    }
    let session = open(context)?;
    note_unsound(context, session)?;
    let entered = Entered::open(session, &args.target, &mut |what| say(&what))?;
    let mut command = args.command.clone();
    if command.is_empty() {
        let shell = std::env::var("SHELL").ok().filter(|shell| !shell.is_empty());
        // An image may have no other than this one.
        let shell = shell.filter(|_| entered.place() != Place::Container);
        command.push(shell.unwrap_or_else(|| "sh".into()));
        if !context.quiet {
            greet(&entered);
        }
    }
    let left = entered.run(command)?;
    if let Some(why) = &left.why {
        say(&show(why));
    }
    if let Some(out) = left.out.filter(|_| !context.quiet) {
        let out = show(&out.to_string_lossy());
        say(&format!("what you left in /pfs/out is no result; it stands in {out} until you enter again"));
    }
    Ok(ExitCode::Of(left.code))
}

fn greet(entered: &Entered<'_>) {
    let where_it_is = match entered.place() {
        Place::Env => "$PFS stands for /pfs",
        Place::Container => {
            "/pfs is real, the project is read-only, and all else that you write is gone afterwards"
        }
        _ => "/pfs is real, all else but $TMPDIR and /tmp is read-only",
    };
    let name = paint(Style::Bold, &show(&entered.name()));
    say(&format!("in {name}: {where_it_is}; what you leave in /pfs/out is no result"));
    say(&format!("{} {}", paint(Style::Hint, "a run would start:"), show(&entered.usual())));
}
