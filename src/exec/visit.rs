//! A visit: a command of a person's own in a slot's [`Room`], with the terminal as it is.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use nix::sys::signal::{SigSet, Signal};
use rustix::process::Pid;

use super::container::{self, ContainerView};
use super::error::{ExecError, io};
use super::leftover::group_of;
use super::sandbox::SandboxView;
use super::{Room, Slot};

/// What a person runs in a slot.
#[derive(Clone, Debug)]
pub struct Visit {
    /// The program and its arguments; the program is looked up in `PATH`.
    pub args: Vec<String>,
    /// Variables set on top of the inherited ones.
    pub env: Vec<(String, String)>,
    /// Names of the only variables that are inherited; all are if absent.
    pub clean_env: Option<Vec<String>>,
    /// Where it starts; an absolute path.
    pub cwd: PathBuf,
}

/// Runs it with this process's own input and output, and waits for its end.
///
/// # Errors
/// When it cannot be started.
pub fn visit(visit: &Visit, slot: &Slot) -> Result<ExitStatus, ExecError> {
    let terminal = Terminal::of_this_group();
    let is_in_front = terminal.0.is_some();
    let mut command = match &slot.room {
        Room::Host => on_host(visit),
        Room::Sandbox(view) => in_sandbox(visit, slot, view, is_in_front),
        Room::Container(view) => return in_container(visit, slot, view, is_in_front),
    };
    if let Some(passed) = &visit.clean_env {
        command.env_clear();
        command.envs(passed.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    }
    command.envs(visit.env.iter().map(|(name, value)| (name, value)));
    let ended = command.status().map_err(|error| io("start", command.get_program(), error));
    terminal.take_back();
    ended
}

/// The terminal, if this process is in front of it.
///
/// A shell takes it for itself and gives it back when it ends; but from inside of a sandbox it cannot know to whom.
struct Terminal(Option<Pid>);

impl Terminal {
    fn of_this_group() -> Self {
        let own = group_of(rustix::process::getpid().as_raw_nonzero().get());
        let front = rustix::termios::tcgetpgrp(std::io::stdin());
        let number = |front: &Pid| u64::try_from(front.as_raw_nonzero().get()).ok();
        Self(front.ok().filter(|front| number(front) == own))
    }

    fn take_back(&self) {
        if let Some(own) = self.0 {
            come_to_front(own);
        }
    }
}

/// Puts a process group in front of the terminal. Whoever does so from behind is stopped by a signal, unless that is
/// blocked. A terminal that is gone is nobody's.
fn come_to_front(group: Pid) {
    let mut blocked = SigSet::empty();
    blocked.add(Signal::SIGTTOU);
    if blocked.thread_block().is_ok() {
        let _is_gone = rustix::termios::tcsetpgrp(std::io::stdin(), group);
        let _is_kept = blocked.thread_unblock();
    }
}

/// Becomes the program of a command, in a process group of its own in front of the terminal: in a sandbox a shell
/// knows no group but those in there, and wants to give the terminal back to the one that had it.
///
/// # Errors
/// Comes back only when the program cannot be started.
pub fn become_in_front(args: &[String]) -> ExecError {
    let failed = |error: std::io::Error| io("start", args.first().map_or("", String::as_str), error);
    if let Err(error) = rustix::process::setpgid(None, None) {
        return failed(error.into());
    }
    come_to_front(rustix::process::getpid());
    let mut command = Command::new(args.first().map_or("", String::as_str));
    failed(command.args(args.iter().skip(1)).exec())
}

/// In a container of the datum's image; the program that makes it has the terminal.
fn in_container(
    visit: &Visit,
    slot: &Slot,
    view: &ContainerView,
    is_in_front: bool,
) -> Result<ExitStatus, ExecError> {
    let refused = |why| io("start", &view.found.path, std::io::Error::other::<String>(why));
    let call = container::visit(visit, slot, view, is_in_front).map_err(refused)?;
    call.wait(slot).map_err(|error| io("start", &view.found.path, error))
}

fn on_host(visit: &Visit) -> Command {
    let (program, args) =
        visit.args.split_first().map_or(("sh", &[][..]), |(first, rest)| (first.as_str(), rest));
    let mut command = Command::new(program);
    command.args(args).current_dir(&visit.cwd);
    command
}

/// The same sandbox as a datum's, but on the terminal's own session, so that a shell can stop and continue jobs.
fn in_sandbox(visit: &Visit, slot: &Slot, view: &SandboxView, is_in_front: bool) -> Command {
    let mut command = Command::new(view.program());
    let farm = (slot.real_pfs(), slot.path.join("tmp"));
    command.args(view.arguments(Some((&farm.0, &farm.1)), &visit.cwd));
    command.arg("--");
    if is_in_front {
        command.args(view.front());
    }
    command.args(&visit.args).current_dir(Path::new("/"));
    command
}
