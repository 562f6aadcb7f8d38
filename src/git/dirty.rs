//! `Dirty`: which paths differ between HEAD's commit, the index and the work tree.

use std::sync::Arc;

use super::scan::{File, Scan};
use super::{GitError, Repo};

/// The paths that differ from HEAD in the index or the work tree, in byte order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dirty {
    paths: Vec<Arc<str>>,
    /// Those of them that differ only since what they lead to does.
    links: Vec<Arc<str>>,
    /// Those of them that lie in subdatasets.
    inner: Vec<Arc<str>>,
    /// Those of them at which the work tree has nothing any more that git does not ignore.
    gone: Vec<Arc<str>>,
}

impl Dirty {
    /// Whether `folder` (`""` for the root) and all below it, or the file of that path, stand in HEAD
    /// exactly as in the index and the work tree.
    pub fn is_clean_below(&self, folder: &str) -> bool {
        self.first_below(folder).is_none()
    }

    /// The first path that differs at or below `folder`.
    pub fn first_below(&self, folder: &str) -> Option<&str> {
        self.below(folder).next()
    }

    /// All paths that differ at or below `folder`.
    pub fn below(&self, folder: &str) -> impl Iterator<Item = &str> + use<'_> {
        below(&self.paths, folder)
    }

    /// The first path that differs at, below or around a path: of what lies in a subdataset that is its commit.
    pub fn first_at(&self, path: &str) -> Option<&str> {
        self.first_below(path).or_else(|| self.around(path))
    }

    /// The path around another that differs: of what lies in a subdataset, this.
    pub fn around(&self, path: &str) -> Option<&str> {
        let mut above = path.match_indices('/').map(|(at, _)| &path[..at]);
        above.find_map(|path| Some(&*self.paths[self.paths.binary_search_by(|own| (**own).cmp(path)).ok()?]))
    }

    /// Those of them that are gone.
    pub fn gone_below(&self, folder: &str) -> impl Iterator<Item = &str> + use<'_> {
        below(&self.gone, folder)
    }

    /// The paths but for what lies in subdatasets, and links that are as HEAD has them and lead to something that is not.
    pub fn own_paths(&self) -> impl Iterator<Item = &str> {
        let is_own = |path: &&Arc<str>| {
            [&self.links, &self.inner].iter().all(|other| other.binary_search(path).is_err())
        };
        self.paths.iter().filter(is_own).map(|path| &**path)
    }

    /// The paths that lie in subdatasets.
    pub fn inner_paths(&self) -> impl Iterator<Item = &str> {
        self.inner.iter().map(|path| &**path)
    }

    /// The paths themselves.
    pub fn paths(&self) -> &[Arc<str>] {
        &self.paths
    }
}

impl Scan {
    /// Which paths are not as an earlier scan saw them: other content, another kind, come or gone.
    pub fn since(&self, before: &Self) -> Dirty {
        let is_same = |one: &File, other: &File| match (&one.content, &other.content) {
            (Some(one), Some(other)) => one == other,
            _ => one.stat == other.stat,
        };
        let differing = |one: &Self, other: &Self| {
            let has_same =
                |file: &&File| other.row(&file.path).is_some_and(|row| is_same(file, &other.files[row]));
            let files = one.files.iter().filter(|file| !has_same(file));
            files.map(|file| file.path.clone()).collect::<Vec<_>>()
        };
        let mut paths = [differing(self, before), differing(before, self)].concat();
        paths.sort_unstable();
        paths.dedup();
        Dirty { paths, ..Dirty::default() }
    }

