//! Running git so that neither hooks, prompts, languages, inherited variables nor a Ctrl-C meant for us change what
//! it does.

use std::collections::BTreeSet;
use std::io::{self, Read, Write as _};
use std::ops::{Deref, DerefMut};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, getpgrp, kill_process_group, waitid};

use super::{Place, WriteError};

/// Bytes of an error message that are worth showing.
const MESSAGE_BYTES: usize = 600;

/// Variables that would make git look at another repository, index or object store.
const FOREIGN: [&str; 9] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_LITERAL_PATHSPECS",
];

/// The helpers there are, each the leader of its process group.
static HELPERS: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

fn helpers() -> MutexGuard<'static, BTreeSet<i32>> {
    HELPERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a number is that of a process group of git's that writes a commit.
pub fn is_helper(group: i32) -> bool {
    helpers().contains(&group)
}

/// Asks all programs that write a commit to end, as the terminal would have, had they not been out of its reach.
pub fn interrupt() {
    for leader in helpers().iter() {
        // One that ended by itself meanwhile is fine.
        Pid::from_raw(*leader).map(|leader| kill_process_group(leader, Signal::INT));
    }
}

/// A program that writes a commit, known as such from its first moment until it is reaped.
#[derive(Debug)]
pub(super) struct Helper(Child);

impl Helper {
    /// Starts it.
    pub(super) fn spawn(command: &mut Command) -> io::Result<Self> {
        let mut known = helpers();
        let child = command.spawn()?;
        known.insert(Pid::from_child(&child).as_raw_nonzero().get());
        Ok(Self(child))
    }

    /// Waits for its end.
    pub(super) fn wait(&mut self) -> io::Result<ExitStatus> {
        let leader = Pid::from_child(&self.0);
        // It is not reaped by that: until then nobody else can have its number.
        waitid(WaitId::Pid(leader), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT).unwrap_or_default();
        let mut known = helpers();
        let ended = self.0.wait();
        known.remove(&leader.as_raw_nonzero().get());
        ended
    }

    /// Reads all that it says, and waits for its end.
    fn wait_with_output(&mut self) -> io::Result<Output> {
        let stderr = self.stderr.take().map(drain);
        let mut stdout = Vec::new();
        let read = self.stdout.take().map_or(Ok(0), |mut stream| stream.read_to_end(&mut stdout));
        let status = self.wait()?;
        read?;
        let stderr = stderr.and_then(|thread| thread.join().ok()).unwrap_or_default();
        Ok(Output { status, stdout, stderr })
    }
}

impl Deref for Helper {
    type Target = Child;

    fn deref(&self) -> &Child {
        &self.0
    }
}

impl DerefMut for Helper {
    fn deref_mut(&mut self) -> &mut Child {
        &mut self.0
    }
}

/// Settings that no repository may override. Names are exact, also in a project that came from where they are not.
const SETTINGS: [&str; 5] = [
    "core.hooksPath=/dev/null",
    "gc.auto=0",
    "maintenance.auto=false",
    "core.fsmonitor=false",
    "core.ignoreCase=false",
];

/// A hardened git command in the work tree. It leads a process group of its own: a Ctrl-C at the terminal is for
/// minipach, which ends what it has begun.
pub(super) fn git(place: &Place, args: &[&str]) -> Command {
    let mut command = Command::new("git");
    for name in FOREIGN {
        command.env_remove(name);
    }
    // Not plain `C`: git-annex would take names beyond ASCII apart.
    command.env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C.UTF-8").current_dir(&place.root);
    command.process_group(0);
    for setting in SETTINGS {
        command.args(["-c", setting]);
    }
    command.args(args);
    command
}

/// Keeps ssh from asking at the terminal: out of the terminal's own group it would be stopped for that.
pub(super) fn without_questions(command: &mut Command) {
    command.env("SSH_ASKPASS_REQUIRE", "force");
    if std::env::var_os("SSH_ASKPASS").is_none() {
        command.env("SSH_ASKPASS", "false");
    }
}

/// Leaves a command in our own process group, for it may ask at the terminal.
pub(super) fn with_questions(mut command: Command) -> Command {
    command.process_group(getpgrp().as_raw_nonzero().get());
    command
}

/// Runs `command`, feeding `input`, and gives its standard output.
///
/// # Errors
/// When it cannot be started or does not end with 0.
pub(super) fn output(command: Command, name: &str, input: &[u8]) -> Result<Vec<u8>, WriteError> {
    let output = run(command, name, input)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(WriteError::Failed { program: name.to_owned(), message: last_words(&output.stderr) })
}

/// Runs `command`, feeding `input`, whatever its end.
pub(super) fn run(mut command: Command, name: &str, input: &[u8]) -> Result<Output, WriteError> {
    let not_started = |source| WriteError::NotStarted { program: name.to_owned(), source };
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = Helper::spawn(&mut command).map_err(not_started)?;
    let mut stdin = child.stdin.take().expect("stdin is piped");
    thread::scope(|scope| {
        // A program that ends early says why itself; the broken pipe is no news.
        scope.spawn(move || stdin.write_all(input));
        child.wait_with_output()
    })
    .map_err(not_started)
}

/// What says nothing of what went wrong: of a crash report, which is removed, and of what follows from a full disk.
const NOISE: [&str; 3] = [
    "fast-import: dumping crash report",
    "warning: die() called many times",
    "fatal: Unexpected checksum for",
];

/// The end of a program's standard error, in one line.
pub(super) fn last_words(stderr: &[u8]) -> String {
    let start = stderr.len().saturating_sub(MESSAGE_BYTES);
    let text = String::from_utf8_lossy(&stderr[start..]);
    let mut lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let is_noise = |line: &&str| NOISE.iter().any(|noise| line.starts_with(noise));
    if !lines.iter().all(is_noise) {
        lines.retain(|line| !is_noise(line));
    }
    lines.join("; ")
}

/// Reads a stream to its end in its own thread, so that the writer never blocks.
pub(super) fn drain(mut stream: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // An error here means that the program is gone, which its exit status tells better.
        drop(stream.read_to_end(&mut bytes));
        bytes
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_said_is_one_line() {
        let said = b"error: no room\r\nfatal: cannot write\n\nfast-import: dumping crash report to .git/fast_import_crash_7\n";
        assert_eq!(last_words(said), "error: no room; fatal: cannot write");
        assert_eq!(last_words(b" \n"), "");
        let full = b"fatal: sha1 file 'x' write error. Out of diskspace\nwarning: die() called many times. Recursion error or \
                     racy threaded death!\nfatal: Unexpected checksum for x (disk corruption?)\n";
        assert_eq!(last_words(full), "fatal: sha1 file 'x' write error. Out of diskspace");
        let alone = b"fatal: Unexpected checksum for x (disk corruption?)";
        assert_eq!(last_words(alone), "fatal: Unexpected checksum for x (disk corruption?)");
    }
}
