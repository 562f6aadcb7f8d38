//! Watching one running command: its output, its input, its clock and its cancellation, by one poll.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::process::Signal;

use super::log::Log;
use super::process::Running;
use super::{Cancel, CancelLevel, Command, How};

/// How long output is read after everything of the command was ended.
const DRAIN: Duration = Duration::from_secs(2);

/// At most so much is read at a time.
const PIECE_BYTES: usize = 64 << 10;

/// Why the command is being ended, and when patience is over.
struct Ending {
    how: How,
    kill_at: Option<Instant>,
}

/// All that is watched while a command runs.
pub(super) struct Watch<'a> {
    log: Log<'a>,
    output: Option<OwnedFd>,
    /// Our own copy of the end that it writes to. While that is open, the end of the output wakes nobody: it comes just
    /// before that of the command, which does.
    printed: Option<OwnedFd>,
    cancel: &'a Cancel,
    seen: CancelLevel,
    timeout_at: Option<Instant>,
    grace: Duration,
    ending: Option<Ending>,
    /// The pipe that it reads from, until all is written.
    stdin: Option<OwnedFd>,
    unread: &'a [u8],
    buffer: Vec<u8>,
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
    /// Watches with our ends of its pipes: what it prints and where, and what it reads.
    pub(super) fn new(
        command: &'a Command,
        (output, printed, stdin): (OwnedFd, OwnedFd, Option<OwnedFd>),
        cancel: &'a Cancel,
        begun: Instant,
    ) -> Self {
        Self {
            log: Log::new(&command.log, command.log_heading),
            output: Some(output),
            printed: Some(printed),
            cancel,
            seen: CancelLevel::None,
            timeout_at: command.timeout.and_then(|timeout| begun.checked_add(timeout)),
            grace: command.grace,
            ending: None,
            stdin,
            unread: command.stdin.as_deref().unwrap_or_default(),
            buffer: Vec::new(),
        }
    }

    /// Serves the command until its first process has ended. On an error that is killed, so the caller can always
    /// wait for it.
    pub(super) fn until_end(&mut self, running: &dyn Running) -> std::io::Result<()> {
        let served = self.serve(running);
        self.printed = None;
        if served.is_err() {
            running.signal(Signal::KILL);
        }
        served
    }

    fn serve(&mut self, running: &dyn Running) -> std::io::Result<()> {
        if let Some(pipe) = &self.stdin {
            rustix::fs::fcntl_setfl(pipe, rustix::fs::OFlags::NONBLOCK)?;
        }
        loop {
            let ready = self.wait(running.ended())?;
            if ready.output {
                self.read();
            }
            if ready.stdin && !feed(self.stdin.as_ref(), &mut self.unread) {
                self.stdin = None;
            }
            if ready.ended {
                self.stdin = None;
                return Ok(());
            }
            if ready.cancel {
                self.seen = self.cancel.level();
                self.end_early(running, How::Cancelled);
            }
            self.look_at_clock(running);
        }
    }

    fn wait(&self, process: BorrowedFd<'_>) -> std::io::Result<Ready> {
        let stdin = self.stdin.as_ref();
        // Once a hard cancel was seen there is no higher level to wait for.
        let cancel = (self.seen < CancelLevel::Hard).then(|| self.cancel.above(self.seen));
        let interest = |wanted: bool, flags| if wanted { flags } else { PollFlags::empty() };
        let output = self.output.as_ref();
        let mut fds = [
            PollFd::from_borrowed_fd(process, PollFlags::IN),
            PollFd::from_borrowed_fd(
                output.map_or(process, OwnedFd::as_fd),
                interest(output.is_some(), PollFlags::IN),
            ),
            PollFd::from_borrowed_fd(cancel.unwrap_or(process), interest(cancel.is_some(), PollFlags::IN)),
            PollFd::from_borrowed_fd(
                stdin.map_or(process, OwnedFd::as_fd),
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

    fn look_at_clock(&mut self, running: &dyn Running) {
        let now = Instant::now();
        match &mut self.ending {
            None if self.timeout_at.is_some_and(|at| now >= at) => self.end_early(running, How::TimedOut),
            Some(ending) if ending.kill_at.is_some_and(|at| now >= at) => {
                ending.kill_at = None;
                running.signal(Signal::KILL);
            }
            _ => {}
        }
    }

    /// Asks the command to end, or kills it when asked so; the first reason stands.
    fn end_early(&mut self, running: &dyn Running, how: How) {
        let kill_now = self.seen == CancelLevel::Hard;
        running.signal(if kill_now { Signal::KILL } else { Signal::TERM });
        let kill_at = (!kill_now).then(|| Instant::now() + self.grace);
        match &mut self.ending {
            Some(ending) if kill_now => ending.kill_at = None,
            Some(_) => {}
            None => self.ending = Some(Ending { how, kill_at }),
        }
    }

    /// Why it was ended, if it was; and the bytes it printed, once they stand in the log.
    pub(super) fn finish(self) -> (Option<How>, std::io::Result<u64>) {
        (self.ending.map(|ending| ending.how), self.log.finish())
    }

    /// Reads once; at the end of the output the pipe is let go.
    fn read(&mut self) {
        let Some(pipe) = &self.output else { return };
        self.buffer.resize(PIECE_BYTES, 0);
        match rustix::io::read(pipe, &mut *self.buffer) {
            Ok(0) => self.output = None,
            Ok(count) => self.log.take(&self.buffer[..count]),
            Err(Errno::INTR) => {}
            Err(_) => self.output = None,
        }
    }

    /// Reads what is still in the pipe; a process that got away may hold it open for ever.
    pub(super) fn drain(&mut self) {
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
