//! `Turns`: so many commands run at a time, or none is begun for a while. Slots that lay out or collect files need none.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often one that waits looks whether it is over.
const TICK: Duration = Duration::from_millis(50);

/// So many turns.
pub struct Turns {
    free: Mutex<usize>,
    given_back: Condvar,
    is_paused: AtomicBool,
    /// How long it was paused before, and since when it is.
    rest: Mutex<(Duration, Option<Instant>)>,
}

/// The right to run one command, until it is dropped.
pub(super) struct Turn<'a>(&'a Turns);

impl Turns {
    /// So many at a time.
    pub const fn new(count: usize) -> Self {
        Self {
            free: Mutex::new(count),
            given_back: Condvar::new(),
            is_paused: AtomicBool::new(false),
            rest: Mutex::new((Duration::ZERO, None)),
        }
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
        let is_news = self.is_paused.swap(is_paused, Ordering::SeqCst) != is_paused;
        if is_news {
            let mut rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
            let (before, since) = *rest;
            *rest = match since {
                Some(since) => (before + since.elapsed(), None),
                None => (before, Some(Instant::now())),
            };
        }
        is_news
    }

    /// The time by a clock that stands still while nothing may begin; for limits of a whole job.
    pub(super) fn now(&self) -> Instant {
        let (before, since) = *self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let rest = before + since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        now.checked_sub(rest).unwrap_or(now)
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
    fn the_clock_stands_still_while_it_is_paused() {
        let turns = Turns::new(1);
        let before = turns.now();
        turns.pause(true);
        thread::sleep(Duration::from_millis(60));
        let during = turns.now();
        thread::sleep(Duration::from_millis(60));
        assert_eq!(turns.now(), during);
        turns.pause(false);
        assert!(turns.now().duration_since(before) < Duration::from_millis(100));
        thread::sleep(Duration::from_millis(30));
        assert!(turns.now().duration_since(during) >= Duration::from_millis(30));
    }

    #[test]
    fn who_waits_goes_when_it_is_over() {
        let turns = Turns::new(0);
        assert!(turns.take(|| true).is_none());
        let looks = AtomicUsize::new(0);
        assert!(turns.take(|| looks.fetch_add(1, Ordering::SeqCst) > 1).is_none());
    }
}
