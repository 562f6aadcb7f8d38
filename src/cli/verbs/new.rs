//! `new` and `demo`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::run::{finish, jobs, perform};
use super::{LOOKED, place, print, print_json, say};
use crate::app::{self, AppError, ExitCode, Laid, NewRequest, Opened};
use crate::cli::Context;
use crate::cli::alone::Alone;
use crate::cli::args::Demo;
use crate::cli::ask::{self, Asker};
use crate::cli::layout_args::{New, answers};
use crate::cli::report::{Style, Table, paint, plural, tree};
use crate::git::write::NOBODY;
use crate::model::{PipelineName, show, show_some};
use crate::run::{Report, Request};
use crate::scaffold::DEMO_PLANTED_FAILURE;

/// `new`.
pub(crate) fn new(context: &Context, args: &New) -> Result<ExitCode, AppError> {
    if let Some(ended) = without_project(context, args)? {
        return Ok(ended);
    }
    if !context.quiet {
        place::tell_meant(args, &context.dir);
    }
    let asks = !args.defaults && !context.json && ask::is_possible();
    let asker = asks.then(Asker::new);
    let mut request = request(context, args, asker.as_ref())?;
    request.dry_run = args.dry_run || asks;
    let foreseen = app::new(&request)?;
    if asker.is_none() && !args.defaults && !context.quiet {
        tell_defaults(args, &foreseen);
    }
    if !context.quiet {
        place::tell_inside(&foreseen);
    }
    if args.dry_run {
        review(context, &foreseen, false);
        return Ok(ExitCode::Done);
    }
    let laid = match &asker {
        Some(asker) => {
            say(&drawn(&foreseen, false));
            let question = format!("Lay out {} and commit them?", plural(foreseen.files.len(), "file"));
            if !asker.yes_no(&question, Some(true))? {
                say("nothing was written");
                return Ok(ExitCode::Done);
            }
            app::new(&NewRequest { dry_run: false, ..request })?
        }
        None => foreseen,
    };
    if context.json {
        review(context, &laid, true);
        if laid.is_stand_in {
            say(NOBODY);
        }
        return Ok(ExitCode::Done);
    }
    tell(&laid, &context.dir);
    if let Some(asker) = &asker {
        super::add::first(&context.inside(&laid.dir), asker)?;
    }
    Ok(ExitCode::Done)
}

/// Does what lays out no scaffold: lists, a template.
fn without_project(context: &Context, args: &New) -> Result<Option<ExitCode>, AppError> {
    if args.list {
        return Ok(Some(list(context)));
    }
    if args.template.list_installed {
        return super::template::list_installed(context, args).map(Some);
    }
    if let Some(ended) = super::template::new(context, args, &answers(&args.set)?) {
        return ended.map(Some);
    }
    place::refuse_address(args).map(|()| None)
}

/// What is wanted, asked where that is possible.
fn request(context: &Context, args: &New, asker: Option<&Asker>) -> Result<NewRequest, AppError> {
    let mut answers = answers(&args.set)?;
    answers.extend(args.name.clone().map(|name| ("name".to_owned(), name)));
    let text = match (&args.scaffold, asker) {
        (Some(text), _) => text.clone(),
        (None, Some(asker)) => choose(asker)?,
        (None, None) => "yoda".to_owned(),
    };
    let scaffold = app::open_scaffold(&text, &context.dir, args.checkout.as_deref())?;
    let dir = match (&args.dir, asker) {
        (Some(dir), _) => dir.clone(),
        (None, Some(asker)) => folder(asker, context, &scaffold)?,
        (None, None) => PathBuf::from("."),
    };
    let dir = context.dir.join(dir);
    if args.datalad && scaffold.manifest.questions.iter().any(|question| question.name == "datalad") {
        answers.insert("datalad".into(), "yes".into());
    }
    if let Some(asker) = asker {
        app::refuse_taken(&dir, &scaffold)?;
        answers = ask::interview(asker, &scaffold.manifest, &app::surroundings(&dir), &answers)?;
    }
    Ok(NewRequest { dir, scaffold, answers, datalad: args.datalad, dry_run: false })
}

