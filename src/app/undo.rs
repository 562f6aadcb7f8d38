//! Undo: the last commit of results is taken back by `git revert`, after all was looked at that it would touch.

use std::collections::BTreeMap;
use std::path::Path;

use crate::git::Repo;
use crate::git::process::{Access, git};
use crate::git::write::{NOBODY, identity};
use crate::ledger::RunLock;
use crate::model::{DatumState, show};
use crate::run::{Plans, Project, RunError, count, now_ms};

use super::commits::{CommitView, commits, last_results, touched};
use super::error::{AppError, ExitCode};
use super::replica::Replica;
use super::session::Session;

/// So far back the last results are looked for.
const MOST: usize = 2000;

/// What taking back the last results would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UndoPlan {
    /// The commit that would be taken back.
    pub commit: CommitView,
    /// What it means, a line each.
    pub lines: Vec<String>,
}

impl UndoPlan {
    /// The shell command that does the same.
    pub fn command(&self) -> String {
        format!("git revert --no-edit {}", self.commit.short())
    }
}

/// What taking back the last results would do to files and datums. It is tried out beside the project.
///
/// # Errors
/// When there are none, or something stands in the way: in a sentence.
pub fn plan_undo(session: &Session, plans: &Plans) -> Result<UndoPlan, AppError> {
    let repo = &session.project.repo;
    let all = commits(repo.root(), MOST)?;
    refuse_uncommitted(&session.project)?;
    let found = last_results(&all).cloned();
    let commit = found.ok_or_else(|| refused("no commit of results is there to take back".into()))?;
    let touched = touched(repo.root(), &commit.id)?;
    refuse_obstacles(&session.project, &touched)?;
    let mut lines = vec![format!("{} {}, by {}", commit.short(), show(&commit.subject), show(&commit.by))];
    lines.push(files(&touched));
    lines.extend(afterwards(session, plans, &commit.id)?);
    lines.push("nothing is lost: the commit stays in the history, and a new one takes it back".into());
    Ok(UndoPlan { commit, lines })
}

/// Takes a commit of results back, if it is still the last.
///
/// # Errors
/// When a run goes on or something stands in the way; nothing has changed then.
pub fn undo(start: &Path, id: &str) -> Result<String, AppError> {
    let repo = Repo::open(start)?;
    let _lock = RunLock::acquire(&repo.state_dir(), "undo", now_ms()).map_err(RunError::from)?;
    super::mend::mend(&repo)?;
    let project = Project::open(repo.root())?;
    refuse_uncommitted(&project)?;
    let all = commits(repo.root(), MOST)?;
    let last = last_results(&all).filter(|last| last.id == id).cloned();
    let commit = last.ok_or_else(|| refused("other results were committed meanwhile; look again".into()))?;
    refuse_obstacles(&project, &touched(repo.root(), id)?)?;
    let is_stand_in = revert(&repo, id)?;
    let nobody = if is_stand_in { format!("; {NOBODY}") } else { String::new() };
    Ok(format!("took back {} {}{nobody}", commit.short(), commit.subject))
}

fn revert(repo: &Repo, id: &str) -> Result<bool, AppError> {
    let is_stand_in = identity(&repo.place())?.is_stand_in;
    let mut words = git(repo.root(), Access::Write);
    if is_stand_in {
        words = words.args(["-c", "user.name=minipach", "-c", "user.email=minipach@localhost"]);
    }
    if let Err(error) = words.args(["revert", "--no-edit", id]).output() {
        // git leaves the work tree in the middle where files changed since: back to where it was.
        if repo.operation() == Some("revert") {
            drop(git(repo.root(), Access::Write).args(["revert", "--abort"]).output());
        }
        let said = error.to_string();
        let first = said.lines().next().unwrap_or_default();
        return Err(refused(format!("git could not take it back, and all is as before: {first}")));
    }
    Ok(is_stand_in)
}

/// Refuses while results wait to be committed: what was done last is in no commit then.
fn refuse_uncommitted(project: &Project) -> Result<(), AppError> {
    if let Some(operation) = project.repo.operation() {
        return Err(refused(format!("git is in the middle of a {operation}; finish it first")));
    }
    let dirty = project.scan.dirty(&project.repo)?;
    let waiting = dirty.first_below(".minipach/ledger").and_then(crate::ledger::pipeline_of);
    match waiting {
        Some(name) => Err(refused(format!(
            "the last results of `{name}` are not committed, so there is no commit to take back; `minipach save` \
             commits them"
        ))),
        None => Ok(()),
    }
}

