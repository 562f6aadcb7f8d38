//! When a job will be over, with a spread: from how long its attempts took and how many go on at a time.

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

/// How long a job will still take. `in_hand` has how long each attempt that goes on has lasted; `None` as long
/// as too few have ended to tell, or nothing is left.
pub(super) fn eta(job: &JobProgress, in_hand: &[u64]) -> Option<Eta> {
    let tried = job.tried();
    let left = job.to_run.saturating_sub(tried);
    if tried < ENOUGH || left == 0 || job.ended.is_some() {
        return None;
    }
    let (mean, deviation) = pace(job)?;
    let going_on: f64 = in_hand.iter().map(|since| (mean - real(*since)).max(0.0)).sum();
    let work = going_on + mean * count(left.saturating_sub(in_hand.len()));
    let slots = count(in_hand.len().max(1));
    // The mean itself is as uncertain as so few attempts make it; each that is to come scatters around it.
    let scatter = count(left) * (1.0 / count(tried) + 1.0 / count(left)).sqrt();
    Some(Eta { ms: whole(work / slots), spread_ms: whole(deviation * scatter / slots) })
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
    fn nothing_is_said_too_early_or_too_late() {
        assert_eq!(eta(&job(&[1000; 4], 20), &[0]), None);
        assert_eq!(eta(&job(&[1000; 5], 5), &[]), None);
        let ended = JobProgress { ended: Some(true), ..job(&[1000; 5], 9) };
        assert_eq!(eta(&ended, &[]), None);
        assert!(eta(&job(&[1000; 5], 6), &[0]).is_some());
    }

    #[test]
    fn equal_times_have_no_spread_and_slots_share_the_work() {
        let job = job(&[1000; 10], 30);
        assert_eq!(eta(&job, &[0, 0]), Some(Eta { ms: 10_000, spread_ms: 0 }));
        assert_eq!(eta(&job, &[0; 4]), Some(Eta { ms: 5000, spread_ms: 0 }));
        // What goes on is nearer to its end; what lasts longer than usual may end at any moment.
        assert_eq!(eta(&job, &[500, 9000]), Some(Eta { ms: 9250, spread_ms: 0 }));
    }

    #[test]
    fn the_spread_grows_with_the_scatter_and_shrinks_with_experience() {
        let spread = |times: &[u64], left: usize| {
            eta(&job(times, times.len() + left), &[0]).map_or(0, |eta| eta.spread_ms)
        };
        let few = spread(&[800, 1200, 800, 1200, 1000, 1000], 20);
        let wild = spread(&[100, 1900, 100, 1900, 1000, 1000], 20);
        let many = spread(&[800, 1200, 800, 1200, 1000, 1000].repeat(10), 20);
        assert!(many < few && few < wild && many > 0, "{many} {few} {wild}");
    }
}
