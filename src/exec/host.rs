//! A command that runs on the machine as it is: its process group, and what is left of it.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::process::{Child, ExitStatus, Stdio};

use rustix::process::{Pid, PidfdFlags, Signal};

use super::error::{ExecError, io};
use super::leftover::{Family, signal_group};
use super::process::{Launch, Pipes, Running, Started};
use super::{Slot, Usage};

/// A command that was started here.
struct OnHost<'a> {
    family: Family<'a>,
    child: Child,
    process: OwnedFd,
    /// Whether the slot's process record could be written.
    recorded: std::io::Result<()>,
    slot: &'a Slot,
    program: String,
}

/// Starts a command in a process group of its own.
pub(super) fn start(launch: Launch, pipes: Pipes, slot: &Slot) -> Result<Started<'_>, String> {
    let family = Family::expect(&slot.pid_file);
    let Pipes { output, printed, stdin, feeding } = pipes;
    let launch = launch.marked(family.marker());
    let child = launch.spawn(feeding.map_or_else(Stdio::null, Stdio::from), printed)?;
    let leader = Pid::from_child(&child);
    let recorded = family.started(leader);
    let process = match rustix::process::pidfd_open(leader, PidfdFlags::empty()) {
        Ok(process) => process,
        Err(error) => {
            drop(family.end(child));
            return Err(format!("it cannot be watched: {error}"));
        }
    };
    let program = launch.program().to_owned();
    Ok(Started {
        running: Box::new(OnHost { family, child, process, recorded, slot, program }),
        output,
        stdin,
    })
}

impl Running for OnHost<'_> {
    fn ended(&self) -> BorrowedFd<'_> {
        self.process.as_fd()
    }

    fn signal(&self, signal: Signal) {
        signal_group(Pid::from_child(&self.child), signal);
    }

    fn finish(self: Box<Self>) -> Result<(ExitStatus, Usage), ExecError> {
        let Self { family, child, recorded, slot, program, .. } = *self;
        let ended = family.end(child).map_err(|error| io("wait for", &program, error))?;
        recorded.map_err(|error| io("write", slot.real_pfs().with_file_name("pid"), error))?;
        Ok(ended)
    }
}
