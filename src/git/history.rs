//! The ledger's past: every version of a ledger file that a commit on a local ref ever held.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use git2::{ObjectType, Sort};

use super::index::oid_of;
use super::{GitError, Repo};
use crate::model::Oid;

/// The folder that holds the ledger.
const LEDGER: &str = ".minipach/ledger";

/// One version of a ledger file.
#[derive(Debug)]
pub struct LedgerVersion<'a> {
    /// The newest commit that holds it.
    pub newest: Oid,
    /// The oldest one: mostly that which brought the results too. They may be gone or moved in later ones.
    pub oldest: Oid,
    /// Path from the root.
    pub path: &'a str,
    /// The file's bytes.
    pub bytes: &'a [u8],
}

/// Shows every distinct version of every ledger file on branches, tags and remote-tracking branches, newest
/// first, each version once, until `see` breaks.
///
/// # Errors
/// When a ref or an object cannot be read.
pub fn ledger_versions(
    repo: &Repo,
    mut see: impl FnMut(LedgerVersion<'_>) -> ControlFlow<()>,
) -> Result<(), GitError> {
    let (commits, roots) = roots(repo)?;
    let mut files: Vec<(String, git2::Oid, Span)> =
        files_below(repo, roots).into_iter().map(|((path, id), span)| (path, id, span)).collect();
    files.sort_by(|(path, _, span), (other, _, than)| (span.newest, path).cmp(&(than.newest, other)));
    for (path, id, span) in &files {
        let blob = repo.inner.find_blob(*id).map_err(GitError::reading(format!("`{path}`")))?;
        let (newest, oldest) = (commits[span.newest], commits[span.oldest]);
        if see(LedgerVersion { newest, oldest, path, bytes: blob.content() }).is_break() {
            break;
        }
    }
    Ok(())
}

/// From which to which commit something is held, by their numbers; children come before parents.
#[derive(Clone, Copy)]
struct Span {
    newest: usize,
    oldest: usize,
}

/// Objects at their paths from the root.
type Spans = BTreeMap<(String, git2::Oid), Span>;

fn note(spans: &mut Spans, path: &str, id: git2::Oid, span: Span) {
    let known = spans.entry((path.to_owned(), id)).or_insert(span);
    known.newest = known.newest.min(span.newest);
    known.oldest = known.oldest.max(span.oldest);
}

/// All commits, and the versions of the folder of ledgers in them.
fn roots(repo: &Repo) -> Result<(Vec<Oid>, Spans), GitError> {
    let (mut all, mut found) = (Vec::new(), Spans::new());
    for commit in commits(repo).map_err(GitError::reading("the history"))? {
        let commit = commit.map_err(GitError::reading("the history"))?;
        let tree = repo.inner.find_commit(commit).and_then(|commit| commit.tree());
        let tree = tree.map_err(GitError::reading(format!("the ledger in {commit}")))?;
        if let Ok(entry) = tree.get_path(LEDGER.as_ref()) {
            note(&mut found, LEDGER, entry.id(), Span { newest: all.len(), oldest: all.len() });
        }
        all.push(oid_of(commit));
    }
    Ok((all, found))
}

/// The files at any depth below folders. Each version of a folder is read once, however many commits hold it.
fn files_below(repo: &Repo, mut folders: Spans) -> Spans {
    let mut files = Spans::new();
    while !folders.is_empty() {
        let mut inner = Spans::new();
        for ((folder, id), span) in folders {
            let Ok(tree) = repo.inner.find_tree(id) else { continue };
            for entry in &tree {
                let Ok(name) = entry.name() else { continue };
                let path = format!("{folder}/{name}");
                match entry.kind() {
                    Some(ObjectType::Tree) => note(&mut inner, &path, entry.id(), span),
                    Some(ObjectType::Blob) => note(&mut files, &path, entry.id(), span),
                    _ => {}
                }
            }
        }
        folders = inner;
    }
    files
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
