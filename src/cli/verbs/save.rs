//! `save` and `accept`.

use std::path::PathBuf;

use serde_json::json;

use super::targets::targets;
use super::{print, print_json, say};
use crate::app::{self, AppError, ExitCode, FileChange, SaveRequest, Saved};
use crate::cli::Context;
use crate::cli::args::{Accept, Save};
use crate::cli::report::{Style, Table, paint, plural};
use crate::git::write::NOBODY;
use crate::model::{DatumState, PipelineName, in_quotes, show};
use crate::run::NESTED;

/// Most names of files that are told without being asked.
const NAMED: usize = 5;

/// `save`.
pub(crate) fn save(context: &Context, args: &Save) -> Result<ExitCode, AppError> {
    let Save { paths, paths_from, files: are_files, message, all, dry_run } = args;
    let listed_paths = targets(&[], paths_from.as_deref())?;
    let paths = paths.iter().cloned().chain(listed_paths.into_iter().map(PathBuf::from)).collect();
    let (message, are_files) = (message.clone(), *are_files);
    let request = SaveRequest { message, paths, are_files, all: *all, dry_run: *dry_run };
    if !*dry_run {
        super::whole::end_well()?;
    }
    let saved = app::save(&context.dir, &request)?;
    if context.json {
        print_json(&as_json(&saved, *dry_run));
        return Ok(ExitCode::Done);
    }
    if *dry_run || context.verbose > 0 {
        print(&listed(&saved.files));
    }
    if !context.quiet {
        print(&taken(&saved, *dry_run));
    }
    tell_results(context, &saved);
    tell_edited(&saved.edited);
    tell_left_out(&saved.left_out, *dry_run || context.verbose > 0);
    for path in &saved.nested {
        say(&show(&format!("left out `{path}`, for {NESTED}")));
    }
    for path in &saved.changed_inside {
        let commit = paint(Style::Hint, &format!("datalad save -d . -r {}", in_quotes(path)));
        say(&format!(
            "left out changes inside the subdataset `{}`, which a commit of its own must hold: {commit}",
            show(path)
        ));
    }
    if let Some(warning) = &saved.warning {
        say(&format!("{} {}", paint(Style::Warn, "note:"), show(warning)));
    }
    Ok(ExitCode::Done)
}

/// What was committed, or would be, but for results.
fn taken(saved: &Saved, is_dry: bool) -> String {
    let files = plural(saved.files.len(), "file");
    match &saved.commit {
        Some(commit) => format!("saved {files} in {}\n", &commit[..10]),
        None if is_dry && !saved.files.is_empty() => format!("would save {files}\n"),
        None if saved.results.is_empty() && saved.waiting.is_empty() && saved.edited.is_empty() => {
            "nothing to save\n".into()
        }
        None => String::new(),
    }
}

/// Says which results were edited by hand, and what can be done with them.
fn tell_edited(edited: &[(PipelineName, String)]) {
    let Some((name, key)) = edited.first() else { return };
    let mut names: Vec<String> =
        edited.iter().take(NAMED).map(|(name, key)| show(&format!("{name}:{key}"))).collect();
    if edited.len() > names.len() {
        names.push(format!("and {} more", edited.len() - names.len()));
    }
    let first = in_quotes(&format!("{name}:{key}"));
    say(&format!(
        "left out {} edited by hand: {}; {} keeps such a result, {} tells more",
        plural(edited.len(), "result"),
        names.join(", "),
        paint(Style::Hint, &format!("minipach accept {first}")),
        paint(Style::Hint, &format!("minipach why {first}")),
    ));
}

fn listed(files: &[(String, FileChange)]) -> String {
    let mut table = Table::new();
    for (path, change) in files {
        let (word, style) = match change {
            FileChange::New => ("new", Style::Good),
            FileChange::Changed => ("changed", Style::Warn),
            FileChange::Removed => ("removed", Style::Bad),
        };
        table.row(vec![(style, word.into()), (Style::Plain, show(path))]);
    }
    table.render()
}

