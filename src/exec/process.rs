//! Running one command: its process group, its input and output, its time limit and its cancellation.
//!
//! One thread does all of it by polling, so a datum costs no thread of its own.

use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal};

use super::error::{ExecError, io};
use super::leftover::{Family, VARIABLE, signal_group};
use super::log::Log;
use super::{Cancel, CancelLevel, Slot, fault, program};

/// How long output is read after everything of the command was ended.
const DRAIN: Duration = Duration::from_secs(2);

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
}

/// Runs one command to its end and ends whatever it leaves behind.
///
/// # Errors
/// When the log or the slot's process record cannot be written; the command is over by then.
pub fn run(command: &Command, slot: &Slot, cancel: &Cancel) -> Result<Ended, ExecError> {
    let begun = Instant::now();
    let refused = |how| Ok(Ended { how, took: begun.elapsed(), log_bytes: 0 });
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
    let status = family.end(child).map_err(|error| io("wait for", &command.args[0], error))?;
    watched.map_err(|error| io("watch", &command.args[0], error))?;
    watch.drain();
    fault::point("exec:ended");
    let how = watch.ending.take().map_or_else(|| natural_end(status), |ending| ending.how);
    let log_bytes = watch.log.finish().map_err(|error| io("write", &command.log, error))?;
    recorded.map_err(|error| io("write", slot.real_pfs().with_file_name("pid"), error))?;
    Ok(Ended { how, took, log_bytes })
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

/// Why the command is being ended, and when patience is over.
struct Ending {
    how: How,
    kill_at: Option<Instant>,
}

/// All that is watched while a command runs.
struct Watch<'a> {
    log: Log<'a>,
    output: Option<OwnedFd>,
    cancel: &'a Cancel,
    seen: CancelLevel,
    timeout_at: Option<Instant>,
    grace: Duration,
    ending: Option<Ending>,
    stdin: &'a [u8],
    buffer: Box<[u8]>,
}

/// What one poll found ready.
#[derive(Default)]
struct Ready {
    ended: bool,
    output: bool,
    cancel: bool,
    stdin: bool,
}

impl<'a> Watch<'a> {
    fn new(command: &'a Command, output: OwnedFd, cancel: &'a Cancel, begun: Instant) -> Self {
        Self {
            log: Log::new(&command.log),
            output: Some(output),
            cancel,
            seen: CancelLevel::None,
            timeout_at: command.timeout.and_then(|timeout| begun.checked_add(timeout)),
            grace: command.grace,
            ending: None,
            stdin: command.stdin.as_deref().unwrap_or_default(),
            buffer: vec![0; 64 << 10].into(),
        }
    }

    /// Serves the command until its first process has ended; that is not reaped yet. On an error the
    /// process is killed, so the caller can always wait for it.
    fn until_end(&mut self, mut child: Child) -> (Child, std::io::Result<()>) {
        let leader = Pid::from_child(&child);
        let mut stdin = child.stdin.take().map(OwnedFd::from);
        let served = self.serve(leader, &mut stdin);
        if served.is_err() {
            signal_group(leader, Signal::KILL);
        }
        (child, served)
    }

    fn serve(&mut self, leader: Pid, stdin: &mut Option<OwnedFd>) -> std::io::Result<()> {
        let process = rustix::process::pidfd_open(leader, PidfdFlags::empty())?;
        if let Some(pipe) = stdin {
            rustix::fs::fcntl_setfl(pipe, rustix::fs::OFlags::NONBLOCK)?;
        }
        loop {
            let ready = self.wait(&process, stdin.as_ref())?;
            if ready.output {
                self.read();
            }
            if ready.stdin && !feed(stdin.as_ref(), &mut self.stdin) {
                *stdin = None;
            }
            if ready.ended {
                return Ok(());
            }
            if ready.cancel {
                self.seen = self.cancel.level();
                self.end_early(leader, How::Cancelled);
            }
            self.look_at_clock(leader);
        }
    }

