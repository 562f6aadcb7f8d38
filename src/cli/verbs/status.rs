//! `status` and `plan`: where things stand, and what would run.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::json;

use super::preview::{caught_up, fetched, installed_first};
use super::{
    LOOKED, Look, draw, look, open, print, print_json, say, spec_findings, tell_errors, tell_misnamed,
    tell_warnings, unsettled, worst,
};
use crate::app::{
    self, AppError, Cause, ExitCode, Live, PipelineView, Session, Wait, conflicts, live, overview,
    to_fetch as count_to_fetch,
};
use crate::cli::Context;
use crate::cli::args::{Plan, Status};
use crate::cli::report::{Style, Table, paint, plural, state_style};
use crate::model::{DatumState, Finding, PipelineName, show, show_short};
use crate::plan::Reason;
use crate::run::{Known, Plans, ToFetch, nested_sentence};

/// `status`: where things stand, or stood at a commit.
pub(crate) fn status(context: &Context, args: &Status) -> Result<ExitCode, AppError> {
    let look = look(context, args.at.as_deref())?;
    let session = look.session;
    let live = live(&session.project.repo.state_dir())?;
    let known = session.known();
    let plans = session.project.plan_all(&known);
    let views = views(session, &plans, &known, (&args.pipelines, false), &live)?;
    if context.json {
        let mut document = document(session, &views);
        if let Some(commit) = &look.commit {
            document["at"] = json!({"commit": commit.id, "subject": commit.subject, "by": commit.by, "at_ms": commit.at_ms});
        }
        print_json(&document);
        return Ok(LOOKED);
    }
    print(&header(context, &look, &views));
    print(&table(&views));
    if look.commit.is_none() {
        print(&footer(session, &plans, &views, &live));
    }
    Ok(LOOKED)
}

/// `plan`: what would run, and why. Ends as a run would where specs have errors.
pub(crate) fn plan(context: &Context, args: &Plan) -> Result<ExitCode, AppError> {
    let pipelines = args.pipelines.as_slice();
    let session = open(context)?;
    session.refuse_broken_config().inspect_err(|_| drop(tell_errors(session)))?;
    let is_sound = !pipelines.is_empty() || !session.project.has_errors();
    if args.spec {
        tell_errors(session)?;
        return specs(session, pipelines, context.json);
    }
    session.try_programs();
    let live = live(&session.project.repo.state_dir())?;
    let known = session.known();
    let plans = session.project.plan_all(&known);
    let views = views(session, &plans, &known, (pipelines, true), &live)?;
    let waiting = waiting(&plans, &views);
    let installs = session.project.absent_subdatasets(&waiting);
    let others = views.iter().filter(|view| !waiting.contains(&view.name));
    let broken = others.filter_map(|view| plans.by_name.get(&view.name)?.as_ref().err());
    let code = worst(!is_sound, broken.map(|error| ExitCode::of_plan(error.is_of_spec())));
    let fetch = to_fetch(session, &plans, &views);
    if context.json {
        let mut document = document(session, &views);
        document["fetch"] = json!(fetch);
        document["installs"] = json!(installs);
        print_json(&document);
        return Ok(code);
    }
    tell_warnings(session, &findings(session, &views));
    tell_others(session, &views);
    if views.is_empty() {
        tell_misnamed(session)?;
    }
    let uncommitted = app::waiting(&session.project, &plans);
    let held = |view: &PipelineView| uncommitted.get(view.name.as_str());
    let is_ready = |view: &PipelineView| held(view).is_some_and(|held| held.is_ready);
    for view in &views {
        print(&planned(view, waiting.contains(&view.name), context.verbose));
        let is_of_ledger = |held: &&app::Waiting| matches!(held.wait, Wait::Behind | Wait::Damaged);
        if let Some(held) = held(view).filter(is_of_ledger) {
            print(&format!("    {}\n", held.why));
        } else if is_ready(view) {
            print("    its results stand and no commit records them: a run commits them\n");
        }
    }
    let ready = views.iter().filter(|view| is_ready(view)).count();
    print(&sum(&views, &waiting, &installs, caught_up(ready)));
    print(&fetched(fetch));
    print(&unsettled(session));
    Ok(code)
}

