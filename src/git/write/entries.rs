//! What a commit changes, and the tree entries that come of it.

use crate::model::Oid;

use super::WriteError;

/// One change against the parent's tree. Paths are from the root, `/` between components.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The path becomes what stands in the work tree now: a file, an executable file or a link.
    Write {
        /// Where.
        path: String,
        /// The id of the bytes as they stand in the work tree, if known: they must still be these.
        expect: Option<Oid>,
    },
    /// The path becomes an object that git already has.
    Known {
        /// Where.
        path: String,
        /// The git mode: `0o100_644`, `0o100_755`, `0o120_000`, `0o160_000`, `0o40_000` (a whole folder).
        mode: u32,
        /// The object.
        oid: Oid,
    },
    /// The path goes, with all below it.
    Delete {
        /// Where.
        path: String,
    },
}

impl Change {
    /// The path it concerns.
    pub fn path(&self) -> &str {
        match self {
            Self::Write { path, .. } | Self::Known { path, .. } | Self::Delete { path } => path,
        }
    }
}

/// What stands at a path in a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The git mode.
    pub mode: u32,
    /// The object.
    pub oid: Oid,
}

/// Mode of an ordinary file.
pub(super) const FILE: u32 = 0o100_644;
/// Mode of an executable file.
pub(super) const EXEC: u32 = 0o100_755;
/// Mode of a symbolic link.
pub(super) const LINK: u32 = 0o120_000;

/// Our id as libgit2's.
pub(super) fn to_git2(oid: Oid) -> git2::Oid {
    git2::Oid::from_bytes(&oid.0).expect("an id has 20 bytes")
}

/// libgit2's id as ours.
pub(super) fn from_git2(oid: git2::Oid) -> Oid {
    Oid(oid.as_bytes().try_into().expect("only SHA-1 repositories are opened"))
}

/// Writes the tree of one folder: `base`'s entries with `files` (paths below the folder) put in
/// (`Some` bytes) or taken out (`None`), and gives its id.
///
/// Meant for the few files of `.minipach`, whose tree id a run record names before it is committed.
///
/// # Errors
/// When `base` is unknown or an object cannot be written.
pub fn subtree(
    repo: &git2::Repository,
    base: Option<Oid>,
    files: &[(String, Option<Vec<u8>>)],
) -> Result<Oid, WriteError> {
    let base = base.map(|oid| repo.find_tree(to_git2(oid))).transpose()?;
    let mut update = git2::build::TreeUpdateBuilder::new();
    for (path, bytes) in files {
        match bytes {
            Some(bytes) => _ = update.upsert(path, repo.blob(bytes)?, git2::FileMode::Blob),
            None if base.as_ref().is_some_and(|tree| tree.get_path(path.as_ref()).is_ok()) => {
                _ = update.remove(path);
            }
            None => {}
        }
    }
    let base = match base {
        Some(tree) => tree,
        None => repo.find_tree(repo.treebuilder(None)?.write()?)?,
    };
    Ok(from_git2(update.create_updated(repo, &base)?))
}
