//! `Replica`: a commit of the project in a folder and a repository of its own, so that it is planned like any project.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::exec::{remove_tree, remove_with_folders};
use crate::git::process::{Access, ProcessError, Program, git};
use crate::git::{Repo, mark_scratch, unmark_scratch};
use crate::model::Kind;
use crate::run::Project;

use super::error::{AppError, ExitCode};

/// How the names of its folders begin; the process that uses them follows.
const PREFIX: &str = "past-";

/// What keeps git from changing files on their way out.
const AS_THEY_ARE: &str = "* -filter -text -ident -working-tree-encoding\n";

/// So many bytes are left on the disk for others.
const LEFT_FREE: u64 = 64 << 20;

/// So many bytes a file takes beside its content.
const EACH: u64 = 4096;

/// Whether this process lays out no more commits, since it ends.
static IS_OVER: AtomicBool = AtomicBool::new(false);

/// A commit, laid out beside the project. Its objects are the project's own, so that only files are written; the
/// folder goes with it.
pub struct Replica {
    root: PathBuf,
}

impl Replica {
    /// Lays out a commit. It has no branches and none of the project's local memory: it knows what its commits tell.
    ///
    /// # Errors
    /// When there is no such commit, or no room.
    pub fn at(repo: &Repo, commit: &str) -> Result<Self, AppError> {
        let replica = Self::empty(repo)?;
        fill(&replica.root, repo, commit)?;
        Ok(replica)
    }

    /// Lays out what an index holds, as a commit that nobody else has.
    ///
    /// # Errors
    /// When the index is in conflict or cannot be read, or there is no room.
    pub(super) fn of_index(repo: &Repo, index: &Path) -> Result<Self, AppError> {
        let replica = Self::empty(repo)?;
        furnish(&replica.root, repo)?;
        let commit = commit_index(&replica.root, repo, index)?;
        lay_out(&replica.root, repo, &commit)?;
        Ok(replica)
    }

    /// A folder for one.
    fn empty(repo: &Repo) -> Result<Self, AppError> {
        let state = repo.state_dir();
        std::fs::create_dir_all(&state).map_err(trouble)?;
        clear_replicas(&state);
        if IS_OVER.load(Ordering::SeqCst) {
            return Err(AppError::new(ExitCode::Interrupted, "minipach is ending"));
        }
        let prefix = format!("{PREFIX}{}-", std::process::id());
        let made = tempfile::Builder::new().prefix(&prefix).tempdir_in(&state).map_err(trouble)?;
        let root = made.keep();
        mark_scratch(&root);
        Ok(Self { root })
    }

    /// Its root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Lays out those subdatasets that its pipelines read, or in which their results stand, at the commits recorded for them, as
    /// far as the project has these.
    ///
    /// # Errors
    /// When one cannot be laid out, or there is no room.
    pub(super) fn lay_subdatasets(&self, repo: &Repo) -> Result<(), AppError> {
        let own = Repo::open(&self.root)?;
        let Some(head) = own.head()?.commit() else { return Ok(()) };
        if !own.tree_files(head, "")?.iter().any(|entry| entry.kind == Kind::Gitlink) {
            return Ok(());
        }
        let project = Project::open(&self.root)?;
        let (names, mut tried) = (project.pipelines.keys().cloned().collect(), BTreeSet::new());
        while let Some(path) = project.absent_subdataset(&names, &tried) {
            self.lay_subdataset(repo, &path)?;
            project.note_installed();
            tried.insert(path);
        }
        Ok(())
    }

    fn lay_subdataset(&self, repo: &Repo, path: &str) -> Result<(), AppError> {
        let Ok(here) = repo.subdataset(path) else { return Ok(()) };
        let place = self.root.join(path);
        let around = Repo::open(place.parent().unwrap_or(&self.root))?;
        let inside = place.strip_prefix(around.root()).ok().and_then(Path::to_str);
        let Some((head, inside)) = around.head()?.commit().zip(inside) else { return Ok(()) };
        match around.object_of(head, inside)? {
            Some((commit, Kind::Gitlink)) if here.has_object(commit) => {
                fill(&place, &here, &commit.to_string())
            }
            _ => Ok(()),
        }
    }

    /// Gives it the project's local memory of attempts, to be read.
    ///
    /// # Errors
    /// When it cannot be put there.
    pub(super) fn lend_memory(&self, repo: &Repo) -> Result<(), AppError> {
        let log = repo.state_dir().join("attempts.jsonl");
        let state = self.root.join(".git/minipach");
        std::fs::create_dir_all(&state).map_err(trouble)?;
        if log.exists() {
            std::os::unix::fs::symlink(log, state.join("attempts.jsonl")).map_err(trouble)?;
        }
        Ok(())
    }

