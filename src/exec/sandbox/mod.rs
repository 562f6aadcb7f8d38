//! The sandbox of a worker slot: one `bwrap` that lives as long as it stays clean, and runs command after command.
//!
//! Inside, minipach's own program is the first process of a pid namespace ([`inside`]). It starts each command like
//! [`super::process`] does on the host and tells how it ended. A sandbox in which a command left a process or a
//! file is ended with all that is in it, and the next command gets a fresh one.
//!
//! The same program watches over containers, on the host: it ends the container when minipach is killed.

mod inside;
mod talk;
mod view;

use std::fs::File;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Pid, PidfdFlags, Signal};
use serde::{Deserialize, Serialize};

use super::error::ExecError;
use super::leftover;
use super::process::{Launch, Pipes, Running, Started};
use super::{Slot, Usage};

pub use inside::serve;
pub use view::SandboxView;
pub(super) use view::{TMP, last_line};

/// How long an ended sandbox may take to vanish before its processes are killed from outside.
const VANISH: Duration = Duration::from_secs(2);

/// What is asked of the first process in a sandbox. Its output, and its input if it has one, come with it.
#[derive(Serialize, Deserialize)]
enum Order {
    Run(Launch),
    /// Ask the command to end.
    Terminate,
    Kill,
}

/// What that process says.
#[derive(Serialize, Deserialize)]
enum Word {
    /// Orders can come.
    Ready,
    Started,
    /// It could not be started; a sentence fragment.
    Refused(String),
    Ended {
        /// As `wait` tells it.
        status: i32,
        usage: Usage,
        /// Something is left of it: a process or a file.
        is_spent: bool,
    },
}

/// What the first process of a slot serves.
#[derive(Clone, Copy)]
pub(super) enum Ward<'a> {
    /// It is the first process of a sandbox.
    Sandbox(&'a SandboxView),
    /// It watches over containers, on the host; minipach's own program.
    Containers(&'a Path),
}

impl Ward<'_> {
    /// What makes it another one, though it is of the same kind: the folder that is `/pfs` in it.
    fn identity(&self, slot: &Slot) -> std::io::Result<Option<(u64, u64)>> {
        match self {
            Self::Sandbox(_) => identity(&slot.real_pfs()).map(Some),
            Self::Containers(_) => Ok(None),
        }
    }
}

/// A running sandbox, or what watches over a container.
#[derive(Debug)]
pub(super) struct Sandbox {
    bwrap: Child,
    socket: UnixStream,
    /// The folder that is `/pfs` in it, by device and inode.
    pfs: Option<(u64, u64)>,
}

impl Sandbox {
    fn start(ward: Ward<'_>, slot: &Slot) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("no sandbox could be started: {error}");
        let pfs = ward.identity(slot).map_err(failed)?;
        let complaints = slot.path.join("sandbox.err");
        let (socket, bwrap) = spawn(ward, slot, &complaints).map_err(failed)?;
        let sandbox = Self { bwrap, socket, pfs };
        sandbox.note(slot);
        if let Ok(Some((Word::Ready, _))) = talk::receive(&sandbox.socket) {
            return Ok(sandbox);
        }
        let said = std::fs::read_to_string(&complaints).unwrap_or_default();
        Err(format!("no sandbox could be started: {}", last_line(&said)))
    }

    /// So that a later minipach can end it, and no other slot takes it for a leftover.
    fn note(&self, slot: &Slot) {
        let pid = self.bwrap.id();
        leftover::note_leader(Pid::from_child(&self.bwrap));
        // It ends with minipach anyway.
        drop(leftover::write_leader(&slot.pid_file, pid));
    }

    /// Whether it shows the farm as it is laid out now: a large farm is another folder.
    fn fits(&self, ward: Ward<'_>, slot: &Slot) -> bool {
        ward.identity(slot).is_ok_and(|pfs| pfs == self.pfs)
    }

    /// Waits until it has ended, with everything in it; false if it takes too long.
    fn has_ended(&self) -> bool {
        let begun = Instant::now();
        let Ok(process) = rustix::process::pidfd_open(Pid::from_child(&self.bwrap), PidfdFlags::empty())
        else {
            return true;
        };
        loop {
            let Ok(left) = Timespec::try_from(VANISH.saturating_sub(begun.elapsed())) else { return false };
            let mut fds = [PollFd::new(&process, PollFlags::IN)];
            match rustix::event::poll(&mut fds, Some(&left)) {
                Err(rustix::io::Errno::INTR) => {}
                other => return other.is_ok_and(|ready| ready > 0),
            }
        }
    }
}

