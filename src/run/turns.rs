//! `Turns`: so many commands run at a time, or none is begun for a while. Slots that lay out or collect files need none.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often one that waits looks whether it is over.
const TICK: Duration = Duration::from_millis(50);

/// So many turns.
pub struct Turns {
    free: Mutex<usize>,
    given_back: Condvar,
    is_paused: AtomicBool,
}

/// The right to run one command, until it is dropped.
pub(super) struct Turn<'a>(&'a Turns);

impl Turns {
    /// So many at a time.
    pub const fn new(count: usize) -> Self {
        Self { free: Mutex::new(count), given_back: Condvar::new(), is_paused: AtomicBool::new(false) }
    }

    /// Waits for a turn; nothing once `is_over` says so.
    pub(super) fn take(&self, is_over: impl Fn() -> bool) -> Option<Turn<'_>> {
        let mut free = self.lock();
        while !is_over() {
            if *free > 0 && !self.is_paused.load(Ordering::SeqCst) {
                *free -= 1;
                return Some(Turn(self));
            }
            free = self.given_back.wait_timeout(free, TICK).unwrap_or_else(PoisonError::into_inner).0;
        }
        None
    }

    /// Gives no turns until that is over; whether it was otherwise before.
    pub(super) fn pause(&self, is_paused: bool) -> bool {
        self.is_paused.swap(is_paused, Ordering::SeqCst) != is_paused
    }

    fn lock(&self) -> MutexGuard<'_, usize> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.lock() += 1;
        self.0.given_back.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::thread;

    use super::*;

    #[test]
    fn no_more_than_so_many_have_one() {
        let (turns, now, most) = (Turns::new(2), AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| {
                    let _turn = turns.take(|| false).expect("it is never over");
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    thread::yield_now();
                    now.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        assert!((1..=2).contains(&most.into_inner()));
        assert_eq!(*turns.lock(), 2);
    }

    #[test]
    fn while_it_is_paused_nobody_gets_one() {
        let turns = Turns::new(1);
        assert!(turns.pause(true) && !turns.pause(true));
        let looks = AtomicUsize::new(0);
        assert!(turns.take(|| looks.fetch_add(1, Ordering::SeqCst) > 1).is_none());
        assert!(turns.pause(false) && turns.take(|| false).is_some());
    }

    #[test]
    fn who_waits_goes_when_it_is_over() {
        let turns = Turns::new(0);
        assert!(turns.take(|| true).is_none());
        let looks = AtomicUsize::new(0);
        assert!(turns.take(|| looks.fetch_add(1, Ordering::SeqCst) > 1).is_none());
    }
}
