//! What a project has changed of its scaffold's layout: the files it was laid out with against those that stand now.

use std::path::Path;

use serde::Serialize;

use crate::app::error::AppError;
use crate::git::process::{Access, git};
use crate::git::write;

use super::base::base_of;
use super::followed::{open, trouble};

/// What became of the files that a project was laid out with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Drift {
    /// Version of this form.
    pub version: u32,
    /// The scaffold or template.
    pub scaffold: String,
    /// The version of it that the project was laid out from, or brought up to.
    pub of: String,
    /// The commit that holds the layout; nothing else need hold it.
    pub commit: String,
    /// Its files that stand otherwise, in order of path.
    pub files: Vec<Drifted>,
    /// How many stand as they were laid out.
    pub unchanged: usize,
}

/// A file that stands otherwise than it was laid out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Drifted {
    /// Its path.
    pub path: String,
    /// Whether it is gone.
    pub is_removed: bool,
    /// Lines that came; nothing if it is not text.
    pub added: Option<u64>,
    /// Lines that went.
    pub removed: Option<u64>,
}

/// What the project has changed of the layout that it follows, edits that are not committed too.
///
/// # Errors
/// When it follows none, or what it was laid out as cannot be had any more.
pub fn drift(start: &Path) -> Result<Drift, AppError> {
    let followed = open(start)?;
    let root = &followed.root;
    let is_stand_in = write::identity(&followed.repo.place())?.is_stand_in;
    let commit = base_of(&followed, is_stand_in)?;
    let paths: Vec<&str> = followed.record.files.keys().map(String::as_str).collect();
    let stands = |path: &str| root.join(path).symlink_metadata().is_ok();
    let counted =
        if paths.is_empty() { String::new() } else { compared(root, &commit, &["--numstat", "-z"], &paths)? };
    let files: Vec<Drifted> = counted.split('\0').filter_map(|line| drifted(line, &stands)).collect();
    let unchanged = paths.len() - files.len();
    let (scaffold, of) = (followed.record.scaffold.clone(), followed.record.version.clone());
    Ok(Drift { version: 1, scaffold, of, commit, files, unchanged })
}

/// The lines that differ, as `git diff` writes them.
///
/// # Errors
/// When git refuses.
pub fn drift_lines(start: &Path, drift: &Drift) -> Result<String, AppError> {
    let repo = crate::git::Repo::open(start)?;
    let paths: Vec<&str> = drift.files.iter().map(|file| file.path.as_str()).collect();
    if paths.is_empty() {
        return Ok(String::new());
    }
    compared(repo.root(), &drift.commit, &["--patch"], &paths)
}

/// What `git diff` says of paths, between a commit and what stands.
fn compared(root: &Path, commit: &str, how: &[&str], paths: &[&str]) -> Result<String, AppError> {
    let asked = git(root, Access::Read).args(["--literal-pathspecs", "diff", "--no-renames", "--no-color"]);
    let said = asked
        .args(["--no-ext-diff", "--no-textconv"])
        .args(how)
        .args([commit, "--"])
        .args(paths)
        .output()
        .map_err(trouble)?;
    Ok(String::from_utf8_lossy(&said).into_owned())
}

/// A line of `git diff --numstat -z`.
fn drifted(line: &str, stands: &dyn Fn(&str) -> bool) -> Option<Drifted> {
    let mut parts = line.splitn(3, '\t');
    let (added, removed, path) = (parts.next()?, parts.next()?, parts.next()?);
    let (added, removed) = (added.trim().parse().ok(), removed.parse().ok());
    Some(Drifted { path: path.to_owned(), is_removed: !stands(path), added, removed })
}
