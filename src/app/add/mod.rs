//! `add`: a new pipeline of a known shape; the datums that it would have now are told before anything is written.

mod guard;
mod kind;
mod offer;
mod scripts;
mod shape;
mod sweep;

use std::fmt::Write as _;
use std::sync::Arc;

use crate::ledger::RunLock;
use crate::model::glob::Glob;
use crate::model::{Pipeline, PipelineName};
use crate::plan::PlanError;
use crate::run::{Known, PlanningError, Plans, RunError, now_ms};
use crate::scaffold::{self, Existing, RenderedFile};
use crate::spec::{SourceFile, Sources, load};

use super::draft::{quoted, said};
use super::error::{AppError, ExitCode};
use super::new_name::new_name;
use super::scaffolds::{Opened, surroundings};
use super::session::Session;
use super::unmerged;
pub use kind::AddKind;
pub use offer::{Readable, cut, input_variables, readable, suggested_glob};
use scripts::scripts;
use shape::{Part, Shape, names};

/// Where projects that were laid out keep the schema of specs.
const SCHEMA: &str = ".minipach/spec.schema.json";

/// What silences the rule that would have names hidden.
const SEES_NAMES: &str = "# minipach: ignore-file[MP134] the app must see the name of its subject\n";

/// So many datums are named.
const NAMED: usize = 3;

/// What is wanted of a new pipeline.
#[derive(Clone, Debug, Default)]
pub struct AddRequest {
    /// Its folder.
    pub name: String,
    /// What it reads: `REPO` or `REPO:GLOB`.
    pub from: Vec<String>,
    /// Inputs of a join, by repo, whose entries are kept without a partner.
    pub outer: Vec<String>,
    /// Where a result belongs, if not where its kind has it.
    pub output: Option<String>,
    /// Its image.
    pub image: Option<String>,
    /// Its command, word by word; a script is written if it is empty.
    pub command: Vec<String>,
    /// Parameters of a sweep: `NAME=VALUE,VALUE`.
    pub params: Vec<String>,
    /// A template, for `from-template`.
    pub template: Option<Opened>,
    /// Answers to the template's questions.
    pub answers: scaffold::Answers,
}

/// A pipeline that would be written, or was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addition {
    /// Its name.
    pub name: String,
    /// Its spec.
    pub spec: String,
    /// Everything that is written, its spec first.
    pub files: Vec<RenderedFile>,
    /// The new text of `.gitattributes`, if it changes.
    pub attributes: Option<String>,
    /// How many datums it would have now.
    pub datums: usize,
    /// Whether there may be more, because an input is not complete.
    pub at_least: bool,
    /// The places of the first of them.
    pub first: Vec<String>,
}

/// Whether a new pipeline can be called so.
///
/// # Errors
/// Why not.
pub fn can_be_added(session: &Session, name: &str) -> Result<(), String> {
    new_name(session, name).map(drop).map_err(|error| error.message)
}

/// Looks what a new pipeline would be.
///
/// # Errors
/// When its name is bad or taken, an input is not there, it would need itself, or its spec is wrong.
pub fn look_to_add(session: &Session, kind: AddKind, request: &AddRequest) -> Result<Addition, AppError> {
    session.refuse_broken_config()?;
    let name = new_name(session, &request.name)?;
    let mut addition = match kind {
        AddKind::FromTemplate => from_template(session, &name, request)?,
        _ => of_kind(session, kind, &name, request)?,
    };
    let root = session.project.repo.root();
    scaffold::survey(root, &addition.files).map_err(|error| AppError::usage(error.to_string()))?;
    addition.attributes = unmerged::with(session, &[name.as_str()]);
    Ok(addition)
}

/// Writes it.
///
/// # Errors
/// When a run is going on, something stands there meanwhile, or it cannot be written.
pub fn add(session: &Session, addition: &Addition) -> Result<(), AppError> {
    let repo = &session.project.repo;
    let _lock = RunLock::acquire(&repo.state_dir(), "add", now_ms()).map_err(RunError::from)?;
    let refused = |error: scaffold::ScaffoldError| AppError::new(ExitCode::Data, error.to_string());
    scaffold::write(repo.root(), &addition.files).map_err(refused)?;
    addition.attributes.as_deref().map_or(Ok(()), |text| unmerged::write(session, text))
}

