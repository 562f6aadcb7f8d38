//! `run --dry-run`: what the run would do, datum by datum.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::json;

use super::{
    LOOKED, open, print, print_json, spec_findings, tell_errors, tell_warnings, unsettled, unsound_json,
    worst,
};
use crate::app::{self, AppError, DatumPreview, ExitCode, PipelinePreview, Preview};
use crate::cli::Context;
use crate::cli::report::{Style, Table, paint, plural};
use crate::model::{show, show_some};
use crate::run::{Request, ToFetch, nested_sentence};

/// More datums than this for one deed of a pipeline are summed up.
const MOST: usize = 10;

/// So many subdatasets are named.
const NAMED: usize = 3;

/// Shows what a request would do.
pub(super) fn dry_run(context: &Context, request: &Request) -> Result<ExitCode, AppError> {
    let session = open(context)?;
    session.refuse_broken_config().inspect_err(|_| drop(tell_errors(session)))?;
    let preview = app::preview(session, &session.known(), None, request)?;
    let has_errors =
        !preview.left_out.is_empty() || request.targets.is_empty() && session.project.has_errors();
    let broken = preview.pipelines.iter().filter_map(|pipeline| pipeline.broken);
    let code = worst(has_errors, broken);
    if code != LOOKED {
        tell_errors(session)?;
    }
    // As the run itself would end.
    let code = if preview.is_refused { ExitCode::Data } else { code };
    let findings = spec_findings(session, preview.pipelines.iter().map(|pipeline| pipeline.name.as_str()));
    if context.json {
        let pipelines: Vec<_> = preview.pipelines.iter().map(PipelinePreview::json).collect();
        let left_out = unsound_json(&preview.left_out);
        let conflicts = app::conflicts(&session.project);
        print_json(&json!({
            "version": 1, "pipelines": pipelines, "left_out": left_out, "findings": findings,
            "installs": preview.installs,
            "conflicts": {"results": conflicts.results, "others": conflicts.others},
        }));
    } else {
        tell_warnings(session, &findings);
        let most = if context.verbose > 0 { usize::MAX } else { MOST };
        print(&preview.pipelines.iter().map(|pipeline| drawn(pipeline, most)).collect::<String>());
        print(&left_out(&preview));
        print(&sum(&preview));
        print(&unsettled(session));
    }
    Ok(code)
}

fn drawn(pipeline: &PipelinePreview, most: usize) -> String {
    let name = paint(Style::Bold, &show(&pipeline.name));
    let deeds = deeds(pipeline);
    let mut out = String::new();
    let after = (!pipeline.follows.is_empty()).then(|| follows(pipeline));
    let told: Vec<String> = deeds.into_iter().chain(after).collect();
    if !told.is_empty() {
        _ = writeln!(out, "{name}  {}", told.join(", "));
    }
    if pipeline.commits {
        _ = writeln!(out, "{name}  commits results that stand already and that no commit records");
    }
    if let Some(error) = &pipeline.error {
        let (style, word) =
            if pipeline.waits { (Style::Warn, "waits:") } else { (Style::Bad, "cannot run:") };
        _ = writeln!(out, "{name}  {} {}", paint(style, word), show(error));
    }
    if !pipeline.waits_for.is_empty() {
        _ = writeln!(out, "{name}  waits for {}", names(&pipeline.waits_for));
    }
    out.push_str(&table(pipeline, most));
    for unmatched in &pipeline.unmatched {
        _ = writeln!(out, "    {}", paint(Style::Warn, &show(&unmatched.sentence(&pipeline.name))));
    }
    for path in &pipeline.nested {
        _ = writeln!(out, "    {}", paint(Style::Warn, &show(&nested_sentence(&pipeline.name, path))));
    }
    for sentence in pipeline.uncounted.iter().chain(&pipeline.half_known) {
        _ = writeln!(out, "    {}", paint(Style::Warn, &show(sentence)));
    }
    out
}

/// What it is planned after, and how many datums it has then at least, as far as more are told of than would run now.
fn follows(pipeline: &PipelinePreview) -> String {
    let least = match pipeline.at_least {
        least if least <= pipeline.run.len() => String::new(),
        least => format!(": at least {}", plural(least, "datum")),
    };
    let anew = if pipeline.run.is_empty() { "" } else { " anew" };
    format!("follows {}{least}, planned{anew} when that is done", names(&pipeline.follows))
}

