//! `Cancel`: one switch for all slots, which wakes every thread that waits on a command.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU8, Ordering};

use rustix::event::EventfdFlags;

/// How far a cancellation has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CancelLevel {
    /// Commands run.
    None,
    /// Commands are asked to end (TERM) and killed after their grace time.
    Soft,
    /// Commands are killed now.
    Hard,
}

/// A cancellation shared by all slots; it only ever goes up.
#[derive(Debug)]
pub struct Cancel {
    level: AtomicU8,
    soft: OwnedFd,
    hard: OwnedFd,
}

impl Cancel {
    /// Nothing cancelled yet.
    ///
    /// # Errors
    /// When the process is out of file descriptors.
    pub fn new() -> std::io::Result<Self> {
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        let (soft, hard) = (rustix::event::eventfd(0, flags)?, rustix::event::eventfd(0, flags)?);
        Ok(Self { level: AtomicU8::new(0), soft, hard })
    }

    /// Raises the level and wakes all that wait; a lower level changes nothing.
    pub fn raise(&self, level: CancelLevel) {
        self.level.fetch_max(level as u8, Ordering::SeqCst);
        if level >= CancelLevel::Soft {
            wake(&self.soft);
        }
        if level >= CancelLevel::Hard {
            wake(&self.hard);
        }
    }

    /// The level reached.
    pub fn level(&self) -> CancelLevel {
        match self.level.load(Ordering::SeqCst) {
            0 => CancelLevel::None,
            1 => CancelLevel::Soft,
            _ => CancelLevel::Hard,
        }
    }

    /// Becomes readable, for ever, once a level above `seen` is reached.
    pub(super) fn above(&self, seen: CancelLevel) -> BorrowedFd<'_> {
        if seen == CancelLevel::None { self.soft.as_fd() } else { self.hard.as_fd() }
    }
}

/// An event counter that is full is readable already, so a refused write loses nothing.
fn wake(event: &OwnedFd) {
    match rustix::io::write(event, &1_u64.to_ne_bytes()) {
        Ok(_) | Err(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_goes_up() {
        let cancel = Cancel::new().unwrap();
        assert_eq!(cancel.level(), CancelLevel::None);
        cancel.raise(CancelLevel::Hard);
        cancel.raise(CancelLevel::Soft);
        assert_eq!(cancel.level(), CancelLevel::Hard);
    }
}
