//! The first process of a sandbox: starts the commands that minipach orders, one after another, and ends them.
//!
//! On the host it does so with calls of programs that make containers, and ends these too, also when minipach is killed.

use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, ExitStatus, Stdio};

use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;
use rustix::process::{DumpableBehavior, Pid, PidfdFlags, Signal, WaitOptions};

use super::super::process::Launch;
use super::super::{leftover, usage};
use super::{Order, Word, talk};

/// How much of a private file system is in use: inodes and blocks.
type Used = Vec<(u64, u64)>;

/// Serves the minipach at the other end of standard input until that is gone; all that runs here ends with it.
///
/// `private` are the folders that belong to this sandbox alone and must stay as they are; without any, this is no
/// sandbox but the host.
///
/// # Errors
/// When standard input is no socket, or the other side breaks off.
pub fn serve(private: &[PathBuf]) -> std::io::Result<()> {
    let is_sandbox = !private.is_empty();
    if is_sandbox {
        // No command may look into this process or steer it.
        rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    }
    let socket = UnixStream::from(std::io::stdin().as_fd().try_clone_to_owned()?);
    let fresh = used(private)?;
    talk::send(&socket, &Word::Ready, &[])?;
    while let Some((order, files)) = talk::receive::<Order>(&socket)? {
        // An order to end what has ended by itself comes too late.
        let Order::Run(launch) = order else { continue };
        let word = match start(&launch, files) {
            Ok(child) if is_sandbox => {
                talk::send(&socket, &Word::Started, &[])?;
                watch(&child, &socket)?;
                let (status, usage) = end(child)?;
                let is_spent = has_children() || used(private)? != fresh;
                Word::Ended { status: status.into_raw(), usage, is_spent }
            }
            Ok(child) => watch_container(child, &launch, &socket)?,
            Err(reason) => Word::Refused(reason),
        };
        talk::send(&socket, &word, &[])?;
    }
    Ok(())
}

/// Serves one call of a program that makes a container, to its end or minipach's.
fn watch_container(child: Child, launch: &Launch, socket: &UnixStream) -> std::io::Result<Word> {
    // What such a program leaves to others is theirs to end; of all else this process is the parent.
    let reaper = (!launch.has_undo()).then(rustix::process::getpid);
    rustix::process::set_child_subreaper(reaper)?;
    let watched = talk::send(socket, &Word::Started, &[]).and_then(|()| watch(&child, socket));
    let (status, usage) = end(child)?;
    if watched.is_err() || status.signal().is_some() {
        launch.undo();
    }
    if !launch.has_undo() {
        leftover::end_adopted();
    }
    watched?;
    Ok(Word::Ended { status: status.into_raw(), usage, is_spent: false })
}

fn start(launch: &Launch, files: Vec<OwnedFd>) -> Result<Child, String> {
    let mut files = files.into_iter();
    let output = files.next().ok_or("no pipe for its output")?;
    launch.spawn(files.next().map_or_else(Stdio::null, Stdio::from), output)
}

/// Passes on orders until the command's first process has ended; that is not reaped yet.
fn watch(child: &Child, socket: &UnixStream) -> std::io::Result<()> {
    let leader = Pid::from_child(child);
    let process = rustix::process::pidfd_open(leader, PidfdFlags::empty())?;
    loop {
        let mut fds = [PollFd::new(&process, PollFlags::IN), PollFd::new(socket, PollFlags::IN)];
        match rustix::event::poll(&mut fds, None) {
            Err(Errno::INTR) => continue,
            other => other?,
        };
        if !fds[0].revents().is_empty() {
            return Ok(());
        }
        match talk::receive::<Order>(socket)? {
            Some((Order::Terminate, _)) => leftover::signal_group(leader, Signal::TERM),
            Some((Order::Kill, _)) => leftover::signal_group(leader, Signal::KILL),
            Some((Order::Run(_), _)) => return Err(std::io::Error::other("one command at a time")),
            None => return Err(std::io::Error::other("minipach is gone")),
        }
    }
}

/// Ends the rest of a command's group and tells how its first process ended.
fn end(child: Child) -> std::io::Result<(ExitStatus, usage::Usage)> {
    let leader = Pid::from_child(&child);
    leftover::signal_group(leader, Signal::KILL);
    let (status, usage) = usage::wait(child)?;
    leftover::reap_group(leader);
    Ok((status, usage))
}

/// Whether a process is left: the first process of a namespace inherits all orphans.
fn has_children() -> bool {
    loop {
        match rustix::process::wait(WaitOptions::NOHANG) {
            Ok(Some(_)) | Err(Errno::INTR) => {}
            Ok(None) => return true,
            Err(_) => return false,
        }
    }
}

fn used(private: &[PathBuf]) -> std::io::Result<Used> {
    let one = |folder: &PathBuf| {
        let found = rustix::fs::statvfs(folder)?;
        Ok((found.f_files - found.f_ffree, found.f_blocks - found.f_bfree))
    };
    private.iter().map(one).collect()
}
