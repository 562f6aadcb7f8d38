//! `new` and `demo`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::json;

use super::run::{finish, jobs, perform};
use super::{LOOKED, print, print_json, say};
use crate::app::{self, AppError, ExitCode, Laid};
use crate::cli::Context;
use crate::cli::alone::Alone;
use crate::cli::args::{Demo, New};
use crate::cli::report::{Style, Table, paint, plural};
use crate::git::write::NOBODY;
use crate::model::show;
use crate::run::{Report, Request};

/// The subject of the demo whose data make the command fail.
const PLANTED_FAILURES: usize = 1;

/// `new`.
pub(crate) fn new(context: &Context, args: &New) -> Result<ExitCode, AppError> {
    if args.list {
        return Ok(list(context));
    }
    let answers = answers(&args.set)?;
    if let Some(ended) = super::template::new(context, args, &answers) {
        return ended;
    }
    let dir = context.dir.join(&args.dir);
    let laid = app::new(&dir, &args.scaffold, &answers, args.dry_run)?;
    if context.json {
        print_json(
            &json!({"dir": laid.dir, "files": laid.files, "next": laid.next, "written": !args.dry_run}),
        );
    } else if args.dry_run {
        laid.files.iter().for_each(|file| print(&format!("{}\n", show(file))));
    } else {
        tell(&laid);
        return Ok(ExitCode::Done);
    }
    if laid.is_stand_in {
        say(NOBODY);
    }
    Ok(ExitCode::Done)
}

/// On a terminal and outside of any project: asks what a new one is to be, writes it and shows it.
pub(crate) fn begin(dir: &std::path::Path, alone: &Alone) -> Result<ExitCode, AppError> {
    let Some(laid) = crate::tui::begin(dir, &super::ui::options(alone))? else {
        say("nothing was written; `minipach demo` shows a project, `minipach new` makes one");
        return Ok(ExitCode::Done);
    };
    let shown = super::ui::open(&laid.dir, alone);
    tell(&laid);
    shown
}

/// What was laid out, for people.
fn tell(laid: &Laid) {
    print(&told(laid));
    if laid.is_stand_in {
        say(NOBODY);
    }
}

fn list(context: &Context) -> ExitCode {
    let mut table = Table::new();
    for scaffold in crate::scaffold::list() {
        if context.json {
            print_json(
                &json!({"id": scaffold.id, "title": scaffold.title, "description": scaffold.description}),
            );
        }
        table.row(vec![(Style::Bold, scaffold.id.clone()), (Style::Plain, scaffold.title.clone())]);
    }
    if !context.json {
        print(&table.render());
    }
    LOOKED
}

fn answers(set: &[String]) -> Result<BTreeMap<String, String>, AppError> {
    let pair = |text: &String| {
        let (key, value) = text
            .split_once('=')
            .ok_or_else(|| AppError::usage(format!("`--set {text}` is not KEY=VALUE")))?;
        Ok((key.to_owned(), value.to_owned()))
    };
    set.iter().map(pair).collect()
}

fn told(laid: &Laid) -> String {
    let dir = show(&laid.dir.to_string_lossy());
    let made = if laid.made_repository { " in a new git repository" } else { "" };
    let mut out =
        format!("laid out {} in {}{made}\n", plural(laid.files.len(), "file"), paint(Style::Bold, &dir));
    for step in &laid.next {
        _ = writeln!(out, "  {}", paint(Style::Hint, step));
    }
    out
}

/// `demo`: exits 0 when only what was planted to fail failed.
pub(crate) fn demo(context: &Context, args: &Demo) -> Result<ExitCode, AppError> {
    let dir = match &args.dir {
        Some(dir) => context.dir.join(dir),
        None => fresh_folder()?,
    };
    let laid = app::demo(&dir)?;
    if !context.json {
        say(&format!("the demo is laid out in {}", paint(Style::Bold, &show(&laid.dir.to_string_lossy()))));
    }
    let inside =
        Context { dir: dir.clone(), json: context.json, quiet: context.quiet, verbose: context.verbose };
    let request = Request {
        targets: Vec::new(),
        force: false,
        downstream: false,
        failed_only: false,
        keep_going: false,
        jobs: jobs(args.jobs),
        commit: true,
        save: false,
        save_paths: Vec::new(),
        save_files: Vec::new(),
    };
    let report = perform(&inside, &request)?;
    finish(&inside, &report);
    if !context.json {
        print("\n");
    }
    super::status::status(&inside, &crate::cli::args::Status::default())?;
    if !context.json {
        say(&explain(&dir));
    }
    let code = if only_planted(&report) { ExitCode::Done } else { app::exit_code(&report) };
    if !context.json && !context.quiet && super::ui::is_terminal() {
        super::ui::open_demo(&dir)?;
    }
    Ok(code)
}

fn explain(dir: &std::path::Path) -> String {
    let hint = |text: &str| paint(Style::Hint, text);
    format!(
        "\none subject's data were made to fail, to show what that looks like. Go on with:\n  {}\n  {}\n  {}",
        hint(&format!("cd {}", show(&dir.to_string_lossy()))),
        hint("minipach why fs"),
        hint("git log --stat"),
    )
}

fn only_planted(report: &Report) -> bool {
    report.summary.failed == PLANTED_FAILURES && report.summary.recovered == 0 && !report.interrupted
}

fn fresh_folder() -> Result<PathBuf, AppError> {
    let made = tempfile::Builder::new().prefix("minipach-demo-").tempdir();
    let made = made.map_err(|error| {
        AppError::new(ExitCode::Data, format!("cannot make a folder for the demo: {error}"))
    })?;
    Ok(made.keep())
}
