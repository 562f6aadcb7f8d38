//! `Stop`: a request to end a run, or to start nothing for a while, made from a signal or another thread.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Counts requests to stop: one means start nothing new, two mean stop now. Beside that a run can be paused.
#[derive(Debug, Default)]
pub struct Stop {
    asked: AtomicUsize,
    is_paused: AtomicBool,
}

impl Stop {
    /// Nobody asked yet.
    pub const fn new() -> Self {
        Self { asked: AtomicUsize::new(0), is_paused: AtomicBool::new(false) }
    }

    /// Asks once more.
    pub fn ask(&self) {
        self.asked.fetch_add(1, Ordering::SeqCst);
    }

    /// Whether nothing new is to be started.
    pub fn is_asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst) > 0
    }

    /// Whether running commands are to be ended now.
    pub fn is_now(&self) -> bool {
        self.asked.load(Ordering::SeqCst) > 1
    }

    /// Has no command started until somebody says that it goes on; those that run go on.
    pub fn pause(&self, is_paused: bool) {
        self.is_paused.store(is_paused, Ordering::SeqCst);
    }

    /// Whether commands wait for that.
    pub fn is_paused(&self) -> bool {
        self.is_paused.load(Ordering::SeqCst)
    }
}
