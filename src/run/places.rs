//! Places of results, and which paths lie in one or hold one.

use std::collections::BTreeSet;

/// Paths of files and folders that belong to somebody.
pub(super) struct Places(BTreeSet<String>);

impl Places {
    /// Whether a path is one of them or lies in one.
    pub(super) fn holds(&self, path: &str) -> bool {
        let above = path.match_indices('/').map(|(at, _)| &path[..at]);
        above.chain([path]).any(|above| self.0.contains(above))
    }

    /// Whether a folder is one of them, lies in one, or holds one.
    pub(super) fn concerns(&self, folder: &str) -> bool {
        let inside = format!("{folder}/");
        self.holds(folder)
            || self.0.range(inside.clone()..).next().is_some_and(|path| path.starts_with(&inside))
    }
}

impl FromIterator<String> for Places {
    fn from_iter<T: IntoIterator<Item = String>>(paths: T) -> Self {
        Self(paths.into_iter().collect())
    }
}