/// The pipelines that are planned only once subdatasets are installed, which a run does first.
fn waiting(plans: &Plans, views: &[PipelineView]) -> BTreeSet<PipelineName> {
    views.iter().map(|view| view.name.clone()).filter(|name| plans.waits_for_subdataset(name)).collect()
}

/// Draws the errors that no line of a pipeline tells; where one does, says what shows more.
fn tell_others(session: &Session, views: &[PipelineView]) {
    let is_told = |finding: &Finding| {
        views.iter().any(|view| {
            view.error.as_ref().is_some_and(|error| error.contains(&finding.message))
                && finding.path == format!("{}/spec.yml", view.name)
        })
    };
    let (told, others): (Vec<_>, Vec<_>) = session.errors().into_iter().partition(is_told);
    if !others.is_empty() {
        say(&draw(session, &others));
    }
    if !told.is_empty() {
        let in_all = if others.is_empty() { "" } else { " in all" };
        say(&format!(
            "{} in the specs{in_all}: {}",
            plural(told.len() + others.len(), "error"),
            paint(Style::Hint, "minipach check")
        ));
    }
}

/// What a plain run would fetch for these pipelines.
fn to_fetch(session: &Session, plans: &Plans, views: &[PipelineView]) -> ToFetch {
    count_to_fetch(session, plans, &|name| views.iter().any(|view| view.name == *name))
}

/// The specs in effect, one JSON object per pipeline.
fn specs(session: &Session, pipelines: &[String], json: bool) -> Result<ExitCode, AppError> {
    let mut wanted = Vec::new();
    for text in pipelines {
        wanted.extend(session.project.pipeline_named(text)?);
    }
    let is_wanted = |name| wanted.is_empty() || wanted.contains(name);
    for loaded in session.project.loaded.pipelines.iter().filter(|loaded| is_wanted(&loaded.pipeline.name)) {
        print(&if json { format!("{}\n", loaded.effective) } else { format!("{:#}\n", loaded.effective) });
    }
    Ok(LOOKED)
}

/// What is known of pipelines that were named, or of all; of those that the named ones need, what a run would do first.
fn views(
    session: &Session,
    plans: &Plans,
    known: &Known<'_>,
    (pipelines, with_needs): (&[String], bool),
    live: &Live,
) -> Result<Vec<PipelineView>, AppError> {
    let mut views = overview(session, plans, known, &live.run.running);
    if !pipelines.is_empty() {
        let mut wanted = Vec::new();
        for text in pipelines {
            let targets = session.project.resolve_target(plans, text)?;
            wanted.extend(targets.into_iter().map(|target| target.pipeline));
        }
        let needs = if with_needs { session.project.graph.with_upstream(&wanted) } else { BTreeSet::new() };
        let is_open = |view: &PipelineView| view.counts.total() > view.counts.get(DatumState::Done);
        views.retain(|view| wanted.contains(&view.name) || needs.contains(&view.name) && is_open(view));
    }
    Ok(views)
}

/// The documented JSON of `plan` and `status`.
fn document(session: &Session, views: &[PipelineView]) -> serde_json::Value {
    let pipelines: Vec<_> = views.iter().map(PipelineView::json).collect();
    let conflicts = conflicts(&session.project);
    json!({
        "version": 1, "pipelines": pipelines, "findings": findings(session, views),
        "conflicts": {"results": conflicts.results, "others": conflicts.others},
    })
}

fn findings(session: &Session, views: &[PipelineView]) -> Vec<Finding> {
    spec_findings(session, views.iter().map(|view| view.name.as_str()))
}

