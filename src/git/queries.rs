//! Questions of the layers above about single paths.

use std::path::Path;
use std::sync::Arc;

use git2::{AttrCheckFlags, AttrValue, Index, Repository};

use super::process::{Access, git};
use super::rare::Rare;
use super::scan::{File, Scan};
use super::write::Place;
use super::{GitError, Repo, StatMemory};
use crate::model::{ContentId, Kind, is_at_or_below};

impl Repo {
    /// Where commits are written: what `git::write` needs to know of the repository.
    pub fn place(&self) -> Place {
        Place { root: self.root().to_owned(), git_dir: self.git_dir().to_owned() }
    }

    /// Whether git ignores an untracked file at `path`.
    pub fn is_ignored(&self, path: &str) -> bool {
        self.inner.is_path_ignored(path).unwrap_or(false)
    }

    /// The rule by which git ignores an untracked file at `path`, in words: `.gitignore:3` and its pattern.
    pub fn ignore_rule(&self, path: &str) -> Option<String> {
        let asked = git(self.root(), Access::Read).args(["check-ignore", "-v", "-z", "--stdin"]);
        let said = asked.stdin(format!("{path}\0").into_bytes()).output().ok()?;
        let said = String::from_utf8(said).ok()?;
        let mut fields = said.split('\0');
        let (file, line, pattern) = (fields.next()?, fields.next()?, fields.next()?);
        Some(format!("`{pattern}` ({file}:{line})"))
    }

    /// Paths from the root of files below `folder`, tracked or not, ignored or not: at most `most`, and none
    /// inside other repositories or with names that are not UTF-8.
    pub fn files_on_disk(&self, folder: &str, most: usize) -> Vec<String> {
        let mut found = Vec::new();
        let mut open = vec![folder.to_owned()];
        while let Some(folder) = open.pop() {
            let names = names_in(&self.root().join(&folder));
            if names.iter().any(|(name, _)| name == ".git") {
                continue;
            }
            for (name, is_folder) in names {
                let path = format!("{folder}/{name}");
                if is_folder { open.push(path) } else { found.push(path) }
            }
            if found.len() >= most {
                found.truncate(most);
                break;
            }
        }
        found
    }

    /// The commit a ref names, if it does.
    pub fn reference(&self, name: &str) -> Option<crate::model::Oid> {
        let commit = self.inner.find_reference(name).ok()?.peel_to_commit().ok()?;
        Some(super::index::oid_of(commit.id()))
    }

    /// Whether the repository has a remote.
    pub fn has_remote(&self) -> bool {
        self.inner.remotes().is_ok_and(|remotes| !remotes.is_empty())
    }

    /// What an attribute is set to for a path; absent where no attribute file speaks of it.
    pub fn attribute(&self, path: &str, name: &str) -> Option<String> {
        let value = self.inner.get_attr(path.as_ref(), name, AttrCheckFlags::FILE_THEN_INDEX).ok()?;
        value.map(str::to_owned)
    }

    /// A setting of git's configuration.
    pub fn text_setting(&self, name: &str) -> Option<String> {
        self.inner.config().ok()?.snapshot().ok()?.get_string(name).ok()
    }

    /// Whether git's attributes, as they stand in the work tree, forbid merging the text of a file at `path`.
    pub fn is_unmergeable(&self, path: &str) -> bool {
        // libgit2 looks into the index too where a file says nothing.
        let without_index = || {
            let repo = Repository::open(self.root()).ok()?;
            repo.set_index(&mut Index::new().ok()?).ok()?;
            Some(repo)
        };
        let repo = self.unindexed.get_or_init(without_index).as_ref().unwrap_or(&self.inner);
        let value = repo.get_attr(path.as_ref(), "merge", AttrCheckFlags::FILE_THEN_INDEX);
        match value.map(AttrValue::from_string) {
            Ok(AttrValue::False) => true,
            Ok(AttrValue::String(driver)) => driver == "binary",
            _ => false,
        }
    }
}

/// What stands in a folder, by name, and whether it is a folder; nothing if it cannot be read.
fn names_in(folder: &Path) -> Vec<(String, bool)> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let named = |entry: std::fs::DirEntry| {
        Some((entry.file_name().into_string().ok()?, entry.file_type().ok()?.is_dir()))
    };
    let mut names: Vec<(String, bool)> = entries.filter_map(Result::ok).filter_map(named).collect();
    names.sort();
    names
}

impl Scan {
    /// What git holds in no way: pipes, sockets, devices, and the `.git` of each repository that is no subdataset.
    pub fn special(&self) -> impl Iterator<Item = Arc<str>> {
        let nested = self.nested_repositories().iter().filter(|path| self.gitlink(path).is_none());
        self.special.iter().cloned().chain(nested.map(|path| format!("{path}/.git").into()))
    }

