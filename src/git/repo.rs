//! `Repo`: the project's git repository, found, checked and asked for facts. It never writes.

use std::cell::{Cell, OnceCell};
use std::fmt;
use std::path::{Path, PathBuf};

use git2::{ErrorCode, Repository, RepositoryOpenFlags, RepositoryState};

use super::GitError;
use super::index::oid_of;
use crate::model::{Oid, normal_path};

/// A git repository with a work tree, open for reading.
pub struct Repo {
    pub(super) inner: Repository,
    root: PathBuf,
    here: String,
    /// The same repository without an index, for attributes as they stand in the work tree.
    pub(super) unindexed: OnceCell<Option<Repository>>,
    /// Whether nobody promised objects, or a fetch of such reached nobody.
    pub(super) is_out_of_reach: Cell<bool>,
}

/// Where HEAD is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Head {
    /// On a branch without a commit.
    Unborn {
        /// Full name of the branch's ref.
        branch: String,
    },
    /// On a branch.
    Branch {
        /// Full name of the branch's ref.
        name: String,
        /// The commit it stands at.
        commit: Oid,
    },
    /// On no branch.
    Detached {
        /// The commit.
        commit: Oid,
    },
}

impl Head {
    /// The commit, if there is one yet.
    pub const fn commit(&self) -> Option<Oid> {
        match self {
            Self::Unborn { .. } => None,
            Self::Branch { commit, .. } | Self::Detached { commit } => Some(*commit),
        }
    }

    /// The short name of the branch; nothing on none.
    pub fn branch(&self) -> Option<&str> {
        match self {
            Self::Unborn { branch: name } | Self::Branch { name, .. } => {
                Some(name.strip_prefix("refs/heads/").unwrap_or(name))
            }
            Self::Detached { .. } => None,
        }
    }
}

/// Where a folder lies in another, links followed.
fn below(root: &Path, folder: &Path) -> Option<String> {
    let (root, folder) = (root.canonicalize().ok()?, folder.canonicalize().ok()?);
    Some(folder.strip_prefix(root).ok()?.to_str()?.to_owned())
}

impl Repo {
    /// Opens the repository that `start` lies in, searching upward.
    ///
    /// # Errors
    /// When there is none, or it is bare, stores SHA-256 objects, belongs to somebody else, or `start` lies in git's own
    /// folder and that does not tell where the work tree is.
    pub fn open(start: &Path) -> Result<Self, GitError> {
        // Not `discover`: of git's folder alone it opens, which need not lie in the work tree (`--separate-git-dir`).
        let no_ceilings: [&Path; 0] = [];
        let inner = Repository::open_ext(start, RepositoryOpenFlags::CROSS_FS, no_ceilings);
        let inner = inner.map_err(|error| refusal(start, error))?;
        let mut repo = Self::check(inner)?;
        repo.refuse_from_inside(start)?;
        repo.here = below(&repo.root, start).unwrap_or_default();
        Ok(repo)
    }

    /// Opens it afresh, as if from where it was opened at first; that folder may be gone by now.
    ///
    /// # Errors
    /// As [`Repo::open`].
    pub fn again(&self) -> Result<Self, GitError> {
        Ok(Self { here: self.here.clone(), ..Self::open_at(&self.root)? })
    }

    /// Opens the repository whose root is exactly `root`.
    pub(super) fn open_at(root: &Path) -> Result<Self, GitError> {
        let inner = Repository::open(root).map_err(|error| refusal(root, error))?;
        Self::check(inner)
    }

    fn check(inner: Repository) -> Result<Self, GitError> {
        let Some(root) = inner.workdir() else {
            return Err(GitError::Bare { path: inner.path().to_owned() });
        };
        let format = inner.config().and_then(|config| config.get_string("extensions.objectformat"));
        if format.is_ok_and(|format| !format.eq_ignore_ascii_case("sha1")) {
            return Err(GitError::Sha256 { path: root.to_owned() });
        }
        // Without the slash that libgit2 leaves at the end.
        let root = root.components().collect();
        let (unindexed, is_out_of_reach) = (OnceCell::new(), Cell::new(false));
        Ok(Self { inner, root, here: String::new(), unindexed, is_out_of_reach })
    }

