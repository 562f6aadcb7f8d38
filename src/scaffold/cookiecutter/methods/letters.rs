//! Methods that look at each letter: cases, kinds, padding.

use minijinja::{Error, Value};

use super::super::args::{Args, wrong};
use super::super::spacing::{center, is_space};

/// Calls a method of a text, if it is one of these.
pub(super) fn call(text: &str, method: &str, args: &mut Args<'_>) -> Option<Result<Value, Error>> {
    let all = |test: fn(char) -> bool| Ok(Value::from(!text.is_empty() && text.chars().all(test)));
    Some(match method {
        "upper" => Ok(Value::from(text.to_uppercase())),
        "lower" => Ok(Value::from(text.to_lowercase())),
        "casefold" if text.is_ascii() => Ok(Value::from(text.to_lowercase())),
        "casefold" => Err(wrong("`casefold()` of letters beyond ASCII has no match here".to_owned())),
        "title" => Ok(Value::from(title(text))),
        "capitalize" => Ok(Value::from(capitalized(text))),
        "swapcase" => Ok(Value::from(text.chars().map(swapped).collect::<String>())),
        "isalpha" => all(char::is_alphabetic),
        "isdigit" | "isnumeric" | "isdecimal" => is_number(text, method),
        "isalnum" => all(char::is_alphanumeric),
        "isspace" => all(is_space),
        "isascii" => Ok(Value::from(text.is_ascii())),
        "islower" => Ok(Value::from(has_cases(text) && !text.chars().any(char::is_uppercase))),
        "isupper" => Ok(Value::from(has_cases(text) && !text.chars().any(char::is_lowercase))),
        "istitle" => Ok(Value::from(is_title(text))),
        "isidentifier" => Ok(Value::from(is_identifier(text))),
        "zfill" => args.width("width").map(|width| Value::from(zfill(text, count(width)))),
        "ljust" | "rjust" | "center" => pad(text, method, args),
        _ => return None,
    })
}

/// Whether all letters are digits, as far as those of ASCII tell.
fn is_number(text: &str, method: &str) -> Result<Value, Error> {
    let is_other = |letter: char| letter.is_ascii() && !letter.is_ascii_digit();
    // Chinese letters may be numbers too.
    let may_be = |letter: char| !letter.is_ascii() && (letter.is_numeric() || letter >= '\u{3000}');
    if !text.contains(is_other) && text.contains(may_be) {
        return Err(wrong(format!("`{method}()` of digits of other scripts has no match here")));
    }
    Ok(Value::from(!text.is_empty() && text.chars().all(|letter| letter.is_ascii_digit())))
}

fn count(number: Option<i64>) -> usize {
    number.and_then(|number| usize::try_from(number).ok()).unwrap_or(0)
}

fn pad(text: &str, method: &str, args: &mut Args<'_>) -> Result<Value, Error> {
    let width = count(args.width("width")?);
    let fill = args.text_or_none("fillchar")?.unwrap_or_else(|| " ".to_owned());
    let mut letters = fill.chars();
    let (Some(fill), None) = (letters.next(), letters.next()) else {
        return Err(wrong(format!("`{method}()` fills with exactly one letter")));
    };
    let missing = width.saturating_sub(text.chars().count());
    let filling = || std::iter::repeat_n(fill, missing).collect::<String>();
    Ok(Value::from(match method {
        "ljust" => format!("{text}{}", filling()),
        "rjust" => format!("{}{text}", filling()),
        _ => center(text, width, fill),
    }))
}

fn zfill(text: &str, width: usize) -> String {
    let (sign, digits) = match text.chars().next() {
        Some('+' | '-') => text.split_at(1),
        _ => ("", text),
    };
    let missing = width.saturating_sub(text.chars().count());
    format!("{sign}{}{digits}", "0".repeat(missing))
}

fn is_cased(letter: char) -> bool {
    letter.is_uppercase() || letter.is_lowercase()
}

fn has_cases(text: &str) -> bool {
    text.chars().any(is_cased)
}

/// A letter as it stands at the beginning of a word.
fn large(letter: char) -> String {
    let mut upper = letter.to_uppercase();
    match (letter, upper.next()) {
        ('ǆ' | 'ǅ' | 'Ǆ', _) => "ǅ".to_owned(),
        ('ǉ' | 'ǈ' | 'Ǉ', _) => "ǈ".to_owned(),
        ('ǌ' | 'ǋ' | 'Ǌ', _) => "ǋ".to_owned(),
        ('ǳ' | 'ǲ' | 'Ǳ', _) => "ǲ".to_owned(),
        (_, Some(first)) => std::iter::once(first).chain(upper.flat_map(char::to_lowercase)).collect(),
        (letter, None) => letter.to_string(),
    }
}

/// Python's `title`: large after every letter that has no case.
fn title(text: &str) -> String {
    let mut out = String::new();
    let mut begins = true;
    for letter in text.chars() {
        if begins {
            out.push_str(&large(letter));
        } else {
            out.extend(letter.to_lowercase());
        }
        begins = !is_cased(letter);
    }
    out
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => format!("{}{}", large(first), letters.as_str().to_lowercase()),
        None => String::new(),
    }
}

fn swapped(letter: char) -> String {
    if letter.is_uppercase() { letter.to_lowercase().collect() } else { letter.to_uppercase().collect() }
}

fn is_title(text: &str) -> bool {
    let mut inside = false;
    for letter in text.chars() {
        if letter.is_uppercase() && inside || letter.is_lowercase() && !inside {
            return false;
        }
        inside = is_cased(letter);
    }
    has_cases(text)
}

fn is_identifier(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|first| first == '_' || first.is_alphabetic())
        && letters.all(|letter| letter == '_' || letter.is_alphanumeric())
}
