//! Running git so that neither hooks, prompts, languages nor inherited variables change what it does.

use std::io::{Read, Write as _};
use std::process::{Command, Output, Stdio};
use std::thread;

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

/// A hardened git command in the work tree.
pub(super) fn git(place: &Place, args: &[&str]) -> Command {
    let mut command = Command::new("git");
    for name in FOREIGN {
        command.env_remove(name);
    }
    // Not plain `C`: git-annex would take names beyond ASCII apart.
    command.env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C.UTF-8").current_dir(&place.root);
    for setting in ["core.hooksPath=/dev/null", "gc.auto=0", "maintenance.auto=false", "core.fsmonitor=false"]
    {
        command.args(["-c", setting]);
    }
    command.args(args);
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
    let mut child = command.spawn().map_err(not_started)?;
    let mut stdin = child.stdin.take().expect("stdin is piped");
    thread::scope(|scope| {
        // A program that ends early says why itself; the broken pipe is no news.
        scope.spawn(move || stdin.write_all(input));
        child.wait_with_output()
    })
    .map_err(not_started)
}

/// The end of a program's standard error, in one line. Of a crash report, which is removed, nothing is said.
pub(super) fn last_words(stderr: &[u8]) -> String {
    let start = stderr.len().saturating_sub(MESSAGE_BYTES);
    let text = String::from_utf8_lossy(&stderr[start..]);
    let is_worth = |line: &&str| !line.is_empty() && !line.starts_with("fast-import: dumping crash report");
    text.lines().map(str::trim).filter(is_worth).collect::<Vec<_>>().join("; ")
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
    }
}
