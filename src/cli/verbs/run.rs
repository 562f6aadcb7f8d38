//! `run`: makes it so, with a live line; Ctrl-C once ends gently, twice at once.

use std::sync::Arc;

use serde_json::json;

use super::preview::dry_run;
use super::targets::Lists;
use super::{print, print_json, say, tell_errors, tell_misnamed, unsound_json};
use crate::app::{self, AppError, ExitCode, Session};
use crate::cli::Context;
use crate::cli::args::Run;
use crate::cli::report::{Progress, Style, paint, plural};
use crate::model::show;
use crate::run::{Observer, Report, Request, Stop};
use crate::spec::Unsound;

/// `run`.
pub(crate) fn run(context: &Context, args: &Run) -> Result<ExitCode, AppError> {
    let request = request(args)?;
    let stop = stop(args.dry_run)?;
    one(context, &request, &stop, args.dry_run)
}

/// What ends a run by signals. What only shows something, any signal ends at once.
pub(super) fn stop(is_dry: bool) -> Result<Arc<Stop>, AppError> {
    let stop = Arc::new(Stop::new());
    if !is_dry {
        listen(&stop)?;
    }
    Ok(stop)
}

/// Runs one project, or shows what that would do.
pub(super) fn one(
    context: &Context,
    request: &Request,
    stop: &Stop,
    is_dry: bool,
) -> Result<ExitCode, AppError> {
    if is_dry {
        return dry_run(context, request);
    }
    let report = perform_until(context, request, stop)?;
    if report.bad_specs {
        drop(tell_errors(&Session::open(&context.dir)?));
    }
    if report.jobs.is_empty() && !context.json {
        tell_if_none(&Session::open(&context.dir)?)?;
    }
    finish(context, &report);
    Ok(app::exit_code(&report))
}

/// Only what stands can be run.
fn refuse_past(args: &Run) -> Result<(), AppError> {
    let Some(commit) = &args.at else { return Ok(()) };
    let message = "a run makes results of the project as it stands, not of one of its commits";
    let worktree = format!("git worktree add ../then {}", app::quoted(commit));
    Err(AppError::usage(message)
        .hint(format!("`minipach status --at {}` shows how it stood then", app::quoted(commit)))
        .hint(format!("`{worktree}` lays it out beside this one; run it there")))
}

/// What is asked for.
pub(super) fn request(args: &Run) -> Result<Request, AppError> {
    refuse_past(args)?;
    let lists = Lists::read(args.save_files_from.as_deref(), args.targets_from.as_deref())?;
    let save_files: Vec<String> = args.save_files.iter().cloned().chain(lists.files).collect();
    Ok(Request {
        targets: args.targets.iter().cloned().chain(lists.targets).collect(),
        force: args.force,
        downstream: args.downstream,
        failed_only: args.failed,
        keep_going: args.keep_going,
        jobs: jobs(args.jobs),
        commit: !args.no_commit,
        save: args.save || !args.save_paths.is_empty() || !save_files.is_empty(),
        save_paths: args.save_paths.clone(),
        save_files,
    })
}

/// As many datums at a time as asked, or as there are processors.
pub(crate) fn jobs(asked: Option<u16>) -> usize {
    asked.map_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get), usize::from)
}

/// Runs a request, showing progress; draws findings first if they stop it.
pub(crate) fn perform(context: &Context, request: &Request) -> Result<Report, AppError> {
    perform_until(context, request, &*stop(false)?)
}

fn perform_until(context: &Context, request: &Request, stop: &Stop) -> Result<Report, AppError> {
    let observer: Box<dyn Observer> = if context.json {
        Box::new(JsonLines)
    } else {
        Box::new(Progress::new(context.quiet, context.verbose))
    };
    app::run(&context.dir, request, stop, observer).inspect_err(|error| {
        // A target that is not sound is told with its error; what is wrong with the project file is not.
        if error.code == ExitCode::Spec
            && let Ok(session) = Session::open(&context.dir)
            && session.project.loaded.is_config_broken
        {
            drop(tell_errors(&session));
        }
    })
}