    /// Refuses a start in git's folder where what stands above that is not the work tree.
    fn refuse_from_inside(&self, start: &Path) -> Result<(), GitError> {
        let git_dir = self.git_dir();
        let is_inside = below(git_dir, start).is_some();
        let is_ours = || Repository::open(&self.root).is_ok_and(|found| found.path() == git_dir);
        if is_inside && !is_ours() {
            return Err(GitError::Inside { path: git_dir.to_owned() });
        }
        Ok(())
    }

    /// A path as typed in the folder that the repository was opened from, as one from its root; `None` if it lies
    /// outside.
    pub fn from_here(&self, typed: &str) -> Option<String> {
        let root = self.root.to_str()?;
        let full = if typed.starts_with('/') { typed } else { &format!("{root}/{}/{typed}", self.here) };
        let path = format!("/{}", normal_path(full)?);
        let inside = path.strip_prefix(root)?;
        if inside.is_empty() { Some(String::new()) } else { inside.strip_prefix('/').map(str::to_owned) }
    }

    /// The root of the work tree.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// git's folder of this work tree (index, HEAD); worktrees of one repository have one each.
    pub fn git_dir(&self) -> &Path {
        self.inner.path()
    }

    /// git's folder that all worktrees share (objects, refs, configuration).
    pub fn common_dir(&self) -> &Path {
        self.inner.commondir()
    }

    /// Where minipach keeps its local state of this work tree.
    pub fn state_dir(&self) -> PathBuf {
        self.git_dir().join("minipach")
    }

    /// The folder that holds git-annex's `annex` folder.
    pub fn annex_dir(&self) -> &Path {
        if self.git_dir().join("annex").is_dir() { self.git_dir() } else { self.common_dir() }
    }

    /// Where HEAD is.
    ///
    /// # Errors
    /// When HEAD is damaged.
    pub fn head(&self) -> Result<Head, GitError> {
        let reading = || GitError::reading("`HEAD`");
        let damaged = |error: git2::Error| match error.class() {
            git2::ErrorClass::Reference => GitError::Damaged { path: self.git_dir().to_owned() },
            _ => reading()(error),
        };
        let head = self.inner.find_reference("HEAD").map_err(damaged)?;
        let branch = head.symbolic_target().ok().flatten().map(str::to_owned);
        let commit = match head.peel_to_commit() {
            Ok(commit) => Some(oid_of(commit.id())),
            Err(error) if error.code() == ErrorCode::NotFound && branch.is_some() => None,
            Err(error) => return Err(reading()(error)),
        };
        Ok(match (branch, commit) {
            (Some(name), Some(commit)) => Head::Branch { name, commit },
            (None, Some(commit)) => Head::Detached { commit },
            (branch, None) => Head::Unborn { branch: branch.unwrap_or_default() },
        })
    }

