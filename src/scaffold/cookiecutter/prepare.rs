//! From a template's folder and answers to the whole project in memory. Nothing is written.

use std::collections::BTreeMap;
use std::path::Path;

use minijinja::Value;

use super::answers::{self, Asking};
use super::engine::{Engine, Roots};
use super::error::{CookieError, refused};
use super::hooks::{self, Hook, Moment, Ready};
use super::json::{Dict, Json};
use super::walk::{Entry, Walk};
use super::{manifest, path, settings};
use crate::scaffold::error::readable;

/// What to make a project from.
pub(super) struct Request<'a> {
    /// The folder with `cookiecutter.json`.
    pub(super) template: &'a Path,
    /// The folder that holds it and all that its links may lead to.
    pub(super) bounds: &'a Path,
    /// The template as it was named, for `_template`.
    pub(super) named: &'a str,
    /// Its folder as cookiecutter would say it, for `_repo_dir`.
    pub(super) repo_dir: &'a str,
    /// The branch, tag or commit that was asked for.
    pub(super) checkout: Option<&'a str>,
    /// Where the project's folder goes, absolute.
    pub(super) output_dir: &'a Path,
    /// Defaults of the user's configuration.
    pub(super) defaults: &'a Dict,
    /// Answers given with the command.
    pub(super) answers: &'a Dict,
    /// Answers of an earlier run, with all that belongs to them.
    pub(super) replay: Option<&'a Dict>,
    /// Hooks that may run.
    pub(super) hooks: &'a [Hook],
    /// Whether a folder may be made that stands already.
    pub(super) overwrites: bool,
}

/// A project, ready to be written.
pub(super) struct Prepared {
    /// Its folder's name.
    pub(super) name: String,
    /// Folders and files by path from its folder; folders before what they hold.
    pub(super) entries: BTreeMap<String, Entry>,
    /// All that templates see: `cookiecutter` and `_cookiecutter`.
    pub(super) context: Dict,
    /// What to tell people.
    pub(super) notes: Vec<String>,
    /// Renders hooks.
    pub(super) engine: Engine,
    /// As templates see the answers, with what hooks and files changed of them.
    pub(super) value: Value,
    /// Hooks that run before files are written. They are rendered before files are, since they may change answers.
    pub(super) before: Vec<Ready>,
}

/// As templates see the answers, and those as they were before they were rendered.
fn value(context: &Dict) -> Value {
    Value::from_pairs(context.iter().map(|(key, one)| {
        let value = match one {
            Json::Dict(answers) if key == "cookiecutter" => answers.shared_value(),
            Json::Dict(raw) => raw.raw_value(),
            other => other.value(),
        };
        (key.to_owned(), value)
    }))
}

/// Asks, answers and renders a template.
///
/// Errors: whatever is wrong with the template or the answers, or cannot be done as cookiecutter does it.
pub(super) fn prepare(request: &Request<'_>, asking: &mut Asking<'_>) -> Result<Prepared, CookieError> {
    rendered(request, asking).map_err(|error| settings::placed(error, request.template))
}

fn rendered(request: &Request<'_>, asking: &mut Asking<'_>) -> Result<Prepared, CookieError> {
    let mut questions = manifest::read(request.template)?;
    let notes = manifest::lay_defaults(&mut questions, request.defaults)?;
    manifest::lay_answers(&mut questions, request.answers)?;
    asking.settled.extend(request.answers.iter().map(|(name, _)| name.to_owned()));
    let context = context(request, &mut questions, asking)?;
    let of_project = match context.get("cookiecutter") {
        Some(Json::Dict(answers)) => answers.clone(),
        _ => Dict::default(),
    };
    let names = Engine::new(&of_project, Roots::default())?;
    let folder = project_folder(request.template, &names)?;
    let root = request.template.join(&folder);
    let value = value(&context);
    let name = path::safe(&folder, &names.render_text(&folder, &folder, &value)?)?;
    let bounds = request.bounds.canonicalize().map_err(refused(request.bounds))?;
    let folders = vec![root.clone(), request.template.join("templates")];
    let engine = Engine::new(&of_project, Roots { folders, bounds: bounds.clone() })?;
    let copy_only = settings::copy_only(&of_project);
    let before = hooks::ready(request.hooks, Moment::PreGen, &engine, &value)?;
    let newline = settings::forced_newline(&of_project)?;
    let walk = Walk::new(&engine, value.clone(), bounds, copy_only, newline);
    let entries = walk.overwriting(request.overwrites).run(&root)?;
    Ok(Prepared { name, entries, context, notes, engine, value, before })
}

/// All that templates see. A replay brings answers along; only what it lacks is asked.
fn context(
    request: &Request<'_>,
    questions: &mut Dict,
    asking: &mut Asking<'_>,
) -> Result<Dict, CookieError> {
    let (mut context, mut of_project, mut open) = match request.replay {
        Some(replay) => {
            let Some(Json::Dict(known)) = replay.get("cookiecutter") else {
                return Err(CookieError::Manifest(
                    "the replay holds no answers: it has no object `cookiecutter`".to_owned(),
                ));
            };
            let mut open = Dict::default();
            questions
                .iter()
                .filter(|(name, _)| known.get(name).is_none())
                .for_each(|(name, raw)| open.insert(name, raw.clone()));
            (replay.clone(), known.clone(), open)
        }
        None => (Dict::default(), questions.clone(), questions.clone()),
    };
    let mut public = Dict::default();
    of_project
        .iter()
        .filter(|(name, _)| !name.starts_with('_'))
        .for_each(|(name, raw)| public.insert(name, raw.clone()));
    of_project.remove("__prompts__");
    let asker = Engine::new(&of_project, Roots::default())?;
    for (name, answer) in answers::answer(&mut open, &asker, asking)?.iter() {
        of_project.insert(name, answer.clone());
    }
    let text = |path: &Path| Json::Text(path.to_string_lossy().into_owned());
    of_project.insert("_template", Json::Text(request.named.to_owned()));
    of_project.insert("_output_dir", text(request.output_dir));
    of_project.insert("_repo_dir", Json::Text(request.repo_dir.to_owned()));
    of_project
        .insert("_checkout", request.checkout.map_or(Json::Null, |checkout| Json::Text(checkout.to_owned())));
    context.insert("cookiecutter", Json::Dict(of_project));
    context.insert("_cookiecutter", Json::Dict(public));
    Ok(context)
}

/// The one folder of a template whose name is rendered to the project's.
fn project_folder(template: &Path, engine: &Engine) -> Result<String, CookieError> {
    let (begin, end) = engine.variable_delimiters();
    let mut found = Vec::new();
    for entry in std::fs::read_dir(template).map_err(refused(template))? {
        let entry = entry.map_err(refused(template))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.contains("cookiecutter")
            && name.contains(begin)
            && name.contains(end)
            && entry.path().is_dir()
        {
            found.push(name);
        }
    }
    found.sort();
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(CookieError::Manifest(format!(
            "the template has no project folder, such as `{begin}cookiecutter.name{end}`"
        ))),
        several => Err(CookieError::Manifest(format!(
            "the template has several project folders, of which cookiecutter takes any: {}",
            readable(several.iter().map(String::as_str))
        ))),
    }
}