fn header(context: &Context, look: &Look, views: &[PipelineView]) -> String {
    let project = &look.session.project;
    let at = match &look.commit {
        None => branch(look.session),
        Some(commit) => format!("at {} “{}”", commit.short(), show_short(&commit.subject, 60)),
    };
    let name = paint(Style::Bold, &show(&app::project_name(&context.dir, look.session)));
    let mut line = format!("{name} · {at} · {}", plural(views.len(), "pipeline"));
    if let Some(operation) = project.repo.operation() {
        _ = write!(line, " · {}", paint(Style::Warn, &format!("in the middle of a {operation}")));
    }
    format!("{line}\n\n")
}

fn branch(session: &Session) -> String {
    use crate::git::Head;
    let Ok(head) = session.project.repo.head() else { return "?".into() };
    match (head.branch().map(show), &head) {
        (Some(name), Head::Unborn { .. }) => format!("{name} (no commit yet)"),
        (Some(name), _) => name,
        (None, _) => {
            let commit = head.commit().map(|commit| commit.to_string());
            format!("detached at {}", &commit.unwrap_or_default()[..10])
        }
    }
}

fn table(views: &[PipelineView]) -> String {
    let mut table = Table::new().right(&[2]);
    for view in views {
        let total = view.counts.total();
        let at_least = if view.is_lower_bound { "≥ " } else { "" };
        table.row(vec![
            (Style::Bold, show(view.name.as_str())),
            (word_style(view.state), view.state.replace('_', " ")),
            (Style::Plain, if view.error.is_some() { String::new() } else { format!("{at_least}{total}") }),
            (Style::Plain, breakdown(view)),
            (Style::Dim, why(view)),
        ]);
    }
    table.render()
}

/// `21 done, 1 failed`.
fn breakdown(view: &PipelineView) -> String {
    if view.error.is_some() {
        return String::new();
    }
    let part = |state: DatumState| {
        let count = view.counts.get(state);
        (count > 0).then(|| format!("{count} {}", state.word().replace('_', " ")))
    };
    let parts: Vec<String> = DatumState::ALL.into_iter().filter_map(part).collect();
    if parts.is_empty() { "no datums".into() } else { parts.join(", ") }
}

fn why(view: &PipelineView) -> String {
    if let Some(error) = &view.error {
        return show(error);
    }
    // Where what is known of datums comes last, such as of one that reads what is not made yet.
    let is_told = |cause: &Cause| {
        matches!(cause.reason, Reason::CannotRun { .. } | Reason::Failed { .. } | Reason::Refused { .. })
    };
    if let Some(message) = view.cannot_run.as_ref().filter(|_| !view.causes.first().is_some_and(is_told)) {
        return format!("its command cannot run here: {}", show(message));
    }
    let first = view.causes.first().map(|cause| &cause.sentence);
    first
        .or(view.half_known.as_ref())
        .or(view.uncounted.first())
        .map(|sentence| show(sentence))
        .unwrap_or_default()
}

fn word_style(state: &str) -> Style {
    let found = DatumState::ALL.into_iter().find(|known| known.word() == state);
    found.map_or(Style::Bad, state_style)
}

fn footer(session: &Session, plans: &Plans, views: &[PipelineView], live: &Live) -> String {
    let mut out = String::new();
    if let Some(holder) = &live.holder {
        _ = write!(out, "\n{} is going on: pid {} on {}\n", holder.verb, holder.pid, show(&holder.host));
    }
    if live.left > 0 {
        let (commands, run) = (plural(live.left, "command"), paint(Style::Hint, "minipach run"));
        let (go, them) = if live.left == 1 { ("goes", "it") } else { ("go", "them") };
        let cancel = paint(Style::Hint, "minipach cancel");
        _ = write!(
            out,
            "\n{commands} of a run that was killed {go} on: {run} ends {them} first, {cancel} only {them}\n"
        );
    }
    if views.is_empty() && session.project.findings.is_empty() {
        out.push_str(NO_PIPELINE);
    }
    if live.holder.is_none() && session.project.halves > 0 {
        let (halves, run) = (session.project.halves, paint(Style::Hint, "minipach run"));
        let (word, it) = if halves == 1 { ("result", "it") } else { ("results", "them") };
        _ = write!(
            out,
            "\na run was cut off while it moved {halves} {word} into place: {run} makes {it} whole\n"
        );
    }
    out.push_str(&waits(session, plans, live));
    out.push_str(&unsettled(session));
    let errors = session.errors().len();
    if errors > 0 {
        _ = write!(
            out,
            "\n{} in the specs: {}\n",
            plural(errors, "error"),
            paint(Style::Hint, "minipach check")
        );
    } else if live.holder.is_none()
        && session.project.scan.unmerged().is_empty()
        && let Some(hint) = next_step(views)
    {
        _ = write!(out, "\nnext: {}\n", paint(Style::Hint, &hint));
    }
    out
}