    /// What git is in the middle of, as git calls it; `None` when nothing.
    pub fn operation(&self) -> Option<&'static str> {
        Some(match self.inner.state() {
            RepositoryState::Clean => return None,
            RepositoryState::Merge => "merge",
            RepositoryState::Revert | RepositoryState::RevertSequence => "revert",
            RepositoryState::CherryPick | RepositoryState::CherryPickSequence => "cherry-pick",
            RepositoryState::Bisect => "bisect",
            RepositoryState::Rebase | RepositoryState::RebaseInteractive | RepositoryState::RebaseMerge => {
                "rebase"
            }
            RepositoryState::ApplyMailbox | RepositoryState::ApplyMailboxOrRebase => "am",
        })
    }

    /// The command that concludes the merge, pick or step of a rebase that git is in the middle of, with what is staged by
    /// then; `None` when it is in none, or waits at a commit that is there already (`edit`, `break`).
    pub fn concluded_by(&self) -> Option<&'static str> {
        let has = |path: &str| self.inner.path().join(path).exists();
        match self.operation()? {
            "merge" => Some("git commit"),
            "cherry-pick" => Some("git cherry-pick --continue"),
            "revert" => Some("git revert --continue"),
            "rebase" if has("REBASE_HEAD") && !has("rebase-merge/amend") => Some("git rebase --continue"),
            _ => None,
        }
    }

    /// The command that concludes a pick or revert which comes out as HEAD is; a merge and a rebase go on all the same.
    pub fn skipped_by(&self) -> Option<&'static str> {
        match self.operation()? {
            "cherry-pick" => Some("git cherry-pick --skip"),
            "revert" => Some("git revert --skip"),
            _ => None,
        }
    }

    /// The commits whose changes the merge, pick or step of a rebase that git is in the middle of brings in; of a revert,
    /// the one that it goes back to.
    pub fn brought_in(&self) -> Vec<Oid> {
        let read = |name: &str| std::fs::read_to_string(self.inner.path().join(name)).unwrap_or_default();
        let named =
            |name: &str| read(name).lines().filter_map(|line| line.parse().ok()).collect::<Vec<Oid>>();
        match self.operation() {
            Some("merge") => named("MERGE_HEAD"),
            Some("cherry-pick") => named("CHERRY_PICK_HEAD"),
            Some("rebase") => named("REBASE_HEAD"),
            Some("revert") => {
                named("REVERT_HEAD").into_iter().filter_map(|commit| self.parent_of(commit)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Whether git noted what it wrote where it could not merge, so that what people wrote there since is told from it.
    pub fn has_auto_merge(&self) -> bool {
        self.inner.path().join("AUTO_MERGE").exists()
    }

    /// The name and address that git would sign commits with, if they are set.
    pub fn identity(&self) -> Option<(String, String)> {
        let config = self.inner.config().and_then(|mut config| config.snapshot()).ok()?;
        let pick = |variable: &str, key: &str| {
            let set = std::env::var(variable).ok().filter(|text| !text.is_empty());
            set.or_else(|| config.get_string(key).ok().filter(|text| !text.is_empty()))
        };
        Some((pick("GIT_AUTHOR_NAME", "user.name")?, pick("GIT_AUTHOR_EMAIL", "user.email")?))
    }

    /// Whether git-annex has ever been at work here or in a repository this one was cloned from.
    pub fn has_annex(&self) -> bool {
        self.annex_dir().join("annex").is_dir() || has_annex_branch(&self.inner)
    }

    /// Where git-annex notes which pointers git left in the work tree.
    pub fn pointers_left(&self) -> PathBuf {
        self.annex_dir().join("annex/smudge.log")
    }

    /// The index of this work tree.
    pub(super) fn index_path(&self) -> PathBuf {
        self.git_dir().join("index")
    }

    /// A yes-or-no setting; `default` where it is not set.
    pub(super) fn setting(&self, key: &str, default: bool) -> bool {
        self.inner.config().and_then(|config| config.get_bool(key)).unwrap_or(default)
    }

    /// A setting that names a file.
    pub(super) fn path_setting(&self, key: &str) -> Option<PathBuf> {
        self.inner.config().and_then(|config| config.get_path(key)).ok()
    }
}

impl fmt::Debug for Repo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repo").field("root", &self.root).finish_non_exhaustive()
    }
}

/// Whether there is a branch of git-annex, here or as a remote has it.
pub(super) fn has_annex_branch(repo: &Repository) -> bool {
    let has_any = |glob| repo.references_glob(glob).is_ok_and(|mut found| found.next().is_some());
    has_any("refs/*/git-annex") || has_any("refs/remotes/*/git-annex")
}

fn refusal(start: &Path, error: git2::Error) -> GitError {
    let path = start.to_owned();
    match error.code() {
        ErrorCode::NotFound => broken_above(start).unwrap_or(GitError::NotARepository { start: path }),
        ErrorCode::Owner => GitError::Owner { path: owned_root(error.message()).unwrap_or(path) },
        _ if error.message().contains("object format") => GitError::Sha256 { path },
        _ if error.message().contains("refstorage") => GitError::Reftable { path },
        _ => GitError::reading(format!("the repository at `{}`", start.display()))(error),
    }
}

/// What is wrong with the `.git` at or above a folder, if there is one.
fn broken_above(start: &Path) -> Option<GitError> {
    let start = start.canonicalize().ok()?;
    let path = start.ancestors().map(|folder| folder.join(".git")).find(|path| path.exists())?;
    if path.parent().is_some_and(|folder| Repository::open(folder).is_ok()) {
        // It is sound: what was asked for lies elsewhere.
        return None;
    }
    if path.is_dir() {
        return Some(GitError::Damaged { path });
    }
    let text = std::fs::read_to_string(&path).ok()?;
    Some(GitError::Astray { to: text.strip_prefix("gitdir: ")?.trim_end().to_owned(), file: path })
}

/// The path that libgit2 quotes in its refusal.
fn owned_root(message: &str) -> Option<PathBuf> {
    let (_, rest) = message.split_once('\'')?;
    let (path, _) = rest.split_once('\'')?;
    Some(path.trim_end_matches('/').into())
}
