//! Undo: the last commit of results is taken back, after all was looked at that it would touch.

use std::path::Path;

use crate::git::Repo;
use crate::ledger::{RunLock, shard_folder, single_path};
use crate::model::{PipelineName, is_at_or_below, show, show_some};
use crate::run::{Known, Plans, Project, RunError, now_ms};

use super::choice::staged_in;
use super::commits::{CommitView, commits, results_of};
use super::error::{AppError, ExitCode};
use super::foretell::foretell;
use super::session::Session;
use super::start::quoted;
use super::take_back::{Inside, Taking, is_subdataset, take_back};
use super::touch::{Inner, Touch, touches, with_inner};
use super::uncommitted::{Wait, waiting};

/// So far back the last results are looked for.
const MOST: usize = 2000;

/// So many paths are named.
const NAMED: usize = 5;

/// What git and git-annex are told of the ledger: it stays, whatever is taken back.
const ATTRIBUTES: &str = ".minipach/.gitattributes";

/// What taking back the last results would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UndoPlan {
    /// The commit that would be taken back.
    pub commit: CommitView,
    /// What it means, a line each.
    pub lines: Vec<String>,
    /// What becomes of each file that it touches: a word, and where it stands.
    pub files: Vec<(&'static str, String)>,
}

impl UndoPlan {
    /// The words after `minipach` that take this commit back, and no other.
    pub fn words(&self) -> Vec<String> {
        vec!["undo".to_owned(), self.commit.short().to_owned()]
    }
}

/// What was taken back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Undone {
    /// The commit.
    pub commit: CommitView,
    /// The commit that takes it back.
    pub by: String,
    /// git knew no author.
    pub is_stand_in: bool,
}

/// What taking back the last results would do to files and datums of the project that holds a folder. It is tried out
/// beside it. `id`, if given, is the commit that it must be, or the start of its id.
///
/// # Errors
/// When there are none, or something stands in the way: in a sentence.
pub fn would_undo(start: &Path, id: Option<&str>) -> Result<UndoPlan, AppError> {
    let session = Session::open(start)?;
    let found = find(&session.project)?;
    refuse_other(&found.commit, id)?;
    let known = session.known();
    let lines = lines(&session, &session.project.plan_all(&known), &found)?;
    let files = found.touched.iter().filter(|touch| !is_own(touch));
    let files = files.map(|touch| (fate(touch), touch.path.clone())).collect();
    Ok(UndoPlan { commit: found.commit, lines, files })
}

fn lines(session: &Session, plans: &Plans, found: &Taking) -> Result<Vec<String>, AppError> {
    let commit = &found.commit;
    let mut lines = vec![format!("{} {}, by {}", commit.short(), show(&commit.subject), show(&commit.by))];
    lines.extend(found.later.clone());
    lines.push(files(&found.touched));
    lines.extend(foretell(session, plans, found)?);
    lines.push("data, specs and code stay as they are, also what was saved for it: only results go".into());
    let inside: Vec<&str> = found.inside.iter().map(|inside| inside.path.as_str()).collect();
    if !inside.is_empty() {
        lines.push(format!(
            "a commit in {} comes first and takes back what stands there",
            show_some(&inside, NAMED)
        ));
    }
    lines.push("nothing is lost: the commit stays in the history, and a new one takes it back".into());
    Ok(lines)
}

/// That later commits of results are taken back already, so that this one is the next; `None` if it is the last.
fn taken_back_before(all: &[CommitView], commit: &CommitView) -> Option<String> {
    let later = all.iter().take_while(|other| other.id != commit.id);
    let gone: Vec<&str> = later
        .filter(|other| other.pipeline.is_some() && other.reverts.is_none())
        .map(CommitView::short)
        .collect();
    let are = if gone.len() == 1 { "is" } else { "are" };
    (!gone.is_empty()).then(|| {
        format!("{} {are} taken back already: this is the commit of results before", show_some(&gone, NAMED))
    })
}

/// Takes the last commit of results back; `id`, if given, is the commit that it must be, or the start of its id.
///
/// # Errors
/// When a run goes on or something stands in the way; nothing has changed then.
pub fn undo(start: &Path, id: Option<&str>) -> Result<Undone, AppError> {
    let repo = Repo::open(start)?;
    let _lock = RunLock::acquire(&repo.state_dir(), "undo", now_ms()).map_err(RunError::from)?;
    super::mend::mend(&repo)?;
    let found = find(&Project::open(repo.root())?)?;
    refuse_other(&found.commit, id)?;
    let (by, is_stand_in) = take_back(&repo, &found)?;
    Ok(Undone { commit: found.commit, by, is_stand_in })
}

