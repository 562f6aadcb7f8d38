//! The one place that looks at the clock. Times are for people and records; they decide nothing that is planned.

/// Milliseconds since the Unix epoch, in UTC.
pub fn now_ms() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the wall clock")]
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Seconds since the Unix epoch, as git takes them.
pub fn now_seconds() -> i64 {
    i64::try_from(now_ms() / 1000).unwrap_or(0)
}
