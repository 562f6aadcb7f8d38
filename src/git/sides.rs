//! Which sides of a merge have a version of what is in conflict.

use std::collections::BTreeMap;
use std::path::Path;

use super::process::{Access, ProcessError, git};

/// Who has a version of a path in conflict.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sides {
    /// What both come from has one.
    pub base: bool,
    /// What was checked out has one.
    pub ours: bool,
    /// What is merged has one.
    pub theirs: bool,
}

impl Sides {
    /// Whether one side alone has a version.
    pub const fn is_of_one(self) -> bool {
        self.ours != self.theirs
    }

    /// Whether one side removed it and the other has it.
    pub const fn are_at_odds(self) -> bool {
        self.base && self.is_of_one()
    }

    /// Whether one side added it in a folder to which the other gave another name, where git put it.
    pub const fn is_put(self) -> bool {
        !self.base && self.is_of_one()
    }
}

/// All paths in conflict, by git's index.
///
/// # Errors
/// When git does not say.
pub fn sides_in_conflict(root: &Path) -> Result<BTreeMap<String, Sides>, ProcessError> {
    let said = git(root, Access::Read).args(["ls-files", "--unmerged", "-z"]).output()?;
    let mut found: BTreeMap<String, Sides> = BTreeMap::new();
    for (about, path) in String::from_utf8_lossy(&said).split('\0').filter_map(|line| line.split_once('\t')) {
        let sides = found.entry(path.to_owned()).or_default();
        sides.base |= about.ends_with(" 1");
        sides.ours |= about.ends_with(" 2");
        sides.theirs |= about.ends_with(" 3");
    }
    Ok(found)
}
