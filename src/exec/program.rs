//! Finding the program of a command, so that a missing one is told in a sentence.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::fs::Access;
use rustix::io::Errno;

/// Where programs were found, by name and `PATH`: a run looks for the same few again and again.
static FOUND: Mutex<BTreeMap<(String, OsString), PathBuf>> = Mutex::new(BTreeMap::new());

/// Why a program cannot be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    /// No folder of `PATH` has it.
    Absent(String),
    /// What stands under its name is none, or it has no name: in a sentence fragment.
    Unfit(String),
}

impl Lack {
    /// The same without where it was looked for.
    pub fn in_short(self) -> String {
        match self {
            Self::Absent(program) => format!("`{program}` is not installed"),
            Self::Unfit(why) => why,
        }
    }
}

impl fmt::Display for Lack {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent(program) => {
                write!(to, "`{program}` is not installed: no folder of `PATH` has it")
            }
            Self::Unfit(why) => to.write_str(why),
        }
    }
}

/// Finds `program`: as a path from `cwd` if it holds a slash, else in the folders of `search` (`PATH`).
///
/// # Errors
/// What it lacks; a sentence fragment that names the program.
pub(super) fn find(program: &str, cwd: &Path, search: Option<&OsStr>) -> Result<PathBuf, Lack> {
    if program.is_empty() {
        return Err(Lack::Unfit("the command's first word is empty".to_owned()));
    }
    if program.contains('/') {
        let path = cwd.join(program);
        let unfit = |reason| Lack::Unfit(format!("`{program}` {reason}"));
        return check(&path).map(|()| path).map_err(unfit);
    }
    let search = search.unwrap_or(OsStr::from_bytes(b"/usr/local/bin:/usr/bin:/bin"));
    let is_anywhere = folders_of(search).all(|folder| folder.starts_with(b"/"));
    if !is_anywhere {
        return find_in(program, cwd, search);
    }
    let named = (program.to_owned(), search.to_owned());
    let known = lock().get(&named).cloned();
    match known.filter(|path| check(path).is_ok()) {
        Some(path) => Ok(path),
        None => find_in(program, cwd, search).inspect(|path| drop(lock().insert(named, path.clone()))),
    }
}

fn find_in(program: &str, cwd: &Path, search: &OsStr) -> Result<PathBuf, Lack> {
    let mut refused = None;
    for folder in folders_of(search) {
        let path = cwd.join(OsStr::from_bytes(folder)).join(program);
        match check(&path) {
            Ok(()) => return Ok(path),
            Err("does not exist") => {}
            Err(reason) => refused = Some(format!("`{}` {reason}", path.display())),
        }
    }
    Err(refused.map_or_else(|| Lack::Absent(program.to_owned()), Lack::Unfit))
}

fn folders_of(search: &OsStr) -> impl Iterator<Item = &[u8]> {
    search.as_bytes().split(|byte| *byte == b':').filter(|folder| !folder.is_empty())
}

fn lock() -> MutexGuard<'static, BTreeMap<(String, OsString), PathBuf>> {
    FOUND.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Why a program is in no folder of `search`; nothing if it is in one.
pub fn lacks(program: &str, search: Option<&OsStr>) -> Option<Lack> {
    find(program, Path::new("/"), search).err()
}

fn check(path: &Path) -> Result<(), &'static str> {
    match rustix::fs::access(path, Access::EXEC_OK) {
        // Folders are "executable" too.
        Ok(()) if path.is_dir() => Err("is a folder"),
        Ok(()) => Ok(()),
        Err(Errno::ACCESS) if path.exists() => Err("is not executable; `chmod +x` it"),
        Err(_) => Err("does not exist"),
    }
}

/// How long a program that is open for writing is waited for, in milliseconds, try by try. A file that another thread
/// writes counts as open until each process forked meanwhile has become its program (golang/go issue 22315).
const BUSY: [u64; 7] = [1, 4, 15, 50, 100, 200, 400];

/// Starts it, and again if its file is just being written.
///
/// # Errors
/// What the system said; that the file is busy if it still is after the last try.
pub(super) fn start(command: &mut Command) -> std::io::Result<Child> {
    for wait in BUSY {
        match command.spawn() {
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => {
                std::thread::sleep(Duration::from_millis(wait));
            }
            ended => return ended,
        }
    }
    command.spawn()
}

/// Says why a program that was found did not start.
pub(super) fn not_started(path: &Path, error: &std::io::Error) -> String {
    let shown = path.display();
    match error.kind() {
        ErrorKind::NotFound => {
            format!("`{shown}` did not start: the interpreter its first line names does not exist")
        }
        ErrorKind::ArgumentListTooLong => {
            format!("`{shown}` did not start: its arguments and environment are too long")
        }
        ErrorKind::ExecutableFileBusy => {
            format!(
                "`{shown}` did not start: another program has it open for writing; run again when that is done"
            )
        }
        _ if error.raw_os_error() == Some(Errno::NOEXEC.raw_os_error()) => {
            format!(
                "`{shown}` did not start: it is no program for this machine, or lacks a first line like `#!/bin/sh`"
            )
        }
        _ => format!("`{shown}` did not start: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_or_says_why_not() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("plain"), "x").unwrap();
        std::fs::create_dir(dir.path().join("folder")).unwrap();
        let search = Some(dir.path().as_os_str());
        let find = |name: &str| find(name, dir.path(), search).map_err(|lack| lack.to_string());
        assert!(find("/bin/sh").is_ok());
        for (name, part) in [
            ("nothing", "not installed"),
            ("plain", "chmod +x"),
            ("./plain", "chmod +x"),
            ("./folder", "is a folder"),
            ("./nothing", "does not exist"),
            ("", "empty"),
        ] {
            let error = find(name).unwrap_err();
            assert!(error.contains(part), "{name}: {error}");
        }
        assert_eq!(lacks("nothing", search), Some(Lack::Absent("nothing".to_owned())));
        assert!(matches!(lacks("plain", search), Some(Lack::Unfit(_))));
        let plain = dir.path().join("plain");
        std::fs::set_permissions(&plain, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        assert_eq!(find("plain").unwrap(), plain);
        std::fs::remove_file(&plain).unwrap();
        assert!(find("plain").unwrap_err().contains("not installed"), "what was found before is gone");
    }

    #[test]
    fn a_program_that_is_just_written_is_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tool");
        std::fs::copy("/bin/true", &path).unwrap();
        let writer = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
        let error = start(&mut Command::new(&path)).unwrap_err();
        let told = not_started(&path, &error);
        assert!(told.contains("open for writing"), "{told}");
        let closes = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(20));
            drop(writer);
        });
        assert!(start(&mut Command::new(&path)).unwrap().wait().unwrap().success());
        closes.join().unwrap();
    }
}
