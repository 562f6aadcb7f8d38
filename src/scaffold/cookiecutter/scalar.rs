//! Plain words of YAML 1.1 as `PyYAML` reads them: `010` is 8, `1:30` is 90, `1e3` is a text, `2020-01-01` is a date.

use granit_parser::Tag;

use super::json::Json;

const NULLS: [&str; 5] = ["", "~", "null", "Null", "NULL"];
const YES: [&str; 9] = ["yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"];
const NO: [&str; 9] = ["no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"];
const DATE: Json = Json::Unlike("a date");
const LARGE: Json = Json::Unlike("a number that is too large");
const TAGGED: Json = Json::Unlike("a value with a tag");
/// The base of minutes and seconds.
const SIXTY: i128 = 60;

/// What a tag says: `str` of `!!str`; `str` too for `!`.
pub(super) fn kind(tag: &Tag) -> &str {
    match (tag.handle(), tag.suffix()) {
        ("tag:yaml.org,2002:", kind) => kind,
        ("" | "!", "" | "!") => "str",
        _ => "",
    }
}

/// The value of a scalar.
pub(super) fn read(text: &str, is_plain: bool, tag: Option<&Tag>) -> Json {
    match tag.map(kind) {
        None if is_plain => plain(text),
        None | Some("str") => Json::Text(text.to_owned()),
        Some(wanted) => tagged(text, wanted),
    }
}

/// A value of which a tag says what it is, where a plain one would be that too.
fn tagged(text: &str, wanted: &str) -> Json {
    match (wanted, plain(text)) {
        ("float", Json::Integer(_)) => text.replace('_', "").parse().map_or(TAGGED, Json::Float),
        ("int", found @ Json::Integer(_))
        | ("float", found @ Json::Float(_))
        | ("bool", found @ Json::Bool(_))
        | ("null", found @ Json::Null) => found,
        _ => TAGGED,
    }
}

fn plain(text: &str) -> Json {
    if NULLS.contains(&text) {
        return Json::Null;
    }
    if YES.contains(&text) || NO.contains(&text) {
        return Json::Bool(YES.contains(&text));
    }
    if text == "=" {
        return Json::Unlike("the sign `=` without quotes");
    }
    if is_date(text) || is_moment(text) {
        return DATE;
    }
    float(text).or_else(|| integer(text)).unwrap_or_else(|| Json::Text(text.to_owned()))
}

/// A sign, and the rest.
fn signed(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// Whether all letters are digits of a base, or `_`.
fn are_digits(text: &str, base: u32) -> bool {
    text.chars().all(|letter| letter == '_' || letter.is_digit(base))
}

fn begins_with_digit(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit())
}

fn integer(text: &str) -> Option<Json> {
    let (is_negative, rest) = signed(text);
    if !begins_with_digit(rest) {
        return None;
    }
    let number = match rest.as_bytes() {
        [b'0'] => 0,
        [b'0', b'b', digits @ ..] if !digits.is_empty() => in_base(&rest[2..], 2)?,
        [b'0', b'x', digits @ ..] if !digits.is_empty() => in_base(&rest[2..], 16)?,
        [b'0', ..] => in_base(rest, 8)?,
        _ if rest.contains(':') => sixties(rest)?,
        _ => in_base(rest, 10)?,
    };
    // What is as large as can be was larger still.
    let number = Some(number).filter(|number| *number < i128::MAX);
    Some(number.map_or(LARGE, |number| Json::Integer(if is_negative { -number } else { number })))
}

/// A number in a base, at most the largest that there is; nothing if these are not its digits.
fn in_base(digits: &str, base: u32) -> Option<i128> {
    let all = digits.replace('_', "");
    (are_digits(digits, base) && !all.is_empty())
        .then(|| i128::from_str_radix(&all, base).unwrap_or(i128::MAX))
}

/// `1:30:00`: parts below sixty, after a first one that does not begin with `0`.
fn sixties(text: &str) -> Option<i128> {
    let mut parts = text.split(':');
    let mut sum = in_base(parts.next()?, 10)?;
    for part in parts {
        sum = sum.saturating_mul(SIXTY).saturating_add(i128::from(sixtieth(part)?));
    }
    Some(sum)
}

/// A number below sixty of one or two digits.
fn sixtieth(text: &str) -> Option<u8> {
    let is_one = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| is_one && i128::from(*number) < SIXTY)
}

fn float(text: &str) -> Option<Json> {
    let (is_negative, rest) = signed(text);
    let number = match rest {
        ".inf" | ".Inf" | ".INF" => f64::INFINITY,
        ".nan" | ".NaN" | ".NAN" if rest == text => f64::NAN,
        _ if rest.contains(':') => float_of_sixties(rest)?,
        _ => {
            let is_short = rest.starts_with('.');
            if !is_float(rest) || is_short && rest != text {
                return None;
            }
            rest.replace('_', "").parse().ok()?
        }
    };
    Some(Json::Float(if is_negative { -number } else { number }))
}

