//! Scalars: how plain words are taken, and the texts of durations and amounts.

use std::time::Duration;

/// What a plain (unquoted) scalar is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Plain {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A word that some readers take for a boolean: `yes`, `True`, `off`.
    BoolLike,
    /// A whole number in plain decimal.
    Whole(i64),
    /// A finite number.
    Number(f64),
    /// Something that some readers take for a number: `012`, `0x1F`, `.inf`, `1_000`.
    NumberLike,
    /// Text.
    Text,
}

/// Says what a plain scalar is.
pub(super) fn resolve(text: &str) -> Plain {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Plain::Null,
        "true" => return Plain::Bool(true),
        "false" => return Plain::Bool(false),
        _ => {}
    }
    if is_bool_like(text) {
        return Plain::BoolLike;
    }
    if let Some(whole) = whole(text) {
        return Plain::Whole(whole);
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) {
        return Plain::Text;
    }
    match number(text) {
        Some(number) => Plain::Number(number),
        None if is_number_like(text) => Plain::NumberLike,
        None => Plain::Text,
    }
}

fn is_bool_like(text: &str) -> bool {
    ["yes", "no", "on", "off", "true", "false"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

fn is_number_like(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', '-']);
    let radix_of = |prefix| digits.strip_prefix(prefix).is_some_and(|rest: &str| !rest.is_empty());
    let is_special = [".inf", ".nan"].iter().any(|word| digits.eq_ignore_ascii_case(word));
    let is_decimal = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || c == '_');
    let is_hex = radix_of("0x") && digits[2..].chars().all(|c| c.is_ascii_hexdigit());
    let is_octal = radix_of("0o") && digits[2..].chars().all(|c| c.is_digit(8));
    is_special || is_decimal || is_hex || is_octal
}

/// A whole number in plain decimal without leading zeros.
pub(super) fn whole(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain =
        digits.bytes().all(|byte| byte.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
    if is_plain { text.parse().ok() } else { None }
}

/// A finite decimal number.
pub(super) fn number(text: &str) -> Option<f64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte))
        && text.bytes().any(|byte| byte.is_ascii_digit());
    let digits = text.trim_start_matches(['+', '-']);
    let has_leading_zero =
        digits.len() > 1 && digits.starts_with('0') && digits.as_bytes()[1].is_ascii_digit();
    if is_plain && !has_leading_zero {
        text.parse().ok().filter(|number: &f64| number.is_finite())
    } else {
        None
    }
}

/// Reads `90s`, `0.5s`, `250ms`, `5m`, `15h`, `1h30m`.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let amount: f64 = number(&rest[..digits])?;
        let letters = rest[digits..].find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len() - digits);
        seconds += amount * unit_seconds(&rest[digits..digits + letters])?;
        rest = &rest[digits + letters..];
    }
    // Go's and protobuf's longest duration is some 290 years; longer ones are slips.
    if text.is_empty() || seconds > 9.2e9 { None } else { Duration::try_from_secs_f64(seconds).ok() }
}

fn unit_seconds(unit: &str) -> Option<f64> {
    match unit {
        "ns" => Some(1e-9),
        "us" => Some(1e-6),
        "ms" => Some(1e-3),
        "s" => Some(1.0),
        "m" => Some(60.0),
        "h" => Some(3600.0),
        "d" => Some(86400.0),
        _ => None,
    }
}

/// Whether a text is an amount as Kubernetes writes it: `4G`, `512Mi`, `1.5Gi`, `1000000`.
pub(super) fn is_amount(text: &str) -> bool {
    parts_of_amount(text).is_some()
}

/// The bytes that an amount means.
pub(super) fn amount(text: &str) -> Option<u64> {
    let (count, power) = parts_of_amount(text)?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "amounts are not negative, and more than a number can hold is no limit"
    )]
    Some((count * power) as u64)
}

fn parts_of_amount(text: &str) -> Option<(f64, f64)> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let power = match &text[digits..] {
        "" => 1.0,
        "k" | "K" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Ki" => 1024_f64,
        "Mi" => 1024_f64.powi(2),
        "Gi" => 1024_f64.powi(3),
        "Ti" => 1024_f64.powi(4),
        "Pi" => 1024_f64.powi(5),
        "Ei" => 1024_f64.powi(6),
        _ => return None,
    };
    Some((number(&text[..digits])?, power))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words() {
        let cases = [
            ("", Plain::Null),
            ("~", Plain::Null),
            ("true", Plain::Bool(true)),
            ("True", Plain::BoolLike),
            ("on", Plain::BoolLike),
            ("12", Plain::Whole(12)),
            ("-3", Plain::Whole(-3)),
            ("012", Plain::NumberLike),
            ("0x1F", Plain::NumberLike),
            ("0.5", Plain::Number(0.5)),
            ("1e3", Plain::Number(1000.0)),
            (".inf", Plain::NumberLike),
            ("-", Plain::Text),
            ("--flag", Plain::Text),
            ("/a", Plain::Text),
            ("2024-01-01", Plain::Text),
            ("1.2.3", Plain::Text),
            ("infinity", Plain::Text),
        ];
        for (text, expected) in cases {
            assert_eq!(resolve(text), expected, "{text:?}");
        }
    }

    #[test]
    fn durations() {
        let cases = [
            ("90s", 90.0),
            ("0.5s", 0.5),
            ("5m", 300.0),
            ("15h", 54000.0),
            ("1h30m", 5400.0),
            ("250ms", 0.25),
        ];
        for (text, seconds) in cases {
            assert_eq!(duration(text).map(|d| d.as_secs_f64()), Some(seconds), "{text}");
        }
        for bad in ["", "5", "s", "-5s", "5x", "1h 30m", "1..5s", "999999999999h", "ä"] {
            assert_eq!(duration(bad), None, "{bad}");
        }
    }

    #[test]
    fn amounts_in_bytes() {
        let known =
            [("4G", 4_000_000_000), ("512Mi", 512 << 20), ("1.5Ki", 1536), ("7", 7), ("1Ei", 1 << 60)];
        for (text, bytes) in known {
            assert_eq!(amount(text), Some(bytes), "{text}");
        }
        assert_eq!(amount("4X"), None);
    }

    #[test]
    fn amounts() {
        for good in ["4G", "512Mi", "1.5Gi", "1000", "0"] {
            assert!(is_amount(good), "{good}");
        }
        for bad in ["", "G", "-1G", "4GB", "4 G", "lots", "1..5G"] {
            assert!(!is_amount(bad), "{bad}");
        }
    }
}
