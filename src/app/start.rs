//! `start`: a run as a process of its own, so that it lives on when whoever asked for it goes; and how to stop it.

use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::run::Request;

use super::error::{AppError, ExitCode};

/// A run that was started.
pub struct Started {
    /// The process. Dropping it leaves it alone.
    pub child: Child,
    said: PathBuf,
}

impl Started {
    /// What it said, after it ended. The file goes.
    pub fn said(&self) -> String {
        let said = std::fs::read_to_string(&self.said).unwrap_or_default();
        drop(std::fs::remove_file(&self.said));
        said
    }

    /// What it complained about in what it `said`, having ended with an exit code (none if a signal ended it).
    pub fn complaint(said: &str, code: Option<i32>) -> Option<String> {
        let complaint = said.lines().find(|line| line.starts_with("error:")).map(str::to_owned);
        match code {
            Some(0 | 1) => None,
            Some(_) => complaint,
            None => Some("error: it was ended by a signal; the next run goes on".into()),
        }
    }
}

/// The words after `minipach` that ask for a request.
pub fn words(request: &Request) -> Vec<String> {
    let switches = [
        (request.force, "--force"),
        (request.downstream, "--downstream"),
        (request.failed_only, "--failed"),
        (request.keep_going, "--keep-going"),
        (!request.commit, "--no-commit"),
        (request.save && request.save_paths.is_empty(), "--save"),
    ];
    let switches = switches.into_iter().filter(|(is_on, _)| *is_on).map(|(_, word)| word.to_owned());
    let mut words = vec!["run".to_owned()];
    words.extend(switches);
    // In one word each, whatever they begin with.
    words.extend(request.save_paths.iter().map(|path| format!("--save-path={path}")));
    if request.targets.iter().any(|target| target.starts_with('-')) {
        words.push("--".into());
    }
    words.extend(request.targets.iter().cloned());
    words
}

/// The same as one line for a shell.
pub fn command_line(words: &[String]) -> String {
    let quoted = words.iter().map(|word| quoted(word));
    std::iter::once("minipach".to_owned()).chain(quoted).collect::<Vec<_>>().join(" ")
}

/// A text as one word of a shell.
pub fn quoted(text: &str) -> String {
    crate::plan::record::literal(text)
}

/// More bytes of words than this are not typed: targets are handed on through standard input.
const TYPED_AT_MOST: usize = 100_000;

/// Words as they are typed, and a list of targets for standard input, if they are too many to be typed.
fn packed(words: &[String]) -> (Vec<String>, Option<Vec<u8>>) {
    let is_long = words.iter().map(|word| word.len() + 1).sum::<usize>() > TYPED_AT_MOST;
    // Of the verb's own words none has a value.
    let is_target = |word: &String| !word.starts_with("--") || word == "--";
    let start = words.iter().skip(1).position(is_target).map(|at| at + 1);
    let Some(start) = start.filter(|_| is_long) else { return (words.to_vec(), None) };
    let mut typed = words[..start].to_vec();
    let option = if words[0] == "save" { "--paths-from" } else { "--targets-from" };
    typed.extend([option.to_owned(), "-".to_owned()]);
    let targets = words[start..].iter().skip(usize::from(words[start] == "--"));
    let list = targets.flat_map(|target| target.bytes().chain([0])).collect();
    (typed, Some(list))
}

/// A file without a name, read from its start.
fn listed(list: &[u8]) -> std::io::Result<Stdio> {
    let mut file = tempfile::tempfile()?;
    file.write_all(list)?;
    file.rewind()?;
    Ok(file.into())
}

