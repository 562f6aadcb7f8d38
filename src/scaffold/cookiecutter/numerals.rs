//! Numbers in JSON as Python reads them: whole ones of any length, floats to the last digit, `NaN` and `Infinity`.

/// Begins a text that stands for a number.
const MARK: &str = "\u{F8FE}number:";

/// A number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    /// A whole one.
    Whole(i128),
    /// Any other.
    Float(f64),
}

/// A JSON text in which a marked text stands for each number, which thus loses no digits.
pub(super) fn marked(text: &str) -> String {
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
pub(super) fn meant(text: &str) -> Option<Result<Number, &'static str>> {
    let word = text.strip_prefix(MARK)?;
    Some(match word {
        "NaN" => Ok(Number::Float(f64::NAN)),
        "Infinity" => Ok(Number::Float(f64::INFINITY)),
        "-Infinity" => Ok(Number::Float(f64::NEG_INFINITY)),
        float if float.contains(['.', 'e', 'E']) => {
            float.parse().map(Number::Float).map_err(|_| "this is no number")
        }
        whole => whole.parse().map(Number::Whole).map_err(|_| {
            "whole numbers of more than 38 digits have no match here; put it in quotes if its text is meant"
        }),
    })
}