/// Whose results are not committed yet, and what commits them.
fn waits(session: &Session, plans: &Plans, live: &Live) -> String {
    let waiting = app::waiting(&session.project, plans);
    let of = |wait: Wait| {
        waiting.iter().filter(move |(_, waiting)| waiting.wait == wait).map(|(name, _)| show(name))
    };
    let wait = |verb: &str| match session.project.repo.operation() {
        None if live.holder.is_some() => "they wait for its end".to_owned(),
        Some(operation) => format!("they wait for the end of the {operation}"),
        None => paint(Style::Hint, verb),
    };
    let not_yet = "not committed yet: results of";
    let lines = [
        (Wait::Listed, not_yet, "", "minipach save"),
        (Wait::Unlisted, not_yet, ", which no ledger has yet", "minipach run"),
        (Wait::Behind, "the ledger that stands here is behind HEAD's:", "", "minipach run"),
    ];
    let line = |(kind, before, so_far, verb): (Wait, &str, &str, &str)| {
        let names: Vec<String> = of(kind).collect();
        let line = || format!("\n{before} {}{so_far} ({})\n", names.join(", "), wait(verb));
        if names.is_empty() { String::new() } else { line() }
    };
    let damaged = waiting.iter().filter(|(_, waiting)| waiting.wait == Wait::Damaged);
    let damaged = damaged
        .map(|(name, waiting)| format!("\n{}: {} ({})\n", show(name), waiting.why, wait("minipach run")));
    lines.into_iter().map(line).chain(damaged).collect()
}

fn next_step(views: &[PipelineView]) -> Option<String> {
    let has = |state: DatumState| views.iter().find(|view| view.counts.get(state) > 0);
    if let Some(view) =
        has(DatumState::Failed).or_else(|| has(DatumState::Edited)).or_else(|| has(DatumState::InTheWay))
    {
        return Some(format!("minipach why {}", app::quoted(view.name.as_str())));
    }
    let is_open = |view: &&PipelineView| {
        view.again > 0
            || view.half_known.is_some()
            || DatumState::ALL.into_iter().any(|state| state.is_work() && view.counts.get(state) > 0)
    };
    let mut open = views.iter().filter(is_open);
    let first = open.next()?;
    // Where nothing that is left can run here, a run would only say so.
    let is_any_able = first.cannot_run.is_none() || open.any(|view| view.cannot_run.is_none());
    Some(if is_any_able {
        "minipach run".into()
    } else {
        format!("minipach why {}", app::quoted(first.name.as_str()))
    })
}

/// How a pipeline is called that has no plan.
fn unplanned(view: &PipelineView, waits: bool) -> String {
    if waits {
        return paint(Style::Warn, "waits:");
    }
    paint(Style::Bad, &format!("{}:", view.state.replace('_', " ")))
}

