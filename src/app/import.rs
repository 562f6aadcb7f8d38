//! `import`: looks at what other tools were told, and writes the pipelines that it comes to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::import::{Facts, ImportError, Imported, Kind, NewPipeline, Source, Wishes, import as bring_in};
use crate::model::{Finding, PipelineName, is_at_or_below, show};
use crate::run::{Known, Plans};
use crate::scaffold::{RenderedFile, write};
use crate::spec::{Loaded, SourceFile, Sources, load};

use super::choice::from_root;
use super::error::{AppError, ExitCode};
use super::past_runs::{PastRuns, past_runs};
use super::session::Session;
use super::unmerged;

/// Longest file that is read, in bytes.
const LONGEST: u64 = 1 << 20;

/// What is to be brought in.
#[derive(Clone, Debug, Default)]
pub struct ImportRequest {
    /// The files; of run records, revisions of git.
    pub sources: Vec<PathBuf>,
    /// What they are; told by their names and texts if not given.
    pub kind: Option<Kind>,
    /// What was asked for beside.
    pub wishes: Wishes,
    /// Whether to write; else it is only shown.
    pub write: bool,
}

/// What an import comes to in this project.
#[derive(Clone, Debug, Default)]
pub struct ImportView {
    /// The pipelines, and a line for each construct.
    pub imported: Imported,
    /// By pipeline: the datums it would have of the data that are here, or why that cannot be told.
    pub datums: BTreeMap<String, Result<Vec<String>, String>>,
    /// What is wrong with the new specs.
    pub findings: Vec<Finding>,
    /// Pipelines that stand already as they would be written.
    pub unchanged: BTreeSet<String>,
    /// Pipelines that were written.
    pub written: Vec<String>,
    /// Whether `.gitattributes` keeps their results out of text merging since.
    pub is_listed: bool,
    /// Where all went as something stood in the place of one; nothing if each stands where its source says.
    pub moved_below: Option<MovedBelow>,
}

/// A folder that was chosen for pipelines, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedBelow {
    /// The folder.
    pub folder: String,
    /// What stands where a pipeline would, and is none.
    pub taken: String,
}

/// The folder that pipelines go below where something else stands in their places.
const BELOW: &str = "pipelines";

/// So many names of such folders are tried.
const TRIES: usize = 9;

/// Looks at what some files come to, and writes it if that is asked: new folders only, all or none of them.
///
/// # Errors
/// When a source cannot be read or understood, or something stands where a pipeline would.
pub fn import(session: &Session, start: &Path, request: &ImportRequest) -> Result<ImportView, AppError> {
    session.refuse_broken_config()?;
    let root = session.project.repo.root();
    let is_past = request.kind == Some(Kind::Datalad);
    let sources = if is_past { Vec::new() } else { sources(root, start, request)? };
    let mut past = PastRuns::default();
    for revision in request.sources.iter().filter(|_| is_past) {
        let more = past_runs(&session.project.repo, &revision.to_string_lossy())?;
        past.runs.extend(more.runs);
        past.unread.extend(more.unread);
        past.order.extend(more.order);
    }
    let facts = Files::of(session);
    let all = |wishes: &Wishes| {
        let mut imported = bring_in(&sources, &past.runs, &facts, wishes).map_err(|error| told(&error))?;
        imported.items.extend(past.unread.iter().cloned());
        imported.arrange();
        past.arrange(&mut imported.items);
        Ok(imported)
    };
    let (imported, moved_below) = placed(root, &request.wishes, all)?;
    for pipeline in &imported.pipelines {
        let name = PipelineName::parse(&pipeline.name);
        name.map_err(|why| {
            AppError::usage(format!("`{}` cannot be a pipeline: its name {why}", pipeline.name))
        })?;
    }
    let unchanged = unchanged(root, &imported);
    let mut view = ImportView { imported, unchanged, moved_below, ..ImportView::default() };
    let loaded = loaded(root, &view.imported.pipelines);
    view.findings.clone_from(&loaded.findings);
    view.datums = datums(session, &loaded, &view);
    let fresh: Vec<&NewPipeline> =
        view.imported.pipelines.iter().filter(|pipeline| !view.unchanged.contains(&pipeline.name)).collect();
    refuse_taken(session, &fresh)?;
    if request.write {
        view.written = written(root, &fresh)?;
        view.is_listed = list(session, &view.written)?;
    }
    Ok(view)
}

