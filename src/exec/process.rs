//! Running one command from its start to the end of all its processes, in the caller's own thread.

use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Pid;

use super::error::{ExecError, io};
use super::leftover::{Family, VARIABLE};
use super::watch::Watch;
use super::{Cancel, CancelLevel, Slot, Usage, fault, program};

/// One command to run.
#[derive(Clone, Debug)]
pub struct Command {
    /// The program and its arguments; the program is looked up in the command's own `PATH`.
    pub args: Vec<String>,
    /// What it reads; nothing at all (`/dev/null`) if absent.
    pub stdin: Option<Vec<u8>>,
    /// Variables set on top of the inherited ones.
    pub env: Vec<(String, String)>,
    /// Names of the only variables that are inherited; all are if absent.
    pub clean_env: Option<Vec<String>>,
    /// Where it starts; an absolute path.
    pub cwd: PathBuf,
    /// Wall time after which it is ended.
    pub timeout: Option<Duration>,
    /// Time between asking it to end (TERM) and killing it.
    pub grace: Duration,
    /// Where its output goes, stdout and stderr in the order written; no output, no file.
    pub log: PathBuf,
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// By itself, with this status.
    Exited(i32),
    /// By this signal, from whoever.
    Signaled(i32),
    /// By us, for its time was over.
    TimedOut,
    /// By us, on request.
    Cancelled,
    /// It never ran; a sentence fragment says why.
    NotStarted(String),
}

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// How it ended.
    pub how: How,
    /// Wall time from start to the end of its first process.
    pub took: Duration,
    /// Bytes it printed, whether they all stand in the log or not.
    pub log_bytes: u64,
    /// What it used, if it ran.
    pub usage: Option<Usage>,
}

/// Runs one command to its end and ends whatever it leaves behind.
///
/// # Errors
/// When the log or the slot's process record cannot be written; the command is over by then.
pub fn run(command: &Command, slot: &Slot, cancel: &Cancel) -> Result<Ended, ExecError> {
    let begun = Instant::now();
    let refused = |how| Ok(Ended { how, took: begun.elapsed(), log_bytes: 0, usage: None });
    if cancel.level() != CancelLevel::None {
        return refused(How::Cancelled);
    }
    let family = Family::expect(&slot.pid_file);
    let (child, output) = match start(command, family.marker()) {
        Ok(started) => started,
        Err(reason) => return refused(How::NotStarted(reason)),
    };
    let recorded = family.started(Pid::from_child(&child));
    fault::point("exec:spawned");
    let mut watch = Watch::new(command, output, cancel, begun);
    let (child, watched) = watch.until_end(child);
    let took = begun.elapsed();
    let (status, usage) = family.end(child).map_err(|error| io("wait for", &command.args[0], error))?;
    watched.map_err(|error| io("watch", &command.args[0], error))?;
    watch.drain();
    fault::point("exec:ended");
    let (ended_for, logged) = watch.finish();
    let how = ended_for.unwrap_or_else(|| natural_end(status));
    let log_bytes = logged.map_err(|error| io("write", &command.log, error))?;
    recorded.map_err(|error| io("write", slot.real_pfs().with_file_name("pid"), error))?;
    Ok(Ended { how, took, log_bytes, usage: Some(usage) })
}

fn natural_end(status: std::process::ExitStatus) -> How {
    status.code().map_or_else(|| How::Signaled(status.signal().unwrap_or(0)), How::Exited)
}

/// Starts the command in a process group of its own; gives the end of the pipe it prints to.
fn start(command: &Command, marker: &str) -> Result<(Child, OwnedFd), String> {
    let (program, args) = command.args.split_first().ok_or("the command is empty")?;
    let own_path = command.env.iter().rev().find(|(name, _)| name == "PATH");
    let search = match (own_path, &command.clean_env) {
        (Some((_, path)), _) => Some(path.into()),
        (None, Some(passed)) if !passed.iter().any(|name| name == "PATH") => None,
        _ => std::env::var_os("PATH"),
    };
    let path = program::find(program, &command.cwd, search.as_deref())?;
    if !command.cwd.is_dir() {
        return Err(format!("its working folder `{}` does not exist", command.cwd.display()));
    }
    let (output, input) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)
        .map_err(|error| format!("no pipe for its output: {error}"))?;
    let errors = input.try_clone().map_err(|error| format!("no pipe for its output: {error}"))?;
    let mut process = std::process::Command::new(&path);
    if let Some(passed) = &command.clean_env {
        process.env_clear();
        process.envs(passed.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    }
    process
        .arg0(program)
        .args(args)
        .envs(command.env.iter().map(|(name, value)| (name, value)))
        .env(VARIABLE, marker)
        .current_dir(&command.cwd)
        .process_group(0)
        .stdin(if command.stdin.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(input)
        .stderr(errors);
    let child = process.spawn().map_err(|error| program::not_started(&path, &error))?;
    Ok((child, output))
}
