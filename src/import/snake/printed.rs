//! Numbers and words of a Snakefile and of its config as Python prints them; none where that is not sure.

/// From here to [`LARGE`] Python prints a float without an exponent.
const SMALL: f64 = 1e-4;
/// See [`SMALL`].
const LARGE: f64 = 1e16;
const YES: [&str; 6] = ["yes", "Yes", "YES", "on", "On", "ON"];
const NO: [&str; 6] = ["no", "No", "NO", "off", "Off", "OFF"];

/// Whether a text begins as a number does, and holds nothing but what numbers of Python and YAML are made of.
pub(super) fn is_like_a_number(text: &str) -> bool {
    let begins = text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first));
    begins
        && text.contains(|letter: char| letter.is_ascii_digit())
        && text.chars().all(|letter| letter.is_ascii_hexdigit() || "xXoO_.:+-TtZjJ ".contains(letter))
}

/// A whole number or a float as Python prints it.
pub(super) fn number(text: &str) -> Option<String> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if are_digits(digits) {
        let is_plain = !digits.starts_with('0') || text == "0";
        return is_plain.then(|| text.to_owned());
    }
    let (base, exponent) =
        digits.split_once(['e', 'E']).map_or((digits, None), |(base, exponent)| (base, Some(exponent)));
    let (whole, part) = base.split_once('.')?;
    let is_exponent = |exponent: &str| are_digits(exponent.strip_prefix(['+', '-']).unwrap_or_default());
    if !are_digits(whole) || !are_digits(part) || !exponent.is_none_or(is_exponent) {
        return None;
    }
    let value: f64 = text.parse().ok()?;
    let is_plain = value == 0.0 || (SMALL..LARGE).contains(&value.abs());
    is_plain.then(|| format!("{value:?}"))
}

/// A word without quotes in a file of settings.
pub(super) fn plain(text: &str) -> Option<String> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Some("None".into()),
        "true" | "True" | "TRUE" => Some("True".into()),
        "false" | "False" | "FALSE" => Some("False".into()),
        _ if YES.contains(&text) => Some("True".into()),
        _ if NO.contains(&text) => Some("False".into()),
        _ if is_version(text) => Some(text.to_owned()),
        _ if is_like_a_number(text) => number(text),
        _ if [".inf", ".nan"].iter().any(|end| text.to_ascii_lowercase().ends_with(end)) => None,
        _ => Some(text.to_owned()),
    }
}

/// `1.2.3` is no number.
fn is_version(text: &str) -> bool {
    text.matches('.').count() > 1 && text.chars().all(|letter| letter.is_ascii_digit() || letter == '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_printed_as_in_python_or_not_at_all() {
        for (text, wanted) in [
            ("1.0e-3", Some("0.001")),
            ("2.50", Some("2.5")),
            ("0.001", Some("0.001")),
            ("3", Some("3")),
            ("-0.0", Some("-0.0")),
            ("1.0e-5", None),
            ("010", None),
            ("1:30", None),
            ("1_000", None),
            ("0x1f", None),
            ("1e-3", None),
            ("2020-01-01", None),
            ("-.inf", None),
            ("yes", Some("True")),
            ("False", Some("False")),
            ("null", Some("None")),
            ("1.2.3", Some("1.2.3")),
            ("data/x.fa", Some("data/x.fa")),
            (".", Some(".")),
            ("hg38", Some("hg38")),
        ] {
            assert_eq!(plain(text).as_deref(), wanted, "{text}");
        }
    }
}
