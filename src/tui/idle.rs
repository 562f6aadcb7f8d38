//! Idle: whether all that was asked is answered, told to tests that wait for it instead of for a while.
//!
//! The idea is that of lazygit's `Busy.md`: every question is counted from the moment it is asked until its answer is in
//! the inbox. What watches the files and follows runs is not counted: it waits for others.

use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crossbeam_channel::Receiver;

use super::effect::Query;

/// Where it is set, a terminal that says it has the focus is told when all is done that it asked before, by the sequence
/// `ESC ] 7770 ; N BEL`: it had said so N times.
const VARIABLE: &str = "MINIPACH_IDLE";

/// How often to look whether what works beside the loop is done; only where somebody wants to know.
const PAUSE: Duration = Duration::from_millis(5);

static BUSY: AtomicUsize = AtomicUsize::new(0);

/// Something that is not done yet; it is when this is dropped.
#[derive(Debug)]
pub(super) struct Busy(());

impl Busy {
    pub(super) fn new() -> Self {
        BUSY.fetch_add(1, Ordering::SeqCst);
        Self(())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        BUSY.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A question on its way to who answers it.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) query: Query,
    /// Kept until the answer is in the inbox, or nobody wants it any more.
    pub(super) busy: Busy,
}

impl From<Query> for Question {
    fn from(query: Query) -> Self {
        Self { query, busy: Busy::new() }
    }
}

/// Who is told.
#[derive(Debug)]
pub(super) struct Idle {
    is_wanted: bool,
    asked: u64,
    told: u64,
}

impl Idle {
    /// As the environment has it.
    pub(super) fn of_environment() -> Self {
        Self { is_wanted: std::env::var_os(VARIABLE).is_some(), asked: 0, told: 0 }
    }

    /// The terminal said that it has the focus.
    pub(super) const fn ask(&mut self) {
        self.asked += 1;
    }

    /// How long to wait for a message at most.
    pub(super) fn patience(&self, most: Duration) -> Duration {
        if self.is_due() { most.min(PAUSE) } else { most }
    }

    /// Tells it, if it is asked and nothing is on its way; everything is drawn by then.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub(super) fn tell<T>(&mut self, inbox: &Receiver<T>) -> std::io::Result<()> {
        // In this order: an answer is in the inbox before its question is done.
        if !self.is_due() || BUSY.load(Ordering::SeqCst) > 0 || !inbox.is_empty() {
            return Ok(());
        }
        self.told = self.asked;
        let mut out = std::io::stdout();
        write!(out, "\u{1b}]7770;{}\u{7}", self.told)?;
        out.flush()
    }

    const fn is_due(&self) -> bool {
        self.is_wanted && self.told < self.asked
    }
}