/// `3 to run`, `1 known`, as a run tells them, and what stays.
fn deeds(pipeline: &PipelinePreview) -> Vec<String> {
    let parts = [
        (pipeline.run.len(), "to run"),
        (pipeline.place.len(), "known, to be placed"),
        (pipeline.remove.len(), "to be removed"),
        (pipeline.keep.len(), "left as they are"),
    ];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0);
    parts.map(|(count, what)| format!("{count} {what}")).collect()
}

fn names(pipelines: &[crate::model::PipelineName]) -> String {
    pipelines.iter().map(|name| format!("`{}`", show(name.as_str()))).collect::<Vec<_>>().join(", ")
}

fn table(pipeline: &PipelinePreview, most: usize) -> String {
    let mut table = Table::new();
    let deeds = [
        ("run", Style::Plain, &pipeline.run),
        ("place", Style::Good, &pipeline.place),
        ("remove", Style::Warn, &pipeline.remove),
        ("leave", Style::Dim, &pipeline.keep),
    ];
    for (deed, style, datums) in deeds {
        for DatumPreview { key, reason, .. } in datums.iter().take(most) {
            table.row(vec![
                (style, format!("  {deed}")),
                (Style::Plain, show(key)),
                (Style::Dim, show(reason)),
            ]);
        }
        if datums.len() > most {
            let more = format!("and {} more; -v shows all", datums.len() - most);
            table.row(vec![(style, format!("  {deed}")), (Style::Dim, more)]);
        }
    }
    table.render()
}

fn left_out(preview: &Preview) -> String {
    let line = |(name, why): (&String, &crate::spec::Unsound)| {
        let word = why.word().replace('_', " ");
        format!(
            "{}  {} {}\n",
            paint(Style::Bold, &show(name)),
            paint(Style::Bad, &format!("{word}:")),
            show(&why.sentence())
        )
    };
    preview.left_out.iter().map(line).collect()
}

/// What would be fetched, in a line; nothing of nothing.
pub(super) fn fetched(fetch: ToFetch) -> String {
    let files = plural(fetch.files, "file");
    if fetch.files == 0 {
        return String::new();
    }
    let nowhere = match fetch.nowhere {
        0 => String::new(),
        all if all == fetch.files => "; no repository is known to have any of it".to_owned(),
        some => format!("; no repository is known to have {some} of them"),
    };
    format!("{files} to be fetched ({}){nowhere}\n", fetch.size())
}

/// That subdatasets are installed before some pipelines are planned; nothing of none.
pub(super) fn installed_first(paths: &BTreeSet<String>, waiting: usize) -> Option<String> {
    let named: Vec<&str> = paths.iter().map(String::as_str).collect();
    let are = if paths.len() == 1 { "is" } else { "are" };
    (waiting > 0).then(|| {
        let (subdatasets, pipelines) = (plural(paths.len(), "subdataset"), plural(waiting, "pipeline"));
        format!(
            "{subdatasets} {are} installed first ({}), then {pipelines} planned",
            show_some(&named, NAMED)
        )
    })
}

/// That results which stand already are committed, of so many pipelines; nothing of none.
pub(super) fn caught_up(pipelines: usize) -> Option<String> {
    (pipelines > 0).then(|| format!("results of {} to be committed", plural(pipelines, "pipeline")))
}

fn sum(preview: &Preview) -> String {
    let count = |of: fn(&PipelinePreview) -> usize| preview.pipelines.iter().map(of).sum::<usize>();
    let parts = [
        (count(|pipeline| pipeline.run.len()), "to run"),
        (count(|pipeline| pipeline.place.len()), "known, to be placed"),
        (count(|pipeline| pipeline.remove.len()), "to be removed"),
        (count(|pipeline| pipeline.keep.len()), "left as they are"),
    ];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0);
    let mut parts: Vec<String> = parts.map(|(count, what)| format!("{count} {what}")).collect();
    parts.extend(caught_up(preview.pipelines.iter().filter(|pipeline| pipeline.commits).count()));
    let follow = preview.pipelines.iter().filter(|pipeline| !pipeline.follows.is_empty()).count();
    if follow > 0 {
        parts.push(format!("then {} planned anew", plural(follow, "pipeline")));
    }
    let waiting = preview.pipelines.iter().filter(|pipeline| pipeline.waits).count();
    parts.extend(installed_first(&preview.installs, waiting));
    let mut fetch = ToFetch::default();
    preview.pipelines.iter().for_each(|pipeline| fetch += pipeline.fetch);
    let fetched = fetched(fetch);
    if parts.is_empty() { "nothing to do\n".into() } else { format!("{}\n{fetched}", parts.join(", ")) }
}