    /// Lays files and links of a folder over it as they stand there, or takes them away where they do not.
    ///
    /// # Errors
    /// When one cannot be written.
    pub(super) fn lay_over(&self, root: &Path, paths: &[&str]) -> Result<(), AppError> {
        for path in paths {
            let place = self.root.join(path);
            if std::fs::symlink_metadata(&place).is_ok_and(|meta| !meta.is_dir()) {
                remove_with_folders(&self.root, &place).map_err(trouble)?;
            }
        }
        for path in paths {
            lay(&root.join(path), &self.root.join(path)).map_err(trouble)?;
        }
        Ok(())
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        unmark_scratch(&self.root);
        // What stays is cleared by the next one.
        drop(remove_tree(&self.root));
    }
}

/// Lays out a commit of a repository at a place: a repository of its own, whose objects and annexed content are lent.
fn fill(place: &Path, repo: &Repo, commit: &str) -> Result<(), AppError> {
    furnish(place, repo)?;
    lay_out(place, repo, commit)
}

/// The files of a commit in a repository that is furnished.
fn lay_out(place: &Path, repo: &Repo, commit: &str) -> Result<(), AppError> {
    Repo::open(place)?.fetch_commit(commit).map_err(|error| not_here(commit, &error))?;
    refuse_without_room(place, repo, commit)?;
    run_git(place, ["checkout", "--quiet", "--detach", commit])
}

/// That a partial clone lacks something of a commit.
fn not_here(commit: &str, error: &ProcessError) -> AppError {
    let error = match error {
        ProcessError::Failed { message, .. } => message.lines().next().unwrap_or_default().to_owned(),
        error => error.to_string(),
    };
    let lack = "this clone is partial, and git could not fetch the rest";
    AppError::new(ExitCode::Data, format!("not all of {commit} is here: {lack}: {error}"))
}

/// Makes a repository of its own, whose objects and annexed content are lent.
fn furnish(place: &Path, repo: &Repo) -> Result<(), AppError> {
    // Whatever the user's git is told to make new repositories like: this one is read like the project.
    let init = ["init", "--quiet", "--template=", "--object-format=sha1"];
    let init = git(place, Access::Write).env("GIT_DEFAULT_REF_FORMAT", "files").args(init);
    init.output().map_err(|error| AppError::new(ExitCode::Data, error.to_string()))?;
    let objects = repo.common_dir().join("objects");
    let line = [objects.as_os_str().as_encoded_bytes(), b"\n"].concat();
    std::fs::create_dir_all(place.join(".git/objects/info")).map_err(trouble)?;
    std::fs::write(place.join(".git/objects/info/alternates"), line).map_err(trouble)?;
    // Files stand as git has them: no filter is run, fetches or fails.
    std::fs::create_dir_all(place.join(".git/info")).map_err(trouble)?;
    std::fs::write(place.join(".git/info/attributes"), AS_THEY_ARE).map_err(trouble)?;
    // Without it annexed files would be taken for links that lead nowhere.
    if let Some(annex) = repo.reference("refs/heads/git-annex") {
        run_git(place, ["update-ref", "refs/heads/git-annex", &annex.to_string()])?;
    }
    lend_annex(place, repo)
}

/// Commits what an index of the project holds; all that this writes is the replica's.
fn commit_index(place: &Path, repo: &Repo, index: &Path) -> Result<String, AppError> {
    let asked = |program: Program| {
        let said = program.output().map_err(|error| AppError::new(ExitCode::Data, error.to_string()))?;
        Ok::<_, AppError>(String::from_utf8_lossy(&said).trim().to_owned())
    };
    // A copy: git writes into an index what it found out of it, such as names of trees that only the replica has.
    let copy = place.join(".git/staged");
    if index.is_file() {
        std::fs::copy(index, &copy).map_err(trouble)?;
    }
    let tree = git(repo.root(), Access::Read)
        .env("GIT_INDEX_FILE", copy)
        .env("GIT_OBJECT_DIRECTORY", place.join(".git/objects"))
        .env("GIT_ALTERNATE_OBJECT_DIRECTORIES", repo.common_dir().join("objects"));
    let tree = asked(tree.arg("write-tree"))?;
    let parent = repo.head()?.commit().map(|commit| ["-p".to_owned(), commit.to_string()]);
    let names = ["user.name=minipach", "user.email=minipach@localhost"];
    let commit = git(place, Access::Write).args(names.iter().flat_map(|name| ["-c", name]));
    let commit = commit.args(["commit-tree", &tree, "-m", "staged"]).args(parent.into_iter().flatten());
    asked(commit)
}

