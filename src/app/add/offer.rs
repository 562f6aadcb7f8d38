//! What can be offered to whoever adds a pipeline: folders with data, how they are usually cut, and what a glob takes.

use std::collections::BTreeSet;

use super::kind::AddKind;
use super::shape::{is_aside, names, usual_glob};
use crate::app::draft::repos;
use crate::app::error::AppError;
use crate::app::session::Session;
use crate::model::glob::Glob;
use crate::model::{Leaf, RepoPath, Tree, is_at_or_below};
use crate::plan::explain;

/// Folders that hold no data, by the first part of their path.
const NO_DATA: [&str; 4] = ["code", "docs", "envs", "params"];

/// A folder or pipeline that a new pipeline could read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readable {
    /// Its path.
    pub repo: String,
    /// How many files are in it and below it.
    pub files: usize,
    /// What stands at its top; names of folders end with `/`.
    pub top: Vec<String>,
}

impl Readable {
    fn new(repo: String, tree: &Tree) -> Self {
        Self { repo, files: tree.len(), top: top(tree).into_iter().collect() }
    }

    fn data(&self) -> impl Iterator<Item = &str> {
        self.top.iter().map(String::as_str).filter(|name| !is_aside(name))
    }

    /// Whether there is nothing in it but folders that are data by themselves.
    fn is_only_a_way(&self) -> bool {
        self.data().all(|name| name.ends_with('/')) && !self.is_of_subjects()
    }

    fn is_of_subjects(&self) -> bool {
        self.data().next().is_some() && self.data().all(|name| name.starts_with("sub-"))
    }
}

/// The glob that `add` takes for a repo where none is given.
///
/// # Errors
/// When there is no such repo.
pub fn suggested_glob(session: &Session, kind: AddKind, repo: &str) -> Result<String, AppError> {
    Ok(usual_glob(kind, &top(&session.repo_tree(repo)?)))
}

/// The names at the top of a tree; those of folders end with `/`.
fn top(tree: &Tree) -> BTreeSet<String> {
    let first = |at: usize| {
        let path = tree.relative(at);
        path.split_once('/').map_or_else(|| path.to_owned(), |(first, _)| format!("{first}/"))
    };
    (0..tree.len()).map(first).collect()
}

/// Folders and pipelines with data that a new pipeline could read, likely ones first; none below those that
/// cut well by themselves.
pub fn readable(session: &Session) -> Vec<Readable> {
    let is_data = |repo: &String| {
        let first = repo.split('/').next().unwrap_or_default();
        let is_pipeline = session.project.names().any(|name| name == repo);
        is_pipeline || (!NO_DATA.contains(&first) && repo.matches('/').count() < 2)
    };
    let is_inside =
        |repo: &String| session.project.names().any(|name| name != repo && is_at_or_below(repo, name));
    let candidates = repos(session).into_iter().filter(|repo| is_data(repo) && !is_inside(repo));
    let seen = candidates.filter_map(|repo| {
        let tree = session.repo_tree(&repo).ok()?;
        Some(Readable::new(repo, &tree)).filter(|found| found.data().next().is_some())
    });
    likely_first(seen.collect())
}

/// Without the folders of single subjects; those that only lead to others come last.
fn likely_first(all: Vec<Readable>) -> Vec<Readable> {
    let cohorts: Vec<String> =
        all.iter().filter(|one| one.is_of_subjects()).map(|one| one.repo.clone()).collect();
    let is_subject = |one: &Readable| {
        cohorts.iter().any(|cohort| *cohort != one.repo && is_at_or_below(&one.repo, cohort))
    };
    let mut left: Vec<Readable> = all.into_iter().filter(|one| !is_subject(one)).collect();
    left.sort_by_key(Readable::is_only_a_way);
    left
}

/// The variables that lead a command to its inputs, each given as `REPO` or `REPO:GLOB`.
pub fn input_variables(kind: AddKind, from: &[String]) -> Vec<String> {
    let repo = |text: &String| text.split(':').next().unwrap_or_default().to_owned();
    let own = (kind == AddKind::Sweep).then(|| "params".to_owned());
    let names = names(&from.iter().map(repo).collect::<Vec<_>>());
    names.into_iter().chain(own).map(|name| format!("${name}")).collect()
}

/// What a glob takes of a repo: paths in it.
///
/// # Errors
/// In words for whoever typed it: it is no glob, or takes nothing.
pub fn cut(session: &Session, repo: &str, glob: &str) -> Result<Vec<String>, String> {
    let tree = session.repo_tree(repo).map_err(|error| error.message)?;
    let glob = Glob::parse(glob).map_err(|error| format!("it is no glob: {}", error.message))?;
    if let Some(slip) = glob.slips().first() {
        let (mended, bracket) = (slip.mended(glob.text()), slip.bracket);
        return Err(format!("that {slip}: write `{mended}`, or `\\{bracket}` for the character itself"));
    }
    let repo = RepoPath::parse(repo).map_err(|error| error.to_string())?;
    let found: Vec<String> =
        explain(&Leaf::plain(repo, glob), &tree).into_iter().map(|piece| piece.path.clone()).collect();
    if found.is_empty() {
        let there: Vec<String> = top(&tree).into_iter().take(3).collect();
        return Err(format!("that takes nothing; there are {}", there.join(", ")));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(repo: &str, top: &[&str]) -> Readable {
        let top: Vec<String> = top.iter().map(|name| (*name).to_owned()).collect();
        Readable { repo: repo.to_owned(), files: top.len(), top }
    }

    #[test]
    fn data_come_before_the_folders_that_lead_to_them() {
        let all = vec![
            folder("raw", &["README.md", "images/", "t1/"]),
            folder("raw/images", &["a.png"]),
            folder("raw/t1", &["sub-01/", "sub-02/"]),
            folder("raw/t1/sub-01", &["T1w.nii.gz"]),
        ];
        let order: Vec<String> = likely_first(all).into_iter().map(|one| one.repo).collect();
        assert_eq!(order, ["raw/images", "raw/t1", "raw"]);
    }
}
