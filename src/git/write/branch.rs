//! The branch: where it is, and its move by a git started ahead, so that the index is locked only for an instant.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{ChildStdin, ChildStdout, Stdio};
use std::thread::JoinHandle;

use crate::model::Oid;

use super::entries::from_git2;
use super::lock::or_locked;
use super::program::{Helper, drain, git, last_words};
use super::{Place, WriteError};

/// The program, for messages.
const NAME: &str = "git update-ref";

/// Where the next commit goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// The branch that `HEAD` names, or `HEAD` itself when it is detached.
    pub reference: String,
    /// The commit it is at; absent on an unborn branch.
    pub head: Option<Oid>,
}

/// Reads where `HEAD` is.
///
/// # Errors
/// [`WriteError::Busy`] in the middle of a merge, rebase and the like.
pub fn base(place: &Place) -> Result<Base, WriteError> {
    quiet_base(&git2::Repository::open(&place.root)?)
}

/// The same of a repository that is open.
pub(super) fn quiet_base(repo: &git2::Repository) -> Result<Base, WriteError> {
    match busy(repo.state()) {
        Some(what) => Err(WriteError::Busy { what }),
        None => read_base(repo),
    }
}

/// The same in the middle of anything.
pub(super) fn read_base(repo: &git2::Repository) -> Result<Base, WriteError> {
    let head = repo.find_reference("HEAD")?;
    let reference = head.symbolic_target().ok().flatten().unwrap_or("HEAD").to_owned();
    Ok(Base { head: resolve(repo, &reference)?, reference })
}

/// The locks that stop a commit to the branch that `HEAD` is on: its own, and that of `HEAD` and its log.
pub(super) fn locks(place: &Place, repo: &git2::Repository) -> [PathBuf; 2] {
    let reference = read_base(repo).map(|base| base.reference).unwrap_or_default();
    [repo.commondir().join(format!("{reference}.lock")), place.git_dir.join("HEAD.lock")]
}

/// The commit a reference is at, if it exists.
pub(super) fn resolve(repo: &git2::Repository, reference: &str) -> Result<Option<Oid>, WriteError> {
    match repo.refname_to_id(reference) {
        Ok(oid) => Ok(Some(from_git2(oid))),
        Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn busy(state: git2::RepositoryState) -> Option<&'static str> {
    use git2::RepositoryState as State;
    match state {
        State::Clean => None,
        State::Merge => Some("a merge"),
        State::Revert | State::RevertSequence => Some("a revert"),
        State::CherryPick | State::CherryPickSequence => Some("a cherry-pick"),
        State::Bisect => Some("a bisect"),
        State::Rebase | State::RebaseInteractive | State::RebaseMerge => Some("a rebase"),
        State::ApplyMailbox | State::ApplyMailboxOrRebase => Some("applying patches"),
    }
}

/// A git that has started and waits for the word to move a branch. Until then it holds no lock, and
/// when we die before, it ends without having done anything.
pub(super) struct BranchMove {
    child: Helper,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    stderr: Option<JoinHandle<Vec<u8>>>,
    update: String,
}

impl BranchMove {
    /// Starts git, to move the branch from `base` to `new`; `log` is the reflog's sentence.
    pub(super) fn start(place: &Place, base: &Base, new: Oid, log: &str) -> Result<Self, WriteError> {
        let not_started = |source| WriteError::NotStarted { program: NAME.into(), source };
        let mut command = git(place, &["update-ref", "--no-deref", "-m", log, "--stdin"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = Helper::spawn(&mut command).map_err(not_started)?;
        let old = base.head.unwrap_or(Oid([0; 20]));
        let mut started = Self {
            stdin: child.stdin.take(),
            stdout: BufReader::new(child.stdout.take().expect("stdout is piped")),
            stderr: child.stderr.take().map(drain),
            child,
            update: format!("update {} {new} {old}\ncommit\n", base.reference),
        };
        // `start` makes git drop the move, should its input end before `commit`.
        if started.ask("start\n", "start: ok") { Ok(started) } else { Err(started.failed()) }
    }

    /// Moves the branch, unless it is elsewhere by now.
    pub(super) fn perform(&mut self) -> Result<(), WriteError> {
        let update = std::mem::take(&mut self.update);
        if self.ask(&update, "commit: ok") { Ok(()) } else { Err(self.failed()) }
    }

    /// Says something and waits for the answer. A git that died says why on standard error.
    fn ask(&mut self, words: &str, answer: &str) -> bool {
        let said = self.stdin.as_mut().is_some_and(|stdin| stdin.write_all(words.as_bytes()).is_ok());
        let mut line = String::new();
        said && self.stdout.read_line(&mut line).is_ok() && line.trim_end() == answer
    }

    fn failed(&mut self) -> WriteError {
        self.end();
        let stderr = self.stderr.take().and_then(|stderr| stderr.join().ok()).unwrap_or_default();
        or_locked(WriteError::Failed { program: NAME.into(), message: last_words(&stderr) })
    }

    fn end(&mut self) {
        self.stdin = None;
        drop(self.child.wait());
    }
}

impl Drop for BranchMove {
    fn drop(&mut self) {
        self.end();
    }
}