/// Says which answers were taken where nobody was asked, and nobody said that defaults will do.
fn tell_defaults(args: &New, laid: &Laid) {
    let scaffold = args.scaffold.is_none().then(|| format!("scaffold `{}`", show(&laid.scaffold)));
    let folder = args.dir.is_none().then(|| "the folder you stand in".to_owned());
    let answer = |name: &String| format!("{name} {}", laid.answers.get(name).map_or_else(String::new, typed));
    let taken: Vec<String> =
        scaffold.into_iter().chain(folder).chain(laid.defaulted.iter().map(answer)).collect();
    if !taken.is_empty() {
        say(&format!(
            "{} nobody was asked, so defaults were taken: {}; `--set name=…` answers otherwise, `--defaults` takes them without this note",
            paint(Style::Warn, "note:"),
            taken.join(", ")
        ));
    }
}

/// An answer as it would be typed.
fn typed(answer: &Value) -> String {
    match answer {
        Value::Bool(is_yes) => if *is_yes { "`yes`" } else { "`no`" }.to_owned(),
        Value::String(text) if !text.is_empty() => format!("`{}`", show(text)),
        Value::Array(list) if !list.is_empty() => {
            format!("`{}`", show(&list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")))
        }
        Value::Number(number) => format!("`{number}`"),
        _ => "(nothing)".to_owned(),
    }
}

/// Asks which of the built-in scaffolds.
fn choose(asker: &Asker) -> Result<String, AppError> {
    let mut all = crate::scaffold::list();
    all.sort_by_key(|scaffold| (scaffold.id != "yoda", scaffold.id.clone()));
    let wide = all.iter().map(|scaffold| scaffold.id.len()).max().unwrap_or(0);
    let items: Vec<String> =
        all.iter().map(|scaffold| format!("{:wide$}  {}", scaffold.id, scaffold.title)).collect();
    let chosen = asker.choice("What to start from?", &items, 0)?;
    Ok(all.swap_remove(chosen).id)
}

/// Asks for the folder: the one that one stands in, if that is empty or has data where projects keep them.
fn folder(asker: &Asker, context: &Context, scaffold: &Opened) -> Result<PathBuf, AppError> {
    let is_empty = std::fs::read_dir(&context.dir).is_ok_and(|mut entries| entries.next().is_none());
    let is_here = is_empty || context.dir.join("raw").is_dir();
    let check = |text: &str| match text.trim() {
        "" => Err("give a folder".to_owned()),
        text => app::refuse_taken(&context.dir.join(text), scaffold).map_err(|error| error.message),
    };
    let typed = asker.text("In which folder?", Some(if is_here { "." } else { "study" }), check)?;
    Ok(PathBuf::from(typed.trim()))
}

/// What would be laid out, or was: as data or as a tree.
fn review(context: &Context, laid: &Laid, is_written: bool) {
    if !context.json {
        return print(&drawn(laid, true));
    }
    print_json(&json!({
        "dir": laid.dir, "scaffold": laid.scaffold, "answers": laid.answers, "defaulted": laid.defaulted, "files": laid.files, "kept": laid.kept,
        "added_to": laid.added_to, "dataset": laid.is_dataset, "next": laid.next, "inside": laid.inside, "written": is_written,
    }));
}

fn drawn(laid: &Laid, whole: bool) -> String {
    let new = laid.files.iter().map(|path| (path.as_str(), ""));
    let kept = laid.kept.iter().map(|path| (path.as_str(), "stays as it is"));
    let added_to = laid.added_to.iter().map(|path| (path.as_str(), "gets lines that it lacks"));
    tree(&laid.dir.to_string_lossy(), new.chain(kept).chain(added_to), whole)
}

/// On a terminal and outside of any project: asks what a new one is to be, writes it and shows it.
pub(crate) fn begin(dir: &Path, alone: &Alone) -> Result<ExitCode, AppError> {
    let Some(laid) = crate::tui::begin(dir, &super::ui::options(alone))? else {
        say("nothing was written; `minipach demo` shows a project, `minipach new` makes one");
        return Ok(ExitCode::Done);
    };
    let shown = super::ui::open(&laid.dir, alone);
    tell(&laid, dir);
    shown
}

/// What was laid out, for people who stand in a folder.
fn tell(laid: &Laid, from: &Path) {
    print(&told(laid, from));
    if laid.is_stand_in {
        say(NOBODY);
    }
}

fn list(context: &Context) -> ExitCode {
    let mut table = Table::new();
    for scaffold in crate::scaffold::list() {
        if context.json {
            print_json(
                &json!({"id": scaffold.id, "version": scaffold.version, "title": scaffold.title, "description": scaffold.description,
                    "questions": scaffold.questions.iter().map(|question| &question.name).collect::<Vec<_>>()}),
            );
        }
        table.row(vec![(Style::Bold, scaffold.id.clone()), (Style::Plain, scaffold.title.clone())]);
    }
    if !context.json {
        print(&table.render());
    }
    LOOKED
}

fn told(laid: &Laid, from: &Path) -> String {
    let dir = show(&laid.dir.to_string_lossy());
    let made = match (laid.made_repository, laid.is_dataset) {
        (true, true) => " in a new DataLad dataset",
        (true, false) => " in a new git repository",
        (false, true) => " in a DataLad dataset",
        (false, false) => "",
    };
    let mut out =
        format!("laid out {} in {}{made}\n", plural(laid.files.len(), "file"), paint(Style::Bold, &dir));
    for (paths, said) in [(&laid.kept, "as before"), (&laid.added_to, "with lines added")] {
        if !paths.is_empty() {
            let named = show_some(&paths.iter().map(String::as_str).collect::<Vec<_>>(), 3);
            _ = writeln!(out, "{said}: {named}");
        }
    }
    let is_elsewhere = from.canonicalize().ok() != laid.dir.canonicalize().ok();
    let way = laid.dir.strip_prefix(from).unwrap_or(&laid.dir).to_string_lossy();
    let enter = is_elsewhere.then(|| format!("cd {}", show(&app::cd_word(&way))));
    for step in enter.iter().chain(&laid.next) {
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
    let inside = context.inside(&dir);
    let request = Request::new(Vec::new(), jobs(args.jobs));
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

fn explain(dir: &Path) -> String {
    let hint = |text: &str| paint(Style::Hint, text);
    format!(
        "\none subject's data were made to fail, to show what that looks like. Go on with:\n  {}\n  {}\n  {}",
        hint(&format!("cd {}", show(&dir.to_string_lossy()))),
        hint("minipach why fs"),
        hint("git log --stat"),
    )
}

/// Whether one datum failed, of the pipeline where that was planted, and nothing else went wrong.
fn only_planted(report: &Report) -> bool {
    let (pipeline, _) = DEMO_PLANTED_FAILURE;
    let is_there = report.failed.iter().map(PipelineName::as_str).eq([pipeline]);
    is_there && report.summary.failed == 1 && report.summary.recovered == 0 && !report.interrupted
}

fn fresh_folder() -> Result<PathBuf, AppError> {
    let made = tempfile::Builder::new().prefix("minipach-demo-").tempdir();
    let made = made.map_err(|error| {
        AppError::new(ExitCode::Data, format!("cannot make a folder for the demo: {error}"))
    })?;
    Ok(made.keep())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_failure_that_was_planted_ends_the_demo_well() {
        let name = |text: &str| PipelineName::parse(text).expect("a name");
        let report = |failed: &[&str], count| {
            let mut report =
                Report { failed: failed.iter().copied().map(name).collect(), ..Report::default() };
            report.summary.failed = count;
            report
        };
        assert!(only_planted(&report(&["fs"], 1)));
        assert!(!only_planted(&report(&["stats"], 1)), "of another pipeline");
        assert!(!only_planted(&report(&["fs"], 2)) && !only_planted(&report(&["fs", "stats"], 2)));
        assert!(!only_planted(&Report::default()), "the planted one did not fail");
        assert!(!only_planted(&Report { interrupted: true, ..report(&["fs"], 1) }));
    }
}