/// Starts `minipach WORDS…` in a project, in a session of its own, with its words in a file of the state folder.
///
/// # Errors
/// When this program cannot be found or started.
pub fn start(root: &Path, state: &Path, words: &[String]) -> Result<Started, AppError> {
    let trouble =
        |what: &str, error: &std::io::Error| AppError::new(ExitCode::Data, format!("cannot {what}: {error}"));
    std::fs::create_dir_all(state).map_err(|error| trouble("make the state folder", &error))?;
    let named = tempfile::Builder::new().prefix("started-").suffix(".log").tempfile_in(state);
    let kept = named.and_then(|named| named.keep().map_err(|error| error.error));
    let (file, said) = kept.map_err(|error| trouble("write what a run says", &error))?;
    let twin = file.try_clone().map_err(|error| trouble("write what a run says", &error))?;
    let program = std::env::current_exe().map_err(|error| trouble("find this program", &error))?;
    let mut command = Command::new(program);
    let (words, list) = packed(words);
    let input = list.map_or_else(|| Ok(Stdio::null()), |list| listed(&list));
    let input = input.map_err(|error| trouble("write the list of targets", &error))?;
    command.args(["--detached", "--color", "never"]).args(words);
    command.current_dir(root).stdin(input).stdout(file).stderr(twin);
    let child = command.spawn().map_err(|error| trouble("start a run", &error))?;
    Ok(Started { child, said })
}

/// Puts this process in a session of its own, so that the end of the terminal it was started from is not its end.
pub fn detach() {
    // One that leads a session or group already has what it needs.
    let _is_leader = rustix::process::setsid();
}

/// Asks the run of a work tree to stop: once to start nothing new, twice to end what runs. `pid` must be the process
/// that holds the lock, on this machine, so that nobody else is asked.
///
/// # Errors
/// When it is not.
pub fn stop(state: &Path, pid: u32) -> Result<(), AppError> {
    let gone = || AppError::new(ExitCode::Data, format!("the run of process {pid} is over"));
    let holder =
        crate::ledger::holder(state).ok().flatten().filter(|holder| holder.pid == pid).ok_or_else(gone)?;
    if holder.host != rustix::system::uname().nodename().to_string_lossy() {
        let message = format!("the run is on `{}`; stop it there: kill -INT {pid}", holder.host);
        return Err(AppError::new(ExitCode::Data, message));
    }
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw).ok_or_else(gone)?;
    rustix::process::kill_process(pid, rustix::process::Signal::INT).map_err(|_| gone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_targets_go_through_standard_input() {
        let few = ["run", "--force", "--", "-fs:a"].map(str::to_owned);
        assert_eq!(packed(&few), (few.to_vec(), None));
        let many = (0..20_000).map(|number| format!("fs:sub-{number}"));
        let words: Vec<String> = few.iter().cloned().chain(many).collect();
        let (typed, list) = packed(&words);
        assert_eq!(typed, ["run", "--force", "--targets-from", "-"]);
        let list = String::from_utf8(list.unwrap_or_default()).expect("text");
        assert!(list.starts_with("-fs:a\0fs:sub-0\0") && list.ends_with("fs:sub-19999\0"));
        assert_eq!(list.matches('\0').count(), 20_001);
        let paths = (0..20_000).map(|number| format!("raw/sub-{number}"));
        let words: Vec<String> = ["save".to_owned(), "--".to_owned()].into_iter().chain(paths).collect();
        assert_eq!(packed(&words).0, ["save", "--paths-from", "-"]);
    }

    #[test]
    fn a_request_is_a_line_that_a_shell_reads_back() {
        let request = Request {
            targets: vec!["fs:sub 1".into()],
            force: true,
            downstream: true,
            failed_only: false,
            keep_going: false,
            jobs: 2,
            commit: true,
            save: false,
            save_paths: Vec::new(),
        };
        assert_eq!(command_line(&words(&request)), "minipach run --force --downstream 'fs:sub 1'");
        let save_paths = vec!["--all".to_owned(), "raw/a b".to_owned()];
        let saving = Request { save: true, save_paths, downstream: false, force: false, ..request };
        assert_eq!(words(&saving), ["run", "--save-path=--all", "--save-path=raw/a b", "fs:sub 1"]);
    }
}