/// The commit that would be taken back, and what it touched; nothing stands in the way of it.
fn find(project: &Project) -> Result<Taking, AppError> {
    refuse_uncommitted(project)?;
    let root = project.repo.root();
    let all = commits(root, MOST)?;
    let (commit, touched) = last_change(&project.repo, &all)?;
    let inside = insides(project, &commit, &touched)?;
    let mut touched = with_inner(&project.repo, touched)?;
    refuse_gone(project, &commit)?;
    refuse_foreign(project, &commit, &touched)?;
    touched.retain(|touch| touch.path != ATTRIBUTES);
    refuse_changed(project, &commit, &touched)?;
    refuse_staged(project, &inside)?;
    refuse_obstacles(project, &touched)?;
    let later = taken_back_before(&all, &commit);
    Ok(Taking { commit, touched, inside, later })
}

/// The last commit of results that changed a file, with what it changed. One that only caught up with what stands in
/// subdatasets, and changed nothing there either, says nothing of results.
fn last_change(repo: &Repo, all: &[CommitView]) -> Result<(CommitView, Vec<Touch>), AppError> {
    for commit in results_of(all) {
        if is_first(repo, commit) {
            let short = commit.short();
            return Err(refused(format!(
                "this shallow clone begins with {short}, so what that changed is not known; `git fetch --unshallow` brings the past"
            )));
        }
        let touched = touches(repo.root(), &commit.id, None)?;
        if !with_inner(repo, touched.clone())?.is_empty() {
            return Ok((commit.clone(), touched));
        }
    }
    let is_cut = all.last().is_some_and(|first| is_first(repo, first));
    let past = if is_cut { " in this shallow clone; `git fetch --unshallow` brings its past" } else { "" };
    Err(refused(format!("no commit of results is there to take back{past}")))
}

/// Whether a shallow clone begins with a commit.
fn is_first(repo: &Repo, commit: &CommitView) -> bool {
    commit.id.parse().is_ok_and(|id| repo.is_cut_off(id))
}

/// The subdatasets in which results of a commit stand; refuses where they cannot be taken back there.
fn insides(project: &Project, commit: &CommitView, touched: &[Touch]) -> Result<Vec<Inside>, AppError> {
    let inner = touched.iter().filter(|touch| is_subdataset(touch.before.as_ref().or(touch.after.as_ref())));
    inner.map(|touch| inside(project, commit, touch)).collect()
}

fn inside(project: &Project, commit: &CommitView, touch: &Touch) -> Result<Inside, AppError> {
    let path = &touch.path;
    let pipeline = commit.pipeline.as_deref().unwrap_or_default();
    let is_entered = project.scan.entered().iter().any(|entered| *entered.path == **path);
    let first = Inner::of(&project.repo, touch)
        .and_then(|Inner { repo, before, after }| repo.first_after(before, after));
    if let Some(first) = first.filter(|_| is_entered) {
        return Ok(Inside { path: path.clone(), first: first.to_string() });
    }
    let why = project.scan.why_closed(&project.repo, pipeline, path);
    let why = why.map_or_else(|| "its commits of then are not here".to_owned(), |why| why.to_string());
    let (short, word) = (commit.short(), quoted(path));
    Err(refused(format!(
        "results of {short} stand in the subdataset `{}`, where they cannot be taken back now: {why}; \
         `git revert {short}` and then `git submodule update {word}` do it by hand",
        show(path)
    )))
}

fn refuse_other(commit: &CommitView, id: Option<&str>) -> Result<(), AppError> {
    match id.filter(|id| id.len() < 4 || !commit.id.starts_with(*id)) {
        Some(id) => {
            let why =
                format!("`{}` is not the last commit of results, which is {}", show(id), commit.short());
            Err(refused(why).hint("`minipach undo --dry-run` tells what would be taken back"))
        }
        None => Ok(()),
    }
}