/// What comes in, below a folder of its own if something that is no pipeline stands in the place of one, and nobody said where.
fn placed(
    root: &Path,
    wishes: &Wishes,
    all: impl Fn(&Wishes) -> Result<Imported, AppError>,
) -> Result<(Imported, Option<MovedBelow>), AppError> {
    let imported = all(wishes)?;
    let taken = if wishes.into.is_none() { foreign(root, &imported) } else { None };
    let Some(taken) = taken else { return Ok((imported, None)) };
    let numbered = (2..=TRIES).map(|number| format!("{BELOW}_{number}"));
    for folder in std::iter::once(BELOW.to_owned()).chain(numbered) {
        let below = all(&Wishes { into: Some(folder.clone()), ..wishes.clone() })?;
        let is_folder = root.join(&folder).is_dir() || !stands(root, &folder);
        if is_folder && !is_pipeline(root, &folder) && foreign(root, &below).is_none() {
            return Ok((below, Some(MovedBelow { folder, taken })));
        }
    }
    Ok((imported, None))
}

/// What stands where a new pipeline would, and is no pipeline.
fn foreign(root: &Path, imported: &Imported) -> Option<String> {
    let mut names = imported.pipelines.iter().map(|pipeline| &pipeline.name);
    names.find(|name| stands(root, name) && !is_pipeline(root, name)).cloned()
}

/// Whether anything stands there but an empty folder.
fn stands(root: &Path, path: &str) -> bool {
    let full = root.join(path);
    let is_empty = || std::fs::read_dir(&full).is_ok_and(|mut entries| entries.next().is_none());
    match std::fs::symlink_metadata(&full) {
        Ok(about) => !(about.is_dir() && is_empty()),
        Err(_) => false,
    }
}

fn is_pipeline(root: &Path, folder: &str) -> bool {
    root.join(folder).join("spec.yml").exists()
}

fn told(error: &ImportError) -> AppError {
    let told = AppError::new(ExitCode::Spec, error.to_string());
    error.help.iter().fold(told, |told, help| told.hint(help.clone()))
}

/// Reads the sources, and finds out what each is.
fn sources(root: &Path, start: &Path, request: &ImportRequest) -> Result<Vec<(Kind, Source)>, AppError> {
    let one = |path: &PathBuf| {
        let named = path.display().to_string();
        let text = read(&start.join(path))
            .map_err(|why| AppError::usage(format!("cannot read `{named}`: {why}")))?;
        let kind = request.kind.or_else(|| Kind::of(&named, &text)).ok_or_else(|| unknown(&named, &text))?;
        // A source from elsewhere speaks of the project's root.
        let inside = from_root(root, start, path).ok();
        let folder =
            inside.as_deref().and_then(|path| path.rsplit_once('/')).map_or("", |(folder, _)| folder);
        let source = Source { folder: folder.to_owned(), path: inside.clone().unwrap_or(named), text };
        Ok((kind, source))
    };
    request.sources.iter().map(one).collect()
}

/// A source of which nothing tells what it is, or that no importer is for.
fn unknown(named: &str, text: &str) -> AppError {
    if text.lines().any(|line| line.trim_start_matches([' ', '"', '{']).starts_with("cwlVersion")) {
        let error = AppError::usage(format!("`{named}` is written in CWL, which is not brought in"));
        return error.hint("`minipach add` makes a pipeline of its `baseCommand` and inputs");
    }
    let kinds = Kind::ALL.map(Kind::word).join("`, `");
    AppError::usage(format!("neither its name nor its text tells what `{named}` is"))
        .hint(format!("say which of these it is with `--from KIND`: `{kinds}`"))
}

fn read(path: &Path) -> Result<String, String> {
    let about = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if !about.is_file() {
        return Err("it is no file".into());
    }
    if about.len() > LONGEST {
        return Err(format!("it is {} bytes long; at most {LONGEST} are read", about.len()));
    }
    String::from_utf8(std::fs::read(path).map_err(|error| error.to_string())?)
        .map_err(|_| "it is no UTF-8 text".into())
}

/// The project's files, without results.
struct Files<'a> {
    root: &'a Path,
    paths: BTreeSet<String>,
}

impl<'a> Files<'a> {
    fn of(session: &'a Session) -> Self {
        let project = &session.project;
        let pipelines: Vec<&str> = project.names().collect();
        let is_data = |path: &str| {
            let own = path.strip_suffix("/spec.yml").is_some_and(|folder| pipelines.contains(&folder));
            own || !pipelines.iter().any(|pipeline| is_at_or_below(path, pipeline))
        };
        let paths = project.scan.paths().filter(|path| is_data(path)).map(str::to_owned).collect();
        Self { root: project.repo.root(), paths }
    }
}

impl Facts for Files<'_> {
    fn files(&self) -> &BTreeSet<String> {
        &self.paths
    }

    fn read(&self, path: &str) -> Option<String> {
        self.has(path).then(|| read(&self.root.join(path)).ok()).flatten()
    }
}

