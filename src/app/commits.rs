//! The commits of a project, newest first: who made them, when, and whether they hold results of a pipeline.

use std::collections::BTreeMap;
use std::path::Path;

use crate::git::process::{Access, git};
use crate::git::reverted_by;
use crate::model::{Oid, show};
use crate::plan::record::{PIPELINE_TRAILER, PREFIX};

use super::error::{AppError, ExitCode};
use super::touch::differences;

/// A commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommitView {
    /// Its id, in full.
    pub id: String,
    /// The author's name.
    pub by: String,
    /// When it was made: milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// The first line of its message, without what marks a run record.
    pub subject: String,
    /// The pipeline whose results it holds, if minipach made it.
    pub pipeline: Option<String>,
    /// The commit that it takes back.
    pub reverts: Option<String>,
}

impl CommitView {
    /// The first seven digits of its id.
    pub fn short(&self) -> &str {
        self.id.get(..7).unwrap_or(&self.id)
    }
}

/// At most so many commits that HEAD has, newest first; none before the first one.
///
/// # Errors
/// When git cannot be read.
pub fn commits(root: &Path, most: usize) -> Result<Vec<CommitView>, AppError> {
    let most = format!("--max-count={most}");
    let text = match log(root, &["-z", &most, &form()], "HEAD") {
        Err(_) if is_empty(root) => return Ok(Vec::new()),
        told => told?,
    };
    Ok(listed(&text, &reverts(root, &most)?))
}

/// Whether nothing is committed yet.
fn is_empty(root: &Path) -> bool {
    git(root, Access::Read).args(["rev-parse", "--verify", "--quiet", "HEAD"]).output().is_err()
}

/// The id of a commit, by any of git's names for it.
///
/// # Errors
/// When there is no such commit.
pub(super) fn commit_id(root: &Path, name: &str) -> Result<Oid, AppError> {
    let word = format!("{name}^{{commit}}");
    let found = git(root, Access::Read).args(["rev-parse", "--verify", "--quiet", &word]).output();
    let digits = found.ok().and_then(|text| String::from_utf8(text).ok());
    digits.and_then(|digits| digits.trim().parse().ok()).ok_or_else(|| {
        if name == "HEAD" {
            return AppError::new(ExitCode::Data, "nothing is committed yet, so that nothing has a past");
        }
        AppError::new(ExitCode::Data, format!("there is no commit `{name}`"))
            .hint("`git log --oneline` lists commits, `git tag` and `git branch` their other names")
    })
}

/// A commit, by any of git's names for it.
///
/// # Errors
/// When there is no such commit.
pub(super) fn commit_named(root: &Path, name: &str) -> Result<CommitView, AppError> {
    let id = commit_id(root, name)?.to_string();
    let text = log(root, &["-z", "--max-count=1", &form()], &id)?;
    let found = listed(&text, &BTreeMap::new()).pop();
    found.ok_or_else(|| AppError::new(ExitCode::Data, format!("git tells nothing of commit `{name}`")))
}

/// How git is asked to tell of commits.
fn form() -> String {
    format!("--format=%H%x1f%ct%x1f%(trailers:key={PIPELINE_TRAILER},valueonly,separator=%x2c)%x1f%an%x1f%s")
}

/// Commits as git told them in that form.
fn listed(text: &str, reverted: &BTreeMap<String, String>) -> Vec<CommitView> {
    let commits = text.split('\0').filter_map(|line| {
        let mut fields = line.trim_start_matches('\n').splitn(5, '\u{1f}');
        let (id, seconds, pipeline) = (fields.next()?, fields.next()?, fields.next()?);
        let (by, subject) = (fields.next()?, fields.next()?);
        Some(CommitView {
            id: id.to_owned(),
            by: by.to_owned(),
            at_ms: seconds.parse::<u64>().ok()?.saturating_mul(1000),
            subject: subject.replacen(PREFIX, "", 1),
            pipeline: Some(pipeline.trim()).filter(|name| !name.is_empty()).map(str::to_owned),
            reverts: reverted.get(id).cloned(),
        })
    });
    commits.collect()
}

