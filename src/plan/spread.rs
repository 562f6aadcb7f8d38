//! `Spread`: how work on many datums is shared out. Whoever runs hands in threads; plans know none.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// Shares out work on numbered things, none of which needs another.
pub trait Spread {
    /// Calls `part` for ranges that together are `0..count`, in any order, perhaps several at once.
    fn spread(&self, count: usize, part: &(dyn Fn(Range<usize>) + Sync));
}

/// What `make` gives for all ranges, in order of number.
pub(super) fn spread_out<T: Send>(
    spread: &dyn Spread,
    count: usize,
    make: impl Fn(Range<usize>) -> Vec<T> + Sync,
) -> Vec<T> {
    let parts = Mutex::new(Vec::new());
    spread.spread(count, &|range| {
        let start = range.start;
        let made = make(range);
        parts.lock().unwrap_or_else(PoisonError::into_inner).push((start, made));
    });
    let mut parts = parts.into_inner().unwrap_or_else(PoisonError::into_inner);
    parts.sort_unstable_by_key(|(start, _)| *start);
    let mut parts = parts.into_iter().map(|(_, made)| made);
    let mut all = parts.next().unwrap_or_default();
    parts.for_each(|made| all.extend(made));
    debug_assert_eq!(all.len(), count, "ranges cover each number once");
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All in turn, by whoever asks.
    struct InTurn;

    impl Spread for InTurn {
        fn spread(&self, count: usize, part: &(dyn Fn(Range<usize>) + Sync)) {
            part(0..count);
        }
    }

    /// Pieces of three, the last one first.
    struct Backwards;

    impl Spread for Backwards {
        fn spread(&self, count: usize, part: &(dyn Fn(Range<usize>) + Sync)) {
            (0..count.div_ceil(3)).rev().for_each(|piece| part(piece * 3..count.min(piece * 3 + 3)));
        }
    }

    #[test]
    fn order_is_that_of_the_numbers() {
        for count in [0, 1, 3, 10] {
            let expected: Vec<usize> = (0..count).collect();
            for spread in [&InTurn as &dyn Spread, &Backwards] {
                assert_eq!(spread_out(spread, count, Iterator::collect), expected);
            }
        }
    }
}
