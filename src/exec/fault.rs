//! Fail points: with the cargo feature `faults`, the program kills itself at a named point.
//!
//! `MINIPACH_FAULT=publish:moved` dies at the first pass, `MINIPACH_FAULT=publish:moved:3` at the
//! third. Without the feature a point costs nothing.

/// Every point of this floor, in the order a datum passes them.
pub const POINTS: [&str; 13] = [
    "exec:prepared",
    "exec:spawned",
    "exec:ended",
    "stage:start",
    "stage:moved",
    "publish:start",
    "publish:copied",
    "publish:file",
    "publish:moved",
    "publish:away",
    "publish:removed",
    "remove:entry",
    "publish:cleared",
];

/// Dies by SIGKILL if the environment asks for it here; else does nothing.
#[cfg(not(any(test, feature = "faults")))]
#[inline]
pub const fn point(_name: &str) {}

/// Dies by SIGKILL if the environment asks for it here; else does nothing.
///
/// # Panics
/// Never: a process may always kill itself.
#[cfg(any(test, feature = "faults"))]
pub fn point(name: &str) {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static WANTED: LazyLock<Option<(String, u64)>> =
        LazyLock::new(|| std::env::var("MINIPACH_FAULT").ok().map(|text| parse(&text)));
    static PASSED: AtomicU64 = AtomicU64::new(0);

    if let Some((wanted, count)) = &*WANTED
        && wanted == name
        && PASSED.fetch_add(1, Ordering::Relaxed) + 1 == *count
    {
        let killed = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        killed.expect("a process may kill itself");
    }
}

/// Whether the bug of this name is to be made, so that tests can show that they would find it.
#[cfg(not(feature = "faults"))]
#[inline]
pub const fn planted(_name: &str) -> bool {
    false
}

/// Whether the bug of this name is to be made, so that tests can show that they would find it.
#[cfg(feature = "faults")]
pub fn planted(name: &str) -> bool {
    std::env::var_os("MINIPACH_PLANTED").is_some_and(|wanted| wanted == name)
}

/// Splits `name:count`; names hold one colon themselves.
#[cfg(any(test, feature = "faults"))]
fn parse(text: &str) -> (String, u64) {
    match text.rsplit_once(':') {
        Some((name, count)) if name.contains(':') && count.parse::<u64>().is_ok() => {
            (name.to_owned(), count.parse().unwrap_or(1))
        }
        _ => (text.to_owned(), 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_counts() {
        assert_eq!(parse("publish:moved"), ("publish:moved".to_owned(), 1));
        assert_eq!(parse("publish:moved:3"), ("publish:moved".to_owned(), 3));
    }
}
