//! What differs between two commits, path by path.

use std::path::Path;

use crate::git::process::{Access, git};
use crate::git::write::{Change, Entry};
use crate::git::{MODE_GITLINK, Repo};
use crate::model::Oid;

use super::error::{AppError, ExitCode};

/// A path that differs between two commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Touch {
    /// Where, from the root.
    pub path: String,
    /// What the first one has there.
    pub before: Option<Entry>,
    /// What the second one has there.
    pub after: Option<Entry>,
}

impl Touch {
    /// The way back.
    pub(super) fn reversed(self) -> Self {
        Self { path: self.path, before: self.after, after: self.before }
    }

    /// As git writes it.
    pub(super) fn change(&self) -> Change {
        match self.after {
            Some(Entry { mode, oid }) => Change::Known { path: self.path.clone(), mode, oid },
            None => Change::Delete { path: self.path.clone() },
        }
    }
}

/// A path's bytes, and what either commit has there.
type Difference = (Vec<u8>, Option<Entry>, Option<Entry>);

/// The paths that differ between two commits; without the second one, those that the first one changed.
///
/// # Errors
/// When git cannot be read, or a path is no text.
pub(super) fn touches(root: &Path, from: &str, to: Option<&str>) -> Result<Vec<Touch>, AppError> {
    let text = |path| String::from_utf8(path).map_err(|_| refused("a file's name in it is no text".into()));
    let touch = |(path, before, after)| Ok(Touch { path: text(path)?, before, after });
    differences(root, from, to)?.into_iter().map(touch).collect()
}

/// What was touched, with the files of subdatasets in the place of their gitlinks, where both of the commits are here.
///
/// # Errors
/// As [`touches`].
pub(super) fn with_inner(repo: &Repo, touched: Vec<Touch>) -> Result<Vec<Touch>, AppError> {
    let mut found = Vec::new();
    for touch in touched {
        let Some(Inner { repo, before, after }) = Inner::of(repo, &touch) else {
            found.push(touch);
            continue;
        };
        let at = |inner: Touch| Touch { path: format!("{}/{}", touch.path, inner.path), ..inner };
        let inner = touches(repo.root(), &before.to_string(), Some(&after.to_string()))?;
        found.extend(inner.into_iter().map(at));
    }
    Ok(found)
}

/// A subdataset that is here, with two of its commits.
pub(super) struct Inner {
    pub repo: Repo,
    pub before: Oid,
    pub after: Oid,
}

impl Inner {
    /// The subdataset whose gitlink went from one commit to another, if it has both.
    pub(super) fn of(project: &Repo, touch: &Touch) -> Option<Self> {
        let commit = |entry: Option<Entry>| Some(entry.filter(|entry| entry.mode == MODE_GITLINK)?.oid);
        let (before, after) = commit(touch.before).zip(commit(touch.after))?;
        let repo = project.subdataset(&touch.path).ok()?;
        [before, after].iter().all(|commit| repo.has_object(*commit)).then_some(Self { repo, before, after })
    }
}

/// The same in the order of git's paths, whatever bytes these have.
///
/// # Errors
/// When git cannot be read.
pub(super) fn differences(root: &Path, from: &str, to: Option<&str>) -> Result<Vec<Difference>, AppError> {
    let words = ["diff-tree", "-r", "-z", "--root", "--no-commit-id", "--no-renames", "--raw", "--no-abbrev"];
    let asked = git(root, Access::Read).args(words).arg(from).args(to).output();
    let output = asked.map_err(|error| refused(error.to_string()))?;
    let mut words = output.split(|byte| *byte == 0);
    let mut found = Vec::new();
    while let (Some(head), Some(path)) = (words.next(), words.next()) {
        let head = String::from_utf8_lossy(head);
        let fields: Vec<&str> = head.trim_start_matches(':').split(' ').collect();
        let [before, after, old, new, _] = fields[..] else { continue };
        found.push((path.to_owned(), entry(before, old), entry(after, new)));
    }
    Ok(found)
}

fn entry(mode: &str, oid: &str) -> Option<Entry> {
    let mode = u32::from_str_radix(mode, 8).ok().filter(|mode| *mode > 0)?;
    Some(Entry { mode, oid: oid.parse().ok()? })
}

fn refused(message: String) -> AppError {
    AppError::new(ExitCode::Data, message)
}