/// Gives it what the repository has of annexed content, to be read.
fn lend_annex(place: &Path, repo: &Repo) -> Result<(), AppError> {
    let objects = repo.annex_dir().join("annex/objects");
    if !objects.is_dir() {
        return Ok(());
    }
    let annex = place.join(".git/annex");
    std::fs::create_dir_all(&annex).map_err(trouble)?;
    std::os::unix::fs::symlink(objects, annex.join("objects")).map_err(trouble)
}

fn run_git<const N: usize>(place: &Path, words: [&str; N]) -> Result<(), AppError> {
    let asked = git(place, Access::Write).args(words).output();
    asked.map(drop).map_err(|error: ProcessError| AppError::new(ExitCode::Data, error.to_string()))
}

/// Refuses in a sentence where the files of a commit do not fit on the disk.
fn refuse_without_room(place: &Path, repo: &Repo, commit: &str) -> Result<(), AppError> {
    let Ok(disk) = rustix::fs::statvfs(repo.git_dir()) else { return Ok(()) };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let asked = git(place, Access::Read).args(["ls-tree", "-r", "-z", "--long", commit]).output();
    let output = asked.map_err(|error| AppError::new(ExitCode::Data, error.to_string()))?;
    match room(&String::from_utf8_lossy(&output), free) {
        Some(why) => Err(AppError::new(ExitCode::Data, why)),
        None => Ok(()),
    }
}

/// Why the files of a listing do not fit on a disk with so many free bytes, if they do not.
fn room(listing: &str, free: u64) -> Option<String> {
    let size = |line: &str| line.split_once('\t')?.0.rsplit(' ').next()?.parse::<u64>().ok();
    let needed: u64 = listing.split('\0').filter_map(size).map(|size| size.saturating_add(EACH)).sum();
    let mib = |bytes: u64| bytes.div_ceil(1 << 20);
    (needed.saturating_add(LEFT_FREE) > free).then(|| {
        let (needed, free) = (mib(needed), mib(free));
        format!("its files need {needed} MiB beside the project, and only {free} MiB are free on that disk")
    })
}

/// Removes what this process laid out, since it ends, and lays out no more.
pub fn end_replicas(state: &Path) {
    IS_OVER.store(true, Ordering::SeqCst);
    let own = format!("{PREFIX}{}-", std::process::id());
    // A git that is still writing into one gives up when its folder is gone.
    for _ in 0..3 {
        let Ok(entries) = std::fs::read_dir(state) else { return };
        let is_own = |entry: &std::fs::DirEntry| entry.file_name().to_string_lossy().starts_with(&own);
        let mut left = entries.flatten().filter(is_own).peekable();
        if left.peek().is_none() {
            return;
        }
        left.for_each(|entry| drop(remove_tree(&entry.path())));
    }
}

/// Removes what processes left that are gone.
pub fn clear_replicas(state: &Path) {
    let Ok(entries) = std::fs::read_dir(state) else { return };
    for entry in entries.flatten().filter(|_| Path::new("/proc/self").exists()) {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.split('-').next());
        if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            drop(remove_tree(&entry.path()));
        }
    }
}

/// Lays a file or link out as it stands elsewhere; what is none is left out.
fn lay(from: &Path, to: &Path) -> std::io::Result<()> {
    let meta = match std::fs::symlink_metadata(from) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        meta => meta?,
    };
    if let Some(folder) = to.parent().filter(|_| !meta.is_dir()) {
        std::fs::create_dir_all(folder)?;
    }
    if meta.is_symlink() {
        std::os::unix::fs::symlink(std::fs::read_link(from)?, to)?;
    } else if meta.is_file() {
        std::fs::copy(from, to)?;
    }
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` gives")]
fn trouble(error: std::io::Error) -> AppError {
    AppError::new(ExitCode::Data, format!("cannot lay out a commit beside the project: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_told() {
        let listing =
            "100644 blob aaaa  104857600\ta b\n160000 commit bbbb       -\tsub\n100644 blob cccc  5\tx\n";
        let listing = &listing.replace('\n', "\0");
        assert_eq!(room(listing, 1 << 30), None);
        let why = room(listing, 120 << 20).unwrap_or_default();
        assert!(why.contains("need 101 MiB") && why.contains("only 120 MiB"), "{why}");
    }

    #[test]
    fn those_of_living_processes_stay() {
        let home = tempfile::tempdir().expect("a folder");
        let own = format!("{PREFIX}{}-x", std::process::id());
        for name in [own.as_str(), "past-4294967-x", "past-1-x", "other"] {
            std::fs::create_dir_all(home.path().join(name).join("deep")).expect("a folder");
        }
        clear_replicas(home.path());
        let stands = |name: &str| home.path().join(name).exists();
        assert!(stands(&own) && stands("past-1-x") && stands("other") && !stands("past-4294967-x"));
    }
}