fn of_kind(
    session: &Session,
    kind: AddKind,
    name: &PipelineName,
    request: &AddRequest,
) -> Result<Addition, AppError> {
    let parts = parts(session, kind, request)?;
    guard::inputs(session, name, parts.iter().map(|part| part.repo.as_str()))?;
    let mut files = Vec::new();
    let combinations = combinations(kind, &request.params)?;
    let folder = format!("params/{name}");
    let mut all = parts.clone();
    if kind == AddKind::Sweep {
        all.push(Part {
            name: "params".into(),
            repo: folder.clone(),
            glob: "/(*).json".into(),
            is_outer: false,
        });
        let file = |(stem, text): &(String, String)| file(&format!("{folder}/{stem}.json"), text, false);
        files.extend(combinations.iter().map(file));
    }
    let (rest, own) = rest(session, kind, name, request, &all);
    files.extend(own);
    let shape = |kind, parts| Shape::new(kind, parts).with_output(request.output.as_deref());
    let spec = text(session, name, &shape(kind, all), &rest);
    // Files of parameters are not there yet; each goes with each datum of the data.
    let now = if kind == AddKind::Sweep { AddKind::Map } else { kind };
    let seen = text(session, name, &shape(now, parts), &rest);
    let (datums, at_least, keys) = datums(session, parsed(name, &seen)?).map_err(at_one_place)?;
    let (datums, keys) = swept(kind, datums, keys, &combinations);
    parsed(name, &spec)?;
    files.insert(0, file(&format!("{name}/spec.yml"), &spec, false));
    let first = keys.into_iter().take(NAMED).collect();
    Ok(Addition { name: name.to_string(), spec, files, attributes: None, datums, at_least, first })
}

/// The combinations of parameters, which only a sweep has.
fn combinations(kind: AddKind, params: &[String]) -> Result<Vec<(String, String)>, AppError> {
    match kind {
        AddKind::Sweep => {
            let combined = sweep::parse(params).and_then(|params| sweep::combinations(&params));
            combined.map_err(AppError::usage)
        }
        _ if !params.is_empty() => Err(AppError::usage("only `sweep` has parameters")),
        _ => Ok(Vec::new()),
    }
}

/// Datums and their places, each with each combination.
fn swept(
    kind: AddKind,
    datums: usize,
    keys: Vec<String>,
    combinations: &[(String, String)],
) -> (usize, Vec<String>) {
    if kind != AddKind::Sweep {
        return (datums, keys);
    }
    let with = |key: &String| {
        // What has all its data in one datum adds no folder of its own.
        let place = |stem: &String| if key == "." { stem.clone() } else { format!("{key}/{stem}") };
        combinations.iter().map(|(stem, _)| place(stem)).collect::<Vec<_>>()
    };
    (datums * combinations.len(), keys.iter().flat_map(with).collect())
}

/// Refuses a glob with a bracket that has no partner: it can be read, but `check` would warn of it at once.
fn refuse_slip(text: &str) -> Result<(), AppError> {
    let Ok(glob) = Glob::parse(text) else { return Ok(()) };
    glob.slips().first().map_or(Ok(()), |slip| {
        let error = AppError::usage(format!("the glob `{text}` {slip}"));
        Err(error.hint(format!("write `{}`", slip.mended(text))))
    })
}

/// The inputs, as asked for.
fn parts(session: &Session, kind: AddKind, request: &AddRequest) -> Result<Vec<Part>, AppError> {
    let (least, most) = (kind.inputs_at_least(), kind.inputs_at_most());
    let count = request.from.len();
    if count < least || count > most {
        let wanted = match (least, most) {
            (1, 1) => "one input".to_owned(),
            (least, usize::MAX) => format!("at least {least} inputs"),
            _ => "no input".to_owned(),
        };
        let message = format!("`{}` needs {wanted}, and {count} were given", kind.word());
        return Err(AppError::usage(message).hint("give each as `--from REPO` or `--from REPO:GLOB`"));
    }
    let mut found = Vec::new();
    for text in &request.from {
        let (repo, glob) =
            text.split_once(':').map_or((text.as_str(), None), |(repo, glob)| (repo, Some(glob)));
        let repo = repo.trim().trim_start_matches("./").trim_matches('/').to_owned();
        glob.map_or(Ok(()), refuse_slip)?;
        let usual = suggested_glob(session, kind, &repo)?;
        found.push((repo, glob.map_or(usual, str::to_owned)));
    }
    if let Some(odd) = request.outer.iter().find(|outer| !found.iter().any(|(repo, _)| repo == *outer)) {
        return Err(AppError::usage(format!("`--outer {odd}` is none of the inputs")));
    }
    if !request.outer.is_empty() && kind != AddKind::Join {
        return Err(AppError::usage("only `join` has outer inputs"));
    }
    let repos: Vec<String> = found.iter().map(|(repo, _)| repo.clone()).collect();
    let mut names = names(&repos);
    if kind == AddKind::BidsParticipant {
        names = vec!["subject".into()];
    }
    let part = |((repo, glob), name): ((String, String), String)| Part {
        is_outer: request.outer.contains(&repo),
        name,
        repo,
        glob,
    };
    let mut parts: Vec<Part> = found.into_iter().zip(names).map(part).collect();
    if kind == AddKind::BidsParticipant {
        let repo = parts[0].repo.clone();
        let glob = "/dataset_description.json".to_owned();
        // After `subject`, so that the name of a datum begins with that.
        parts.push(Part { name: "top".into(), repo, glob, is_outer: false });
    }
    Ok(parts)
}