/// Ends gently at the first signal and at once at the second; starts nothing between two others.
fn listen(stop: &Arc<Stop>) -> Result<(), AppError> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2};
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2])
        .map_err(|error| AppError::new(ExitCode::Bug, format!("cannot listen to signals: {error}")))?;
    let stop = Arc::clone(stop);
    std::thread::spawn(move || {
        for signal in signals.forever() {
            if matches!(signal, SIGUSR1 | SIGUSR2) {
                stop.pause(signal == SIGUSR1);
                continue;
            }
            let is_first = !stop.is_asked();
            stop.ask();
            // Nobody is there to ask a second time, and a batch system kills soon after it asked.
            if signal != SIGINT {
                stop.ask();
            }
            match (is_first, stop.is_now()) {
                (true, true) => say("\nstopping: what runs now is ended"),
                (true, false) => say("\nstopping: nothing new is started; once more to end what runs now"),
                (false, _) => {}
            }
            if stop.is_now() {
                app::interrupt_commits();
            }
        }
    });
    Ok(())
}

/// Says that there is no pipeline, and what was perhaps meant as one.
fn tell_if_none(session: &Session) -> Result<(), AppError> {
    if session.project.names().next().is_none() {
        tell_misnamed(session)?;
    }
    Ok(())
}

/// Prints what a run did.
pub(crate) fn finish(context: &Context, report: &Report) {
    if context.json {
        let summary = &report.summary;
        let trouble = [report.trouble.as_slice(), report.told.as_slice()].concat();
        print_json(
            &json!({"event": "summary", "summary": summary, "interrupted": report.interrupted, "trouble": trouble, "unsound": unsound_json(&report.unsound)}),
        );
        return;
    }
    // Of those who want to read little nobody has read this yet.
    let is_untold = context.quiet && (report.missing_program || report.bad_data);
    let told = report.told.iter().filter(|_| is_untold);
    for trouble in report.trouble.iter().chain(told) {
        say(&format!("{} {}", paint(Style::Warn, "note:"), show(trouble)));
    }
    if !context.quiet {
        print(&format!("{}\n", sentence(report)));
        if let Some(told) = &report.unconcluded {
            say(told);
        }
        if let Some(name) = report.failed.first() {
            say(&format!(
                "next: {}",
                paint(Style::Hint, &format!("minipach why {}", app::quoted(name.as_str())))
            ));
        }
    }
}

fn sentence(report: &Report) -> String {
    let summary = &report.summary;
    let parts = [
        (summary.ran, "ran", Style::Good),
        (summary.restored, "placed without running", Style::Good),
        (summary.removed, "removed", Style::Plain),
        (summary.failed, "failed", Style::Bad),
        (summary.recovered, "recovered", Style::Warn),
    ];
    let mut words: Vec<String> = parts
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, what, style)| paint(style, &format!("{} {what}", plural(count, "datum"))))
        .collect();
    if summary.left > 0 {
        words.push(format!("{} left", plural(summary.left, "datum")));
    }
    if report.commits > 0 && words.is_empty() {
        words.push(format!("{} for results that no commit recorded", plural(report.commits, "commit")));
    }
    if words.is_empty() {
        words.push(if report.is_troubled() { "nothing was done" } else { "nothing to do" }.into());
    }
    words.extend(left_out(report));
    let end = if report.interrupted { " (stopped; `minipach run` goes on)" } else { "" };
    format!("{}{end}", words.join(", "))
}

/// `left out: fs (broken) and 2 that need it`.
fn left_out(report: &Report) -> Option<String> {
    let is_broken = |why: &&Unsound| !matches!(why, Unsound::LeftOut(_));
    let waiting = report.unsound.values().filter(|why| !is_broken(why)).count();
    let broken = report.unsound.iter().filter(|(_, why)| is_broken(why));
    let broken: Vec<String> = broken.map(|(name, _)| format!("{} (broken)", show(name))).collect();
    let need = if waiting == 1 { "needs" } else { "need" };
    let them = if broken.len() == 1 { "it" } else { "them" };
    let rest = if waiting == 0 { String::new() } else { format!(" and {waiting} that {need} {them}") };
    let text = format!("left out: {}{rest}", broken.join(", "));
    (!broken.is_empty()).then(|| paint(Style::Bad, &text))
}

/// Prints every event as a line of JSON.
struct JsonLines;

impl Observer for JsonLines {
    fn event(&mut self, event: &crate::model::Event) {
        if let Ok(value) = serde_json::to_value(event) {
            print_json(&value);
        }
    }
}
