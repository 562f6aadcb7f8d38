//! What `git status` lists, where a question of its own would be as slow: of repositories that are not scanned.

use std::path::Path;

use super::process::{Access, ProcessError, git};

/// Which files are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// Tracked ones that differ from the last commit.
    Tracked,
    /// Those, and files that git neither tracks nor ignores; of a folder of such the folder.
    All,
}

/// The paths of files that differ from the last commit, from the root of their repository.
///
/// # Errors
/// When git refuses.
pub fn changed_files(root: &Path, which: Listed) -> Result<Vec<String>, ProcessError> {
    let untracked = match which {
        Listed::Tracked => "--untracked-files=no",
        Listed::All => "--untracked-files=normal",
    };
    Ok(paths(&git(root, Access::Read).args(["status", "--porcelain", "-z", untracked]).output()?))
}

/// The paths that `git status -z` lists: two letters and a path, and after that of a renamed or copied file its former one.
fn paths(said: &[u8]) -> Vec<String> {
    let mut fields = said.split(|byte| *byte == 0);
    let mut found = Vec::new();
    while let Some(field) = fields.next() {
        let Some((letters, path)) = field.split_at_checked(3) else { continue };
        if letters[..2].iter().any(|letter| matches!(letter, b'R' | b'C')) {
            fields.next();
        }
        found.push(String::from_utf8_lossy(path).into_owned());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_files_are_named_as_they_are() {
        let said = b"A  n\0 M edited twice\0R  new name\0old name\0MM \xc3\xa4\0";
        assert_eq!(paths(said), ["n", "edited twice", "new name", "\u{e4}"]);
        assert_eq!(paths(b""), Vec::<String>::new());
    }
}