/// `1.5`, `1.`, `.5`, `1.5e+3`: a point, and an exponent only with its sign.
fn is_float(text: &str) -> bool {
    let Some((whole, rest)) = text.split_once('.') else { return false };
    let (part, exponent) = match rest.split_once(['e', 'E']) {
        Some((part, exponent)) => (part, Some(exponent)),
        None => (rest, None),
    };
    let is_exponent = |exponent: &str| {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or_default();
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let begins = if whole.is_empty() { begins_with_digit(part) } else { begins_with_digit(whole) };
    begins && are_digits(whole, 10) && are_digits(part, 10) && exponent.is_none_or(is_exponent)
}

/// `1:30.5`
fn float_of_sixties(text: &str) -> Option<f64> {
    let (whole, part) = text.split_once('.')?;
    let (first, below) = whole.split_once(':')?;
    if !begins_with_digit(first) || !are_digits(first, 10) || !are_digits(part, 10) {
        return None;
    }
    let digits: Vec<&str> = below.split(':').collect();
    let last = format!("{}.{}", digits.last()?, part.replace('_', ""));
    if digits.iter().any(|digits| sixtieth(digits).is_none()) {
        return None;
    }
    // From the last one on, as Python adds them up: other orders round otherwise.
    let mut sum: f64 = last.parse().ok()?;
    let mut base = f64::from(60_u8);
    for digits in digits.iter().rev().skip(1) {
        sum += f64::from(sixtieth(digits)?) * base;
        base *= f64::from(60_u8);
    }
    Some(sum + first.replace('_', "").parse::<f64>().ok()? * base)
}

/// Whether a text begins with so many digits, and what follows them.
fn after_digits(text: &str, least: usize, most: usize) -> Option<&str> {
    let count = text.bytes().take_while(u8::is_ascii_digit).count().min(most);
    (count >= least).then(|| &text[count..])
}

/// `2020-01-01`
fn is_date(text: &str) -> bool {
    let rest = || {
        let text = after_digits(text, 4, 4)?.strip_prefix('-')?;
        after_digits(after_digits(text, 2, 2)?.strip_prefix('-')?, 2, 2)
    };
    rest() == Some("")
}

/// `2020-1-1 10:00:00.5 +02:00`
fn is_moment(text: &str) -> bool {
    let rest = || {
        let text = after_digits(text, 4, 4)?.strip_prefix('-')?;
        let text = after_digits(after_digits(text, 1, 2)?.strip_prefix('-')?, 1, 2)?;
        let blank = [' ', '\t'];
        let text = match text.strip_prefix(['T', 't']) {
            Some(text) => text,
            None => text.strip_prefix(blank)?.trim_start_matches(blank),
        };
        let text = after_digits(text, 1, 2)?.strip_prefix(':')?;
        let text = after_digits(after_digits(text, 2, 2)?.strip_prefix(':')?, 2, 2)?;
        let text =
            text.strip_prefix('.').map_or(text, |text| text.trim_start_matches(|c: char| c.is_ascii_digit()));
        Some(text.trim_start_matches(blank))
    };
    rest().is_some_and(is_zone)
}

/// Nothing, `Z`, `+2` or `+02:00`.
fn is_zone(text: &str) -> bool {
    if text.is_empty() || text == "Z" {
        return true;
    }
    let Some(text) = text.strip_prefix(['+', '-']).and_then(|text| after_digits(text, 1, 2)) else {
        return false;
    };
    text.is_empty() || text.strip_prefix(':').and_then(|text| after_digits(text, 2, 2)) == Some("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_in_version_1_1() {
        let text = |text: &str| Json::Text(text.to_owned());
        for (word, value) in [
            ("010", Json::Integer(8)),
            ("08", text("08")),
            ("0o10", text("0o10")),
            ("0x1_F", Json::Integer(31)),
            ("-0b11", Json::Integer(-3)),
            ("1_000", Json::Integer(1000)),
            ("+7", Json::Integer(7)),
            ("1:30", Json::Integer(90)),
            ("-1:30:00", Json::Integer(-5400)),
            ("1:60", text("1:60")),
            ("0:30", text("0:30")),
            ("1:30.5", Json::Float(90.5)),
            ("1e3", text("1e3")),
            ("1.0e3", text("1.0e3")),
            ("1.0e+3", Json::Float(1000.0)),
            ("1.", Json::Float(1.0)),
            (".5", Json::Float(0.5)),
            ("-.5", text("-.5")),
            ("-.inf", Json::Float(f64::NEG_INFINITY)),
            ("9223372036854775808", Json::Integer(1 << 63)),
            ("-0xFFFFFFFFFFFFFFFFFF", Json::Integer(1 - (1 << 72))),
            ("999999999999999999999999999999999999999", LARGE),
            ("2020-01-01", DATE),
            ("2020-1-1", text("2020-1-1")),
            ("2020-1-1 10:00:00", DATE),
            ("2020-01-01T10:00:00.5 +02:00", DATE),
            ("y", text("y")),
            ("Off", Json::Bool(false)),
            ("oN", text("oN")),
            ("~", Json::Null),
            ("1.2.3", text("1.2.3")),
            ("_1", text("_1")),
        ] {
            assert_eq!(plain(word), value, "{word}");
        }
    }
}
