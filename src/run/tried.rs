//! Which programs were seen to start a container since this machine started: to try one takes a while. That one started
//! none is not kept: it may have been cut off, or lacked a variable that the next caller has.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::process::{Resource, getrlimit};
use serde::{Deserialize, Serialize};

use crate::exec::{Found, Room};
use crate::git::this_boot;
use crate::ledger::{Durability, write_atomic};
use crate::model::ContainerProgram;

/// How the names of variables begin that podman and docker go by.
const BEGINNINGS: [&str; 9] = [
    "CONTAINER",
    "DBUS_SESSION_BUS_ADDRESS",
    "DOCKER_",
    "HOME",
    "PODMAN_",
    "STORAGE_",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
];

/// Where its settings stand, in each of the folders for that.
const SETTINGS: [&str; 2] = ["containers.conf", "storage.conf"];

/// The code by which podman tells that it started no container.
const OWN_CODE: i32 = 125;

/// Codes by which it does, and a shell in a container too, that cannot start a command.
const SHARED_CODES: [i32; 2] = [126, 127];

/// Those that did, kept in the state folder; a damaged or absent file means nothing.
#[derive(Default, Serialize, Deserialize)]
struct Tried {
    /// The boot of the machine.
    boot: String,
    /// Each program, by its path.
    programs: BTreeMap<PathBuf, Able>,
}

/// How a program stood when it started a container.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct Able {
    inode: u64,
    changed_s: i64,
    /// A digest of what it goes by beside that.
    around: String,
}

/// Whether a program starts a container, as it was seen before or is tried now. `state` is the state folder.
///
/// # Errors
/// A sentence fragment: no container starts here.
pub(super) fn tried(found: &Found, state: &Path) -> Result<(), String> {
    if recalls(found, state) { Ok(()) } else { try_afresh(found, state) }
}

/// Tries a program, and keeps that it can.
///
/// # Errors
/// A sentence fragment: no container starts here.
pub fn try_afresh(found: &Found, state: &Path) -> Result<(), String> {
    let ended = found.try_out();
    if found.program == ContainerProgram::Podman {
        note(found, state, ended.is_ok());
    }
    ended
}

/// Forgets that a program can, if a command in a room of its ended as where it could not start it, with a sentence of its
/// own: the next run tries again.
pub(super) fn doubt(room: &Room, code: i32, message: &str, state: &Path) {
    if let Room::Container(view) = room
        && view.found.program == ContainerProgram::Podman
        && is_own(code, message)
    {
        note(&view.found, state, false);
    }
}

/// Whether podman itself ended so, by the code and the last line after it.
fn is_own(code: i32, message: &str) -> bool {
    code == OWN_CODE || SHARED_CODES.contains(&code) && message.contains(": Error: ")
}

fn recalls(found: &Found, state: &Path) -> bool {
    let kept = read(state).and_then(|mut tried| tried.programs.remove(&found.path));
    kept.is_some() && kept == standing(found)
}

/// Keeps that a program can, or keeps nothing of it any more. A cache: failing to is no error.
fn note(found: &Found, state: &Path, can: bool) {
    let (Some(boot), Some(able)) = (this_boot(), standing(found)) else { return };
    let mut tried = read(state).unwrap_or_else(|| Tried { boot, ..Tried::default() });
    let before = tried.programs.remove(&found.path);
    if can {
        tried.programs.insert(found.path.clone(), able);
    } else if before.is_none() {
        return;
    }
    if let Ok(bytes) = serde_json::to_vec(&tried) {
        drop(write_atomic(&file(state), &bytes, Durability::Process));
    }
}

/// What was kept since this machine started.
fn read(state: &Path) -> Option<Tried> {
    let tried: Tried = serde_json::from_slice(&fs::read(file(state)).ok()?).ok()?;
    (Some(&tried.boot) == this_boot().as_ref()).then_some(tried)
}

fn standing(found: &Found) -> Option<Able> {
    let stat = fs::metadata(&found.path).ok()?;
    Some(Able { inode: stat.ino(), changed_s: stat.ctime(), around: surroundings() })
}

/// A digest of what decides whether podman starts a container: who calls it, the limits that it hands on, the variables
/// that it reads, and its settings as they stand.
pub(super) fn surroundings() -> String {
    let is_read = |name: &str| BEGINNINGS.iter().any(|beginning| name.starts_with(beginning));
    let mut variables: Vec<(String, PathBuf)> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into())))
        .filter(|(name, _)| is_read(name))
        .collect();
    variables.sort();
    let limits = [Resource::Nofile, Resource::Nproc].map(getrlimit);
    let mut text = format!("{:?} {limits:?} {variables:?}", rustix::process::geteuid());
    for path in variables.into_iter().map(|(_, value)| value).chain(settings()) {
        let stat = fs::metadata(&path).ok().filter(fs::Metadata::is_file);
        let stat = stat.map(|stat| (stat.ino(), stat.size(), stat.ctime(), stat.ctime_nsec()));
        _ = write!(text, " {} {stat:?}", path.display());
    }
    blake3::hash(text.as_bytes()).to_hex()[..32].to_owned()
}

/// Where podman looks for its settings.
fn settings() -> impl Iterator<Item = PathBuf> {
    let home = std::env::var_os("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".config")));
    let folders = home.into_iter().chain(["/etc".into(), "/usr/share".into()]);
    folders.flat_map(|folder| SETTINGS.map(|name| folder.join("containers").join(name)))
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
    fn a_command_that_a_shell_does_not_find_says_nothing_of_podman() {
        assert!(is_own(125, "exit code 125"));
        assert!(is_own(126, "exit code 126: Error: runc: no"));
        assert!(!is_own(127, "exit code 127: sh: nosuch: not found"));
        assert!(!is_own(126, "exit code 126: /bin/sh: ./a: Permission denied"));
        assert!(!is_own(1, "exit code 1: Error: no"));
    }

    #[test]
    fn what_came_of_it_holds_for_this_boot_and_this_program() {
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("podman");
        fs::write(&program, "").unwrap();
        let podman = found(&program);
        assert!(!recalls(&podman, dir.path()));
        note(&podman, dir.path(), true);
        assert_eq!(tried(&podman, dir.path()), Ok(()));
        note(&podman, dir.path(), false);
        assert!(!recalls(&podman, dir.path()), "what came of it last counts");
        note(&podman, dir.path(), true);
        let text = fs::read_to_string(file(dir.path())).unwrap();
        let boot = this_boot().unwrap();
        fs::write(file(dir.path()), text.replace(&boot, "another")).unwrap();
        assert!(!recalls(&podman, dir.path()));
        fs::write(file(dir.path()), text).unwrap();
        assert!(recalls(&podman, dir.path()));
        fs::write(dir.path().join("new"), "").unwrap();
        fs::rename(dir.path().join("new"), &program).unwrap();
        assert!(!recalls(&podman, dir.path()));
    }
}