    fn wait(&self, process: &OwnedFd, stdin: Option<&OwnedFd>) -> std::io::Result<Ready> {
        // Once a hard cancel was seen there is no higher level to wait for.
        let cancel = (self.seen < CancelLevel::Hard).then(|| self.cancel.above(self.seen));
        let none = process.as_fd();
        let interest = |wanted: bool, flags| if wanted { flags } else { PollFlags::empty() };
        let output = self.output.as_ref();
        let mut fds = [
            PollFd::from_borrowed_fd(process.as_fd(), PollFlags::IN),
            PollFd::from_borrowed_fd(
                output.map_or(none, OwnedFd::as_fd),
                interest(output.is_some(), PollFlags::IN),
            ),
            PollFd::from_borrowed_fd(cancel.unwrap_or(none), interest(cancel.is_some(), PollFlags::IN)),
            PollFd::from_borrowed_fd(
                stdin.map_or(none, OwnedFd::as_fd),
                interest(stdin.is_some(), PollFlags::OUT),
            ),
        ];
        match rustix::event::poll(&mut fds, self.patience().as_ref()) {
            Err(Errno::INTR) => return Ok(Ready::default()),
            other => other?,
        };
        let [ended, printed, cancelled, thirsty] = fds.map(|fd| !fd.revents().is_empty());
        Ok(Ready {
            ended,
            output: output.is_some() && printed,
            cancel: cancel.is_some() && cancelled,
            stdin: stdin.is_some() && thirsty,
        })
    }

    /// Time until the clock must be looked at; absent means for ever.
    fn patience(&self) -> Option<Timespec> {
        let next = match &self.ending {
            Some(ending) => ending.kill_at,
            None => self.timeout_at,
        };
        Timespec::try_from(next?.saturating_duration_since(Instant::now())).ok()
    }

    fn look_at_clock(&mut self, leader: Pid) {
        let now = Instant::now();
        match &mut self.ending {
            None if self.timeout_at.is_some_and(|at| now >= at) => self.end_early(leader, How::TimedOut),
            Some(ending) if ending.kill_at.is_some_and(|at| now >= at) => {
                ending.kill_at = None;
                signal_group(leader, Signal::KILL);
            }
            _ => {}
        }
    }

    /// Asks the command to end, or kills it when asked so; the first reason stands.
    fn end_early(&mut self, leader: Pid, how: How) {
        let kill_now = self.seen == CancelLevel::Hard;
        signal_group(leader, if kill_now { Signal::KILL } else { Signal::TERM });
        let kill_at = (!kill_now).then(|| Instant::now() + self.grace);
        match &mut self.ending {
            Some(ending) if kill_now => ending.kill_at = None,
            Some(_) => {}
            None => self.ending = Some(Ending { how, kill_at }),
        }
    }

    /// Reads once; at the end of the output the pipe is let go.
    fn read(&mut self) {
        let Some(pipe) = &self.output else { return };
        match rustix::io::read(pipe, &mut *self.buffer) {
            Ok(0) => self.output = None,
            Ok(count) => self.log.take(&self.buffer[..count]),
            Err(Errno::INTR) => {}
            Err(_) => self.output = None,
        }
    }

    /// Reads what is still in the pipe; a process that got away may hold it open for ever.
    fn drain(&mut self) {
        let until = Instant::now() + DRAIN;
        while let Some(pipe) = &self.output {
            let left = until.saturating_duration_since(Instant::now());
            let Ok(left) = Timespec::try_from(left) else { return };
            let mut fds = [PollFd::new(pipe, PollFlags::IN)];
            match rustix::event::poll(&mut fds, Some(&left)) {
                Ok(0) => return,
                Err(Errno::INTR) => {}
                Ok(_) if Instant::now() < until => self.read(),
                _ => return,
            }
        }
    }
}

/// Writes what the pipe takes; false when all is written or nobody reads any more.
fn feed(pipe: Option<&OwnedFd>, left: &mut &[u8]) -> bool {
    let Some(pipe) = pipe else { return false };
    match rustix::io::write(pipe, left) {
        Ok(count) => {
            *left = &left[count..];
            !left.is_empty()
        }
        Err(Errno::INTR | Errno::AGAIN) => true,
        Err(_) => false,
    }
}
