//! The filter `int`, as Python reads whole numbers from texts and floats, and `length`.

use minijinja::value::{Rest, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, State, UndefinedBehavior, Value};

use super::super::args::{Args, wrong};
use super::super::number::as_float;
use super::super::views::Once;

/// Python reads no more decimal digits than these.
const MOST_DIGITS: usize = 4300;
/// Two to the power of 127: whole numbers here lie below.
const TOO_LARGE: f64 = 1.701_411_834_604_692_3e38;

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_filter("int", |value: &Value, given: Rest<ValueOrKwargs>| int(value, &given.into_values()));
    for name in ["length", "count"] {
        env.add_filter(name, length);
    }
    env.add_test("string", |value: &Value| value.kind() == ValueKind::String);
}

fn length(state: &State<'_, '_>, value: &Value) -> Result<usize, Error> {
    if value.is_undefined() && state.undefined_behavior() == UndefinedBehavior::Strict {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    if value.downcast_object_ref::<Once>().is_some() {
        let problem =
            "what `map`, `select` and the like give has no length in Python; make it a list with `list`";
        return Err(wrong(problem.to_owned()));
    }
    minijinja::filters::length(value)
}

fn int(value: &Value, given: &[Value]) -> Result<Value, Error> {
    let mut args = Args::new("int", given);
    let default = args.take("default").unwrap_or_else(|| Value::from(0));
    let base = args.number("base")?.unwrap_or(10);
    args.finish()?;
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    if let Some(text) = value.as_str() {
        return Ok(of_text(text, base)?.map_or(default, Value::from));
    }
    match as_float(value) {
        Some(number) if number.is_infinite() => {
            Err(wrong("Python makes no whole number of what is infinite".to_owned()))
        }
        Some(number) => Ok(truncated(number)?.map_or(default, Value::from)),
        None if value.kind() == ValueKind::Bool => Ok(Value::from(u8::from(value.is_true()))),
        None if value.is_integer() => Ok(value.clone()),
        None => Ok(default),
    }
}

/// A whole number in a text, or the whole part of another number in it; nothing if there is none.
///
/// Errors: it is too large.
fn of_text(text: &str, base: i64) -> Result<Option<i128>, Error> {
    if text.chars().any(|letter| !letter.is_ascii() && letter.is_numeric()) {
        return Err(wrong("digits of other scripts have no match here".to_owned()));
    }
    let trimmed = text.trim();
    if let Some((is_negative, digits, base)) = parted(trimmed, base) {
        let is_read = base.is_power_of_two() || digits.len() <= MOST_DIGITS;
        if is_read && digits.chars().all(|letter| letter.is_digit(base)) {
            let number = i128::from_str_radix(&digits, base).map_err(|_| large())?;
            return Ok(Some(if is_negative { -number } else { number }));
        }
    }
    let Some(plain) = without_marks(trimmed) else { return Ok(None) };
    plain
        .parse()
        .map_or(Ok(None), |number: f64| if number.is_infinite() { Ok(None) } else { truncated(number) })
}

/// Sign, digits and base of a whole number; nothing if it surely is none.
fn parted(text: &str, base: i64) -> Option<(bool, String, u32)> {
    let (is_negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let prefixes = [("0b", 2), ("0o", 8), ("0x", 16)];
    let lower = rest.get(..2).unwrap_or_default().to_ascii_lowercase();
    let found = prefixes.into_iter().find(|(prefix, of)| *prefix == lower && [0, *of].contains(&base));
    let (digits, base) = match found {
        // A mark may stand behind the prefix.
        Some((_, base)) => (rest[2..].strip_prefix('_').unwrap_or(&rest[2..]), base),
        None if base == 0 && rest.starts_with('0') && !rest.trim_matches(['0', '_']).is_empty() => {
            return None;
        }
        None if base == 0 => (rest, 10),
        None => (rest, base),
    };
    let base = u32::try_from(base).ok().filter(|base| (2..=36).contains(base))?;
    let digits = without_marks(digits).filter(|digits| !digits.is_empty())?;
    Some((is_negative, digits, base))
}

/// A text without the `_` between its digits; nothing if one stands elsewhere.
fn without_marks(text: &str) -> Option<String> {
    let is_apart = |part: &str| {
        !part.starts_with(|letter: char| letter.is_ascii_alphanumeric())
            || !part.ends_with(|letter: char| letter.is_ascii_alphanumeric())
    };
    let is_wrong = text.contains('_') && text.split('_').any(is_apart);
    (!is_wrong).then(|| text.replace('_', ""))
}

/// The whole part of a number; nothing if it is no number.
#[expect(clippy::cast_possible_truncation, reason = "what is left out is what stands behind the point")]
fn truncated(number: f64) -> Result<Option<i128>, Error> {
    match number {
        number if number.is_nan() => Ok(None),
        number if number.abs() >= TOO_LARGE => Err(large()),
        number => Ok(Some(number as i128)),
    }
}

fn large() -> Error {
    wrong("a whole number of more than 38 digits has no match here".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_as_in_python() {
        for (text, base, number) in [
            (" 42\n", 10, Some(42)),
            ("1_000", 10, Some(1000)),
            ("1__0", 10, None),
            ("-42.9", 10, Some(-42)),
            ("1.5e3", 10, Some(1500)),
            ("inf", 10, None),
            ("nan", 10, None),
            ("0x1f", 10, None),
            ("0x1F", 16, Some(31)),
            ("0b_11", 0, Some(3)),
            ("010", 0, Some(10)),
            ("z", 36, Some(35)),
            ("+ 1", 10, None),
            ("", 10, None),
        ] {
            assert_eq!(of_text(text, base).ok(), Some(number), "{text}");
        }
        assert_eq!(of_text(&"1".repeat(5000), 10).ok(), Some(None));
        assert!(of_text(&"1".repeat(50), 10).is_err());
    }
}
