//! Keeps files as they stand under a ref of ours, so that git can give them back after they were replaced, or before they
//! have a place.

use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use git2::build::TreeUpdateBuilder;
use git2::{FileMode, Reference, Repository, Signature, Time};

use super::branch::resolve;
use super::entries::{from_git2, to_git2};
use super::identity::Identity;
use super::objects::{CommitBuilder, NewCommit};
use super::{Change, Place, WriteError};
use crate::git::sync_file_system;
use crate::model::Oid;

/// More files than this go through `git fast-import`, which packs them.
const FEW: usize = 256;
/// Where the results are that a run in the main work tree replaced.
const KEPT: &str = "refs/minipach/kept";
const MESSAGE: &str = "Keep results that were replaced before they were committed\n";

/// The ref that holds replaced results of a work tree. Each linked one has its own, so that runs in two of
/// them never write the same; not below `refs/worktree`, where git's clean-up in another does not look.
pub(super) fn kept_ref(place: &Place) -> String {
    let linked = place.git_dir.parent().is_some_and(|above| above.ends_with("worktrees"));
    let name = place.git_dir.file_name().filter(|_| linked);
    let Some(name) = name else { return KEPT.to_owned() };
    let readable = format!("{KEPT}-{}", name.to_string_lossy());
    if name.to_str().is_some() && Reference::is_valid_name(&readable) {
        return readable;
    }
    format!("{KEPT}-{}", blake3::hash(name.as_bytes()).to_hex())
}

/// Files in a commit that no ref names yet.
pub struct Copied {
    place: Place,
    commit: Oid,
}

/// Copies the files at `paths` (from the root), with their raw bytes, into a commit on top of what was kept before.
///
/// # Errors
/// When a file cannot be read, or an object cannot be written.
pub fn copy(place: &Place, paths: &[String], seconds: i64) -> Result<Copied, WriteError> {
    let repo = Repository::open(&place.root)?;
    let parent = resolve(&repo, &kept_ref(place))?;
    let commit = if paths.len() <= FEW {
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        keep_few(&repo, (&place.root, ""), parent, &paths, seconds)?
    } else {
        keep_many(place, parent, paths, seconds)?
    };
    Ok(Copied { place: place.clone(), commit })
}

/// Copies the files at `paths` of a folder, wherever that is, into such a commit, as files of the folder `to`.
///
/// # Errors
/// As [`copy`].
pub fn copy_from(
    place: &Place,
    (folder, to): (&Path, &str),
    paths: &[&str],
    seconds: i64,
) -> Result<Copied, WriteError> {
    let repo = Repository::open(&place.root)?;
    let parent = resolve(&repo, &kept_ref(place))?;
    let commit = keep_few(&repo, (folder, &format!("{to}/")), parent, paths, seconds)?;
    Ok(Copied { place: place.clone(), commit })
}

impl Copied {
    /// Keeps them: they survive git's clean-up and a power cut from then on.
    ///
    /// # Errors
    /// When something cannot be written or synced.
    pub fn keep(&self) -> Result<Oid, WriteError> {
        let repo = Repository::open(&self.place.root)?;
        let reference = &kept_ref(&self.place);
        // A ref that is there before its objects would name nothing after a power cut.
        sync_file_system(repo.commondir()).map_err(WriteError::io("sync", repo.commondir()))?;
        let overwrite = true;
        repo.reference(reference, to_git2(self.commit), overwrite, MESSAGE.trim_end())?;
        // Nor may it come after what takes the files' place.
        let written = repo.commondir().join(reference);
        let synced = File::open(&written).and_then(|file| file.sync_all());
        synced.map_err(WriteError::io("sync", written))?;
        Ok(self.commit)
    }
}

/// How many keepings go, and how many stay, if those made before `before_seconds` are forgotten; done unless `dry_run`.
/// The files of those that stay, stay; git's own clean-up removes what nothing names any more.
///
/// # Errors
/// When git cannot be read or written.
pub fn forget_kept(place: &Place, before_seconds: i64, dry_run: bool) -> Result<(usize, usize), WriteError> {
    let repo = Repository::open(&place.root)?;
    let reference = kept_ref(place);
    let Some(tip) = resolve(&repo, &reference)? else { return Ok((0, 0)) };
    let mut all = Vec::new();
    let mut next = Some(repo.find_commit(to_git2(tip))?);
    while let Some(commit) = next {
        next = commit.parent(0).ok();
        all.push(commit);
    }
    let stays = all.iter().filter(|commit| commit.time().seconds() >= before_seconds).count();
    let goes = all.len() - stays;
    if dry_run || goes == 0 {
        return Ok((goes, stays));
    }
    let mut parent: Option<git2::Commit<'_>> = None;
    for commit in all.iter().rev().filter(|commit| commit.time().seconds() >= before_seconds) {
        let parents: Vec<_> = parent.iter().collect();
        let (by, tree) = (commit.committer(), commit.tree()?);
        let again = repo.commit(None, &by, &by, MESSAGE, &tree, &parents)?;
        parent = Some(repo.find_commit(again)?);
    }
    let mut named = repo.find_reference(&reference)?;
    match parent {
        Some(tip) => drop(named.set_target(tip.id(), "minipach gc")?),
        None => named.delete()?,
    }
    Ok((goes, stays))
}

fn keep_many(place: &Place, parent: Option<Oid>, paths: &[String], seconds: i64) -> Result<Oid, WriteError> {
    let mut builder = CommitBuilder::start(place, parent, Identity::stand_in())?.raw();
    let changes: Vec<Change> =
        paths.iter().map(|path| Change::Write { path: path.clone(), expect: None }).collect();
    let oid = builder.commit(&NewCommit { message: MESSAGE.as_bytes(), changes: &changes, seconds })?;
    builder.finish()?;
    Ok(oid)
}

/// Without starting a program: a run that replaces one result should not wait for four.
fn keep_few(
    repo: &Repository,
    (folder, to): (&Path, &str),
    parent: Option<Oid>,
    paths: &[&str],
    seconds: i64,
) -> Result<Oid, WriteError> {
    let mut tree = TreeUpdateBuilder::new();
    for path in paths {
        let (oid, mode) = blob(repo, &folder.join(path))?;
        tree.upsert(format!("{to}{path}"), oid, mode);
    }
    let empty = repo.find_tree(repo.treebuilder(None)?.write()?)?;
    let tree = repo.find_tree(tree.create_updated(repo, &empty)?)?;
    let by = Signature::new("minipach", "minipach@localhost", &Time::new(seconds, 0))?;
    let parent = parent.map(|oid| repo.find_commit(to_git2(oid))).transpose()?;
    let parents: Vec<_> = parent.iter().collect();
    Ok(from_git2(repo.commit(None, &by, &by, MESSAGE, &tree, &parents)?))
}

fn blob(repo: &Repository, full: &Path) -> Result<(git2::Oid, FileMode), WriteError> {
    let failed = |error| WriteError::io("read", full)(error);
    let stat = fs::symlink_metadata(full).map_err(failed)?;
    if stat.is_symlink() {
        let text = fs::read_link(full).map_err(failed)?;
        return Ok((repo.blob(text.as_os_str().as_bytes())?, FileMode::Link));
    }
    let mut file = File::open(full).map_err(failed)?;
    let mut writer = repo.blob_writer(None)?;
    io::copy(&mut file, &mut writer).map_err(failed)?;
    let is_executable = stat.permissions().mode() & 0o100 != 0;
    let mode = if is_executable { FileMode::BlobExecutable } else { FileMode::Blob };
    Ok((writer.commit()?, mode))
}
