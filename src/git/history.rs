//! The ledger's past: every version of a ledger file that a commit on a local ref ever held.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use git2::{ObjectType, Sort, Tree};

use super::index::oid_of;
use super::{GitError, Repo};
use crate::model::Oid;

/// The folder that holds the ledger.
const LEDGER: &str = ".minipach/ledger";

/// One version of a ledger file.
#[derive(Debug)]
pub struct LedgerVersion<'a> {
    /// The newest commit that holds it.
    pub commit: Oid,
    /// Path from the root.
    pub path: &'a str,
    /// The file's bytes.
    pub bytes: &'a [u8],
}

/// Shows every distinct version of every ledger file on branches, tags and remote-tracking branches,
/// children before parents, newest first, each version once, until `see` breaks.
///
/// # Errors
/// When a ref or an object cannot be read.
pub fn ledger_versions(
    repo: &Repo,
    mut see: impl FnMut(LedgerVersion<'_>) -> ControlFlow<()>,
) -> Result<(), GitError> {
    let mut walk = Walk { repo, seen: BTreeSet::new() };
    for commit in commits(repo).map_err(GitError::reading("the history"))? {
        let commit = commit.map_err(GitError::reading("the history"))?;
        let reading = || GitError::reading(format!("the ledger in {commit}"));
        let found = repo.inner.find_commit(commit).and_then(|commit| commit.tree()).map_err(reading())?;
        let Ok(entry) = found.get_path(LEDGER.as_ref()) else { continue };
        let mut show = |path: &str, bytes: &[u8]| see(LedgerVersion { commit: oid_of(commit), path, bytes });
        if walk.folder(entry.id(), LEDGER, &mut show).map_err(reading())?.is_break() {
            return Ok(());
        }
    }
    Ok(())
}

fn commits(repo: &Repo) -> Result<git2::Revwalk<'_>, git2::Error> {
    let mut walk = repo.inner.revwalk()?;
    walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME)?;
    for refs in ["refs/heads/*", "refs/tags/*", "refs/remotes/*"] {
        for reference in repo.inner.references_glob(refs)? {
            // A tag may name something that is no commit; a clone's `origin/HEAD` may name nothing.
            if let Ok(commit) = reference?.peel_to_commit() {
                walk.push(commit.id())?;
            }
        }
    }
    if let Ok(head) = repo.inner.head().and_then(|head| head.peel_to_commit()) {
        walk.push(head.id())?;
    }
    Ok(walk)
}

struct Walk<'a> {
    repo: &'a Repo,
    /// Trees and blobs that were shown.
    seen: BTreeSet<git2::Oid>,
}

type See<'a> = &'a mut dyn FnMut(&str, &[u8]) -> ControlFlow<()>;

impl Walk<'_> {
    fn folder(&mut self, id: git2::Oid, path: &str, see: See<'_>) -> Result<ControlFlow<()>, git2::Error> {
        if !self.seen.insert(id) {
            return Ok(ControlFlow::Continue(()));
        }
        let Ok(tree) = self.repo.inner.find_tree(id) else { return Ok(ControlFlow::Continue(())) };
        self.entries(&tree, path, see)
    }

    fn entries(&mut self, tree: &Tree<'_>, path: &str, see: See<'_>) -> Result<ControlFlow<()>, git2::Error> {
        for entry in tree {
            let Ok(name) = entry.name() else { continue };
            let inner = format!("{path}/{name}");
            // The ledger is never deeper than one folder of shards.
            let flow = match entry.kind() {
                Some(ObjectType::Tree) if path == LEDGER => self.folder(entry.id(), &inner, see)?,
                Some(ObjectType::Blob) => self.file(entry.id(), &inner, see)?,
                _ => ControlFlow::Continue(()),
            };
            if flow.is_break() {
                return Ok(flow);
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn file(&mut self, id: git2::Oid, path: &str, see: See<'_>) -> Result<ControlFlow<()>, git2::Error> {
        if !self.seen.insert(id) {
            return Ok(ControlFlow::Continue(()));
        }
        Ok(see(path, self.repo.inner.find_blob(id)?.content()))
    }
}
