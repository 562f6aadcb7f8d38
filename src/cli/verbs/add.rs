//! `add`: a new pipeline of a known shape, asked on a terminal, shown with its datums before it is written.

use std::fmt::Write as _;

use serde_json::json;

use super::new::answers;
use super::{open, print, print_json, say};
use crate::app::{self, AddKind, AddRequest, Addition, AppError, ExitCode, Session};
use crate::cli::Context;
use crate::cli::ask::{self, Asker};
use crate::cli::layout_args::Add;
use crate::cli::report::{Style, paint, plural};
use crate::model::show;

/// `add`.
pub(crate) fn add(context: &Context, args: &Add) -> Result<ExitCode, AppError> {
    let session = open(context)?;
    let asker = (!context.json && ask::is_possible()).then(Asker::new);
    let mut request = AddRequest {
        name: args.name.clone().unwrap_or_default(),
        from: args.from.clone(),
        outer: args.outer.clone(),
        image: args.image.clone().or_else(|| args.dockerfile.clone()),
        command: args.command.clone(),
        params: args.param.clone(),
        template: None,
        answers: answers(&args.set)?,
    };
    if let Some(text) = &args.template {
        request.template = Some(app::open_scaffold(text, &context.dir, None)?);
    }
    let was_asked = asker.is_some() && (args.kind.is_none() || lacks(&request, args.kind).is_some());
    let kind = match &asker {
        Some(asker) if was_asked => complete(asker, session, args.kind, &mut request)?,
        _ => match (args.kind, lacks(&request, args.kind)) {
            (Some(kind), None) => kind,
            (_, lack) => return Err(missing(args.kind, lack)),
        },
    };
    let addition = app::look_to_add(session, kind, &request)?;
    if !context.json {
        print(&told(&addition));
    }
    let is_wanted = match &asker {
        Some(asker) if was_asked && !args.dry_run => asker.yes_no("Write it?", Some(true))?,
        _ => !args.dry_run,
    };
    if is_wanted {
        app::add(session, &addition)?;
    }
    if context.json {
        print_json(&as_json(kind, &addition, is_wanted));
    } else if is_wanted {
        say(&next(&addition));
    } else if was_asked {
        say("nothing was written");
    }
    Ok(ExitCode::Done)
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

/// Asks for what is not given.
fn complete(
    asker: &Asker,
    session: &Session,
    kind: Option<AddKind>,
    request: &mut AddRequest,
) -> Result<AddKind, AppError> {
    let kind = match kind {
        Some(kind) => kind,
        None => which(asker)?,
    };
    if kind == AddKind::FromTemplate && request.template.is_none() {
        return Err(missing(Some(kind), Some("`--template FOLDER`")));
    }
    if request.name.is_empty() {
        let check = |text: &str| app::can_be_added(session, text);
        request.name = asker.text("What is it called (the folder of its results)?", None, check)?;
    }
    if request.from.len() < kind.inputs_at_least() {
        request.from = inputs(asker, session, kind)?;
    }
    if kind == AddKind::Sweep && request.params.is_empty() {
        let check =
            |text: &str| if text.contains('=') { Ok(()) } else { Err("give NAME=VALUE,VALUE".to_owned()) };
        let typed = asker.text("Which parameters (rate=0.1,0.2 kind=a,b)?", None, check)?;
        request.params = typed.split_whitespace().map(str::to_owned).collect();
    }
    if kind == AddKind::Container && request.image.is_none() {
        let typed = asker.text("Which image (empty: a Dockerfile is written)?", None, |_| Ok(()))?;
        request.image = Some(typed.trim().to_owned()).filter(|typed| !typed.is_empty());
    }
    Ok(kind)
}

fn which(asker: &Asker) -> Result<AddKind, AppError> {
    let kinds: Vec<AddKind> = AddKind::all().filter(|kind| *kind != AddKind::FromTemplate).collect();
    let items: Vec<String> =
        kinds.iter().map(|kind| format!("{:16}  {}", kind.word(), kind.means())).collect();
    let chosen = asker.choice("What kind of pipeline?", &items, 0)?;
    Ok(kinds.get(chosen).copied().unwrap_or(AddKind::Map))
}

fn inputs(asker: &Asker, session: &Session, kind: AddKind) -> Result<Vec<String>, AppError> {
    let repos = app::readable(session);
    if repos.is_empty() {
        let error = AppError::usage("there is nothing to read yet");
        return Err(error.hint("put data into a folder, such as raw/images"));
    }
    let chosen = if kind.inputs_at_most() == 1 {
        vec![asker.choice("What does it read?", &repos, 0)?]
    } else {
        let items: Vec<(String, bool)> = repos.iter().map(|repo| (repo.clone(), false)).collect();
        loop {
            let chosen = asker.multi("What does it read?", &items)?;
            if chosen.len() >= kind.inputs_at_least() {
                break chosen;
            }
            say(&format!("mark at least {}, with the space bar", kind.inputs_at_least()));
        }
    };
    let mut from = Vec::new();
    for repo in chosen.iter().filter_map(|at| repos.get(*at)) {
        let usual = app::suggested_glob(session, kind, repo)?;
        let check = |text: &str| {
            if text.starts_with('/') { Ok(()) } else { Err("give a glob such as /(*)".to_owned()) }
        };
        let glob = asker.text(
            &format!("How is {repo} cut? What is in ( ) names the result"),
            Some(&usual),
            check,
        )?;
        from.push(format!("{repo}:{}", glob.trim()));
    }
    Ok(from)
}

/// The spec, all that is written, and the datums.
fn told(addition: &Addition) -> String {
    let mut out = String::new();
    for line in addition.spec.lines() {
        _ = writeln!(out, "  {}", show(line));
    }
    out.push('\n');
    let attributes = addition.attributes.as_ref().map(|_| ".gitattributes (results are never merged)");
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
    let run = format!("minipach run {} --save", show(&addition.name));
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
