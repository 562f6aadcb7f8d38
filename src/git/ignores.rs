//! Which untracked paths git ignores: `core.excludesFile`, `.git/info/exclude`, and `.gitignore` per folder.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::Repo;

/// The rules of one file and of all that it overrides.
#[derive(Clone, Debug, Default)]
pub(super) struct Ignores(Option<Arc<Level>>);

#[derive(Debug)]
struct Level {
    rules: Gitignore,
    above: Ignores,
}

impl Ignores {
    /// The rules that hold at the project's root, before its own `.gitignore`.
    pub(super) fn of(repo: &Repo) -> Self {
        rule_files(repo).iter().fold(Self::default(), |all, file| all.with(repo.root(), file))
    }

    /// These rules with those of `file` above them; its patterns are relative to `folder`.
    pub(super) fn with(&self, folder: &Path, file: &Path) -> Self {
        let mut builder = GitignoreBuilder::new(folder);
        // git passes over lines it cannot read, and so do we.
        drop(builder.add(file));
        match builder.build() {
            Ok(rules) if !rules.is_empty() => Self(Some(Arc::new(Level { rules, above: self.clone() }))),
            _ => self.clone(),
        }
    }

    /// Whether git ignores `path` (absolute) if it is not tracked and its folder is not ignored.
    pub(super) fn is_ignored(&self, path: &Path, is_folder: bool) -> bool {
        let mut next = self.0.as_deref();
        while let Some(level) = next {
            match level.rules.matched(path, is_folder) {
                Match::Ignore(_) => return true,
                Match::Whitelist(_) => return false,
                Match::None => next = level.above.0.as_deref(),
            }
        }
        false
    }
}

/// A folder with rules of its own (or the root), and the rules that hold from there downward.
#[derive(Debug)]
pub(super) struct Scope {
    path: PathBuf,
    rules: Ignores,
    above: Option<Arc<Self>>,
    is_ignored: OnceLock<bool>,
}

impl Scope {
    /// The project's root, where `rules` hold.
    pub(super) fn of_root(root: &Path, rules: Ignores) -> Self {
        Self { path: root.to_owned(), rules, above: None, is_ignored: OnceLock::new() }
    }

    /// The folder at `path`, which lies in this one or is it, with the rules of its own `.gitignore`.
    pub(super) fn with_own_rules(self: &Arc<Self>, path: PathBuf) -> Arc<Self> {
        let rules = self.rules.with(&path, &path.join(".gitignore"));
        let above = if path == self.path { self.above.clone() } else { Some(Arc::clone(self)) };
        Arc::new(Self { path, rules, above, is_ignored: OnceLock::new() })
    }

    /// Whether there is no rule at all, so that nothing is ignored.
    pub(super) const fn is_empty(&self) -> bool {
        self.rules.0.is_none()
    }

    /// Whether git ignores `path` by name, wherever it lies below; its folder is not looked at.
    pub(super) fn ignores_itself(&self, path: &Path, is_folder: bool) -> bool {
        self.rules.is_ignored(path, is_folder)
    }

    /// Whether git ignores the folder at `path`, or one that it lies in.
    pub(super) fn ignores_folder(&self, path: &Path) -> bool {
        let mut inner = path.ancestors().take_while(|folder| *folder != self.path);
        self.is_ignored() || inner.any(|folder| self.rules.is_ignored(folder, true))
    }

    /// Whether git ignores the scope's folder itself; only found out when an untracked path asks.
    fn is_ignored(&self) -> bool {
        let of_above = |above: &Arc<Self>| above.ignores_folder(&self.path);
        *self.is_ignored.get_or_init(|| self.above.as_ref().is_some_and(of_above))
    }
}

/// The files outside of the work tree that have rules, weakest first.
pub(super) fn rule_files(repo: &Repo) -> Vec<PathBuf> {
    let everywhere = repo.path_setting("core.excludesfile").or_else(users_own);
    everywhere.into_iter().chain([repo.common_dir().join("info/exclude")]).collect()
}

/// Where git looks when `core.excludesFile` is not set.
fn users_own() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let config = set("XDG_CONFIG_HOME").or_else(|| Some(set("HOME")?.join(".config")))?;
    Some(config.join("git/ignore"))
}
