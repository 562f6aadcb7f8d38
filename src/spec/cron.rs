//! Checks the text of a cron schedule; ticks are made by the trigger, not here.

use super::scalar::duration;

const MACROS: [&str; 8] =
    ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly", "@never"];
const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

struct CronField {
    name: &'static str,
    low: u32,
    high: u32,
    words: &'static [&'static str],
}

const FIELDS: [CronField; 5] = [
    CronField { name: "minute", low: 0, high: 59, words: &[] },
    CronField { name: "hour", low: 0, high: 23, words: &[] },
    CronField { name: "day of the month", low: 1, high: 31, words: &[] },
    CronField { name: "month", low: 1, high: 12, words: MONTHS },
    // 7 is Sunday too, as in most crons.
    CronField { name: "day of the week", low: 0, high: 7, words: DAYS },
];

/// Checks a schedule.
///
/// # Errors
/// A sentence fragment that names the part that is wrong.
pub(super) fn check(text: &str) -> Result<(), String> {
    let text = text.trim();
    if let Some(interval) = text.strip_prefix("@every ") {
        return match duration(interval.trim()) {
            Some(time) if time.as_secs() >= 1 => Ok(()),
            _ => Err(format!("`{}` is not a duration of a second or more", super::words::clip(interval))),
        };
    }
    if text.starts_with('@') {
        let is_known = MACROS.contains(&text);
        return if is_known {
            Ok(())
        } else {
            Err(format!("`{}` is not a known schedule", super::words::clip(text)))
        };
    }
    let mut parts: Vec<_> = text.split_whitespace().collect();
    if parts.first().is_some_and(|first| first.starts_with("TZ=") || first.starts_with("CRON_TZ=")) {
        parts.remove(0);
    }
    if parts.len() != FIELDS.len() {
        return Err(format!("a schedule has five fields, this one has {}", parts.len()));
    }
    parts.iter().zip(&FIELDS).try_for_each(|(part, field)| check_field(part, field))
}

fn check_field(part: &str, field: &CronField) -> Result<(), String> {
    let is_good = part.split(',').all(|range| check_range(range, field).is_some());
    if is_good {
        return Ok(());
    }
    Err(format!(
        "`{}` is not a {} (from {} to {})",
        super::words::clip(part),
        field.name,
        field.low,
        field.high
    ))
}

fn check_range(range: &str, field: &CronField) -> Option<()> {
    let (span, step) = match range.split_once('/') {
        Some((span, step)) => (span, step.parse::<u32>().ok()?),
        None => (range, 1),
    };
    if step == 0 {
        return None;
    }
    if span == "*" || span == "?" {
        return Some(());
    }
    let (low, high) = match span.split_once('-') {
        Some((low, high)) => (value(low, field)?, value(high, field)?),
        None => (value(span, field)?, field.high),
    };
    (low <= high).then_some(())
}

fn value(text: &str, field: &CronField) -> Option<u32> {
    if let Some(at) = field.words.iter().position(|word| text.eq_ignore_ascii_case(word)) {
        return u32::try_from(at).ok().map(|at| at + field.low);
    }
    text.parse().ok().filter(|value| (field.low..=field.high).contains(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules() {
        let good = [
            "0 3 * * *",
            "*/5 * * * *",
            "0 0 1 jan mon-fri",
            "1,2,30-40/2 * ? * 7",
            "@hourly",
            "@never",
            "@every 10s",
            "@every 1h30m",
            "TZ=Europe/Berlin 0 3 * * *",
        ];
        for text in good {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        let bad = [
            "",
            "* * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * * 13 *",
            "5-1 * * * *",
            "*/0 * * * *",
            "@sometimes",
            "@every",
            "@every x",
            "@every 0s",
            "a b c d e",
            "* * * * * *",
        ];
        for text in bad {
            assert!(check(text).is_err(), "{text}");
        }
    }
}
