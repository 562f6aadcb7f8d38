//! `save`: commits inputs, specs and code, then the results that waited for them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::git::Repo;
use crate::git::process::{Access, git};
use crate::git::write::{self, Change, CommitBuilder, NewCommit};
use crate::ledger::RunLock;
use crate::model::{DatumState, PipelineName};
use crate::run::{Known, Planned, Plans, Project, RunError, noted_annex, now_ms, now_seconds};

use super::annexed_text::{kept_in_git, warning};
use super::choice::{Choice, FileChange, Take, from_root, refuse_half_staged, refuse_unknown};
use super::error::{AppError, ExitCode};
use super::merge::refuse_conflicts;
use super::recorded_links::changed_inside;
use super::session::in_order;
use super::start::quoted;
use super::uncommitted::{Wait, Waiting, waiting};

/// What to save, as typed.
#[derive(Clone, Debug, Default)]
pub struct SaveRequest {
    /// The commit's message; one that counts files if absent.
    pub message: Option<String>,
    /// Only these files and folders, from where one stands.
    pub paths: Vec<PathBuf>,
    /// Whether these are files: one that is a folder is refused, not saved with all that is in it.
    pub are_files: bool,
    /// Every new file, not only those that belong.
    pub all: bool,
    /// Only tell what would be committed.
    pub dry_run: bool,
}

/// What `save` did, or would do.
#[derive(Clone, Debug, Default)]
pub struct Saved {
    /// The commit of inputs, specs and code, if anything had changed.
    pub commit: Option<String>,
    /// What it holds, by path.
    pub files: Vec<(String, FileChange)>,
    /// New files that it does not hold, since no pipeline uses them.
    pub left_out: Vec<String>,
    /// Repositories inside this one that are no subdatasets: nothing in them is saved.
    pub nested: Vec<String>,
    /// Subdatasets with changes that no commit of their own holds: nothing of these is saved.
    pub changed_inside: Vec<String>,
    /// Changes of tracked files that it does not hold, since what is about to run does not use them.
    pub unused: Vec<String>,
    /// Results that were edited by hand, so that nothing of them is committed: pipeline and key.
    pub edited: Vec<(PipelineName, String)>,
    /// Commits of results.
    pub results: Vec<(PipelineName, Vec<String>)>,
    /// Results that still wait, and why.
    pub held: Vec<(PipelineName, String)>,
    /// Pipelines with results to be committed, where nothing was done yet.
    pub waiting: Vec<PipelineName>,
    /// git knew no author.
    pub is_stand_in: bool,
    /// Specs or code are in the annex: in a sentence, with what helps.
    pub warning: Option<String>,
}

/// Commits what is not a result, then results that waited.
///
/// # Errors
/// When another run is going on, a path names nothing, or git cannot be written.
pub fn save(start: &Path, request: &SaveRequest) -> Result<Saved, AppError> {
    let repo = Repo::open(start)?;
    let paths = request.paths.iter().map(|path| from_root(repo.root(), start, path));
    let take = match (request.all, paths.collect::<Result<Vec<_>, _>>()?) {
        (true, _) => Take::All,
        (false, paths) if paths.is_empty() => Take::Used,
        (false, paths) if request.are_files => Take::Files(paths),
        (false, paths) => Take::Paths(paths),
    };
    let folders = match &take {
        Take::Used | Take::All => vec![String::new()],
        Take::Paths(paths) => paths.clone(),
        Take::Files(_) => Vec::new(),
    };
    if request.dry_run {
        let project = Project::open(repo.root())?;
        let changed_inside = changed_inside(&project, &folders);
        return Ok(Saved { changed_inside, ..would_save(&project, &take)? });
    }
    let _lock = RunLock::acquire(&repo.state_dir(), "save", now_ms()).map_err(RunError::from)?;
    super::mend::mend(&repo)?;
    let project = Project::open_to_run(repo.root())?;
    let saved = commit_choice(&project, choose(&project, &take)?, request.message.as_deref())?;
    let project = if saved.commit.is_some() { Project::open_to_run(repo.root())? } else { project };
    let changed_inside = changed_inside(&project, &folders);
    let saved = Saved { warning: warning(&project, &saved.files), changed_inside, ..saved };
    if project.loaded.is_config_broken {
        return Ok(saved);
    }
    let known = Known::new(&project);
    let plans = project.plan_all(&known);
    let report = project.commit_all(&plans, true)?;
    let left = held_by_none(waiting(&project, &plans));
    Ok(Saved {
        edited: edited(&project, &plans),
        results: report.commits,
        held: report.held.into_iter().chain(left).collect(),
        is_stand_in: saved.is_stand_in || report.is_stand_in,
        ..saved
    })
}

fn choose(project: &Project, take: &Take) -> Result<Choice, AppError> {
    refuse_conflicts(project)?;
    let choice = Choice::make(project, take)?;
    refuse_unknown(project, take, &choice)?;
    refuse_half_staged(project, take, &choice)?;
    Ok(choice)
}