/// What a spec says after its inputs, and the files that belong to it.
fn rest(
    session: &Session,
    kind: AddKind,
    name: &PipelineName,
    request: &AddRequest,
    parts: &[Part],
) -> (String, Vec<RenderedFile>) {
    let mut files = Vec::new();
    let mut words = request.command.clone();
    let stem = name.last();
    if words.is_empty() {
        let inputs: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
        let has_view = session.project.scan.contains("code/bids_view.sh");
        let (command, written) = scripts(kind, stem, &inputs, has_view);
        words = command;
        files.extend(written.iter().map(|script| file(&script.path, &script.text, script.is_program)));
    }
    let words: Vec<String> = words.iter().map(|word| shape::plain_word(word)).collect();
    let mut text = format!("transform:\n  cmd: [{}]\n", words.join(", "));
    match (&request.image, kind) {
        (Some(image), _) => _ = writeln!(text, "  image: {}", quoted(image)),
        (None, AddKind::Container) => {
            let path = format!("envs/{stem}/Dockerfile");
            _ = writeln!(text, "  image: {path}");
            let said = "# What the command runs in. It is built once, and again when this file changes.\nFROM debian:12-slim\n";
            files.push(file(&path, said, false));
        }
        _ => {}
    }
    (text, files)
}

fn text(session: &Session, name: &PipelineName, shape: &Shape, rest: &str) -> String {
    let up = "../".repeat(name.as_str().split('/').count());
    let has_schema = session.project.repo.root().join(SCHEMA).is_file();
    let editors =
        if has_schema { format!("# yaml-language-server: $schema={up}{SCHEMA}\n") } else { String::new() };
    let names = if shape.hides_names() { "" } else { SEES_NAMES };
    format!("{editors}{names}pipeline:\n  name: {}\n{}{rest}", name.last(), shape.text())
}

fn file(path: &str, text: &str, exec: bool) -> RenderedFile {
    RenderedFile { path: path.to_owned(), bytes: text.as_bytes().to_vec(), exec, existing: Existing::Refuse }
}

/// What a template of one's own lays out for this name; it must hold the pipeline's spec.
fn from_template(session: &Session, name: &PipelineName, request: &AddRequest) -> Result<Addition, AppError> {
    if request.output.is_some() {
        return Err(AppError::usage(
            "`--output` is of no use with a template, which says where its results go",
        ));
    }
    let opened = request
        .template
        .as_ref()
        .ok_or_else(|| AppError::usage("`from-template` needs `--template FOLDER` or a git URL"))?;
    let manifest = &opened.manifest;
    let mut answers = request.answers.clone();
    if manifest.questions.iter().any(|question| question.name == "name") {
        answers.entry("name".into()).or_insert_with(|| name.to_string());
    }
    let around = surroundings(session.project.repo.root());
    let refused = |error: scaffold::ScaffoldError| AppError::usage(error.to_string());
    let mut files = scaffold::render(manifest, &answers, &around).map_err(refused)?.files;
    let path = format!("{name}/spec.yml");
    let Some(at) = files.iter().position(|file| file.path == path) else {
        return Err(AppError::usage(format!("template `{}` lays out no `{path}`", manifest.id)));
    };
    let spec = files.remove(at);
    let text = String::from_utf8_lossy(&spec.bytes).into_owned();
    let pipeline = parsed(name, &text)?;
    let repos: Vec<String> = pipeline.input.leaves().iter().map(|leaf| leaf.repo.to_string()).collect();
    guard::inputs(session, name, repos.iter().map(String::as_str))?;
    let (datums, at_least, keys) = datums(session, pipeline)?;
    files.insert(0, spec);
    let first = keys.into_iter().take(NAMED).collect();
    Ok(Addition { name: name.to_string(), spec: text, files, attributes: None, datums, at_least, first })
}

/// The pipeline that a spec means.
fn parsed(name: &PipelineName, text: &str) -> Result<Pipeline, AppError> {
    let source = SourceFile { path: format!("{name}/spec.yml"), text: text.as_bytes().to_vec() };
    let loaded = load(&Sources { specs: vec![source], ..Sources::default() });
    if let Some(loaded) = loaded.pipelines.into_iter().next() {
        return Ok(loaded.pipeline);
    }
    let why = loaded.findings.iter().find(|finding| finding.is_error()).map_or_else(String::new, said);
    Err(AppError::new(ExitCode::Spec, format!("the spec would be wrong: {why}")))
}

/// Of two datums with one place it is told what somebody can type against that.
fn at_one_place(error: PlanningError) -> AppError {
    let PlanningError::Plan(PlanError::Clash { path, one, other, .. }) = error else { return error.into() };
    let message = format!("{one} and {other} would both have the output `{path}`");
    AppError::new(ExitCode::Spec, message).hint(
        "take what tells them apart into the brackets of the glob: with `--from 'raw:/(*/*)'` one input reads the folders in `raw`, and the place of a result has both names",
    )
}

/// How many datums a pipeline has on the data that is here, whether there may be more, and their places.
fn datums(session: &Session, pipeline: Pipeline) -> Result<(usize, bool, Vec<String>), PlanningError> {
    let known = Known::new(&session.project);
    let plans: Plans = session.project.plan_all(&known);
    let planned = session.project.plan_draft(Arc::new(pipeline), &known, &plans)?;
    let datums = &planned.plan.datums;
    let keys = datums.iter().map(|datum| datum.key.to_string()).collect();
    Ok((datums.len(), !planned.plan.incomplete.is_empty(), keys))
}
