//! How long attempts take, by how much that differs, and numbers to reckon with.

use crate::app::JobProgress;

/// So many attempts must have ended before anything is said.
pub(super) const ENOUGH: usize = 5;

/// How long something will still take, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Eta {
    /// Likely.
    pub(super) ms: u64,
    /// More or less, in two of three cases.
    pub(super) spread_ms: u64,
}

/// How long one attempt of a job takes on average, and by how much they differ, in milliseconds; `None` as long as too
/// few have ended to tell.
pub(super) fn pace(job: &JobProgress) -> Option<(f64, f64)> {
    let tried = job.tried();
    let mean = real(job.took_ms) / count(tried.max(1));
    (tried >= ENOUGH).then(|| (mean, deviation(job.squares, mean, tried)))
}

/// By how much times differ, from their squares added up.
pub(super) fn deviation(squares: u128, mean: f64, tried: usize) -> f64 {
    let squares = squares.to_string().parse::<f64>().unwrap_or(0.0);
    let variance = (squares - mean * mean * count(tried)) / count(tried.saturating_sub(1).max(1));
    variance.max(0.0).sqrt()
}

/// Milliseconds as a number to reckon with. Times and counts are far below what a `f64` holds exactly.
pub(super) fn real(ms: u64) -> f64 {
    std::time::Duration::from_millis(ms).as_secs_f64() * 1000.0
}

/// A count as a number to reckon with.
pub(super) fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// Whole milliseconds.
pub(super) fn whole(ms: f64) -> u64 {
    std::time::Duration::try_from_secs_f64(ms.max(0.0) / 1000.0)
        .map_or(u64::MAX, |time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(times: &[u64], to_run: usize) -> JobProgress {
        let squares = times.iter().map(|time| u128::from(*time).pow(2)).sum();
        let took_ms = times.iter().sum();
        JobProgress { to_run, ran: times.len(), took_ms, squares, ..JobProgress::default() }
    }

    #[test]
    fn nothing_is_said_too_early() {
        assert_eq!(pace(&job(&[1000; 4], 20)), None);
        assert_eq!(pace(&job(&[1000; 5], 20)), Some((1000.0, 0.0)));
    }

    #[test]
    fn times_that_differ_more_deviate_more() {
        let of = |times: &[u64]| pace(&job(times, 30)).map_or(0.0, |(_, deviation)| deviation);
        let (few, wild) = (of(&[800, 1200, 800, 1200, 1000, 1000]), of(&[100, 1900, 100, 1900, 1000, 1000]));
        assert!((few - 178.9).abs() < 0.1 && wild > 4.0 * few, "{few} {wild}");
    }
}
