//! `Ignored`: whether git would ignore a new file in one folder; cheap enough to ask for every result.

use std::path::Path;
use std::sync::Arc;

use super::Repo;
use super::entered::Entered;
use super::ignores::{Ignores, Scope, rule_files};
use super::scan::Scan;

/// What git ignores in one folder of the project.
#[derive(Debug)]
pub struct Ignored {
    scope: Arc<Scope>,
    /// Whether folders below have rules of their own; then libgit2 is asked, which reads them.
    has_inner_rules: bool,
    /// Subdatasets in it, which have rules of their own.
    subdatasets: Vec<(Entered, Repo)>,
}

impl Ignored {
    /// The rules that hold in `folder`.
    pub fn below(repo: &Repo, scan: &Scan, folder: &str) -> Self {
        let root = Arc::new(Scope::of_root(repo.root(), Ignores::of(repo)));
        let mut scope = root.with_own_rules(repo.root().to_owned());
        for part in Path::new(folder).ancestors().collect::<Vec<_>>().into_iter().rev().skip(1) {
            scope = scope.with_own_rules(repo.root().join(part));
        }
        let inner = |path: &str| {
            let inside = path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'));
            inside.is_some_and(|inside| inside.ends_with("/.gitignore"))
        };
        let entered = scan.entered().iter().filter(|entered| *entered.pipeline == *folder);
        let open = |entered: &Entered| Some((entered.clone(), Repo::open_at(&entered.place.root).ok()?));
        // One that cannot be opened any more is told of by who writes there.
        let subdatasets = entered.filter_map(open).collect();
        Self { scope, has_inner_rules: scan.paths().any(inner), subdatasets }
    }

    /// Whether git ignores an untracked file at `path` (from the root), which lies in the folder.
    pub fn has_file(&self, repo: &Repo, path: &str) -> bool {
        if let Some((subdataset, path)) = self.inside(path) {
            return subdataset.is_ignored(path);
        }
        if self.has_inner_rules {
            return repo.is_ignored(path);
        }
        let full = repo.root().join(path);
        let holds = || self.scope.ignores_itself(&full, false) || self.above(&full);
        !self.scope.is_empty() && holds()
    }

    /// Whether git ignores all untracked files in a folder at `path` (from the root), which lies in the folder or is it.
    pub fn has_folder(&self, repo: &Repo, path: &str) -> bool {
        if let Some((subdataset, path)) = self.inside(path) {
            return subdataset.is_ignored(&format!("{path}/"));
        }
        if self.has_inner_rules {
            return repo.is_ignored(&format!("{path}/"));
        }
        !self.scope.is_empty() && self.scope.ignores_folder(&repo.root().join(path))
    }

    /// The subdataset that a path lies in, and the path in there.
    fn inside<'p>(&self, path: &'p str) -> Option<(&Repo, &'p str)> {
        self.subdatasets.iter().find_map(|(entered, repo)| Some((repo, entered.inside(path)?)))
    }

    fn above(&self, full: &Path) -> bool {
        full.parent().is_some_and(|folder| self.scope.ignores_folder(folder))
    }
}

impl Repo {
    /// The rules of what git ignores that stand outside of the work tree, as bytes.
    pub fn outer_ignore_rules(&self) -> Vec<u8> {
        let read = |file| std::fs::read(file).unwrap_or_default();
        let files: Vec<Vec<u8>> = rule_files(self).into_iter().map(read).collect();
        files.join(&0)
    }
}
