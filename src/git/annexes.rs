//! `Annexes`: whose annex has the content of a path: the project's, or that of the innermost subdataset around it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::attributes::Conversions;
use super::write::Place;
use super::{Repo, Scan, annex, is_lfs_pointer};
use crate::model::{is_at_or_below, literal};

/// A repository that keeps files: the project, or a subdataset.
#[derive(Debug)]
pub struct Keeper {
    /// Its path from the project's root; empty for the project itself.
    pub path: Box<str>,
    /// The folder that holds its `annex/objects`.
    pub annex_dir: PathBuf,
    /// Where it is, for git's programs.
    pub place: Place,
    /// Whether attributes give any of its files to a filter; of a subdataset those in its topmost folder tell.
    has_filters: bool,
}

/// The repositories of a project's files, each found at the first question.
#[derive(Debug)]
pub struct Annexes {
    root: PathBuf,
    project: Arc<Keeper>,
    /// Subdatasets of the project itself.
    subdatasets: Vec<Box<str>>,
    /// Who keeps the files of a folder, by its path.
    known: Mutex<BTreeMap<Box<str>, Arc<Keeper>>>,
}

impl Keeper {
    fn new(repo: &Repo, path: &str, has_filters: bool) -> Self {
        let annex_dir = repo.annex_dir().to_owned();
        Self { path: path.into(), annex_dir, place: repo.place(), has_filters }
    }

    /// Whether it is the project itself.
    pub fn is_project(&self) -> bool {
        self.path.is_empty()
    }

    /// What people type to have the content of a file at `path`, from the project's root.
    pub fn get(&self, path: &str) -> String {
        self.command("annex get", path)
    }

    /// What people type to have the content of all files that Git LFS keeps, from the project's root.
    pub fn pull(&self) -> String {
        match &*self.path {
            "" => "`git lfs pull`".to_owned(),
            folder => format!("`git -C {} lfs pull`", literal(folder)),
        }
    }

    /// What people type to have git do something with a file at `path`, from the project's root.
    pub fn command(&self, verb: &str, path: &str) -> String {
        let below = path.strip_prefix(&*self.path).unwrap_or(path).trim_start_matches('/');
        match &*self.path {
            "" => format!("`git {verb} {}`", literal(path)),
            folder => format!("`git -C {} {verb} {}`", literal(folder), literal(below)),
        }
    }

    /// Where it has the content of `key`, if that is here.
    pub fn object(&self, key: &str) -> Option<PathBuf> {
        annex::object(&self.annex_dir, key)
    }

    /// Whether a pointer of Git LFS stands at `full` in the place of a file's content; it is read only where a filter is set.
    pub fn is_pointer(&self, full: &Path) -> bool {
        self.has_filters && is_lfs_pointer(full)
    }

    /// Whether the content of `key` was found damaged and set aside.
    pub fn has_set_aside(&self, key: &str) -> bool {
        annex::is_set_aside(&self.annex_dir, key)
    }
}

impl Annexes {
    /// Those of a project.
    pub fn new(repo: &Repo, scan: &Scan) -> Self {
        Self {
            root: repo.root().to_owned(),
            project: Arc::new(Keeper::new(repo, "", scan.has_filters())),
            subdatasets: scan.subdatasets().map(Into::into).collect(),
            known: Mutex::default(),
        }
    }

    /// Whether a path lies in a subdataset.
    pub fn is_inside(&self, path: &str) -> bool {
        self.outer(path).is_some()
    }

    fn outer(&self, path: &str) -> Option<&str> {
        self.subdatasets.iter().map(|subdataset| &**subdataset).find(|above| is_at_or_below(path, above))
    }

    /// Who keeps the file at `path`.
    pub fn of(&self, path: &str) -> Arc<Keeper> {
        let Some(outer) = self.outer(path) else { return Arc::clone(&self.project) };
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(keeper) = known.get(folder) {
            return Arc::clone(keeper);
        }
        let keeper = innermost(&self.root, outer, folder).map_or_else(|| Arc::clone(&self.project), Arc::new);
        known.insert(folder.into(), Arc::clone(&keeper));
        keeper
    }
}

/// The innermost subdataset around a folder in the subdataset `outer`.
fn innermost(root: &Path, outer: &str, folder: &str) -> Option<Keeper> {
    let ends = folder.match_indices('/').map(|(at, _)| at).chain([folder.len()]);
    let mut above: Vec<&str> = ends.map(|end| &folder[..end]).collect();
    above.retain(|path| path.len() >= outer.len());
    above.into_iter().rev().find_map(|path| {
        let full = root.join(path);
        full.join(".git").symlink_metadata().ok()?;
        let repo = Repo::open_at(&full).ok()?;
        let has_filters = Conversions::of(&repo, &["".into()]).has_filters();
        Some(Keeper::new(&repo, path, has_filters))
    })
}
