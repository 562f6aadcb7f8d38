//! `add`: a new pipeline of a known shape, asked on a terminal, shown with its datums before it is written.
//! Whoever was asked may run it at once.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::json;

use super::run::{finish, jobs, perform};
use super::{open, print, print_json, say};
use crate::app::{self, AddKind, AddRequest, Addition, AppError, ExitCode, Session};
use crate::cli::Context;
use crate::cli::ask::{self, Asker};
use crate::cli::layout_args::{Add, answers};
use crate::cli::report::{Style, paint, plural};
use crate::model::show;
use crate::run::Request;

/// `add`.
pub(crate) fn add(context: &Context, args: &Add) -> Result<ExitCode, AppError> {
    let asker = (!context.json && ask::is_possible()).then(Asker::new);
    let mut request = AddRequest {
        name: args.name.clone().unwrap_or_default(),
        from: args.from.clone(),
        outer: args.outer.clone(),
        output: args.output.clone(),
        image: args.image.clone(),
        command: args.command.clone(),
        params: args.param.clone(),
        template: None,
        answers: answers(&args.set)?,
    };
    let session = open(context)?;
    if let Some(path) = &args.dockerfile {
        let path = dockerfile(context, session, path)?;
        request.image = request.image.or(Some(path));
    }
    if let Some(text) = &args.template {
        request.template = Some(app::open_scaffold(text, &context.dir, None)?);
    }
    match (&asker, args.kind, lacks(&request, args.kind)) {
        (_, Some(kind), None) => {
            write(context, session, kind, &request, args.dry_run).map(|()| ExitCode::Done)
        }
        (Some(asker), kind, _) => asked(context, asker, session, kind, request, args.dry_run),
        (None, kind, lack) => Err(missing(kind, lack)),
    }
}

/// A Dockerfile by its path from the root, as it is typed from there or from where one stands. One that is not there is
/// refused: nothing could run by it.
fn dockerfile(context: &Context, session: &Session, path: &str) -> Result<String, AppError> {
    let root = session.project.repo.root();
    for start in [&context.dir, root] {
        let found = app::from_root(root, start, Path::new(path)).ok();
        if let Some(found) = found.filter(|found| root.join(found).is_file()) {
            return Ok(found);
        }
    }
    let error = AppError::usage(format!("`{}` is no file of the project", show(path)));
    Err(error.hint("`add container` without `--dockerfile` lays one out"))
}

/// Writes what was asked for in full, unless it is only to be shown.
fn write(
    context: &Context,
    session: &Session,
    kind: AddKind,
    request: &AddRequest,
    is_dry: bool,
) -> Result<(), AppError> {
    let addition = app::look_to_add(session, kind, request)?;
    if !context.json {
        print(&told(&addition));
    }
    if !is_dry {
        app::add(session, &addition)?;
    }
    if context.json {
        print_json(&as_json(kind, &addition, !is_dry));
    } else if !is_dry {
        say(&next(&addition));
    }
    Ok(())
}

/// A first pipeline of a project that has data and none, if somebody at the terminal wants one.
pub(super) fn first(context: &Context, asker: &Asker) -> Result<(), AppError> {
    let session = open(context)?;
    if session.project.names().next().is_some() || app::readable(session).is_empty() {
        return Ok(());
    }
    say("there are data in it that a pipeline could read");
    if asker.yes_no("Add a pipeline now?", Some(true))? {
        asked(context, asker, session, None, AddRequest::default(), false)?;
    }
    Ok(())
}

/// Asks for what is lacking, shows what comes of it, writes it, and runs it if that is wanted.
fn asked(
    context: &Context,
    asker: &Asker,
    session: &Session,
    kind: Option<AddKind>,
    mut request: AddRequest,
    is_dry: bool,
) -> Result<ExitCode, AppError> {
    let kind = match kind {
        Some(kind) => kind,
        None => ask::pipeline::kind(asker)?,
    };
    if kind == AddKind::FromTemplate && request.template.is_none() {
        return Err(missing(Some(kind), Some("`--template FOLDER`")));
    }
    ask::pipeline::complete(asker, session, kind, &mut request)?;
    let addition = app::look_to_add(session, kind, &request)?;
    print(&told(&addition));
    if is_dry {
        return Ok(ExitCode::Done);
    }
    if !asker.yes_no("Write it?", Some(true))? {
        say("nothing was written");
        return Ok(ExitCode::Done);
    }
    app::add(session, &addition)?;
    say(&next(&addition));
    // Somebody who typed a command has nothing to edit first.
    if asker.yes_no("Save and run it now?", Some(!request.command.is_empty()))? {
        return run(context, &addition.name);
    }
    Ok(ExitCode::Done)
}

