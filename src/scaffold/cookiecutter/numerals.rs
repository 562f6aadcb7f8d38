//! Numbers in JSON as Python reads them: whole ones of any length, floats to the last digit, `NaN` and `Infinity`.

use super::json::Json;

/// Begins a text that stands for a number.
const MARK: &str = "\u{F8FE}number:";

/// Reads a JSON text.
///
/// Errors: it is none, with the place; or a whole number in it is longer than templates can have here.
pub(super) fn parse(text: &str) -> Result<Json, serde_json::Error> {
    serde_json::from_str(&marked(text))
}

/// A JSON text in which a marked text stands for each number, which thus loses no digits.
fn marked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let used = match c {
            '"' => quoted(rest),
            '-' | '0'..='9' | 'N' | 'I' => rest.find(|c| !is_in_word(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (part, after) = rest.split_at(used);
        if is_number(part) {
            out.extend(["\"", MARK, part, "\""]);
        } else {
            out.push_str(part);
        }
        rest = after;
    }
    out
}

fn is_in_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || "+-.".contains(c)
}

/// How long the text in quotes is that begins here.
fn quoted(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '"' if !is_escaped => return at + 1,
            c => is_escaped = c == '\\' && !is_escaped,
        }
    }
    text.len()
}

/// Whether Python's `json` takes a word for a number.
fn is_number(word: &str) -> bool {
    if ["NaN", "Infinity", "-Infinity"].contains(&word) {
        return true;
    }
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (number, power) = word.split_once(['e', 'E']).unwrap_or((word, "0"));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let whole = whole.strip_prefix('-').unwrap_or(whole);
    let is_whole = digits(whole) && (whole == "0" || !whole.starts_with('0'));
    is_whole && digits(fraction) && digits(power.strip_prefix(['+', '-']).unwrap_or(power))
}

/// The number that a marked text stands for; none if it stands for itself.
///
/// # Errors
/// When it is too long.
pub(super) fn meant(text: &str) -> Option<Result<Json, &'static str>> {
    let word = text.strip_prefix(MARK)?;
    Some(match word {
        "NaN" => Ok(Json::Float(f64::NAN)),
        "Infinity" => Ok(Json::Float(f64::INFINITY)),
        "-Infinity" => Ok(Json::Float(f64::NEG_INFINITY)),
        float if float.contains(['.', 'e', 'E']) => {
            float.parse().map(Json::Float).map_err(|_| "this is no number")
        }
        whole => whole.parse().map(Json::Integer).map_err(|_| {
            "whole numbers of more than 38 digits have no match here; put it in quotes if its text is meant"
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_what_python_makes_of_them() {
        for (text, python) in [
            ("18446744073709551616", "18446744073709551616"),
            ("-99999999999999999999999999999999999999", "-99999999999999999999999999999999999999"),
            ("-0", "0"),
            ("-0.0", "-0.0"),
            ("1e5", "100000.0"),
            ("1E400", "inf"),
            ("NaN", "nan"),
            ("-Infinity", "-inf"),
            ("12345678901234567890123.5", "1.2345678901234568e+22"),
            ("0.30000000000000004", "0.30000000000000004"),
            ("\"NaN \\\" 1e5\"", "NaN \" 1e5"),
        ] {
            assert_eq!(parse(text).expect(text).text(), python, "{text}");
        }
        for text in ["01", "1.", ".5", "+1", "-NaN", "1e", "{1: 2}", "[1 2]", "nan", "0x1"] {
            assert!(parse(text).is_err(), "{text}");
        }
        let error = parse(&format!("[1,\n{}]", "9".repeat(40))).expect_err("too long").to_string();
        assert!(error.contains("more than 38 digits") && error.contains("line 2"), "{error}");
    }
}
