//! Filters on text: `title`, `center`, `wordcount`, `truncate`, `urlencode`, `string`.

use std::fmt::Write as _;

use minijinja::value::{Rest, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, Value};

use super::super::args::{Args, fits, wrong};
use super::super::repr;
use super::super::spacing::{center, is_space};

/// A text this much too long is not shortened, in letters.
const LEEWAY: i64 = 5;

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_filter("title", |value: &Value| Ok::<_, Error>(title(&repr::text(value)?)));
    env.add_filter("string", |value: &Value| kept_or(value, |text| Ok(Value::from(text))));
    env.add_filter("center", |value: &Value, given: Rest<ValueOrKwargs>| {
        let text = repr::text(value)?;
        let given = given.into_values();
        let mut args = Args::new("center", &given);
        let width = args.width("width")?.unwrap_or(80);
        args.finish()?;
        Ok::<_, Error>(center(&text, usize::try_from(width).unwrap_or(0), ' '))
    });
    env.add_filter("wordcount", |value: &Value| Ok::<_, Error>(words(&repr::text(value)?)));
    env.add_filter("truncate", truncate);
    env.add_filter("urlencode", urlencode);
    for name in ["e", "escape"] {
        env.add_filter(name, |value: &Value| kept_or(value, |text| escape(&text)));
    }
    env.add_filter("safe", |value: &Value| kept_or(value, |text| Ok(Value::from_safe_string(text))));
    env.add_filter("forceescape", |value: &Value| escape(&repr::text(value)?));
    env.add_filter("float", |value: &Value, given: Rest<ValueOrKwargs>| float(value, &given.into_values()));
}

/// Each word's first letter large, the others small; words begin after spaces, `-` and opening brackets.
fn title(text: &str) -> String {
    let parts = |letter: char| letter == '-' || "({[<".contains(letter) || is_space(letter);
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_gap = parts(first);
        let end = rest.find(|letter| parts(letter) != is_gap).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        let tail = &run[first.len_utf8()..];
        out.extend(first.to_uppercase());
        out.push_str(&tail.to_lowercase());
        rest = after;
    }
    out
}

/// How many runs of letters, digits and `_` there are.
fn words(text: &str) -> usize {
    text.split(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
        .filter(|word| !word.is_empty())
        .count()
}

fn truncate(value: &Value, given: Rest<ValueOrKwargs>) -> Result<String, Error> {
    let text = repr::text(value)?;
    let given = given.into_values();
    let mut args = Args::new("truncate", &given);
    let length = args.number("length")?.unwrap_or(255);
    let killwords = args.yes("killwords").unwrap_or(false);
    let end = args.text_or_none("end")?.unwrap_or_else(|| "...".to_owned());
    let leeway = args.number("leeway")?.unwrap_or(LEEWAY);
    args.finish()?;
    let letters: Vec<char> = text.chars().collect();
    let end_length = i64::try_from(end.chars().count()).unwrap_or(i64::MAX);
    if length < end_length || leeway < 0 {
        return Err(Error::new(ErrorKind::InvalidOperation, "`truncate` is shorter than what it ends with"));
    }
    if i64::try_from(letters.len()).unwrap_or(i64::MAX) <= length.saturating_add(leeway) {
        return Ok(text);
    }
    let kept: String = letters.into_iter().take(usize::try_from(length - end_length).unwrap_or(0)).collect();
    let kept = if killwords {
        kept.as_str()
    } else {
        kept.rsplit_once(' ').map_or(kept.as_str(), |(before, _)| before)
    };
    Ok(format!("{kept}{end}"))
}

/// What is safe for HTML already as it is; of anything else what `make` makes of its text.
fn kept_or(value: &Value, make: impl Fn(String) -> Result<Value, Error>) -> Result<Value, Error> {
    if value.is_safe() { Ok(value.clone()) } else { make(repr::text(value)?) }
}

/// A text for HTML, in the entities that Python writes.
///
/// Errors: it would be larger than a text may be.
fn escape(text: &str) -> Result<Value, Error> {
    fits(text.matches(['&', '<', '>', '\'', '"']).count().saturating_mul(4).saturating_add(text.len()))?;
    let text = text.replace('&', "&amp;").replace('>', "&gt;").replace('<', "&lt;");
    Ok(Value::from_safe_string(text.replace('\'', "&#39;").replace('"', "&#34;")))
}

/// A number or a text as a float, or the default as it is.
fn float(value: &Value, given: &[Value]) -> Result<Value, Error> {
    let mut args = Args::new("float", given);
    let default = args.take("default").unwrap_or_else(|| Value::from(0.0));
    args.finish()?;
    let read = match value.as_str() {
        Some(text) => float_of(text)?,
        None if value.is_undefined() => return Err(Error::from(ErrorKind::UndefinedError)),
        None if value.kind() == ValueKind::Bool => Some(f64::from(u8::from(value.is_true()))),
        None => f64::try_from(value.clone()).ok(),
    };
    Ok(read.map_or(default, Value::from))
}

/// A float in a text, whose digits may have single `_` between them; nothing if there is none.
fn float_of(text: &str) -> Result<Option<f64>, Error> {
    if text.chars().any(|letter| !letter.is_ascii() && letter.is_numeric()) {
        return Err(wrong("digits of other scripts have no match here".to_owned()));
    }
    let text = text.trim_matches(is_space);
    let mut parts = text.split('_').peekable();
    while let Some(part) = parts.next() {
        let is_digit = |letter: char| letter.is_ascii_digit();
        let after = parts.peek();
        if after.is_some_and(|after| !part.ends_with(is_digit) || !after.starts_with(is_digit)) {
            return Ok(None);
        }
    }
    Ok(text.replace('_', "").parse().ok())
}

/// A text, or pairs, as part of a URL.
fn urlencode(value: &Value) -> Result<String, Error> {
    match value.kind() {
        ValueKind::Map => {
            let pair =
                |key: Value| Ok(format!("{}={}", quote(&key, false)?, quote(&value.get_item(&key)?, false)?));
            Ok(value.try_iter()?.map(pair).collect::<Result<Vec<_>, Error>>()?.join("&"))
        }
        ValueKind::Seq | ValueKind::Iterable => {
            let pair = |pair: Value| {
                let (key, value) = (pair.get_item_by_index(0)?, pair.get_item_by_index(1)?);
                Ok(format!("{}={}", quote(&key, false)?, quote(&value, false)?))
            };
            Ok(value.try_iter()?.map(pair).collect::<Result<Vec<_>, Error>>()?.join("&"))
        }
        _ => quote(value, true),
    }
}

/// Letters, digits and a few signs stay; a query's spaces become `+` and its `/` are quoted.
fn quote(value: &Value, is_path: bool) -> Result<String, Error> {
    let mut out = String::new();
    for byte in repr::text(value)?.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' | b'-' | b'~' => out.push(char::from(byte)),
            b'/' if is_path => out.push('/'),
            b' ' if !is_path => out.push('+'),
            byte => _ = write!(out, "%{byte:02X}"),
        }
    }
    Ok(out)
}