fn planned(view: &PipelineView, waits: bool, verbose: u8) -> String {
    let name = paint(Style::Bold, &show(view.name.as_str()));
    if let Some(error) = &view.error {
        return format!("{name}  {} {}\n", unplanned(view, waits), show(error));
    }
    let at_least = if view.is_lower_bound { "at least " } else { "" };
    let mut out = match view.counts.total() {
        0 if view.is_lower_bound => format!("{name}  no datums are known yet\n"),
        total => format!("{name}  {at_least}{} · {}\n", plural(total, "datum"), breakdown(view)),
    };
    for cause in view.causes.iter().take(if verbose > 0 { usize::MAX } else { 5 }) {
        // What holds for a pipeline without datums concerns none of them.
        let datums = if cause.datums > 0 { cause.datums.to_string() } else { String::new() };
        _ = writeln!(out, "    {} {}", paint(Style::Dim, &format!("{datums:>6}")), show(&cause.sentence));
        if let (true, Some((old, new))) = (verbose > 0, cause.reason.values()) {
            out.push_str(&paint(Style::Dim, &format!("           {} → {}\n", show(&old), show(&new))));
        }
    }
    let is_told = |cause: &Cause| cause.sentence.contains("cannot run here");
    if let Some(message) = view.cannot_run.as_ref().filter(|_| !view.causes.iter().any(is_told)) {
        let sentence = format!("its command cannot run here: {}", show(message));
        _ = writeln!(out, "    {}", paint(Style::Warn, &sentence));
    }
    if view.alone > 0 {
        let inputs = plural(view.alone, "input");
        let hint = paint(Style::Hint, &format!("minipach why {}", app::quoted(view.name.as_str())));
        _ = writeln!(out, "    {} ({hint})", paint(Style::Dim, &format!("{inputs} found no partner")));
    }
    for unmatched in &view.unmatched {
        _ = writeln!(out, "    {}", paint(Style::Warn, &show(&unmatched.sentence(view.name.as_str()))));
    }
    for path in &view.nested {
        _ = writeln!(out, "    {}", paint(Style::Warn, &show(&nested_sentence(view.name.as_str(), path))));
    }
    for sentence in view.uncounted.iter().chain(&view.half_known) {
        _ = writeln!(out, "    {}", paint(Style::Warn, &show(sentence)));
    }
    if verbose > 0 && !view.code.is_empty() {
        let files: Vec<String> = view.code.iter().map(|path| show(path)).collect();
        _ = writeln!(out, "    {} {}", paint(Style::Dim, "code:"), files.join(", "));
    }
    out
}

const NO_PIPELINE: &str = "no pipeline here yet; a folder with a spec.yml is one; `minipach add` writes it\n";

fn sum(
    views: &[PipelineView],
    waiting: &BTreeSet<PipelineName>,
    installs: &BTreeSet<String>,
    caught_up: Option<String>,
) -> String {
    let count = |states: &[DatumState]| -> usize {
        states.iter().map(|state| views.iter().map(|view| view.counts.get(*state)).sum::<usize>()).sum()
    };
    let (able, unable): (Vec<&PipelineView>, Vec<_>) =
        views.iter().partition(|view| view.cannot_run.is_none());
    let to_compute = |views: &[&PipelineView]| views.iter().map(|view| view.to_compute()).sum::<usize>();
    let left_out = views.iter().filter(|view| view.state == "left_out" && !waiting.contains(&view.name));
    let parts = [
        (views.iter().filter(|view| view.state == "broken").count(), "broken"),
        (to_compute(&able), "to run"),
        (to_compute(&unable), "that cannot run here"),
        (views.iter().map(|view| view.refused).sum(), "refused"),
        (count(&[DatumState::Cached]), "known, to be placed"),
        (count(&[DatumState::Orphaned]), "to be removed"),
        (count(&[DatumState::Blocked]), "waiting"),
        (count(&[DatumState::Edited, DatumState::InTheWay]), "to look at"),
        (left_out.count(), "left out"),
    ];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0);
    let parts = parts.map(|(count, what)| format!("{count} {what}"));
    let parts: Vec<String> = parts.chain(caught_up).chain(installed_first(installs, waiting.len())).collect();
    let at_least = if views.iter().any(|view| view.is_lower_bound) { "at least " } else { "" };
    match parts.is_empty() {
        true if views.is_empty() => NO_PIPELINE.into(),
        true => "nothing to do\n".into(),
        false => format!("{at_least}{}\n", parts.join(", ")),
    }
}