/// Runs a pipeline, its inputs and code saved first, and says where its results are.
fn run(context: &Context, name: &str) -> Result<ExitCode, AppError> {
    let request = Request { save: true, ..Request::new(vec![name.to_owned()], jobs(None)) };
    let report = perform(context, &request)?;
    finish(context, &report);
    let code = app::exit_code(&report);
    if code == ExitCode::Done {
        let ways = [
            ("minipach", "shows everything on the screen"),
            ("minipach add", "adds a pipeline that reads this one or others"),
            ("minipach run", "after any change, runs what that touches"),
        ];
        say(&format!("the results are in {}/", show(name)));
        for (command, does) in ways {
            say(&format!("  {}  {does}", paint(Style::Hint, &format!("{command:12}"))));
        }
    }
    Ok(code)
}

/// What a request lacks.
fn lacks(request: &AddRequest, kind: Option<AddKind>) -> Option<&'static str> {
    if request.name.is_empty() {
        return Some("NAME");
    }
    let least = kind.map_or(1, AddKind::inputs_at_least);
    match kind {
        _ if request.from.len() < least => Some("`--from REPO`"),
        Some(AddKind::Sweep) if request.params.is_empty() => Some("`--param NAME=VALUE,VALUE`"),
        Some(AddKind::FromTemplate) if request.template.is_none() => Some("`--template FOLDER`"),
        _ => None,
    }
}

fn missing(kind: Option<AddKind>, lack: Option<&str>) -> AppError {
    let words: Vec<&str> = AddKind::all().map(AddKind::word).collect();
    match (kind, lack) {
        (None, _) => AppError::usage(format!("`add` needs a KIND: one of {}", words.join(", "))),
        (Some(kind), lack) => {
            let count = if kind.inputs_at_least() > 1 { ", twice at least" } else { "" };
            let lack = lack.unwrap_or_default();
            let count = if lack.contains("--from") { count } else { "" };
            AppError::usage(format!("`add {}` needs {lack}{count}", kind.word()))
        }
    }
    .hint("`minipach add` on a terminal asks; `minipach help add` has examples")
}

/// The spec, all that is written, and the datums.
fn told(addition: &Addition) -> String {
    let mut out = String::new();
    for line in addition.spec.lines() {
        _ = writeln!(out, "  {}", show(line));
    }
    out.push('\n');
    let attributes =
        addition.attributes.as_ref().map(|_| ".gitattributes (what git does with results, specs and code)");
    let paths: Vec<&str> = addition.files.iter().map(|file| file.path.as_str()).collect();
    let shown = paths.iter().take(6).copied().chain(attributes);
    _ = writeln!(out, "writes   {}", shown.map(show).collect::<Vec<_>>().join("\n         "));
    if paths.len() > 6 {
        _ = writeln!(out, "         and {} more", paths.len() - 6);
    }
    let least = if addition.at_least { "at least " } else { "" };
    let count = plural(addition.datums, "datum");
    if addition.first.is_empty() {
        _ = writeln!(out, "{least}{count} on the data that is here");
    } else {
        let first: Vec<String> = addition.first.iter().map(|key| show(key)).collect();
        _ = writeln!(out, "{least}{count}, first: {}", first.join(", "));
    }
    out
}

fn next(addition: &Addition) -> String {
    let script = addition.files.iter().map(|file| file.path.as_str()).find(|path| path.starts_with("code/"));
    let mut out = format!("wrote `{}/spec.yml`; nothing runs until you say so", show(&addition.name));
    let edit = script.map(|path| format!("edit {}", show(path)));
    let run = format!("minipach run {} --save", app::quoted(&addition.name));
    for step in edit.into_iter().chain([run]) {
        _ = write!(out, "\n  {}", paint(Style::Hint, &step));
    }
    out
}

fn as_json(kind: AddKind, addition: &Addition, is_written: bool) -> serde_json::Value {
    let files: Vec<&str> = addition.files.iter().map(|file| file.path.as_str()).collect();
    json!({
        "name": addition.name, "kind": kind.word(), "spec": addition.spec, "files": files,
        "attributes": addition.attributes.is_some(), "datums": addition.datums, "at_least": addition.at_least,
        "first": addition.first, "written": is_written,
    })
}
