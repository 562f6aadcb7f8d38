//! Subdatasets: their files at the commit that is recorded for each, at any depth, and how each of them stands.

use std::collections::BTreeMap;

use super::inner_links;
use super::process::{Access, git};
use super::{CommitFacts, GitError, Repo, Scan};
use crate::model::{ContentId, Entry, Kind, Oid, is_at_or_below};

/// Links, each with the file that it stands for.
type Links = BTreeMap<String, String>;

/// What stands in a folder that is, holds or lies in subdatasets.
#[derive(Debug, Default)]
pub struct Inside {
    /// Files of subdatasets, at any depth, by path from the project's root; in no order.
    pub files: Vec<Entry>,
    /// The links among them that stand for files of the same subdataset, each with that.
    pub links: Links,
    /// The subdatasets that were looked into.
    pub subdatasets: Vec<String>,
    /// Those that are not installed, so that nobody knows their files.
    pub absent: Vec<String>,
    /// Those that do not stand at the commit that is recorded, so that nobody sees its files.
    pub off: Vec<Off>,
}

/// A subdataset that does not stand at the commit that is recorded for it.
#[derive(Clone, Debug)]
pub struct Off {
    /// Where it stands.
    pub path: String,
    recorded: Oid,
    /// The commit that it is at; absent where it has not the recorded one at all.
    actual: Option<String>,
    /// What brings it back.
    back: String,
}

impl Off {
    /// That, as an error.
    pub fn error(&self) -> GitError {
        let Self { path, recorded, actual, back } = self.clone();
        match actual {
            Some(actual) => GitError::Moved { path, recorded, actual, back },
            None => GitError::CommitMissing { path, recorded, back },
        }
    }

    /// The subdataset that an error is about, if it is one of that.
    fn of(error: GitError) -> Result<Self, GitError> {
        match error {
            GitError::Moved { path, recorded, actual, back } => {
                Ok(Self { path, recorded, actual: Some(actual), back })
            }
            GitError::CommitMissing { path, recorded, back } => {
                Ok(Self { path, recorded, actual: None, back })
            }
            error => Err(error),
        }
    }
}

/// What no commit of a subdataset holds.
#[derive(Clone, Debug, Default)]
pub struct Loose {
    /// Whether files that its commit has are not as they are there.
    pub is_changed: bool,
    /// Files that git neither tracks nor ignores, of a folder of such the folder; from the project's root.
    pub new: Vec<String>,
    /// Files that are changed and that git was told to overlook, each with the option that ends it; from the project's root.
    pub hidden: Vec<(String, &'static str)>,
}

/// How a subdataset stands against what is recorded for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// At the commit that is recorded.
    There,
    /// It is not installed.
    Absent,
    /// It is at another commit, or cannot be read; in a sentence.
    Off(String),
}

impl Scan {
    /// The files of all subdatasets in `folder` or around it, as far as they lie in `folder` and the scan does not hold
    /// them itself.
    ///
    /// # Errors
    /// When one of those cannot be read.
    pub fn inside(&self, repo: &Repo, folder: &str) -> Result<Inside, GitError> {
        let is_related = |path: &str| is_at_or_below(folder, path) || is_at_or_below(path, folder);
        let mut found = Inside::default();
        let is_entered = |path: &str| self.entered().iter().any(|entered| *entered.path == *path);
        let mut open = self.recorded_subdatasets(|path| is_related(path) && !is_entered(path));
        while let Some((path, commit)) = open.pop() {
            let entries = match files(repo, &path, commit) {
                Err(GitError::NotInstalled { path }) => {
                    found.absent.push(path);
                    continue;
                }
                Err(error) => {
                    found.off.push(Off::of(error)?);
                    continue;
                }
                Ok((entries, links)) => {
                    found.links.extend(links);
                    entries
                }
            };
            for entry in entries {
                match (entry.kind, &entry.content) {
                    (Kind::Gitlink, ContentId::Git(commit)) if is_related(&entry.path) => {
                        open.push((entry.path.to_string(), *commit));
                    }
                    (Kind::Gitlink, _) => {}
                    _ if is_at_or_below(&entry.path, folder) => found.files.push(entry),
                    _ => {}
                }
            }
            found.subdatasets.push(path);
        }
        found.absent.sort();
        found.off.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(found)
    }

    /// How each subdataset stands, at any depth below those that are installed.
    pub fn standings(&self, repo: &Repo) -> Vec<(String, Standing)> {
        let mut found = Vec::new();
        let mut open = self.recorded_subdatasets(|_| true);
        while let Some((path, commit)) = open.pop() {
            let standing = match files(repo, &path, commit) {
                Err(GitError::NotInstalled { .. }) => Standing::Absent,
                Err(error) => Standing::Off(error.to_string()),
                Ok((files, _)) => {
                    open.extend(files.into_iter().filter_map(|entry| match (entry.kind, entry.content) {
                        (Kind::Gitlink, ContentId::Git(commit)) => Some((entry.path.to_string(), commit)),
                        _ => None,
                    }));
                    Standing::There
                }
            };
            found.push((path, standing));
        }
        found.sort_by(|a, b| a.0.cmp(&b.0));
        found
    }

