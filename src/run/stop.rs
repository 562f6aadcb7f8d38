//! `Stop`: a request to end a run, made from a signal or another thread.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts requests to stop: one means start nothing new, two mean stop now.
#[derive(Debug, Default)]
pub struct Stop(AtomicUsize);

impl Stop {
    /// Nobody asked yet.
    pub const fn new() -> Self {
        Self(AtomicUsize::new(0))
    }

    /// Asks once more.
    pub fn ask(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    /// Whether nothing new is to be started.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::SeqCst) > 0
    }

    /// Whether running commands are to be ended now.
    pub fn is_now(&self) -> bool {
        self.0.load(Ordering::SeqCst) > 1
    }
}
