//! `datums`: the datums of a pipeline.

use super::{LOOKED, open, print, print_json, refuse_findings};
use crate::app::{AppError, DatumView, ExitCode, datum_views};
use crate::cli::Context;
use crate::cli::args::Datums;
use crate::cli::report::{Style, Table, state_style};
use crate::model::show;

/// `datums`.
pub(crate) fn datums(context: &Context, args: &Datums) -> Result<ExitCode, AppError> {
    let session = open(context)?;
    refuse_findings(session)?;
    let known = session.known();
    let plans = session.project.plan_all(&known);
    let Some(name) = session.project.pipeline_named(args.pipeline.trim_end_matches('/'))? else {
        return Err(session
            .project
            .resolve_target(&plans, &args.pipeline)
            .map_or_else(Into::into, |_| AppError::usage(format!("`{}` is no pipeline", args.pipeline))));
    };
    let planned = match plans.by_name.get(&name) {
        Some(Ok(planned)) => planned,
        Some(Err(error)) => return Err(AppError::new(ExitCode::Spec, error.to_string())),
        None => return Err(AppError::usage(format!("`{name}` is no pipeline"))),
    };
    let is_wanted = |view: &DatumView| args.state.as_deref().is_none_or(|state| view.state.word() == state);
    let views = datum_views(session, &known, planned).into_iter().filter(is_wanted);
    if context.json {
        views.for_each(|view| print_json(&view.json()));
        return Ok(LOOKED);
    }
    let mut table = Table::new();
    views.for_each(|view| table.row(row(&view)));
    print(&if table.is_empty() { "no datums\n".to_owned() } else { table.render() });
    Ok(LOOKED)
}

fn row(view: &DatumView) -> Vec<(Style, String)> {
    let reason = match view.state {
        crate::model::DatumState::Done => String::new(),
        _ => view.reasons.iter().map(crate::plan::Reason::sentence).collect::<Vec<_>>().join("; "),
    };
    vec![
        (Style::Plain, show(&view.key)),
        (state_style(view.state), view.state.word().replace('_', " ")),
        (Style::Dim, view.id.chars().take(12).collect()),
        (Style::Dim, show(&reason)),
    ]
}
