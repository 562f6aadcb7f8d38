//! `Ignored`: whether git would ignore a new file in one folder; cheap enough to ask for every result.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Repo;
use super::entered::Entered;
use super::ignores::{Ignores, Scope, rule_files};
use super::scan::Scan;
use crate::model::is_at_or_below;

/// What git ignores in one folder of the project.
#[derive(Debug)]
pub struct Ignored {
    own: Rules,
    /// Subdatasets in it, which have rules of their own.
    subdatasets: Vec<(Entered, Rules)>,
}

/// The rules that hold in one folder of a repository and below it.
#[derive(Debug)]
struct Rules {
    root: PathBuf,
    scope: Arc<Scope>,
    /// Folders below with a `.gitignore` that counts, from the root.
    inner: BTreeSet<String>,
}

impl Ignored {
    /// The rules that hold in `folder`, without those of each `.gitignore` that `is_part` takes for a part of a result:
    /// it goes, or comes, together with what it names. Paths are from the project's root.
    pub fn below(repo: &Repo, scan: &Scan, folder: &str, is_part: &dyn Fn(&str) -> bool) -> Self {
        let ruled = scan.folders_with_rules(folder).filter(|folder| !is_part(&format!("{folder}.gitignore")));
        let ruled: Vec<&str> = ruled.map(|folder| folder.trim_end_matches('/')).collect();
        let entered = scan.entered().iter().filter(|entered| *entered.pipeline == *folder);
        let open = |entered: &Entered| {
            let inside = ruled.iter().filter_map(|path| entered.inside(path)).map(str::to_owned).collect();
            Some((entered.clone(), Rules::new(&Repo::open_at(&entered.place.root).ok()?, "", inside)))
        };
        // One that cannot be opened any more is told of by who writes there.
        let subdatasets: Vec<_> = entered.filter_map(open).collect();
        let is_inner = |path: &&&str| {
            **path != folder && !subdatasets.iter().any(|(sub, _)| is_at_or_below(path, &sub.path))
        };
        let inner = ruled.iter().filter(is_inner).map(|path| (*path).to_owned()).collect();
        Self { own: Rules::new(repo, folder, inner), subdatasets }
    }

    /// Whether git ignores an untracked file at `path` (from the root), which lies in the folder.
    pub fn has_file(&self, path: &str) -> bool {
        let (rules, path) = self.rules_of(path);
        rules.has_file(path)
    }

    /// Whether git ignores all untracked files in a folder at `path` (from the root), which lies in the folder or is it.
    pub fn has_folder(&self, path: &str) -> bool {
        let (rules, path) = self.rules_of(path);
        rules.has_folder(path)
    }

    /// The rules of the repository that a path lies in, and the path in there.
    fn rules_of<'p>(&self, path: &'p str) -> (&Rules, &'p str) {
        let mut around = self.subdatasets.iter().filter_map(|(sub, rules)| Some((rules, sub.inside(path)?)));
        around.next().unwrap_or((&self.own, path))
    }
}

impl Rules {
    fn new(repo: &Repo, folder: &str, inner: BTreeSet<String>) -> Self {
        let root = repo.root().to_owned();
        let outer = Arc::new(Scope::of_root(&root, Ignores::of(repo)));
        let around: Vec<_> = Path::new(folder).ancestors().collect();
        let scope = around.iter().rev().fold(outer, |scope, folder| scope.with_own_rules(root.join(folder)));
        Self { root, scope, inner }
    }

    fn has_file(&self, path: &str) -> bool {
        let (scope, full) = (self.scope_above(path), self.root.join(path));
        let above = || full.parent().is_some_and(|folder| scope.ignores_folder(folder));
        !scope.is_empty() && (scope.ignores_itself(&full, false) || above())
    }

    fn has_folder(&self, path: &str) -> bool {
        let scope = self.scope_above(path);
        !scope.is_empty() && scope.ignores_folder(&self.root.join(path))
    }

    /// The rules that hold where a path stands.
    fn scope_above(&self, path: &str) -> Arc<Scope> {
        let above = path.match_indices('/').map(|(at, _)| &path[..at]);
        let ruled = above.filter(|folder| self.inner.contains(*folder));
        ruled.fold(Arc::clone(&self.scope), |scope, folder| scope.with_own_rules(self.root.join(folder)))
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
