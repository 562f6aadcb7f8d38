//! `datums`: the datums of a pipeline.

use super::{LOOKED, look, note_unsound, print, print_json};
use crate::app::{AppError, DatumView, ExitCode, Session, datum_views, in_order, live};
use crate::cli::Context;
use crate::cli::args::Datums;
use crate::cli::report::{Style, Table, state_style};
use crate::model::show;
use crate::run::{Planned, Plans};

/// `datums`.
pub(crate) fn datums(context: &Context, args: &Datums) -> Result<ExitCode, AppError> {
    let look = look(context, args.at.as_deref())?;
    let session = look.session;
    note_unsound(context, session)?;
    let known = session.known();
    let plans = session.project.plan_all(&known);
    let is_wanted = |view: &DatumView| args.state.as_deref().is_none_or(|state| view.state.word() == state);
    let live = live(&session.project.repo.state_dir())?;
    let mut table = Table::new();
    for planned in wanted(session, &plans, args.pipeline.as_deref())? {
        let mut views = datum_views(session, &known, planned);
        for view in &mut views {
            view.mark(&live);
        }
        for view in views.into_iter().filter(is_wanted) {
            if context.json {
                print_json(&view.json());
            } else {
                table.row(row(&view, args.pipeline.is_none()));
            }
        }
    }
    if !context.json {
        print(&if table.is_empty() { "no datums\n".to_owned() } else { table.render() });
    }
    Ok(LOOKED)
}

/// The plan of the pipeline that is named; of all that have one if none is.
fn wanted<'a>(
    session: &'a Session,
    plans: &'a Plans,
    text: Option<&str>,
) -> Result<Vec<&'a Planned>, AppError> {
    let Some(text) = text else {
        let all = in_order(&session.project, plans).filter_map(|(_, planned)| planned.as_ref().ok());
        return Ok(all.map(AsRef::as_ref).collect());
    };
    let no_pipeline = || AppError::usage(format!("`{text}` is no pipeline"));
    let Some(name) = session.project.pipeline_named(text.trim_end_matches('/'))? else {
        let other = session.project.resolve_target(plans, text);
        return Err(other.map_or_else(Into::into, |_| no_pipeline()));
    };
    match plans.by_name.get(&name) {
        Some(Ok(planned)) => Ok(vec![planned.as_ref()]),
        Some(Err(error)) => Err(error.into()),
        None => Err(no_pipeline()),
    }
}

fn row(view: &DatumView, with_pipeline: bool) -> Vec<(Style, String)> {
    let reason = match view.state {
        crate::model::DatumState::Done => String::new(),
        _ if view.running.is_some() => {
            view.running.as_ref().map(|hand| format!("since {}", hand.since())).unwrap_or_default()
        }
        _ => view.reasons.iter().map(crate::plan::Reason::sentence).collect::<Vec<_>>().join("; "),
    };
    let key = if with_pipeline { format!("{}:{}", view.pipeline, view.key) } else { view.key.clone() };
    vec![
        (Style::Plain, show(&key)),
        (state_style(view.state), view.state.word().replace('_', " ")),
        (Style::Dim, view.id.chars().take(12).collect()),
        (Style::Dim, show(&reason)),
    ]
}
