//! How long the datums of a pipeline took: median, 95th percentile, longest, and how many by length of time.

use std::sync::Arc;

use crate::app::LastAttempt;

/// Where the classes of the histogram begin, in milliseconds.
const STEPS: [u32; 20] = [
    0, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000,
    1_200_000, 1_800_000, 3_600_000, 7_200_000, 18_000_000, 36_000_000,
];

/// How long the last attempts of a pipeline took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::tui) struct Times {
    /// Milliseconds by row, 0 where it is not known.
    pub(in crate::tui) rows: Arc<[u32]>,
    /// The same in a few numbers.
    pub(in crate::tui) timing: Timing,
    /// The most memory that they had, in KiB by row, 0 where it is not known.
    pub(super) peaks: Arc<[u32]>,
    pub(super) has_peaks: bool,
    /// When they ended, in seconds since the Unix epoch.
    pub(super) ends: Arc<[u32]>,
}

impl Times {
    /// Puts times by row together.
    pub(in crate::tui) fn of(rows: Arc<[u32]>) -> Self {
        let timing = Timing::of(&rows);
        Self { rows, timing, ..Self::default() }
    }

    /// The same, of attempts of which more is known.
    pub(in crate::tui) fn of_attempts(last: &[LastAttempt]) -> Self {
        let column = |of: fn(&LastAttempt) -> u32| last.iter().map(of).collect::<Arc<[u32]>>();
        let (peaks, ends) = (column(|last| last.peak_kib), column(|last| last.ended_s));
        Self {
            has_peaks: peaks.iter().any(|kib| *kib > 0),
            peaks,
            ends,
            ..Self::of(column(|last| last.took_ms))
        }
    }
}

/// One row of the histogram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bar {
    /// From how many milliseconds on; without a limit if absent.
    pub(super) from: Option<u32>,
    /// To how many, these not included; without a limit if absent.
    pub(super) to: Option<u32>,
    /// How many datums.
    pub(super) count: usize,
}

impl Bar {
    /// `1-2s`, `<0.2s`, `20m+`: from where to where the row reaches, in one unit.
    pub(super) fn label(self) -> String {
        let (unit, word) = match self.from.or(self.to).unwrap_or(0) {
            0..60_000 => (1000, "s"),
            60_000..3_600_000 => (60_000, "m"),
            _ => (3_600_000, "h"),
        };
        // All steps are whole tenths of their unit.
        let number = |ms: u32| {
            let tenths = ms * 10 / unit;
            if tenths.is_multiple_of(10) {
                format!("{}", tenths / 10)
            } else {
                format!("{}.{}", tenths / 10, tenths % 10)
            }
        };
        match (self.from, self.to) {
            (None, None) => "all".into(),
            (None, Some(to)) => format!("<{}{word}", number(to)),
            (Some(from), None) => format!("{}{word}+", number(from)),
            (Some(from), Some(to)) => format!("{}-{}{word}", number(from), number(to)),
        }
    }
}

/// Times in a few numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::tui) struct Timing {
    /// Of how many datums a time is known.
    pub(in crate::tui) known: usize,
    /// Half took no longer.
    pub(in crate::tui) median: u32,
    /// Nineteen of twenty took no longer.
    pub(in crate::tui) p95: u32,
    /// The longest.
    pub(in crate::tui) longest: u32,
    /// The row of the longest.
    pub(in crate::tui) slowest: usize,
    counts: [usize; STEPS.len()],
}

impl Timing {
    /// Of times in milliseconds, 0 where none is known.
    pub(in crate::tui) fn of(times: &[u32]) -> Self {
        let mut known: Vec<u32> = times.iter().copied().filter(|time| *time > 0).collect();
        known.sort_unstable();
        let (Some(last), Some(longest)) = (known.len().checked_sub(1), known.last()) else {
            return Self::default();
        };
        let mut counts = [0; STEPS.len()];
        for time in &known {
            counts[step(*time)] += 1;
        }
        let slowest = times.iter().position(|time| time == longest).unwrap_or(0);
        let (median, p95) = (known[last / 2], known[last * 95 / 100]);
        Self { known: known.len(), median, p95, longest: *longest, slowest, counts }
    }

    /// The histogram in at most so many rows. What lies below or above the fullest part is counted to its ends.
    pub(in crate::tui) fn histogram(&self, rows: usize) -> Vec<Bar> {
        let is_used = |count: &usize| *count > 0;
        let first = self.counts.iter().position(is_used);
        let last = self.counts.iter().rposition(is_used);
        let (Some(first), Some(last)) = (first, last) else { return Vec::new() };
        let width = rows.min(last - first + 1);
        let sum = |start: usize| self.counts[start..start + width].iter().sum::<usize>();
        let Some(start) = (first..=last + 1 - width).rev().max_by_key(|start| sum(*start)) else {
            return Vec::new();
        };
        let bar =
            |at: usize| Bar { from: Some(STEPS[at]), to: STEPS.get(at + 1).copied(), count: self.counts[at] };
        let mut bars: Vec<Bar> = (start..start + width).map(bar).collect();
        let (below, above): (usize, usize) =
            (self.counts[..start].iter().sum(), self.counts[start + width..].iter().sum());
        if let Some(bar) = bars.first_mut().filter(|bar| below > 0 || bar.from == Some(0)) {
            (bar.from, bar.count) = (None, bar.count + below);
        }
        if let Some(bar) = bars.last_mut().filter(|_| above > 0) {
            (bar.to, bar.count) = (None, bar.count + above);
        }
        bars
    }
}

fn step(time: u32) -> usize {
    STEPS.partition_point(|begin| *begin <= time).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_times_do_not_count() {
        let timing = Timing::of(&[0, 150, 900, 300, 0, 120_500]);
        assert_eq!((timing.known, timing.median, timing.p95), (4, 300, 900));
        assert_eq!((timing.longest, timing.slowest), (120_500, 5));
        assert_eq!(Timing::of(&[0, 0]), Timing::default());
    }

    #[test]
    fn a_histogram_counts_everybody_in_the_rows_it_has() {
        let timing = Timing::of(&[150, 160, 900, 300, 120_500, 7_000_000]);
        let told = |timing: &Timing, rows| -> Vec<(String, usize)> {
            timing.histogram(rows).into_iter().map(|bar| (bar.label(), bar.count)).collect()
        };
        let bar = |label: &str, count| (label.to_owned(), count);
        assert_eq!(told(&timing, 3), [bar("0.1-0.2s", 2), bar("0.2-0.5s", 1), bar("0.5s+", 3)]);
        assert_eq!(told(&timing, 1), [bar("0.1s+", 6)]);
        assert_eq!(told(&timing, 0), []);
        assert_eq!(told(&timing, 99).iter().map(|(_, count)| count).sum::<usize>(), 6);
        assert_eq!(told(&Timing::default(), 4), []);
        let odd = Timing::of(&[5, 7, 120_500, 130_000, 140_000]);
        assert_eq!(told(&odd, 1), [bar("<5m", 5)]);
        assert_eq!(told(&Timing::of(&[5]), 3), [bar("<0.1s", 1)]);
    }
}
