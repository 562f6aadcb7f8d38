//! Objects that a partial clone lacks until somebody asks for them: git fetches them from who promised them; libgit2 does not.

use std::fs;
use std::path::PathBuf;

use git2::Repository;

use super::Repo;
use super::index::oid_of;
use super::process::{Access, ProcessError, git};
use crate::model::Oid;

/// So many times a commit is asked what it lacks: folders that came name what else is missing.
const ROUNDS: usize = 4;

/// What a server says that is reached and does not have an object.
const NOT_THERE: &str = "not our ref";

impl Repo {
    /// Whether all of these objects are here, once git has fetched those that were promised. After a fetch that did not reach
    /// anybody none is tried again.
    pub fn has_promised(&self, oids: &[Oid]) -> bool {
        if oids.iter().all(|oid| self.has_object(*oid)) {
            return true;
        }
        if self.is_out_of_reach.get() || self.promisor().is_none() {
            self.is_out_of_reach.set(true);
            return false;
        }
        let fetched = self.fetch_promised(oids);
        self.is_out_of_reach.set(fetched.is_err_and(|error| !error.to_string().contains(NOT_THERE)));
        oids.iter().all(|oid| self.has_object(*oid))
    }

    /// Has git fetch the folders of commits that are not here, if they were promised, as in a clone with `--filter=tree:0`:
    /// all at once. What does not come is told by who reads it.
    pub(super) fn fetch_folders(&self, commits: &[git2::Oid]) {
        if self.promisor().is_none() {
            return;
        }
        let folder = |commit: &git2::Oid| Some(oid_of(self.inner.find_commit(*commit).ok()?.tree_id()));
        let folders: Vec<Oid> = commits.iter().filter_map(folder).collect();
        let _all_are_here = self.has_promised(&folders);
    }

    /// The same of a commit and all before it.
    pub(super) fn fetch_folders_up_to(&self, commit: git2::Oid) {
        let Ok(mut walk) = self.inner.revwalk() else { return };
        if self.promisor().is_some() && walk.push(commit).is_ok() {
            self.fetch_folders(&walk.map_while(Result::ok).collect::<Vec<_>>());
        }
    }

    /// Has git fetch the folders and files of a commit that are not here, if they were promised.
    ///
    /// # Errors
    /// When git cannot fetch them.
    pub fn fetch_commit(&self, commit: &str) -> Result<(), ProcessError> {
        if self.promisor().is_none() {
            return Ok(());
        }
        for _ in 0..ROUNDS {
            let asked = ["rev-list", "--objects", "--missing=print", "--no-walk", commit];
            let listed = git(self.root(), Access::Read).args(asked).output()?;
            let listed = String::from_utf8_lossy(&listed);
            let absent = listed.lines().filter_map(|line| line.strip_prefix('?')?.parse().ok());
            let absent: Vec<Oid> = absent.collect();
            if absent.is_empty() {
                break;
            }
            self.fetch_promised(&absent)?;
        }
        Ok(())
    }

    /// Fetches those of some objects that are not here, all at once, as git itself does.
    fn fetch_promised(&self, oids: &[Oid]) -> Result<(), ProcessError> {
        let absent = oids.iter().filter(|oid| !self.has_object(**oid));
        let absent = absent.map(Oid::to_string).collect::<Vec<_>>().join("\n");
        let Some((place, remote)) = self.promisor().filter(|_| !absent.is_empty()) else { return Ok(()) };
        let fetch =
            git(&place, Access::Write).args(["-c", "fetch.negotiationAlgorithm=noop", "fetch", "--quiet"]);
        let fetch = fetch.args(["--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"]);
        let fetch = fetch.args(["--recurse-submodules=no", "--filter=blob:none", "--stdin", &remote]);
        fetch.stdin(absent.into_bytes()).output().map(drop)
    }

    /// Where git is to fetch what was promised, and the remote that promised it: here, or where the objects are lent from.
    fn promisor(&self) -> Option<(PathBuf, String)> {
        if let Some(remote) = promisor_of(&self.inner) {
            return Some((self.root().to_owned(), remote));
        }
        let lent = fs::read_to_string(self.common_dir().join("objects/info/alternates")).ok()?;
        let lender = PathBuf::from(lent.lines().next()?).parent()?.to_owned();
        let remote = promisor_of(&Repository::open(&lender).ok()?)?;
        Some((lender, remote))
    }
}

/// The first remote that promised objects to a repository.
fn promisor_of(repo: &Repository) -> Option<String> {
    let config = repo.config().and_then(|mut config| config.snapshot()).ok()?;
    let mut promisors = config.entries(Some(r"^remote\..*\.promisor$")).ok()?;
    let entry = promisors.next()?.ok()?;
    Some(entry.name().ok()?.strip_prefix("remote.")?.strip_suffix(".promisor")?.to_owned())
}
