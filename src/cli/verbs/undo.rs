//! `undo`.

use serde_json::json;

use super::{print, print_json, say};
use crate::app::{self, AppError, ExitCode};
use crate::cli::Context;
use crate::cli::args::Undo;
use crate::git::write::NOBODY;
use crate::model::show;

/// `undo`.
pub(crate) fn undo(context: &Context, args: &Undo) -> Result<ExitCode, AppError> {
    let id = args.commit.as_deref();
    if args.dry_run {
        return would(context, id);
    }
    super::whole::end_well()?;
    let undone = app::undo(&context.dir, id)?;
    if context.json {
        let (commit, pipeline) = (&undone.commit.id, &undone.commit.pipeline);
        print_json(&json!({"dry_run": false, "commit": commit, "pipeline": pipeline, "by": undone.by}));
        return Ok(ExitCode::Done);
    }
    print(&format!("took back {} {}\n", undone.commit.short(), show(&undone.commit.subject)));
    if undone.is_stand_in {
        say(NOBODY);
    }
    Ok(ExitCode::Done)
}

fn would(context: &Context, id: Option<&str>) -> Result<ExitCode, AppError> {
    let plan = app::would_undo(&context.dir, id)?;
    if context.json {
        let (commit, pipeline) = (&plan.commit.id, &plan.commit.pipeline);
        print_json(&json!({"dry_run": true, "commit": commit, "pipeline": pipeline, "lines": plan.lines}));
    } else {
        print(&format!("would take back {}\n", plan.lines.join("\n")));
    }
    Ok(ExitCode::Done)
}
