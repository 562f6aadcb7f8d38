//! Running one command from its start to the end of all its processes, in the caller's own thread.

use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::time::Instant;

use super::error::{ExecError, io};
use super::process::{Command, Ended, How, Launch, Pipes, Started};
use super::watch::Watch;
use super::{Cancel, CancelLevel, Room, Slot, container, fault, host, sandbox};

/// Runs one command to its end, in the slot's [`Room`], and ends whatever it leaves behind.
///
/// # Errors
/// When the log or the slot's process record cannot be written; the command is over by then.
pub fn run(command: &Command, slot: &Slot, cancel: &Cancel) -> Result<Ended, ExecError> {
    let begun = Instant::now();
    let refused = |how| Ok(Ended { how, took: begun.elapsed(), log_bytes: 0, usage: None });
    if cancel.level() != CancelLevel::None {
        return refused(How::Cancelled);
    }
    let (Started { running, output, stdin }, printed) = match start(command, slot) {
        Ok(started) => started,
        Err(reason) => return refused(How::NotStarted(reason)),
    };
    fault::point("exec:spawned");
    let mut watch = Watch::new(command, (output, printed, stdin), cancel, begun);
    let watched = watch.until_end(&*running);
    let took = begun.elapsed();
    let finished = running.finish();
    watched.map_err(|error| io("watch", &command.args[0], error))?;
    watch.drain();
    fault::point("exec:ended");
    let (ended_for, logged) = watch.finish();
    let log_bytes = logged.map_err(|error| io("write", &command.log, error))?;
    let (status, usage) = finished?;
    let how = ended_for.unwrap_or_else(|| natural_end(status));
    Ok(Ended { how, took, log_bytes, usage: slot.room.is_counted().then_some(usage) })
}

fn natural_end(status: ExitStatus) -> How {
    status.code().map_or_else(|| How::Signaled(status.signal().unwrap_or(0)), How::Exited)
}

/// The started command, and where it prints to.
fn start<'a>(command: &Command, slot: &'a Slot) -> Result<(Started<'a>, OwnedFd), String> {
    let no_pipe = |error| format!("no pipe for it: {error}");
    let pipes = Pipes::new(command.stdin.is_some()).map_err(no_pipe)?;
    let printed = pipes.printed.try_clone().map_err(no_pipe)?;
    let started = match &slot.room {
        Room::Host => host::start(Launch::of(command), pipes, slot),
        Room::Sandbox(view) => {
            sandbox::start(Launch::of(command).for_another(), pipes, slot, sandbox::Ward::Sandbox(view))
        }
        Room::Container(view) => container::start(command, pipes, slot, view),
    };
    Ok((started?, printed))
}