/// Refuses where the folder of its pipeline is there no more, by hand or by a later commit.
fn refuse_gone(project: &Project, commit: &CommitView) -> Result<(), AppError> {
    let (text, short) = (commit.pipeline.as_deref().unwrap_or_default(), commit.short());
    let is_there = |name: &PipelineName| {
        project.loaded.get(name).is_some() || project.loaded.broken.contains_key(name.as_str())
    };
    if project.loaded.is_config_broken || PipelineName::parse(text).is_ok_and(|name| is_there(&name)) {
        return Ok(());
    }
    let (name, word) = (show(text), quoted(text));
    Err(refused(if project.dirty()?.is_clean_below(text) {
        format!(
            "a later commit removed or renamed the folder of `{name}`, so its results of {short} stay as they are; \
             `git log -- {word}` tells which one, and `git revert` takes that back"
        )
    } else {
        format!(
            "the folder of `{name}` was removed or renamed and no commit holds that, so its results of {short} \
             cannot be taken back; `git checkout HEAD -- {word}` brings it back, `minipach save` commits that it is gone"
        )
    }))
}

/// Refuses where the commit holds more than results of its pipeline and their ledger: somebody put files of theirs in.
fn refuse_foreign(project: &Project, commit: &CommitView, touched: &[Touch]) -> Result<(), AppError> {
    let name = commit.pipeline.as_deref().and_then(|name| PipelineName::parse(name).ok());
    let is_own = |touch: &&Touch| {
        let Some(name) = &name else { return false };
        let path = touch.path.as_str();
        let ledger = [single_path(name), shard_folder(name), ATTRIBUTES.to_owned()];
        let is_result = touch.after.is_none() || project.is_result(path);
        ledger.iter().any(|ledger| is_at_or_below(path, ledger))
            || (is_at_or_below(path, name.as_str()) && !path.ends_with("/spec.yml") && is_result)
    };
    let foreign: Vec<&str> =
        touched.iter().filter(|touch| !is_own(touch)).map(|touch| touch.path.as_str()).collect();
    if foreign.is_empty() {
        return Ok(());
    }
    Err(refused(format!(
        "{} also holds what is no result of `{}`: {}; `git revert` takes all of it back",
        commit.short(),
        show(commit.pipeline.as_deref().unwrap_or_default()),
        show_some(&foreign, NAMED),
    )))
}

/// Refuses where later commits changed what would be touched.
fn refuse_changed(project: &Project, commit: &CommitView, touched: &[Touch]) -> Result<(), AppError> {
    let repo = &project.repo;
    if project.head.is_some_and(|head| head.to_string() == commit.id) {
        return Ok(());
    }
    let later = with_inner(repo, touches(repo.root(), &commit.id, Some("HEAD"))?)?;
    let later: std::collections::BTreeSet<&str> = later.iter().map(|touch| touch.path.as_str()).collect();
    let changed: Vec<&str> =
        touched.iter().map(|touch| touch.path.as_str()).filter(|path| later.contains(path)).collect();
    if changed.is_empty() {
        return Ok(());
    }
    let (short, files) = (commit.short(), show_some(&changed, NAMED));
    Err(refused(format!(
        "commits after {short} changed the same files, so it stays: {files}; `git revert {short}` tries to part them"
    )))
}

/// Refuses while results wait to be committed: what was done last is in no commit then.
fn refuse_uncommitted(project: &Project) -> Result<(), AppError> {
    if let Some(operation) = project.repo.operation() {
        return Err(refused(format!("git is in the middle of a {operation}; finish it first")));
    }
    let dirty = project.dirty()?;
    let waiting = dirty.first_below(".minipach/ledger").and_then(crate::ledger::pipeline_of);
    let ahead = project.scan.entered().iter().find(|entered| entered.is_ahead());
    match waiting.map(|name| name.to_string()).or_else(|| Some(ahead?.pipeline.to_string())) {
        Some(name) => Err(refused(format!(
            "the last results of `{name}` are not committed, so there is no commit to take back; `minipach save` \
             commits them"
        ))),
        None => Ok(()),
    }
}

/// Refuses where anything is staged, here or in the subdatasets that are concerned.
fn refuse_staged(project: &Project, inside: &[Inside]) -> Result<(), AppError> {
    let mut staged = super::choice::staged(project)?.into_keys().next();
    for Inside { path, .. } in inside {
        let inner = staged_in(&project.repo.root().join(path))?.into_keys().next();
        staged = staged.or_else(|| Some(format!("{path}/{}", inner?)));
    }
    match staged {
        Some(path) => Err(refused(format!("`{}` is staged; commit or unstage it first", show(&path)))),
        None => Ok(()),
    }
}

