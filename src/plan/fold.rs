//! Folding: from single output files to the folders that one datum owns alone.

use std::sync::Arc;

use crate::model::{ContentId, FolderHasher, Kind, KnownOutput, OutFile};

/// One file with the number of the datum that made it.
#[derive(Clone, Debug)]
pub struct OwnedFile<'a> {
    /// Path relative to the pipeline's folder.
    pub path: &'a str,
    /// Who made it.
    pub owner: u32,
    /// The file.
    pub file: &'a OutFile,
}

/// Two datums want one path, or one wants a file where another wants a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// The path, relative to the pipeline's folder.
    pub path: String,
    /// The datums.
    pub owners: (u32, u32),
}

/// Folds files, sorted by path, into outputs by owner: the topmost folders that hold files of one
/// owner only, and single files elsewhere. The pipeline's own folder is never folded.
///
/// # Errors
/// The first clash of two owners.
pub fn fold(files: &[OwnedFile<'_>], mut emit: impl FnMut(u32, KnownOutput)) -> Result<(), Clash> {
    check(files)?;
    fold_below(files, 0, &mut emit);
    Ok(())
}

fn check(files: &[OwnedFile<'_>]) -> Result<(), Clash> {
    for pair in files.windows(2) {
        if pair[0].path == pair[1].path {
            return Err(clash(&pair[0], &pair[1]));
        }
    }
    for (at, one) in files.iter().enumerate() {
        let inside = |other: &&OwnedFile<'_>| {
            other.path.strip_prefix(one.path).is_some_and(|rest| rest.starts_with('/'))
        };
        let after = files[at + 1..].iter().take_while(|other| other.path.starts_with(one.path));
        if let Some(other) = after.clone().find(inside) {
            return Err(clash(one, other));
        }
    }
    Ok(())
}

fn clash(one: &OwnedFile<'_>, other: &OwnedFile<'_>) -> Clash {
    Clash { path: one.path.to_owned(), owners: (one.owner, other.owner) }
}

/// Folds a run of files that share their first `depth` bytes.
fn fold_below(files: &[OwnedFile<'_>], depth: usize, emit: &mut impl FnMut(u32, KnownOutput)) {
    let mut rest = files;
    while let Some(first) = rest.first() {
        let Some(end) = first.path[depth..].find('/') else {
            emit(first.owner, single(first));
            rest = &rest[1..];
            continue;
        };
        let prefix = &first.path[..=depth + end];
        let count = rest.partition_point(|file| file.path.starts_with(prefix));
        let (inside, after) = rest.split_at(count);
        if inside.iter().all(|file| file.owner == first.owner) {
            emit(first.owner, folder(inside, prefix));
        } else {
            fold_below(inside, prefix.len(), emit);
        }
        rest = after;
    }
}

fn single(owned: &OwnedFile<'_>) -> KnownOutput {
    KnownOutput {
        path: owned.path.into(),
        content: owned.file.content.clone(),
        exec: owned.file.kind == Kind::Exec,
        annexed: Vec::new(),
        packed: Arc::default(),
    }
}

fn folder(files: &[OwnedFile<'_>], prefix: &str) -> KnownOutput {
    let content: ContentId = {
        let mut hasher = FolderHasher::new();
        for file in files {
            hasher.add(&file.path[prefix.len()..], file.file.kind, &file.file.content);
        }
        hasher.finish()
    };
    KnownOutput {
        path: prefix.trim_end_matches('/').into(),
        content,
        exec: false,
        annexed: Vec::new(),
        packed: Arc::default(),
    }
}

/// The one output of a datum whose folder is its own (content view).
pub fn own_folder(path: &str, files: &[OutFile]) -> KnownOutput {
    let mut hasher = FolderHasher::new();
    for file in files {
        hasher.add(&file.path, file.kind, &file.content);
    }
    KnownOutput {
        path: path.into(),
        content: hasher.finish(),
        exec: false,
        annexed: Vec::new(),
        packed: Arc::default(),
    }
}
