//! `Threads`: shares out the work of plans over the processors.

use std::num::NonZero;
use std::ops::Range;
use std::thread;

use crate::plan::Spread;

/// So many things are done sooner than a thread is there.
const FEW: usize = 500;

/// A part of the work for each processor.
pub(super) struct Threads;

impl Spread for Threads {
    fn spread(&self, count: usize, part: &(dyn Fn(Range<usize>) + Sync)) {
        let threads = thread::available_parallelism().map_or(1, NonZero::get).min(count / FEW).max(1);
        let bound = |number: usize| count * number / threads;
        thread::scope(|scope| {
            for number in 1..threads {
                scope.spawn(move || part(bound(number)..bound(number + 1)));
            }
            part(0..bound(1));
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn parts_cover_all_once() {
        for count in [0, 1, FEW, 2 * FEW, 10 * FEW + 7] {
            let seen = Mutex::new(vec![0; count]);
            Threads
                .spread(count, &|range| seen.lock().unwrap()[range].iter_mut().for_each(|times| *times += 1));
            assert!(seen.into_inner().unwrap().into_iter().all(|times| times == 1), "{count}");
        }
    }
}
