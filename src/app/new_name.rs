//! What a new pipeline may be called, and where it may stand.

use std::path::Path;

use crate::model::{PipelineName, is_at_or_below, show};

use super::error::AppError;
use super::session::Session;

/// The most letters of a part of a name.
const LETTERS: usize = 51;

/// The name, if it can be one and nothing stands there.
///
/// # Errors
/// Why not.
pub(super) fn new_name(session: &Session, typed: &str) -> Result<PipelineName, AppError> {
    let typed = typed.trim().trim_start_matches("./").trim_end_matches('/');
    let is_part = |part: &str| {
        let rest = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
        part.starts_with(|first: char| first.is_ascii_alphanumeric())
            && part.chars().all(rest)
            && part.len() <= LETTERS
    };
    if !typed.split('/').all(is_part) {
        return Err(AppError::usage(format!(
            "`{typed}` cannot be a pipeline's name: letters, digits, `-` and `_`, beginning with a letter or digit, {LETTERS} at most"
        )));
    }
    let name = PipelineName::parse(typed).map_err(|error| AppError::usage(format!("the name {error}")))?;
    let root = session.project.repo.root();
    if std::fs::symlink_metadata(root.join(typed)).is_ok() {
        return Err(AppError::usage(format!("`{typed}` is there already")));
    }
    if let Some(why) = elsewhere(root, typed) {
        return Err(AppError::usage(why));
    }
    let nested = |other: &&str| is_at_or_below(other, typed) || is_at_or_below(typed, other);
    if let Some(other) = session.project.names().find(nested) {
        let message = format!("`{typed}` and the pipeline `{other}` would lie in one another");
        return Err(AppError::usage(message));
    }
    Ok(name)
}

/// Why a path would not lie in the project itself: a link, a file or another repository stands on its way.
fn elsewhere(root: &Path, path: &str) -> Option<String> {
    path.match_indices('/').map(|(end, _)| &path[..end]).find_map(|folder| {
        let full = root.join(folder);
        let meta = std::fs::symlink_metadata(&full).ok()?;
        if meta.is_symlink() {
            Some(format!("`{}` is a link, and results must lie in the project itself", show(folder)))
        } else if !meta.is_dir() {
            Some(format!("`{}` is a file", show(folder)))
        } else {
            let is_inner = std::fs::symlink_metadata(full.join(".git")).is_ok();
            let why = "is a subdataset, and results must lie in the project itself";
            is_inner.then(|| format!("`{}` {why}", show(folder)))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_lie_in_the_project_itself() {
        let home = tempfile::tempdir().expect("a folder");
        let root = home.path();
        std::fs::create_dir_all(root.join("inner/.git")).expect("a folder");
        std::fs::create_dir_all(root.join("plain/deep")).expect("a folder");
        std::fs::write(root.join("file"), "").expect("a file");
        std::os::unix::fs::symlink("/tmp", root.join("link")).expect("a link");
        for (path, word) in [
            ("link/fs", Some("`link` is a link")),
            ("inner/deep/fs", Some("`inner` is a subdataset")),
            ("file/fs", Some("`file` is a file")),
            ("plain/deep/fs", None),
            ("new/fs", None),
            ("fs", None),
        ] {
            let why = elsewhere(root, path);
            assert_eq!(why.is_some(), word.is_some(), "{path}: {why:?}");
            assert!(why.is_none_or(|why| why.starts_with(word.unwrap_or_default())), "{path}");
        }
    }
}