    /// Whether git may store any file with other bytes than it has, so that a content id tells nothing of those.
    pub fn may_convert(&self) -> bool {
        self.conversions.is_possible()
    }

    /// Whether attributes give any file to a filter other than git-annex's.
    pub(super) fn has_filters(&self) -> bool {
        self.conversions.has_filters()
    }

    /// What makes git convert the file at `path`, in words, if anything does.
    ///
    /// # Errors
    /// When git's attributes cannot be read.
    pub fn converted_by(&self, repo: &Repo, path: &str) -> Result<Option<String>, GitError> {
        self.conversions.by(repo, path)
    }

    /// Committed files below a folder of which git stored other bytes than stand here, each with what made it so.
    ///
    /// # Errors
    /// When git cannot be read.
    pub fn stored_otherwise(&self, repo: &Repo, folder: &str) -> Result<Vec<(&str, String)>, GitError> {
        let mut found = Vec::new();
        for row in self.rows_below(folder) {
            let file = &self.files[row];
            let is_annexed = matches!(&file.content, Some((_, ContentId::Annex(_))));
            let Some((oid, _)) = file.recorded.filter(|_| !file.is_dirty && !file.is_link()) else {
                continue;
            };
            if is_annexed || file.is_sparse() || self.entered_around(&file.path).is_some() {
                continue;
            }
            if let Some(by) = self.conversions.by(repo, &file.path)?
                && repo.blob_size(oid)? != file.stat.size_bytes
            {
                found.push((&*file.path, by));
            }
        }
        Ok(found)
    }

    /// Whether git's index holds a file or subdataset at `path`, whether or not one stands there.
    pub fn is_tracked(&self, path: &str) -> bool {
        let is_recorded = |row: usize| self.files[row].recorded.is_some();
        self.row(path).is_some_and(is_recorded)
            || self.entered_at(path).is_some()
            || self.deleted.binary_search_by(|gone| (**gone).cmp(path)).is_ok()
    }

    /// Links that lead to files of the project, each with what it leads through; complete below resolved
    /// folders.
    pub fn link_targets(&self) -> impl Iterator<Item = (&str, &[Arc<str>])> {
        self.targets.iter().map(|(link, through)| (&**link, through.as_slice()))
    }

    /// Whether a sparse checkout leaves out any file.
    pub fn has_left_out(&self) -> bool {
        self.rare().has_left_out
    }

    /// What is rare among the files; whoever changes them makes the scan forget it.
    pub(super) fn rare(&self) -> &Rare {
        self.rare.get_or_init(|| {
            let is_link = |file: &&File| matches!(file.content, Some((Kind::Gitlink, ContentId::Git(_))));
            let gitlinks = self.files.iter().filter(is_link).map(|file| Arc::clone(&file.path));
            Rare { gitlinks: gitlinks.collect(), has_left_out: self.files.iter().any(File::is_sparse) }
        })
    }

    /// Paths of all subdatasets.
    pub fn subdatasets(&self) -> impl Iterator<Item = &str> {
        let closed = self.rare().gitlinks.iter().map(|path| &**path);
        // Those in others are the affair of these.
        let closed = closed.filter(|path| self.entered_around(path).is_none());
        self.entered().iter().map(|entered| &*entered.path).chain(closed)
    }

    /// Paths of those subdatasets that are installed in the work tree at `root`.
    pub fn installed_subdatasets(&self, root: &Path) -> impl Iterator<Item = &str> {
        // One that is not installed has no `.git`.
        self.subdatasets().filter(move |path| root.join(path).join(".git").symlink_metadata().is_ok())
    }

    /// Learns the contents of files that are not known yet and are tracked, or at most `bytes` large:
    /// scripts and settings, wherever they stand.
    ///
    /// # Errors
    /// As [`Scan::resolve`].
    pub fn resolve_small(
        &mut self,
        repo: &Repo,
        memory: &mut StatMemory,
        bytes: u64,
    ) -> Result<(), GitError> {
        let is_small = |file: &&File| {
            file.content.is_none() && (file.recorded.is_some() || file.stat.size_bytes <= bytes)
        };
        let paths: Vec<String> =
            self.files.iter().filter(is_small).map(|file| file.path.to_string()).collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        if paths.is_empty() { Ok(()) } else { self.resolve(repo, memory, &paths) }
    }

    /// The first folder that may not be read at, below or above a folder.
    pub fn closed_around(&self, folder: &str) -> Option<&str> {
        let closed = self.closed.iter().map(|path| path.trim_end_matches('/'));
        closed.into_iter().find(|path| is_at_or_below(path, folder) || is_at_or_below(folder, path))
    }

    /// The first name that is not UTF-8 at or below a folder.
    pub fn odd_name_below(&self, folder: &str) -> Option<String> {
        let is_below = |path: &&String| {
            folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
        };
        self.odd_names().iter().find(is_below).cloned()
    }
}