/// Pipelines whose spec stands already, to the byte.
fn unchanged(root: &Path, imported: &Imported) -> BTreeSet<String> {
    let stands = |pipeline: &&NewPipeline| {
        std::fs::read(root.join(&pipeline.name).join("spec.yml"))
            .is_ok_and(|text| text == pipeline.spec.as_bytes())
    };
    imported.pipelines.iter().filter(stands).map(|pipeline| pipeline.name.clone()).collect()
}

/// The new specs as the project would read them.
fn loaded(root: &Path, pipelines: &[NewPipeline]) -> Loaded {
    let config = std::fs::read(root.join("minipach.yml")).ok();
    let config = config.map(|text| SourceFile { path: "minipach.yml".into(), text });
    let file = |pipeline: &NewPipeline| SourceFile {
        path: format!("{}/spec.yml", pipeline.name),
        text: pipeline.spec.clone().into_bytes(),
    };
    load(&Sources { config, specs: pipelines.iter().map(file).collect(), ..Sources::default() })
}

/// Refuses to write into folders that stand already.
fn refuse_taken(session: &Session, fresh: &[&NewPipeline]) -> Result<(), AppError> {
    let root = session.project.repo.root();
    let taken = |pipeline: &&&NewPipeline| stands(root, &pipeline.name);
    let Some(pipeline) = fresh.iter().find(taken) else { return Ok(()) };
    let name = show(&pipeline.name);
    let what = if is_pipeline(root, &pipeline.name) {
        format!("`{name}` is a pipeline already, with another spec than {} would give", pipeline.from)
    } else {
        format!("`{name}` is there already, and only new folders are written")
    };
    let hint = "move it away (what another tool made of the same sources is made again), or bring the pipelines into another folder with `--into DIR`";
    Err(AppError::new(ExitCode::Data, what).hint(hint))
}

fn written(root: &Path, fresh: &[&NewPipeline]) -> Result<Vec<String>, AppError> {
    let file = |pipeline: &&NewPipeline| RenderedFile {
        path: format!("{}/spec.yml", pipeline.name),
        bytes: pipeline.spec.clone().into_bytes(),
        exec: false,
        existing: crate::scaffold::Existing::Refuse,
    };
    let files: Vec<RenderedFile> = fresh.iter().map(file).collect();
    if !files.is_empty() {
        write(root, &files).map_err(|error| AppError::new(ExitCode::Data, error.to_string()))?;
    }
    Ok(fresh.iter().map(|pipeline| pipeline.name.clone()).collect())
}

/// Keeps the results of new pipelines out of text merging; tells whether that took a change.
fn list(session: &Session, written: &[String]) -> Result<bool, AppError> {
    let names: Vec<&str> = written.iter().map(String::as_str).collect();
    let Some(text) = unmerged::with(session, &names) else { return Ok(false) };
    unmerged::write(session, &text)?;
    Ok(true)
}

/// The datums of each new pipeline as the data are now.
fn datums(
    session: &Session,
    loaded: &Loaded,
    view: &ImportView,
) -> BTreeMap<String, Result<Vec<String>, String>> {
    let known = session.known();
    let plans = session.project.plan_all(&known);
    let new: BTreeSet<&str> = view.imported.pipelines.iter().map(|pipeline| pipeline.name.as_str()).collect();
    let one = |pipeline: &NewPipeline| {
        let found = foreseen(session, loaded, pipeline, &new, (&known, &plans));
        (pipeline.name.clone(), found)
    };
    view.imported.pipelines.iter().map(one).collect()
}

fn foreseen(
    session: &Session,
    loaded: &Loaded,
    pipeline: &NewPipeline,
    new: &BTreeSet<&str>,
    (known, plans): (&Known<'_>, &Plans),
) -> Result<Vec<String>, String> {
    let name = PipelineName::parse(&pipeline.name).map_err(|error| error.to_string())?;
    let Some(found) = loaded.get(&name) else { return Err("not before it is settled what it lacks".into()) };
    let leaves = found.pipeline.input.leaves();
    let waits = leaves.iter().map(|leaf| leaf.repo.as_str()).find(|repo| {
        new.contains(repo) && !session.project.pipelines.keys().any(|name| name.as_str() == *repo)
    });
    if let Some(repo) = waits {
        return Err(format!("not before `{repo}` has run"));
    }
    let planned = session.project.plan_draft(Arc::new(found.pipeline.clone()), known, plans);
    let planned = planned.map_err(|error| error.to_string())?;
    Ok(planned.plan.datums.iter().map(|datum| datum.key.to_string()).collect())
}