/// Commits that take others back, and which.
fn reverts(root: &Path, most: &str) -> Result<BTreeMap<String, String>, AppError> {
    let text = log(root, &["-z", most, "--grep=^This reverts commit ", "--format=%H%x1f%b"], "HEAD")?;
    let found = text.split('\0').filter_map(|line| {
        let (id, body) = line.trim_start_matches('\n').split_once('\u{1f}')?;
        Some((id.to_owned(), reverted_by(body)?))
    });
    Ok(found.collect())
}

fn log(root: &Path, words: &[&str], from: &str) -> Result<String, AppError> {
    let output = git(root, Access::Read).arg("log").args(words).arg(from).arg("--").output();
    let output = output.map_err(|error| AppError::new(ExitCode::Data, error.to_string()))?;
    Ok(String::from_utf8_lossy(&output).into_owned())
}

/// The commits of results that no later one takes back, the last one first.
pub(super) fn results_of(commits: &[CommitView]) -> impl Iterator<Item = &CommitView> {
    // Ids, or what they begin with.
    let mut gone: Vec<&str> = Vec::new();
    commits.iter().filter(move |commit| {
        let is_gone = gone.iter().any(|start| commit.id.starts_with(start));
        // What takes back a taking back brings the first one to life again.
        if let Some(other) = commit.reverts.as_deref().filter(|_| !is_gone) {
            gone.push(other);
        }
        commit.pipeline.is_some() && commit.reverts.is_none() && !is_gone
    })
}

/// What a commit changed, a line for each folder of the root: `fs: 63 new, 1 deleted`.
///
/// # Errors
/// When git cannot be read.
pub fn touched_by(root: &Path, id: &str) -> Result<Vec<String>, AppError> {
    let mut folders: BTreeMap<String, BTreeMap<&str, usize>> = BTreeMap::new();
    for (path, before, after) in differences(root, id, None)? {
        let path = String::from_utf8_lossy(&path);
        let folder = path.split_once('/').map_or_else(|| "./".to_owned(), |(folder, _)| format!("{folder}/"));
        let folder = if folder == ".minipach/" { "the ledger".to_owned() } else { show(&folder) };
        let what = match (before, after) {
            (None, _) => "new",
            (_, None) => "deleted",
            _ => "edited",
        };
        *folders.entry(folder).or_default().entry(what).or_default() += 1;
    }
    let line = |(folder, counts): (String, BTreeMap<&str, usize>)| {
        let counts: Vec<String> =
            counts.into_iter().map(|(what, number)| format!("{number} {what}")).collect();
        format!("{folder}  {}", counts.join(", "))
    };
    Ok(folders.into_iter().map(line).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(id: &str, pipeline: Option<&str>, reverts: Option<&str>) -> CommitView {
        let (id, pipeline) = (id.to_owned(), pipeline.map(str::to_owned));
        CommitView { id, pipeline, reverts: reverts.map(str::to_owned), ..CommitView::default() }
    }

    #[test]
    fn what_was_taken_back_is_not_taken_back_again() {
        let base =
            || [commit("s", Some("stats"), None), commit("u", None, None), commit("f", Some("fs"), None)];
        let last = |newer: &[CommitView]| {
            let all = [newer, &base()[..]].concat();
            results_of(&all).next().map(|commit| commit.id.clone())
        };
        assert_eq!(last(&[]).as_deref(), Some("s"));
        let back = commit("r1", None, Some("s"));
        assert_eq!(last(std::slice::from_ref(&back)).as_deref(), Some("f"));
        let again = commit("r2", None, Some("r1"));
        assert_eq!(last(&[again, back.clone()]).as_deref(), Some("s"));
        let long = [commit("r4", None, Some("0123abc")), commit("0123abcdef", Some("fs"), None)];
        assert_eq!(results_of(&long).next(), None, "the start of an id is enough");
        assert_eq!(last(&[commit("r3", None, Some("f")), back]), None);
    }
}
