//! `start`: a run as a process of its own, so that it lives on when whoever asked for it goes; and how to stop it.

use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::Signal;

use crate::run::Request;

use super::error::{AppError, ExitCode};

/// A run that was started.
pub struct Started {
    /// The process. Dropping it leaves it alone.
    pub child: Child,
    /// A file without a name: nothing of it is left, however this process ends.
    said: File,
}

impl Started {
    /// What it said, after it ended.
    pub fn said(&mut self) -> String {
        let mut said = Vec::new();
        let read = self.said.rewind().and_then(|()| self.said.read_to_end(&mut said));
        // What cannot be read is as good as nothing said.
        read.map_or_else(|_| String::new(), |_| String::from_utf8_lossy(&said).into_owned())
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
        (request.save && request.save_paths.is_empty() && request.save_files.is_empty(), "--save"),
    ];
    let switches = switches.into_iter().filter(|(is_on, _)| *is_on).map(|(_, word)| word.to_owned());
    let mut words = vec!["run".to_owned()];
    words.extend(switches);
    // In one word each, whatever they begin with.
    words.extend(request.save_paths.iter().map(|path| format!("--save-path={path}")));
    words.extend(request.save_files.iter().map(|path| format!("{FILE}{path}")));
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
    crate::model::literal(text)
}

/// A folder as `cd` takes it in a shell.
pub fn cd_word(folder: &str) -> String {
    if folder.starts_with('-') { quoted(&format!("./{folder}")) } else { quoted(folder) }
}

/// How a file that is saved first is typed, in one word whatever it begins with.
const FILE: &str = "--save-file=";

/// More bytes of words than this are not typed: targets are handed on through standard input.
const TYPED_AT_MOST: usize = 100_000;

/// Words as they are typed, and lists for standard input, if there are too many to be typed: of files to save first,
/// and of targets or paths; an empty entry parts the two.
fn packed(words: &[String]) -> (Vec<String>, Option<Vec<u8>>) {
    let is_long = words.iter().map(|word| word.len() + 1).sum::<usize>() > TYPED_AT_MOST;
    // Of the verb's other words none has a value.
    let is_target = |word: &String| !word.starts_with("--") || word == "--";
    let start = words.iter().skip(1).position(is_target).map_or(words.len(), |at| at + 1);
    let targets: Vec<&str> =
        words[start..].iter().map(String::as_str).skip_while(|word| *word == "--").collect();
    let file = |word: &String| word.strip_prefix(FILE).map(str::to_owned);
    let files: Vec<String> = words[..start].iter().filter_map(file).collect();
    if !is_long || (files.is_empty() && targets.is_empty()) {
        return (words.to_vec(), None);
    }
    let mut typed: Vec<String> = words[..start].iter().filter(|word| file(word).is_none()).cloned().collect();
    let option = if words[0] == "save" { "--paths-from" } else { "--targets-from" };
    let from = [(files.is_empty(), "--save-files-from"), (targets.is_empty(), option)];
    typed.extend(
        from.iter()
            .filter(|(is_empty, _)| !is_empty)
            .flat_map(|(_, option)| [*option, "-"])
            .map(str::to_owned),
    );
    let list = |list: &[&str]| list.iter().flat_map(|entry| entry.bytes().chain([0])).collect::<Vec<u8>>();
    let mut bytes = list(&files.iter().map(String::as_str).collect::<Vec<_>>());
    if !files.is_empty() && !targets.is_empty() {
        bytes.push(0);
    }
    bytes.extend(list(&targets));
    (typed, Some(bytes))
}

/// A file without a name, read from its start.
fn listed(list: &[u8]) -> std::io::Result<Stdio> {
    let mut file = tempfile::tempfile()?;
    file.write_all(list)?;
    file.rewind()?;
    Ok(file.into())
}