impl Drop for Sandbox {
    /// The first process ends when nobody can order it any more, and the kernel ends all others with it.
    fn drop(&mut self) {
        drop(self.socket.shutdown(std::net::Shutdown::Both));
        if !self.has_ended() {
            drop(self.bwrap.kill());
        }
        drop(self.bwrap.wait());
        leftover::forget_leader(self.bwrap.id());
    }
}

fn identity(folder: &Path) -> std::io::Result<(u64, u64)> {
    let found = std::fs::symlink_metadata(folder)?;
    Ok((found.dev(), found.ino()))
}

fn spawn(ward: Ward<'_>, slot: &Slot, complaints: &Path) -> std::io::Result<(UnixStream, Child)> {
    let (ours, theirs) = UnixStream::pair()?;
    let errors = File::create(complaints)?;
    let mut command = match ward {
        Ward::Sandbox(view) => in_sandbox(view, slot),
        Ward::Containers(own) => Command::new(own),
    };
    if let Ward::Containers(_) = ward {
        command.arg(view::HELPER);
    }
    command.stdin(OwnedFd::from(theirs)).stdout(Stdio::null()).stderr(errors);
    let child = command.process_group(0).current_dir("/").spawn()?;
    Ok((ours, child))
}

fn in_sandbox(view: &SandboxView, slot: &Slot) -> Command {
    let mut command = Command::new(view.program());
    // Its own session: no command reaches the terminal that minipach was started from.
    command.args(["--new-session", "--as-pid-1"]);
    let farm = (slot.real_pfs(), slot.path.join("tmp"));
    command.args(view.arguments(Some((&farm.0, &farm.1)), Path::new("/"))).arg("--");
    command.args(view.helper());
    command
}

/// Starts a command in the slot's sandbox, which is started first if there is none that fits.
pub(super) fn start<'a>(
    launch: Launch,
    pipes: Pipes,
    slot: &'a Slot,
    ward: Ward<'_>,
) -> Result<Started<'a>, String> {
    let mut held = slot.sandbox.lock().unwrap_or_else(PoisonError::into_inner);
    if !held.as_ref().is_some_and(|sandbox| sandbox.fits(ward, slot)) {
        *held = None;
        *held = Some(Sandbox::start(ward, slot)?);
    }
    let Pipes { output, printed, stdin, feeding } = pipes;
    let gone = || "the sandbox ended unexpectedly".to_owned();
    let socket = &held.as_ref().ok_or_else(gone)?.socket;
    let files: Vec<BorrowedFd<'_>> = std::iter::once(&printed).chain(&feeding).map(|fd| fd.as_fd()).collect();
    let told = talk::send(socket, &Order::Run(launch), &files).and_then(|()| talk::receive(socket));
    match told {
        Ok(Some((Word::Started, _))) => {
            Ok(Started { running: Box::new(Inside { sandbox: held }), output, stdin })
        }
        Ok(Some((Word::Refused(reason), _))) => Err(reason),
        _ => {
            *held = None;
            Err(gone())
        }
    }
}

/// A command that runs in a sandbox.
struct Inside<'a> {
    sandbox: MutexGuard<'a, Option<Sandbox>>,
}

impl Inside<'_> {
    fn socket(&self) -> &UnixStream {
        &self.sandbox.as_ref().expect("a command runs in a sandbox that is there").socket
    }
}

impl Running for Inside<'_> {
    fn ended(&self) -> BorrowedFd<'_> {
        self.socket().as_fd()
    }

    fn signal(&self, signal: Signal) {
        let order = if signal == Signal::KILL { Order::Kill } else { Order::Terminate };
        // A sandbox that is gone has no command to end.
        drop(talk::send(self.socket(), &order, &[]));
    }

    fn finish(mut self: Box<Self>) -> Result<(ExitStatus, Usage), ExecError> {
        let told = talk::receive(self.socket());
        let (status, usage, is_spent) = match told {
            Ok(Some((Word::Ended { status, usage, is_spent }, _))) => (status, usage, is_spent),
            // Whoever ended the sandbox killed what was in it.
            _ => (Signal::KILL.as_raw(), Usage::default(), true),
        };
        if is_spent {
            *self.sandbox = None;
        }
        Ok((ExitStatus::from_raw(status), usage))
    }
}