/// Refuses where files that would be touched are not as HEAD has them, or anything is staged.
fn refuse_obstacles(project: &Project, touched: &[(u8, String)]) -> Result<(), AppError> {
    if let Some(path) = super::choice::staged(project)?.keys().next() {
        return Err(refused(format!("`{}` is staged; commit or unstage it first", show(path))));
    }
    let dirty = project.scan.dirty(&project.repo)?;
    for (letter, path) in touched {
        if !dirty.is_clean_below(path) {
            return Err(refused(format!("`{}` has changes that are not committed", show(path))));
        }
        let stands = std::fs::symlink_metadata(project.repo.root().join(path)).is_ok();
        if *letter == b'D' && stands {
            return Err(refused(format!("`{}` stands where an earlier result would come back", show(path))));
        }
    }
    Ok(())
}

/// `files: 3 go, 1 comes back, 2 get their earlier content`, without the ledger.
fn files(touched: &[(u8, String)]) -> String {
    let own = |letter: u8| {
        let is_meant = |(found, path): &&(u8, String)| *found == letter && !path.starts_with(".minipach/");
        touched.iter().filter(is_meant).count()
    };
    let told = [(b'A', "removed"), (b'D', "put back"), (b'M', "as they were before")];
    let told = told.into_iter().filter(|(letter, _)| own(*letter) > 0);
    let told: Vec<String> = told.map(|(letter, what)| format!("{} {what}", own(letter))).collect();
    if told.is_empty() {
        "files of results stay as they are".into()
    } else {
        format!("files: {}", told.join(", "))
    }
}

/// Where each datum stands, by pipeline and key, in the order of the graph.
type States = Vec<(String, BTreeMap<Box<str>, DatumState>)>;

fn states(session: &Session, plans: &Plans) -> States {
    let planned = super::session::in_order(&session.project, plans);
    let planned = planned.filter_map(|(name, planned)| Some((name, planned.as_ref().ok()?)));
    let datums = planned.map(|(name, planned)| {
        let datums = planned.plan.datums.iter().map(|datum| (datum.key.clone(), datum.state));
        (name.to_string(), datums.collect())
    });
    datums.collect()
}

/// Takes it back in a replica and tells which datums are done no more, or done again.
fn afterwards(session: &Session, plans: &Plans, id: &str) -> Result<Vec<String>, AppError> {
    let repo = &session.project.repo;
    let head = repo.head()?.commit().map(|head| head.to_string()).unwrap_or_default();
    let replica = Replica::at(repo, &head)?;
    replica.lend_memory(repo)?;
    if replica.git(["revert", "--no-edit", id]).is_err() {
        return Err(refused(
            "later commits changed the same files, so git cannot take it back by itself".into(),
        ));
    }
    let then = Session::open(replica.root())?;
    let known = then.known();
    let then = states(&then, &then.project.plan_all(&known));
    let lines = told(&states(session, plans), &then);
    Ok(if lines.is_empty() { vec!["no datum stands otherwise afterwards".into()] } else { lines })
}

/// `then fs: 1 datum cached (sub-13): …`, for each change from or to done.
fn told(now: &States, then: &States) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, after) in then {
        let before = now.iter().find(|(other, _)| other == name).map(|(_, datums)| datums);
        let mut moved: BTreeMap<DatumState, Vec<&str>> = BTreeMap::new();
        for (key, state) in after {
            let was = before.and_then(|before| before.get(key)).copied();
            if was != Some(*state) && (was == Some(DatumState::Done) || *state == DatumState::Done) {
                moved.entry(*state).or_default().push(key);
            }
        }
        lines.extend(moved.into_iter().map(|(state, keys)| line(name, state, &keys)));
    }
    lines
}

fn line(name: &str, state: DatumState, keys: &[&str]) -> String {
    let meaning = match state {
        DatumState::Done => "done by its earlier result",
        DatumState::Cached => "not in place any more, but known: a run puts it back without computing",
        DatumState::Stale => "stale: a run computes it anew",
        DatumState::Blocked => "waits for what it reads",
        DatumState::Failed => "failed, as before",
        other => other.word(),
    };
    let more = if keys.len() > 3 { ", …" } else { "" };
    let named = keys.iter().take(3).map(|key| show(key)).collect::<Vec<_>>().join(", ");
    format!("then {}: {} ({named}{more}) {meaning}", show(name), count(keys.len(), "datum"))
}

fn refused(message: String) -> AppError {
    AppError::new(ExitCode::Data, message)
}