/// Starts `minipach WORDS…` in a project, in a session of its own; what it says is kept beside the state.
///
/// # Errors
/// When this program cannot be found or started.
pub fn start(root: &Path, state: &Path, words: &[String]) -> Result<Started, AppError> {
    let trouble =
        |what: &str, error: &std::io::Error| AppError::new(ExitCode::Data, format!("cannot {what}: {error}"));
    std::fs::create_dir_all(state).map_err(|error| trouble("make the state folder", &error))?;
    let said = tempfile::tempfile_in(state).map_err(|error| trouble("write what a run says", &error))?;
    let twin = || said.try_clone().map_err(|error| trouble("write what a run says", &error));
    let (out, err) = (twin()?, twin()?);
    let program = std::env::current_exe().map_err(|error| trouble("find this program", &error))?;
    let mut command = Command::new(program);
    let (words, list) = packed(words);
    let input = list.map_or_else(|| Ok(Stdio::null()), |list| listed(&list));
    let input = input.map_err(|error| trouble("write the list of targets", &error))?;
    command.args(["--detached", "--color", "never"]).args(words);
    command.current_dir(root).stdin(input).stdout(out).stderr(err);
    let child = command.spawn().map_err(|error| trouble("start a run", &error))?;
    Ok(Started { child, said })
}

/// Puts this process in a session of its own, so that the end of the terminal it was started from is not its end.
pub fn detach() {
    // One that leads a session or group already has what it needs.
    let _is_leader = rustix::process::setsid();
}

/// What a run is told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// To start nothing new and end; a second time, to end what runs.
    Stop,
    /// To end at once, with what runs.
    End,
    /// To begin no command for a while.
    Pause,
    /// To begin commands again.
    Resume,
}

impl Order {
    /// The signal that asks it.
    pub const fn signal(self) -> Signal {
        match self {
            Self::Stop => Signal::INT,
            Self::End => Signal::TERM,
            Self::Pause => Signal::USR1,
            Self::Resume => Signal::USR2,
        }
    }

    /// The command that does the same.
    pub fn command(self, pid: u32) -> String {
        match self {
            Self::Stop => "minipach cancel".into(),
            Self::End => "minipach cancel --now".into(),
            Self::Pause => format!("kill -USR1 {pid}"),
            Self::Resume => format!("kill -USR2 {pid}"),
        }
    }
}

/// Asks something of the run of a work tree. `pid` must be the process that holds the lock, on this machine, so that
/// nobody else is asked.
///
/// # Errors
/// When it is not.
pub fn order(state: &Path, pid: u32, asked: Order) -> Result<(), AppError> {
    let gone = || AppError::new(ExitCode::Data, format!("the run of process {pid} is over"));
    let holder =
        crate::ledger::holder(state).ok().flatten().filter(|holder| holder.pid == pid).ok_or_else(gone)?;
    if holder.host != rustix::system::uname().nodename().to_string_lossy() {
        let command = asked.command(pid);
        let message = format!("the run is on `{}`; there this does it: `{command}`", holder.host);
        return Err(AppError::new(ExitCode::Data, message));
    }
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw).ok_or_else(gone)?;
    rustix::process::kill_process(pid, asked.signal()).map_err(|_| gone())
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
        let files = (0..20_000).map(|number| format!("--save-file=raw/{number}"));
        let words: Vec<String> =
            ["run".to_owned()].into_iter().chain(files).chain(["fs".to_owned()]).collect();
        let (typed, list) = packed(&words);
        assert_eq!(typed, ["run", "--save-files-from", "-", "--targets-from", "-"]);
        assert!(
            list.is_some_and(|list| list.starts_with(b"raw/0\0") && list.ends_with(b"raw/19999\0\0fs\0"))
        );
        let (typed, list) = packed(&words[..words.len() - 1]);
        assert_eq!(typed, ["run", "--save-files-from", "-"]);
        assert!(list.is_some_and(|list| list.ends_with(b"raw/19999\0")));
    }

    #[test]
    fn a_request_is_a_line_that_a_shell_reads_back() {
        let request = Request { force: true, downstream: true, ..Request::new(vec!["fs:sub 1".into()], 2) };
        assert_eq!(command_line(&words(&request)), "minipach run --force --downstream 'fs:sub 1'");
        let save_paths = vec!["--all".to_owned(), "raw/a b".to_owned()];
        let saving = Request { save: true, save_paths, downstream: false, force: false, ..request };
        assert_eq!(words(&saving), ["run", "--save-path=--all", "--save-path=raw/a b", "fs:sub 1"]);
        let save_files = vec!["raw/a".to_owned()];
        let saving = Request { save_paths: Vec::new(), save_files, ..saving };
        assert_eq!(words(&saving), ["run", "--save-file=raw/a", "fs:sub 1"]);
    }
}
