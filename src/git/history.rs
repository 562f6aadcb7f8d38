//! The ledger's past: every version of a ledger file that a commit on a local ref ever held, or one that HEAD was on.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use git2::{ObjectType, Sort};

use super::index::oid_of;
use super::{GitError, Repo, reverted_by};
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
    /// Whether no ref leads to it any more, only HEAD's reflog, as after `git reset` or an amended commit.
    pub is_dropped: bool,
}

/// Shows every distinct version of every ledger file on branches, tags and remote-tracking branches, newest
/// first, then of commits that only HEAD's reflog leads to, each version once, until `see` breaks.
///
/// # Errors
/// When a ref or an object cannot be read.
pub fn ledger_versions(
    repo: &Repo,
    mut see: impl FnMut(LedgerVersion<'_>) -> ControlFlow<()>,
) -> Result<(), GitError> {
    let (commits, standing, dropped) = roots(repo)?;
    let files = files_below(repo, standing);
    // A commit that is dropped tells only what no other one does.
    let is_new = |(file, _): &(_, Span)| !files.contains_key(file);
    let dropped: Spans = files_below(repo, dropped).into_iter().filter(is_new).collect();
    let standing = files.len();
    let in_order = |files: Spans| {
        let mut files: Vec<_> = files.into_iter().map(|((path, id), span)| (path, id, span)).collect();
        files.sort_by(|(path, _, span), (other, _, than)| (span.newest, path).cmp(&(than.newest, other)));
        files
    };
    let (files, dropped) = (in_order(files), in_order(dropped));
    let versions: Vec<Oid> = files.iter().chain(&dropped).map(|(_, id, _)| oid_of(*id)).collect();
    // A partial clone fetches them all at once; what does not come is told as each is read.
    let _all_are_here = repo.has_promised(&versions);
    let files = files.into_iter().chain(dropped);
    for (at, (path, id, span)) in files.enumerate() {
        let bytes = repo.blob(oid_of(id))?;
        let (newest, oldest) = (commits[span.newest], commits[span.oldest]);
        let is_dropped = at >= standing;
        if see(LedgerVersion { newest, oldest, path: &path, bytes: &bytes, is_dropped }).is_break() {
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

/// All commits, and the versions of the folder of ledgers in them: in those that refs lead to, and in those that are dropped.
fn roots(repo: &Repo) -> Result<(Vec<Oid>, Spans, Spans), GitError> {
    let (mut all, mut standing, mut seen) = (Vec::new(), Spans::new(), BTreeSet::new());
    for commit in commits(repo).map_err(GitError::reading("the history"))? {
        note_root(repo, commit, all.len(), &mut standing)?;
        all.push(oid_of(commit));
        seen.insert(commit);
    }
    let mut gone = Spans::new();
    // What git has dropped may be gone in part: what can be read of it is taken.
    for commit in dropped(repo, &seen).unwrap_or_default() {
        if note_root(repo, commit, all.len(), &mut gone).is_ok() {
            all.push(oid_of(commit));
        }
    }
    Ok((all, standing, gone))
}

fn note_root(repo: &Repo, commit: git2::Oid, at: usize, found: &mut Spans) -> Result<(), GitError> {
    let tree = repo.inner.find_commit(commit).and_then(|commit| commit.tree());
    let tree = tree.map_err(GitError::reading(format!("the ledger in {commit}")))?;
    if let Ok(entry) = tree.get_path(LEDGER.as_ref()) {
        note(found, LEDGER, entry.id(), Span { newest: at, oldest: at });
    }
    Ok(())
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

/// Ledger files, each by its path from the root, with its bytes.
pub type LedgerFiles = Vec<(String, Vec<u8>)>;

/// A commit that takes another one back, and with it lines of ledgers.
#[derive(Debug)]
pub struct LedgerRevert {
    /// The commit.
    pub commit: Oid,
    /// The ledger files that it changed, as they were.
    pub before: LedgerFiles,
    /// The same as they are in it.
    pub after: LedgerFiles,
}

/// The commits on branches, tags and remote-tracking branches that say they take another one back, and changed a
/// ledger; those that cannot be read are passed over.
///
/// # Errors
/// When a ref cannot be read.
pub fn ledger_reverts(repo: &Repo) -> Result<Vec<LedgerRevert>, GitError> {
    let all = commits(repo).map_err(GitError::reading("the history"))?;
    let commits = all.into_iter().filter_map(|commit| repo.inner.find_commit(commit).ok());
    let backs =
        commits.filter(|commit| reverted_by(&String::from_utf8_lossy(commit.message_bytes())).is_some());
    Ok(backs.filter_map(|commit| ledger_revert(repo, &commit)).collect())
}

fn ledger_revert(repo: &Repo, commit: &git2::Commit<'_>) -> Option<LedgerRevert> {
    let ledgers = |commit: &git2::Commit<'_>| {
        let entry = commit.tree().ok()?.get_path(LEDGER.as_ref()).ok()?;
        repo.inner.find_tree(entry.id()).ok()
    };
    let (before, after) = (ledgers(&commit.parent(0).ok()?), ledgers(commit));
    let difference = repo.inner.diff_tree_to_tree(before.as_ref(), after.as_ref(), None).ok()?;
    let file = |file: git2::DiffFile<'_>| {
        let path = format!("{LEDGER}/{}", file.path()?.to_str()?);
        Some((path, repo.blob(oid_of(file.id())).ok()?))
    };
    let before: LedgerFiles = difference.deltas().filter_map(|delta| file(delta.old_file())).collect();
    let after = difference.deltas().filter_map(|delta| file(delta.new_file())).collect();
    (!before.is_empty()).then(|| LedgerRevert { commit: oid_of(commit.id()), before, after })
}

/// Whether one commit comes after another one, which it builds on.
pub fn builds_on(repo: &Repo, one: Oid, other: Oid) -> bool {
    let id = |oid: Oid| git2::Oid::from_bytes(&oid.0);
    id(one).and_then(|one| repo.inner.graph_descendant_of(one, id(other)?)).unwrap_or(false)
}

/// All commits, children before parents, once git has fetched their folders where a partial clone has left these out.
fn commits(repo: &Repo) -> Result<Vec<git2::Oid>, git2::Error> {
    let mut walk = repo.inner.revwalk()?;
    walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME)?;
    for tip in tips(repo)? {
        walk.push(tip)?;
    }
    let found = walk.collect::<Result<Vec<_>, _>>()?;
    repo.fetch_folders(&found);
    Ok(found)
}

/// Commits that HEAD was on, with those before them, but for those `seen`.
fn dropped(repo: &Repo, seen: &BTreeSet<git2::Oid>) -> Result<Vec<git2::Oid>, git2::Error> {
    let was: Vec<git2::Oid> = repo.inner.reflog("HEAD")?.iter().map(|entry| entry.id_new()).collect();
    // Git may have let go of one.
    let is_dropped = |commit: &&git2::Oid| !seen.contains(commit) && repo.inner.find_commit(**commit).is_ok();
    let was: BTreeSet<&git2::Oid> = was.iter().filter(is_dropped).collect();
    if was.is_empty() {
        return Ok(Vec::new());
    }
    let mut walk = repo.inner.revwalk()?;
    walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME)?;
    for commit in was {
        walk.push(*commit)?;
    }
    for tip in tips(repo)? {
        walk.hide(tip)?;
    }
    Ok(walk.map_while(Result::ok).collect())
}

/// The commits of branches, tags, remote-tracking branches and HEAD.
fn tips(repo: &Repo) -> Result<BTreeSet<git2::Oid>, git2::Error> {
    let mut tips = BTreeSet::new();
    for refs in ["refs/heads/*", "refs/tags/*", "refs/remotes/*"] {
        for reference in repo.inner.references_glob(refs)? {
            // A tag may name something that is no commit; a clone's `origin/HEAD` may name nothing.
            tips.extend(reference?.peel_to_commit().ok().map(|commit| commit.id()));
        }
    }
    let head = repo.inner.head().and_then(|head| head.peel_to_commit());
    tips.extend(head.ok().map(|commit| commit.id()));
    Ok(tips)
}