    pub(super) fn recorded_subdatasets(&self, is_wanted: impl Fn(&str) -> bool) -> Vec<(String, Oid)> {
        let wanted = self.subdatasets().filter(|path| is_wanted(path));
        wanted.filter_map(|path| Some((path.to_owned(), self.gitlink(path)?))).collect()
    }
}

impl Repo {
    /// Whether a subdataset has changes that no commit of its own holds, new files too.
    pub fn is_dirty(&self, subdataset: &str) -> bool {
        let loose = self.loose_in(subdataset);
        loose.is_changed || !loose.new.is_empty() || !loose.hidden.is_empty()
    }

    /// What no commit of a subdataset holds; what lies in further subdatasets is their own affair.
    pub fn loose_in(&self, subdataset: &str) -> Loose {
        let words = ["status", "--porcelain", "-z", "--ignore-submodules=all"];
        let status = git(&self.root().join(subdataset), Access::Read).args(words).output();
        let text = status.unwrap_or_default();
        let lines = || text.split(|byte| *byte == 0).filter(|line| !line.is_empty());
        let new = lines().filter_map(|line| line.strip_prefix(b"?? "));
        let new = new.map(|path| format!("{subdataset}/{}", String::from_utf8_lossy(path)));
        let new: Vec<String> = new.map(|path| path.trim_end_matches('/').to_owned()).collect();
        let hidden = self.hidden_in(subdataset).unwrap_or_default();
        Loose { is_changed: lines().count() > new.len(), new, hidden }
    }

