//! `Program`: the one place that starts `git` and `git annex`.
//!
//! Programs are started by argument vector, with settings that keep a stranger's repository from
//! running its own hooks, pagers or monitors, and that make their output the same in any language.

use std::ffi::OsStr;
use std::io::{self, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;

use rustix::process::Signal;

/// Settings that no repository may override.
const HARDENING: [&str; 6] = [
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "protocol.ext.allow=never",
    "submodule.recurse=false",
    "commit.gpgSign=false",
];

/// Whether a program may take git's optional locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Only looks; takes no lock.
    Read,
    /// Changes index, work tree, objects or refs.
    Write,
}

/// Why a git program gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// The program is not on the path.
    #[error("`{program}` is missing; install it and try again")]
    Missing {
        /// `git` or `git-annex`.
        program: String,
    },
    /// The system could not start it or talk to it.
    #[error("could not run `{command}`: {source}")]
    Start {
        /// The command line, without our settings.
        command: String,
        /// What the system says.
        source: io::Error,
    },
    /// It ended badly.
    #[error("`{command}` failed: {message}")]
    Failed {
        /// The command line, without our settings.
        command: String,
        /// Exit code; absent if a signal ended it.
        code: Option<i32>,
        /// What it wrote to standard error, trimmed.
        message: String,
    },
}

/// A git program about to be started.
#[derive(Debug)]
pub struct Program {
    command: Command,
    words: Vec<String>,
    stdin: Vec<u8>,
    access: Access,
}

/// `git` in `folder`.
pub fn git(folder: &Path, access: Access) -> Program {
    let mut command = Command::new("git");
    command.current_dir(folder).env("LC_ALL", "C").env("TZ", "UTC").env("GIT_TERMINAL_PROMPT", "0");
    command.env_remove("GIT_DIR").env_remove("GIT_WORK_TREE").env_remove("GIT_INDEX_FILE");
    command.env("GIT_OPTIONAL_LOCKS", if access == Access::Read { "0" } else { "1" });
    for setting in HARDENING {
        command.args(["-c", setting]);
    }
    Program { command, words: vec!["git".to_owned()], stdin: Vec::new(), access }
}

/// `git annex` in `folder`.
pub fn git_annex(folder: &Path, access: Access) -> Program {
    git(folder, access).arg("annex")
}

impl Program {
    /// Adds one argument.
    pub fn arg(mut self, word: impl AsRef<OsStr>) -> Self {
        self.words.push(word.as_ref().to_string_lossy().into_owned());
        self.command.arg(word);
        self
    }

    /// Adds arguments.
    pub fn args<W: AsRef<OsStr>>(self, words: impl IntoIterator<Item = W>) -> Self {
        words.into_iter().fold(self, Self::arg)
    }

    /// Sets an environment variable.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Gives bytes to its standard input.
    pub fn stdin(mut self, bytes: Vec<u8>) -> Self {
        self.stdin = bytes;
        self
    }

    /// Runs it to its end and gives what it wrote to standard output.
    ///
    /// # Errors
    /// When it is missing, cannot be started, or does not exit with 0.
    pub fn output(self) -> Result<Vec<u8>, ProcessError> {
        let words = self.words.clone();
        let output = self.run()?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(failure(&words, &output))
    }

    /// Runs it to its end, whatever its exit code. One that only reads is asked again, once, if the terminal's Ctrl-C ended
    /// it: we had it too, and live on to end what we do in order.
    ///
    /// # Errors
    /// When it is missing or cannot be started.
    pub fn run(mut self) -> Result<Output, ProcessError> {
        let is_interrupted = |output: &Output| output.status.signal() == Some(Signal::INT.as_raw());
        let mut output = self.once();
        if self.access == Access::Read && output.as_ref().is_ok_and(is_interrupted) {
            output = self.once();
        }
        output.map_err(|source| start_failure(&self.words, source))
    }

    fn once(&mut self) -> io::Result<Output> {
        let input = if self.stdin.is_empty() { Stdio::null() } else { Stdio::piped() };
        self.command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn()?;
        let pipe = child.stdin.take();
        let bytes = &self.stdin;
        thread::scope(|scope| {
            // A program that stops reading early says why on its standard error.
            scope.spawn(move || pipe.map(|mut pipe| pipe.write_all(bytes)));
            child.wait_with_output()
        })
    }
}

fn start_failure(words: &[String], source: io::Error) -> ProcessError {
    if source.kind() == io::ErrorKind::NotFound {
        return ProcessError::Missing { program: words[0].clone() };
    }
    ProcessError::Start { command: words.join(" "), source }
}

fn failure(words: &[String], output: &Output) -> ProcessError {
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    let message = match output.status.signal() {
        Some(signal) if said.is_empty() => format!("signal {signal} ended it; try again"),
        _ => said,
    };
    let is_annex = words.get(1).is_some_and(|word| word == "annex");
    if is_annex && message.contains("'annex' is not a git command") {
        return ProcessError::Missing { program: "git-annex".to_owned() };
    }
    ProcessError::Failed { command: words.join(" "), code: output.status.code(), message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_how_a_program_ended() {
        let folder = tempfile::tempdir().unwrap();
        let version = git(folder.path(), Access::Read).arg("--version").output().unwrap();
        assert!(version.starts_with(b"git version"));
        let failed = git(folder.path(), Access::Read).args(["rev-parse", "HEAD"]).output().unwrap_err();
        assert!(failed.to_string().starts_with("`git rev-parse HEAD` failed: fatal: not a git"), "{failed}");
        let missing = git(folder.path(), Access::Read).env("PATH", "/nowhere").arg("--version").output();
        assert_eq!(missing.unwrap_err().to_string(), "`git` is missing; install it and try again");
    }

    #[test]
    fn a_signal_that_ended_it_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let ended = git(folder.path(), Access::Read).args(["-c", "alias.end=!kill -9 $PPID", "end"]);
        let message = ended.output().unwrap_err().to_string();
        assert!(message.ends_with("end` failed: signal 9 ended it; try again"), "{message}");
    }

    #[test]
    fn a_ctrl_c_for_us_makes_no_reading_git_fail() {
        let folder = tempfile::tempdir().unwrap();
        let seen = folder.path().join("seen");
        // Whoever runs the tests may ignore the signal, and so would the programs that they start. A process of its own
        // writes the program: while this one has it open for writing, what another thread starts may keep it busy.
        let fake = r#"printf '%s\n' '#!/bin/sh' 'test -e seen && exec cat' 'touch seen' \
            'exec perl -e "\$SIG{INT} = q(DEFAULT); kill q(INT), \$\$; sleep 60"' > git; chmod +x git"#;
        let made = Command::new("sh").args(["-c", fake]).current_dir(folder.path()).status();
        assert!(made.unwrap().success());
        let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
        let asked = |access| git(folder.path(), access).env("PATH", &path).stdin(b"told".to_vec());
        assert_eq!(asked(Access::Read).output().unwrap(), b"told");
        std::fs::remove_file(seen).unwrap();
        let message = asked(Access::Write).output().unwrap_err().to_string();
        assert!(message.contains("signal 2 ended it"), "{message}");
    }

    #[test]
    fn large_input_does_not_block() {
        let folder = tempfile::tempdir().unwrap();
        let line = b"some/path\n".repeat(200_000);
        let program = git(folder.path(), Access::Read).args(["hash-object", "--stdin"]).stdin(line);
        assert_eq!(program.output().unwrap().len(), 41);
    }
}