fn would_save(project: &Project, take: &Take) -> Result<Saved, AppError> {
    let choice = choose(project, take)?;
    let plans = if project.loaded.is_config_broken {
        Plans::default()
    } else {
        project.plan_all(&Known::new(project))
    };
    let waits = waiting(project, &plans).into_iter().filter(|(_, waiting)| waiting.is_held());
    let (unlisted, listed): (BTreeMap<_, _>, BTreeMap<_, _>) =
        waits.partition(|(_, waiting)| waiting.wait == Wait::Unlisted);
    let in_order = project.graph.order().iter();
    let waiting = in_order.filter(|name| listed.contains_key(name.as_str())).cloned().collect();
    let edited = edited(project, &plans);
    let Choice { files, left_out, nested, .. } = choice;
    let held = held_by_none(unlisted).collect();
    Ok(Saved { files, left_out, nested, edited, held, waiting, ..Saved::default() })
}

/// Pipelines whose results no ledger has yet, and why no `save` commits these.
fn held_by_none(waiting: BTreeMap<String, Waiting>) -> impl Iterator<Item = (PipelineName, String)> {
    let unlisted = waiting.into_iter().filter(|(_, waiting)| waiting.wait == Wait::Unlisted);
    unlisted.filter_map(|(name, waiting)| Some((PipelineName::parse(&name).ok()?, waiting.why)))
}

/// Results that were edited by hand, in order of the pipelines.
fn edited(project: &Project, plans: &Plans) -> Vec<(PipelineName, String)> {
    let planned = in_order(project, plans).filter_map(|(name, planned)| Some((name, planned.as_ref().ok()?)));
    let of = |(name, planned): (&PipelineName, &Arc<Planned>)| -> Vec<(PipelineName, String)> {
        let datums = planned.plan.datums.iter().filter(|datum| datum.state == DatumState::Edited);
        datums.map(|datum| (name.clone(), datum.key.to_string())).collect()
    };
    planned.flat_map(of).collect()
}

/// Commits changed and new files that are no results of a pipeline.
///
/// # Errors
/// When a path names nothing, git is in the middle of something, or cannot be written.
pub(super) fn save_files(project: &Project, take: &Take, message: Option<&str>) -> Result<Saved, AppError> {
    commit_choice(project, choose(project, take)?, message)
}

pub(super) fn commit_choice(
    project: &Project,
    choice: Choice,
    message: Option<&str>,
) -> Result<Saved, AppError> {
    let (left_out, unused, nested) = (choice.left_out.clone(), choice.unused.clone(), choice.nested.clone());
    let mut saved = Saved { left_out, nested, unused, ..Saved::default() };
    let changes = choice.changes();
    if changes.is_empty() {
        return Ok(saved);
    }
    // In a merge or the like the index is not ours to touch.
    write::base(&project.repo.place())?;
    let subject = message.map_or_else(|| default_message(&choice.files), str::to_owned);
    let kept = kept_in_git(project, &choice.files);
    let made = commit(&project.repo, (&changes, kept), &choice.staged, &format!("{subject}\n"))?;
    let Some((commit, is_stand_in)) = made else { return Ok(saved) };
    saved.files = choice.files;
    saved.commit = Some(commit);
    saved.is_stand_in = is_stand_in;
    Ok(saved)
}

/// Makes the commit; gives its id, and whether git knew no author; none where all stands as HEAD has it. It holds files
/// as they stand, and then so does the index, whatever was `staged` of them; those that are `kept` are never annexed.
fn commit(
    repo: &Repo,
    (changes, kept): (&[Change], BTreeSet<String>),
    staged: &[String],
    message: &str,
) -> Result<Option<(String, bool)>, AppError> {
    let place = repo.place();
    let base = write::base(&place)?;
    let identity = write::identity(&place)?;
    let is_stand_in = identity.is_stand_in;
    let noted = noted_annex(repo)?;
    let builder = CommitBuilder::start(&place, base.head, identity)?;
    let mut builder = builder.marked(noted.variable()).kept_in_git(kept);
    let seconds = now_seconds();
    let oid = builder.commit(&NewCommit { message: message.as_bytes(), changes, seconds })?;
    let built = builder.finish()?;
    if !built.changes_files(&place, &base)? {
        unstage(repo, staged)?;
        return Ok(None);
    }
    let published = write::publish_over(&place, &base, &built, "minipach save", staged)?;
    if let Some(path) = published.left.first() {
        let message =
            format!("somebody staged `{path}` meanwhile, which stays so; {oid} holds it as it stood");
        return Err(AppError::new(ExitCode::Data, message)
            .hint(format!("`git restore --staged {}` takes that away", quoted(path))));
    }
    Ok(Some((oid.to_string(), is_stand_in)))
}

/// Has the index as HEAD at these paths, as the files stand.
fn unstage(repo: &Repo, staged: &[String]) -> Result<(), AppError> {
    let list = staged.iter().flat_map(|path| [path.as_bytes(), b"\0"].concat()).collect();
    let words = ["--literal-pathspecs", "reset", "--quiet", "--pathspec-from-file=-", "--pathspec-file-nul"];
    let said = git(repo.root(), Access::Write).args(words).stdin(list).output();
    said.map(drop).map_err(|error| AppError::new(ExitCode::Data, error.to_string()))
}

fn default_message(files: &[(String, FileChange)]) -> String {
    match files {
        [(one, FileChange::Removed)] => format!("Remove {one}"),
        [(one, _)] => format!("Save {one}"),
        many => format!("Save {} files", many.len()),
    }
}