fn tell_left_out(paths: &[String], all: bool) {
    if paths.is_empty() {
        return;
    }
    let most = if all { usize::MAX } else { NAMED };
    let mut names: Vec<String> = paths.iter().take(most).map(|path| show(path)).collect();
    if paths.len() > names.len() {
        names.push(format!("and {} more", paths.len() - names.len()));
    }
    let files = plural(paths.len(), "new file");
    say(&format!(
        "left out {files} that no pipeline uses: {}; {} or {} takes such files",
        names.join(", "),
        paint(Style::Hint, "minipach save PATH"),
        paint(Style::Hint, "minipach save --all"),
    ));
}

/// `accept`.
pub(crate) fn accept(context: &Context, args: &Accept) -> Result<ExitCode, AppError> {
    let targets = targets(&args.targets, args.targets_from.as_deref())?;
    super::whole::end_well()?;
    let (accepted, saved, refused) = app::accept(&context.dir, &targets)?;
    if context.json {
        print_json(&json!({
            "accepted": accepted.targets,
            "current": accepted.current,
            "passed": accepted.passed.iter().map(|(target, _)| target).collect::<Vec<_>>(),
            "save": as_json(&saved, false),
        }));
        return refused.map_or(Ok(ExitCode::Done), Err);
    }
    let current =
        if accepted.current > 0 { format!(", {} current already", accepted.current) } else { String::new() };
    if !context.quiet {
        let (results, named) = (plural(accepted.targets.len(), "result"), named(&accepted.targets));
        print(&format!("accepted {results}{named}{current}\n"));
    }
    tell_results(context, &saved);
    tell_passed(&accepted.passed);
    accepted.advice.iter().for_each(|advice| say(&format!("hint: {advice}")));
    refused.map_or(Ok(ExitCode::Done), Err)
}

/// The names of a few targets, behind how many they are.
fn named(targets: &[String]) -> String {
    if targets.is_empty() || targets.len() > NAMED {
        return String::new();
    }
    format!(": {}", targets.iter().map(|target| show(target)).collect::<Vec<_>>().join(", "))
}

fn tell_passed(passed: &[(String, DatumState)]) {
    if passed.is_empty() {
        return;
    }
    let name = |(target, state): &(String, DatumState)| {
        let why = match state {
            DatumState::Blocked => "blocked".into(),
            DatumState::Edited => "edited, and no input makes it any more".into(),
            _ => format!("{}, no result stands", state.word().replace('_', " ")),
        };
        format!("{} ({why})", show(target))
    };
    let mut names: Vec<String> = passed.iter().take(NAMED).map(name).collect();
    if passed.len() > names.len() {
        names.push(format!("and {} more", passed.len() - names.len()));
    }
    let datums = plural(passed.len(), "datum");
    say(&format!("passed over {datums}: {}", names.join(", ")));
}

fn tell_results(context: &Context, saved: &Saved) {
    for (name, commits) in saved.results.iter().filter(|_| !context.quiet) {
        let name = paint(Style::Bold, &show(name.as_str()));
        print(&format!("committed {name} ({})\n", plural(commits.len(), "commit")));
    }
    for name in &saved.waiting {
        let name = paint(Style::Bold, &show(name.as_str()));
        print(&format!("then results of {name}, once all they were made of is committed\n"));
    }
    for (name, reason) in &saved.held {
        say(&format!("{}: not committed yet: {}", show(name.as_str()), show(reason)));
    }
    if saved.is_stand_in {
        say(NOBODY);
    }
}

fn as_json(saved: &Saved, dry_run: bool) -> serde_json::Value {
    let files: Vec<_> =
        saved.files.iter().map(|(path, change)| json!({"path": path, "change": change})).collect();
    let results: Vec<_> =
        saved.results.iter().map(|(name, commits)| json!({"pipeline": name, "commits": commits})).collect();
    let held: Vec<_> =
        saved.held.iter().map(|(name, reason)| json!({"pipeline": name, "reason": reason})).collect();
    json!({
        "dry_run": dry_run,
        "commit": saved.commit,
        "paths": saved.files.len(),
        "files": files,
        "left_out": saved.left_out,
        "nested": saved.nested,
        "changed_inside": saved.changed_inside,
        "edited": saved.edited.iter().map(|(name, key)| format!("{name}:{key}")).collect::<Vec<_>>(),
        "results": results,
        "waiting": saved.waiting,
        "held": held,
        "warning": saved.warning,
    })
}