    /// Which paths differ from HEAD, those in subdatasets that it holds from the HEAD of these. A file whose content was never resolved counts as different,
    /// unless its stat proves that it is not; a link counts as different when its target does.
    ///
    /// # Errors
    /// When HEAD or the index cannot be read.
    pub fn dirty(&self, repo: &Repo) -> Result<Dirty, GitError> {
        let changed = self.files.iter().filter(|file| file.is_dirty).map(|file| file.path.clone());
        let mut paths: Vec<_> = changed.chain(self.deleted.iter().cloned()).collect();
        paths.extend(staged(repo)?);
        for entered in self.entered() {
            let inner = staged(&Repo::open_at(&entered.place.root)?)?;
            paths.extend(inner.iter().map(|path| Arc::from(entered.outside(path))));
        }
        paths.sort_unstable();
        paths.dedup();
        let gone = paths.iter().filter(|path| !self.contains(path)).cloned().collect();
        let is_inner = |path: &&Arc<str>| self.entered_around(path).is_some();
        let inner = paths.iter().filter(is_inner).cloned().collect();
        let mut dirty = Dirty { paths, links: Vec::new(), inner, gone };
        let is_touched = |behind: &Vec<Arc<str>>| behind.iter().any(|path| !dirty.is_clean_below(path));
        let links =
            self.targets.iter().filter(|(_, behind)| is_touched(behind)).map(|(path, _)| path.clone());
        let mut links: Vec<_> = links.filter(|path| dirty.paths.binary_search(path).is_err()).collect();
        links.sort_unstable();
        dirty.paths.extend(links.iter().cloned());
        dirty.links = links;
        dirty.paths.sort_unstable();
        dirty.paths.dedup();
        Ok(dirty)
    }
}

/// Those of some sorted paths that are `folder` (`""` for the root) or lie in it.
fn below<'a>(paths: &'a [Arc<str>], folder: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    let own = paths.binary_search_by(|path| (**path).cmp(folder)).ok().map(|at| &*paths[at]);
    // Names that go on with a character below the slash stand between a folder and what is in it.
    let inside = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let start = paths.partition_point(|path| **path < *inside);
    let count = paths[start..].partition_point(|path| path.starts_with(&inside));
    own.into_iter().chain(paths[start..start + count].iter().map(|path| &**path))
}

/// Paths that differ between HEAD and the index.
fn staged(repo: &Repo) -> Result<Vec<Arc<str>>, GitError> {
    let tree = repo.head()?.commit().map(|commit| repo.tree_of(commit)).transpose()?;
    let path = repo.index_path();
    // Opened by its path it has exact names, whatever `core.ignoreCase` says.
    let index = git2::Index::open(&path).map_err(|source| GitError::index(&path, source))?;
    let diff = repo.inner.diff_tree_to_index(tree.as_ref(), Some(&index), None);
    let diff = diff.map_err(GitError::reading("the difference between `HEAD` and the index"))?;
    let files = diff
        .deltas()
        .flat_map(|delta| [delta.old_file(), delta.new_file()].map(|file| file.path_bytes().map(text)));
    Ok(files.flatten().collect())
}

fn text(bytes: &[u8]) -> Arc<str> {
    String::from_utf8_lossy(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dirty(paths: &[&str]) -> Dirty {
        Dirty { paths: paths.iter().map(|path| (*path).into()).collect(), ..Dirty::default() }
    }

    #[test]
    fn knows_what_is_clean() {
        let dirty = dirty(&["a-b", "a/x", "c/d/e", "f"]);
        for (folder, expected) in [
            ("", false),
            ("a", false),
            ("a-b", false),
            ("b", true),
            ("c", false),
            ("c/d", false),
            ("c/d/f", true),
            ("f", false),
        ] {
            assert_eq!(dirty.is_clean_below(folder), expected, "{folder}");
        }
        assert!(Dirty::default().is_clean_below(""));
    }

    #[test]
    fn knows_what_lies_in_a_subdataset_that_differs() {
        let dirty = dirty(&["a/sub", "b"]);
        let around = ["a/sub/x/y", "a/sub", "a", "a/subs/x"].map(|path| dirty.around(path));
        assert_eq!(around, [Some("a/sub"), None, None, None]);
        assert_eq!(
            ["a/sub/x", "a", "c"].map(|path| dirty.first_at(path)),
            [Some("a/sub"), Some("a/sub"), None]
        );
    }

    #[test]
    fn tells_all_that_lies_below() {
        let paths = ["a", "a-b", "a/x", "a/y/z", "a0", "b"];
        let dirty = dirty(&paths);
        for (folder, expected) in
            [("", &paths[..]), ("a", &["a", "a/x", "a/y/z"]), ("a/y", &["a/y/z"]), ("b", &["b"]), ("c", &[])]
        {
            assert_eq!(dirty.below(folder).collect::<Vec<_>>(), expected, "{folder}");
        }
    }
}
