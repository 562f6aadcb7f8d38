//! Makes a repository a `DataLad` dataset, by `DataLad` itself.

use std::process::Command;

use super::identity::{identity, stand_in_for};
use super::program::output;
use super::{Place, WriteError};

/// What must be there for it.
const PROGRAMS: [&str; 2] = ["datalad", "git-annex"];

/// A program that is needed to make datasets and is not on `PATH`.
pub fn missing_for_dataset() -> Option<&'static str> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let has = |program: &&str| std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
    PROGRAMS.into_iter().find(|program| !has(program))
}

/// Whether a work tree is a dataset already.
pub fn is_dataset(place: &Place) -> bool {
    let config = git2::Config::open(&place.root.join(".datalad/config"));
    config.and_then(|config| config.get_string("datalad.dataset.id")).is_ok()
}

/// Makes the repository a dataset with a fresh id, and commits that. Its attributes are as they are committed already.
///
/// # Errors
/// When `DataLad` or git-annex is missing, or `DataLad` refuses.
pub fn make_dataset(place: &Place, description: &str) -> Result<(), WriteError> {
    let mut command = Command::new("datalad");
    command.current_dir(&place.root);
    if identity(place)?.is_stand_in {
        stand_in_for(&mut command);
    }
    command.args(["create", "--force", "--description", description, "."]);
    output(command, "datalad create", b"").map(drop)
}
