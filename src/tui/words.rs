//! Sizes, moments and names in few letters.

/// A size: `900 B`, `1.2 MB`, `40 GB`.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let (mut tenths, mut unit) = (bytes / 100, 0);
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        (tenths, unit) = (tenths / 1000, unit + 1);
    }
    if tenths < 100 {
        format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
    } else {
        format!("{} {}", tenths / 10, UNITS[unit])
    }
}

/// A name that any file system takes and no shell misreads.
pub(super) fn plain(name: &str) -> String {
    let plain = |letter: char| {
        let is_plain = letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.' | '=');
        if is_plain { letter } else { '-' }
    };
    let plain: String = name.chars().take(120).map(plain).collect();
    let plain = plain.trim_matches(['-', '.']);
    if plain.is_empty() { "log".into() } else { plain.to_owned() }
}

/// The machine's zone; in tests, whose pictures are the same everywhere, UTC.
pub(super) fn zone() -> jiff::tz::TimeZone {
    if cfg!(test) { jiff::tz::TimeZone::UTC } else { jiff::tz::TimeZone::system() }
}

/// A moment in the machine's zone: `2026-11-26 14:02:11`.
pub(super) fn moment(ms: u64) -> String {
    let time = i64::try_from(ms).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    time.map(|time| time.to_zoned(zone()).strftime("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default()
}

/// Hours and minutes of a moment in the machine's zone, with seconds where something moves.
pub(super) fn clock(ms: u64, has_seconds: bool) -> String {
    let seconds = i64::try_from(ms / 1000).unwrap_or(0);
    let time = jiff::Timestamp::from_second(seconds).unwrap_or_default();
    time.to_zoned(zone()).strftime(if has_seconds { "%H:%M:%S" } else { "%H:%M" }).to_string()
}

/// How long ago something was, by its largest unit: `<1m`, `14m`, `2h`, `9d`. Seconds would be wrong at once: nothing is
/// drawn for them while nothing happens.
pub(super) fn age(ms: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(86_400, "d"), (3600, "h"), (60, "m")];
    let seconds = ms / 1000;
    let unit = UNITS.iter().find(|(long, _)| seconds >= *long);
    unit.map_or_else(|| "<1m".into(), |(long, name)| format!("{}{name}", seconds / long))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        let shown = [0, 999, 1000, 1234, 12_345, 999_999, 1_000_000, 4_300_000_000, u64::MAX].map(size);
        assert_eq!(
            shown,
            ["0 B", "999 B", "1.0 kB", "1.2 kB", "12 kB", "999 kB", "1.0 MB", "4.3 GB", "18446744 TB"]
        );
    }

    #[test]
    fn ages_are_told_by_their_largest_unit() {
        let told = [900, 59_000, 60_000, 7_199_000, 86_400_000 * 9].map(age);
        assert_eq!(told, ["<1m", "<1m", "1m", "1h", "9d"]);
    }

    #[test]
    fn moments_that_no_calendar_has_are_empty() {
        assert_eq!((moment(0).len(), moment(u64::MAX).len()), (19, 0));
    }
}
