//! Lengths of time for people, told alike on every screen and by every command; what has not passed is not counted.

/// A length of time in a few letters: `29ms`, `0.4s`, `12s`, `4m10`, `1h42`, `3d`.
pub fn span(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0 if ms < 100 => format!("{ms}ms"),
        0..10 => format!("{}.{}s", seconds, ms % 1000 / 100),
        10..60 => format!("{seconds}s"),
        60..3600 => format!("{}m{:02}", seconds / 60, seconds % 60),
        3600..172_800 => format!("{}h{:02}", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_short_and_never_rounded_up() {
        let told = [29, 460, 21_999, 250_900, 6_120_000, 300_000_000].map(span);
        assert_eq!(told, ["29ms", "0.4s", "21s", "4m10", "1h42", "3d"]);
    }
}