/// Refuses where files that would be touched are not as HEAD has them.
fn refuse_obstacles(project: &Project, touched: &[Touch]) -> Result<(), AppError> {
    let dirty = project.dirty()?;
    let root = project.repo.root();
    for touch in touched {
        let path = &touch.path;
        if !dirty.is_clean_below(path) {
            return Err(refused(unlisted(project, path).unwrap_or_else(|| edited(project, path))));
        }
        let stands = std::fs::symlink_metadata(root.join(path)).is_ok();
        if touch.after.is_none() && stands {
            return Err(refused(format!("`{}` stands where an earlier result would come back", show(path))));
        }
        if let Some(odd) = odd_folder(root, path) {
            return Err(refused(format!("`{}` is no folder, so nothing can be put below it", show(&odd))));
        }
    }
    Ok(())
}

/// That a killed run made or removed a result last, so that no ledger has it so yet, where that is so.
fn unlisted(project: &Project, path: &str) -> Option<String> {
    let known = Known::new(project);
    let plans = project.plan_all(&known);
    let waiting = waiting(project, &plans).into_iter().filter(|(_, waiting)| waiting.wait == Wait::Unlisted);
    let name = waiting.map(|(name, _)| name).find(|name| is_at_or_below(path, name))?;
    let is_made = || project.unlisted_results(&plans, &known).contains(path);
    (!project.scan.contains(path) || is_made()).then(|| {
        format!(
            "the last results of `{}` are not committed, so there is no commit to take back; no ledger has them yet, as \
             after an undo or a run that was killed: `minipach run {}` commits them",
            show(&name),
            quoted(&name)
        )
    })
}

/// That a result was edited, and how it can be kept or is brought back.
fn edited(project: &Project, path: &str) -> String {
    let around = project.scan.entered().iter().map(|entered| &*entered.path);
    let around = around.into_iter().find(|around| is_at_or_below(path, around));
    let rest = around.and_then(|around| path.strip_prefix(around)?.strip_prefix('/'));
    let git = match (around, rest) {
        (Some(around), Some(rest)) => format!("git -C {} checkout HEAD -- {}", quoted(around), quoted(rest)),
        _ => format!("git checkout HEAD -- {}", quoted(path)),
    };
    let accept =
        format!("; `minipach accept {}` keeps them as the result, and then nothing is undone", quoted(path));
    let accept = if project.is_result(path) { accept } else { String::new() };
    format!("`{}` has changes that are not committed; `{git}` takes them back{accept}", show(path))
}

/// What stands on the way to a path and is no folder, or leads elsewhere.
fn odd_folder(root: &Path, path: &str) -> Option<String> {
    let ends = path.match_indices('/').map(|(end, _)| &path[..end]);
    let is_odd =
        |folder: &&str| std::fs::symlink_metadata(root.join(folder)).is_ok_and(|meta| !meta.is_dir());
    ends.into_iter().find(is_odd).map(str::to_owned)
}

const REMOVED: &str = "removed";
const PUT_BACK: &str = "put back";
const AS_BEFORE: &str = "as they were before";

/// What becomes of a file.
const fn fate(touch: &Touch) -> &'static str {
    match (&touch.before, &touch.after) {
        (None, _) => REMOVED,
        (_, None) => PUT_BACK,
        _ => AS_BEFORE,
    }
}

/// Whether it is a file of minipach's own.
fn is_own(touch: &Touch) -> bool {
    touch.path.starts_with(".minipach/")
}

/// `files: 3 removed, 1 put back, 2 as they were before`, without the ledger.
fn files(touched: &[Touch]) -> String {
    let told = [REMOVED, PUT_BACK, AS_BEFORE].into_iter().filter_map(|what| {
        let number = touched.iter().filter(|touch| fate(touch) == what && !is_own(touch)).count();
        (number > 0).then(|| format!("{number} {what}"))
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() {
        "files of results stay as they are".into()
    } else {
        format!("files: {}", told.join(", "))
    }
}

fn refused(message: String) -> AppError {
    AppError::new(ExitCode::Data, message)
}
