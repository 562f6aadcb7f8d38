//! What a command used of the machine, as the kernel tells when its first process is waited for.

use std::process::{Child, ExitStatus};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use wait4::Wait4 as _;

/// What the first process of a command used, and all that it waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Largest resident memory of one of its processes; absent where it was less than minipach's own, which
    /// the kernel counts for a process too until its program begins.
    pub max_rss_bytes: Option<u64>,
    /// Processor time in user mode.
    pub user: Duration,
    /// Processor time in the kernel.
    pub system: Duration,
}

/// The kernel counts pages in batches: by so much two looks at the same memory may differ.
const INEXACT_BYTES: u64 = 1 << 20;

/// Waits for the end of a command's first process.
pub(super) fn wait(child: Child) -> std::io::Result<(ExitStatus, Usage)> {
    let ended = child.wait4()?;
    let max_rss_bytes = if exceeds_own(ended.rusage.maxrss) { Some(ended.rusage.maxrss) } else { None };
    Ok((ended.status, Usage { max_rss_bytes, user: ended.rusage.utime, system: ended.rusage.stime }))
}

/// Whether so much memory is more than this process ever had. It only grows, so it is read seldom.
fn exceeds_own(bytes: u64) -> bool {
    static OWN: AtomicU64 = AtomicU64::new(0);
    if bytes <= OWN.load(Ordering::Relaxed) + INEXACT_BYTES {
        return false;
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let Some(own) = peak(&status) else { return false };
    OWN.fetch_max(own, Ordering::Relaxed);
    bytes > own + INEXACT_BYTES
}

/// The largest resident memory that a `/proc/<pid>/status` tells, in bytes.
fn peak(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_read_from_the_status() {
        assert_eq!(peak("Name:\tx\nVmPeak:\t 9 kB\nVmHWM:\t    1234 kB\n"), Some(1_263_616));
        assert_eq!(peak("Name:\tx\n"), None);
    }

    #[test]
    fn only_what_is_more_than_our_own_is_told() {
        assert!(!exceeds_own(0));
        assert!(exceeds_own(1 << 50));
    }

    #[test]
    fn the_work_of_children_counts() {
        let script = "(i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done); exit 3";
        let child = std::process::Command::new("sh").args(["-c", script]).spawn().unwrap();
        let (status, usage) = wait(child).unwrap();
        assert_eq!(status.code(), Some(3));
        assert!(usage.user + usage.system > Duration::from_millis(5), "{usage:?}");
    }
}
