//! `datums`: the datums of a pipeline.

use super::{LOOKED, look, note_unsound, print, print_json};
use crate::app::{AppError, DatumView, ExitCode, Session, datum_views, in_order, live, tell_cut_off};
use crate::cli::Context;
use crate::cli::args::Datums;
use crate::cli::report::{Style, Table, state_style};
use crate::model::show;
use crate::plan::Reason;
use crate::run::{Planned, Plans, Target};

/// `datums`.
pub(crate) fn datums(context: &Context, args: &Datums) -> Result<ExitCode, AppError> {
    let look = look(context, args.at.as_deref())?;
    let session = look.session;
    note_unsound(context, session)?;
    let known = session.known();
    let plans = session.project.plan_all(&known);
    let is_wanted = |view: &DatumView| args.state.as_deref().is_none_or(|state| view.state.word() == state);
    let state = session.project.repo.state_dir();
    let live = live(&state)?;
    let mut table = Table::new();
    let wanted = wanted(session, &plans, args.pipeline.as_deref())?;
    let with_pipeline = args.pipeline.is_none() || wanted.len() > 1;
    for planned in wanted {
        let mut views = datum_views(session, &known, planned);
        if context.json {
            tell_cut_off(&known, session.cut_off(), &mut views);
        }
        for view in &mut views {
            view.mark(&live);
        }
        for view in views.into_iter().filter(is_wanted) {
            if context.json {
                print_json(&view.json());
            } else {
                table.row(row(&view, with_pipeline));
            }
        }
    }
    if !context.json {
        print(&if table.is_empty() { "no datums\n".to_owned() } else { table.render() });
    }
    Ok(LOOKED)
}

/// The plans of the pipelines that are named; of all that have one if none is.
fn wanted<'a>(
    session: &'a Session,
    plans: &'a Plans,
    text: Option<&str>,
) -> Result<Vec<&'a Planned>, AppError> {
    let Some(text) = text else {
        let all = in_order(&session.project, plans).filter_map(|(_, planned)| planned.as_ref().ok());
        return Ok(all.map(AsRef::as_ref).collect());
    };
    let plan = |target: Target| match (plans.by_name.get(&target.pipeline), target.key) {
        (Some(Ok(planned)), None) => Ok(planned.as_ref()),
        (Some(Err(error)), None) => Err(error.into()),
        _ => Err(AppError::usage(format!("`{text}` is no pipeline"))),
    };
    session.project.resolve_target(plans, text)?.into_iter().map(plan).collect()
}

fn row(view: &DatumView, with_pipeline: bool) -> Vec<(Style, String)> {
    let reason = match view.state {
        crate::model::DatumState::Done => String::new(),
        _ if view.running.is_some() => {
            view.running.as_ref().map(|hand| format!("since {}", hand.since())).unwrap_or_default()
        }
        _ => {
            let queued = view.queued.clone();
            let reasons = view.reasons.iter().map(Reason::sentence);
            queued.into_iter().chain(reasons).collect::<Vec<_>>().join("; ")
        }
    };
    let key = if with_pipeline { format!("{}:{}", view.pipeline, view.key) } else { view.key.clone() };
    vec![
        (Style::Plain, show(&key)),
        (state_style(view.state), view.state.word().replace('_', " ")),
        (Style::Dim, view.id.chars().take(12).collect()),
        (Style::Dim, show(&reason)),
    ]
}
