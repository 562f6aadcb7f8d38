//! Which programs were seen to start a container, or to start none, since this machine did: to try one takes a while.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::exec::Found;
use crate::git::this_boot;
use crate::ledger::{Durability, write_atomic};
use crate::model::ContainerProgram;

/// What came of it, kept in the state folder; a damaged or absent file means nothing.
#[derive(Default, Serialize, Deserialize)]
struct Tried {
    /// The boot of the machine.
    boot: String,
    /// Each program, by its path.
    programs: BTreeMap<PathBuf, Outcome>,
}

/// How a program stood when it was tried, and why it started no container, if so.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Outcome {
    inode: u64,
    changed_s: i64,
    why: Option<String>,
}

/// Whether a program starts a container, as it was seen before or is tried now. `state` is the state folder.
///
/// # Errors
/// A sentence fragment: no container starts here.
pub(super) fn tried(found: &Found, state: &Path) -> Result<(), String> {
    match recall(found, state) {
        Some(Outcome { why: None, .. }) => Ok(()),
        Some(Outcome { why: Some(why), .. }) => {
            Err(format!("{why} (as tried before; `minipach engines` tries again)"))
        }
        None => try_afresh(found, state),
    }
}

/// Tries a program, and keeps what came of it.
///
/// # Errors
/// A sentence fragment: no container starts here.
pub fn try_afresh(found: &Found, state: &Path) -> Result<(), String> {
    let ended = found.try_out();
    if found.program == ContainerProgram::Podman {
        keep(found, state, ended.clone().err());
    }
    ended
}

fn recall(found: &Found, state: &Path) -> Option<Outcome> {
    let outcome = read(state)?.programs.remove(&found.path)?;
    (Some(&outcome) == outcome_of(found, outcome.why.clone()).as_ref()).then_some(outcome)
}

/// A cache: failing to is no error.
fn keep(found: &Found, state: &Path, why: Option<String>) {
    let (Some(boot), Some(outcome)) = (this_boot(), outcome_of(found, why)) else { return };
    let mut tried = read(state).unwrap_or_else(|| Tried { boot, ..Tried::default() });
    tried.programs.insert(found.path.clone(), outcome);
    if let Ok(bytes) = serde_json::to_vec(&tried) {
        drop(write_atomic(&file(state), &bytes, Durability::Process));
    }
}

/// What was kept since this machine started.
fn read(state: &Path) -> Option<Tried> {
    let tried: Tried = serde_json::from_slice(&fs::read(file(state)).ok()?).ok()?;
    (Some(&tried.boot) == this_boot().as_ref()).then_some(tried)
}

fn outcome_of(found: &Found, why: Option<String>) -> Option<Outcome> {
    let stat = fs::metadata(&found.path).ok()?;
    Some(Outcome { inode: stat.ino(), changed_s: stat.ctime(), why })
}

fn file(state: &Path) -> PathBuf {
    state.join("tried.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &Path) -> Found {
        let (is_rootless, has_init) = (false, false);
        Found {
            program: ContainerProgram::Podman,
            path: path.into(),
            is_rootless,
            has_init,
            version: String::new(),
        }
    }

    #[test]
    fn what_came_of_it_holds_for_this_boot_and_this_program() {
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("podman");
        fs::write(&program, "").unwrap();
        let podman = found(&program);
        keep(&podman, dir.path(), None);
        assert_eq!(tried(&podman, dir.path()), Ok(()));
        keep(&podman, dir.path(), Some("nothing starts".into()));
        assert!(tried(&podman, dir.path()).unwrap_err().starts_with("nothing starts (as tried before"));
        let text = fs::read_to_string(file(dir.path())).unwrap();
        let boot = this_boot().unwrap();
        fs::write(file(dir.path()), text.replace(&boot, "another")).unwrap();
        assert!(recall(&podman, dir.path()).is_none());
        fs::write(file(dir.path()), text).unwrap();
        assert!(recall(&podman, dir.path()).is_some());
        fs::write(dir.path().join("new"), "").unwrap();
        fs::rename(dir.path().join("new"), &program).unwrap();
        assert!(recall(&podman, dir.path()).is_none());
    }
}
