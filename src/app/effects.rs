//! What commits did, in numbers: results by the ledger's lines, other files by their paths.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::git::process::{Access, git};

use super::error::AppError;
use super::touch::differences;

/// The ledger's folder.
const LEDGER: &str = ".minipach/ledger";

/// What a commit did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CommitEffect {
    /// Results at places that had none.
    pub made: usize,
    /// Results in the place of others.
    pub remade: usize,
    /// Results that are there no more.
    pub gone: usize,
    /// Files that are no results: new, edited, deleted.
    pub files: (usize, usize, usize),
}

/// What each of some commits did, by id.
///
/// # Errors
/// When git cannot be read.
pub fn effects(root: &Path, ids: &[String]) -> Result<BTreeMap<String, CommitEffect>, AppError> {
    ids.iter().map(|id| Ok((id.clone(), effect(root, id)?))).collect()
}

fn effect(root: &Path, id: &str) -> Result<CommitEffect, AppError> {
    let mut found = CommitEffect::default();
    let mut is_of_results = false;
    for (path, before, after) in differences(root, id, None)? {
        if path.starts_with(LEDGER.as_bytes()) {
            is_of_results = true;
            continue;
        }
        *match (before, after) {
            (None, _) => &mut found.files.0,
            (_, None) => &mut found.files.2,
            _ => &mut found.files.1,
        } += 1;
    }
    if is_of_results {
        // The files of such a commit are the results.
        found = results(root, id);
    }
    Ok(found)
}

/// What the lines of the ledger tell that a commit added and took away; nothing where git cannot tell.
fn results(root: &Path, id: &str) -> CommitEffect {
    let words = ["diff-tree", "--root", "--no-commit-id", "--no-renames", "-p", "-U0", id, "--", LEDGER];
    let Ok(output) = git(root, Access::Read).args(words).output() else { return CommitEffect::default() };
    counted(&String::from_utf8_lossy(&output))
}

/// Counts keys in a difference between ledgers, file by file.
fn counted(diff: &str) -> CommitEffect {
    let mut found = CommitEffect::default();
    let (mut new, mut old) = (BTreeSet::new(), BTreeSet::new());
    for line in diff.lines().chain(["diff "]) {
        if line.starts_with("diff ") {
            found.remade += new.intersection(&old).count();
            found.made += new.difference(&old).count();
            found.gone += old.difference(&new).count();
            (new, old) = (BTreeSet::new(), BTreeSet::new());
        } else if let Some(key) = line.strip_prefix('+').and_then(key) {
            new.insert(key);
        } else if let Some(key) = line.strip_prefix('-').and_then(key) {
            old.insert(key);
        }
    }
    found
}

/// The key of a ledger line, as it is written there.
fn key(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("{\"key\":\"")?;
    Some(&rest[..rest.find("\",\"id\":")?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_ledger_are_counted_by_their_keys() {
        let diff = "\
diff --git a/x b/x
--- a/x
+++ b/x
+{\"work\":\"00\"}
-{\"key\":\"a\",\"id\":\"1\"}
+{\"key\":\"a\",\"id\":\"2\"}
+{\"key\":\"b\\\"c\",\"id\":\"2\"}
-{\"key\":\"d\",\"id\":\"1\"}
diff --git a/y b/y
+{\"key\":\"d\",\"id\":\"1\"}
";
        let found = counted(diff);
        assert_eq!((found.made, found.remade, found.gone), (2, 1, 1));
        assert_eq!(counted(""), CommitEffect::default());
    }
}