    /// Changed files of a subdataset whose bits in its index (assume-unchanged, skip-worktree) keep git from looking at them.
    fn hidden_in(&self, subdataset: &str) -> Result<Vec<(String, &'static str)>, GitError> {
        let asked = git(&self.root().join(subdataset), Access::Read).args(["ls-files", "-v", "-z"]);
        let text = asked.output().unwrap_or_default();
        let option = |tag: u8| match tag {
            b'S' => Some("--no-skip-worktree"),
            _ => tag.is_ascii_lowercase().then_some("--no-assume-unchanged"),
        };
        let marked = text.split(|byte| *byte == 0).filter_map(|line| {
            let option = option(*line.first()?)?;
            Some((std::str::from_utf8(line.get(2..)?).ok()?, option))
        });
        let marked: Vec<(&str, &'static str)> = marked.collect();
        if marked.is_empty() {
            return Ok(Vec::new());
        }
        let inner = open_inside(self, subdataset)?;
        let (mut scan, mut memory) = Scan::open(&inner)?;
        scan.resolve(&inner, &mut memory, &marked.iter().map(|(path, _)| *path).collect::<Vec<_>>())?;
        let dirty = scan.dirty(&inner)?;
        let changed = marked.into_iter().filter(|(path, _)| !dirty.is_clean_below(path));
        Ok(changed.map(|(path, option)| (format!("{subdataset}/{path}"), option)).collect())
    }

    /// The files below `folder` in `commit`, in byte order of path; in the place of the gitlink of each installed
    /// subdataset that has the commit recorded there, the files of that.
    ///
    /// # Errors
    /// When the commit or one of its objects cannot be read.
    pub fn files_in_all(&self, commit: Oid, folder: &str) -> Result<Vec<Entry>, GitError> {
        let (links, mut found): (Vec<_>, Vec<_>) =
            self.tree_files(commit, folder)?.into_iter().partition(|entry| entry.kind == Kind::Gitlink);
        for link in links {
            let recorded = link.content.oid();
            let inner = open_inside(self, &link.path).ok().zip(recorded);
            let Some((inner, recorded)) = inner.filter(|(inner, recorded)| inner.has_object(*recorded))
            else {
                found.push(link);
                continue;
            };
            let at = |file: Entry| Entry { path: format!("{}/{}", link.path, file.path).into(), ..file };
            found.extend(inner.tree_files(recorded, "")?.into_iter().map(at));
        }
        found.sort_unstable_by(|one, other| one.path.cmp(&other.path));
        Ok(found)
    }

    /// The subdataset at `path`.
    ///
    /// # Errors
    /// When it is not installed, or cannot be opened.
    pub fn subdataset(&self, path: &str) -> Result<Self, GitError> {
        open_inside(self, path)
    }

    /// The commit that HEAD records for the subdataset at `path`, if there is one.
    ///
    /// # Errors
    /// When git cannot be read.
    pub fn recorded_at_head(&self, path: &str) -> Result<Option<Oid>, GitError> {
        let recorded = self.head()?.commit().map(|head| self.object_of(head, path)).transpose()?.flatten();
        Ok(recorded.and_then(|(commit, kind)| (kind == Kind::Gitlink).then_some(commit)))
    }

    /// The commit after `base` on the way to `tip` along first parents, if it lies there.
    pub fn first_after(&self, base: Oid, tip: Oid) -> Option<Oid> {
        let is_way = tip != base && self.has_ancestor(tip, base);
        let mut commits =
            std::iter::successors(Some(tip).filter(|_| is_way), |commit| self.parent_of(*commit));
        commits.find(|commit| self.parent_of(*commit) == Some(base))
    }

    /// The commits that the subdataset at `path` has on top of the one that HEAD records for it, oldest first and along
    /// first parents.
    ///
    /// # Errors
    /// When it is not recorded, not installed, or stands elsewhere than on top of that.
    pub fn ahead(&self, path: &str) -> Result<Vec<CommitFacts>, GitError> {
        let Some(recorded) = self.recorded_at_head(path)? else {
            return Err(GitError::NotRecorded { path: path.to_owned() });
        };
        on_top(&open_inside(self, path)?, path, recorded)
    }
}

/// The commits that the subdataset at `path` has on top of the one recorded for it, oldest first and along first parents.
pub(super) fn on_top(inner: &Repo, path: &str, recorded: Oid) -> Result<Vec<CommitFacts>, GitError> {
    let mut found = Vec::new();
    let mut next = inner.head()?.commit();
    let actual = next.map_or_else(|| "no commit".to_owned(), |oid| oid.to_string());
    // One that is elsewhere is not looked for in the whole history.
    next = next.filter(|commit| inner.has_ancestor(*commit, recorded));
    while let Some(commit) = next.filter(|commit| *commit != recorded) {
        let facts = inner.commit_facts(commit)?;
        next = facts.parent;
        found.push(facts);
    }
    if next.is_none() {
        return Err(moved(inner, path, recorded, actual));
    }
    found.reverse();
    Ok(found)
}

/// That a subdataset is elsewhere, and what brings it back. One that has not the recorded commit is not to be saved as it
/// stands: that would record an older one.
pub(super) fn moved(inner: &Repo, path: &str, recorded: Oid, actual: String) -> GitError {
    let (back, path) = (way_back(inner, path), path.to_owned());
    if inner.has_object(recorded) {
        GitError::Moved { path, recorded, actual, back }
    } else {
        GitError::CommitMissing { path, recorded, back }
    }
}

/// The command that brings a subdataset to its recorded commit, which only the repository around it takes.
fn way_back(inner: &Repo, path: &str) -> String {
    let mut outer = inner.root().ancestors().skip(1);
    let below =
        outer.position(|folder| folder.join(".git").symlink_metadata().is_ok()).map_or(0, |at| at + 1);
    let names: Vec<&str> = path.split('/').collect();
    let (around, name) = names.split_at(names.len().saturating_sub(below));
    let within = if around.is_empty() { String::new() } else { format!(" -C {}", around.join("/")) };
    format!("git{within} submodule update {}", name.join("/"))
}

/// The subdataset at `path`.
pub(super) fn open_inside(project: &Repo, path: &str) -> Result<Repo, GitError> {
    let folder = project.root().join(path);
    if folder.join(".git").symlink_metadata().is_err() {
        return Err(GitError::NotInstalled { path: path.to_owned() });
    }
    Repo::open_at(&folder)
}

/// The files of the subdataset at `path`, for which `commit` is recorded; paths are from the project's root. Further
/// subdatasets are gitlinks among them. Beside them, the links that stand for files, each with that.
fn files(project: &Repo, path: &str, commit: Oid) -> Result<(Vec<Entry>, Links), GitError> {
    let repo = open_inside(project, path)?;
    let head = repo.head()?.commit();
    if head != Some(commit) {
        let actual = head.map_or_else(|| "no commit".to_owned(), |oid| oid.to_string());
        return Err(moved(&repo, path, commit, actual));
    }
    if !repo.has_object(commit) {
        let (path, back) = (path.to_owned(), way_back(&repo, path));
        return Err(GitError::CommitMissing { path, recorded: commit, back });
    }
    let mut entries = repo.tree_files(commit, "")?;
    let links = inner_links::follow(&repo, &mut entries)?;
    let at = |below: &str| format!("{path}/{below}");
    let links = links.into_iter().map(|(link, file)| (at(&link), at(&file))).collect();
    for entry in &mut entries {
        entry.path = at(&entry.path).into();
    }
    Ok((entries, links))
}
