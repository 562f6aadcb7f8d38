//! Values as Python prints them: `str` and `repr`.

use std::fmt::Write as _;
use std::sync::LazyLock;

use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, Value};
use regex_automata::meta::Regex;

use super::args::joined_fits;
use super::cycles::{Group, Range};
use super::number::{as_float, float_text};
use super::views::{Once, is_unprintable};

/// What Python's `str` makes of a value.
///
/// Errors: it is undefined, or of a kind that Python prints by its place in memory.
pub(super) fn text(value: &Value) -> Result<String, Error> {
    match value.as_str() {
        Some(text) => Ok(text.to_owned()),
        None => repr(value),
    }
}

/// What Python's `repr` makes of a value.
///
/// Errors: as [`text`].
pub(super) fn repr(value: &Value) -> Result<String, Error> {
    if value.downcast_object_ref::<Once>().is_some() {
        let problem = "Python prints what `map`, `select`, `reverse` and the like give by its place in memory; \
                       make it a list with `list`, or a text with `join`";
        return Err(Error::new(ErrorKind::InvalidOperation, problem));
    }
    if is_unprintable(value) {
        let problem =
            "Python prints this dictionary, or view of one, as its version has it; name what is meant of it";
        return Err(Error::new(ErrorKind::InvalidOperation, problem));
    }
    if value.kind() == ValueKind::Plain || is_macro(value) {
        let problem = "Python prints a function, a macro or an object of its own in words of its own; call it, or \
                       name what is meant of it";
        return Err(Error::new(ErrorKind::InvalidOperation, problem));
    }
    if let Some(number) = as_float(value) {
        return Ok(float_text(number));
    }
    if let Some(range) = value.downcast_object_ref::<Range>() {
        return Ok(range.text());
    }
    if value.as_object().is_some_and(|object| object.type_name().ends_with("Namespace")) {
        return Ok(format!("<Namespace {}>", dict(value)?));
    }
    match value.kind() {
        ValueKind::None | ValueKind::Bool | ValueKind::Number => Ok(value.to_string()),
        ValueKind::String if value.is_safe() => {
            Ok(format!("Markup({})", quoted(value.as_str().unwrap_or_default())))
        }
        ValueKind::String => Ok(quoted(value.as_str().unwrap_or_default())),
        ValueKind::Seq if value.is_tuple() || value.downcast_object_ref::<Group>().is_some() => tuple(value),
        ValueKind::Seq => Ok(format!("[{}]", items(value)?)),
        ValueKind::Map => dict(value),
        ValueKind::Undefined => Err(Error::from(ErrorKind::UndefinedError)),
        // Sums and slices of lists come as iterators that can be gone through again, others are used up by it.
        ValueKind::Iterable if value.len().is_some() => Ok(format!("[{}]", items(value)?)),
        _ => Err(Error::new(
            ErrorKind::InvalidOperation,
            format!("a value of kind {} has no text of its own", value.kind()),
        )),
    }
}

fn is_macro(value: &Value) -> bool {
    value.as_object().is_some_and(|object| object.type_name().ends_with("::Macro"))
}

fn items(value: &Value) -> Result<String, Error> {
    joined(&value.try_iter()?.map(|item| repr(&item)).collect::<Result<Vec<_>, _>>()?)
}

/// Parts with commas between them. What shares its parts may be too large, however small it is in memory.
fn joined(parts: &[String]) -> Result<String, Error> {
    joined_fits(parts.iter().map(String::as_str), 2)?;
    Ok(parts.join(", "))
}

fn tuple(value: &Value) -> Result<String, Error> {
    let items = items(value)?;
    let comma = if value.len() == Some(1) { "," } else { "" };
    Ok(format!("({items}{comma})"))
}

fn dict(value: &Value) -> Result<String, Error> {
    let entries: Result<Vec<_>, Error> = value
        .try_iter()?
        .map(|key| Ok(format!("{}: {}", repr(&key)?, repr(&value.get_item(&key)?)?)))
        .collect();
    Ok(format!("{{{}}}", joined(&entries?)?))
}

/// A text in the quotes that Python chooses, what cannot be printed escaped.
fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::from(quote);
    for letter in text.chars() {
        match letter {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            letter if letter == quote => out.extend(['\\', letter]),
            letter if u32::from(letter) < 0x20 || letter == '\u{7f}' => {
                _ = write!(out, "\\x{:02x}", u32::from(letter));
            }
            '\u{80}'..='\u{a0}' | '\u{ad}' => _ = write!(out, "\\x{:02x}", u32::from(letter)),
            letter if is_hidden(letter) || is_unassigned(letter) => {
                let code = u32::from(letter);
                _ = if code < 0x1_0000 { write!(out, "\\u{code:04x}") } else { write!(out, "\\U{code:08x}") };
            }
            letter => out.push(letter),
        }
    }
    out.push(quote);
    out
}

/// Whether a number stands for no letter yet.
fn is_unassigned(letter: char) -> bool {
    static NONE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\p{Cn}").ok());
    letter > '\u{36f}' && NONE.as_ref().is_some_and(|none| none.is_match(&*letter.encode_utf8(&mut [0; 4])))
}

/// Whether a letter has no shape: spaces but the usual one, signs for the way of writing, private use.
fn is_hidden(letter: char) -> bool {
    let is_space = letter.is_whitespace() && letter != ' ';
    is_space
        || matches!(letter, '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{e000}'..='\u{f8ff}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}' | '\u{f0000}'..='\u{10ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_as_in_python() {
        let cases = [
            ("a", "'a'"),
            ("it's", "\"it's\""),
            ("'\"", "'\\'\"'"),
            ("\n\u{1}é", "'\\n\\x01é'"),
            ("\u{378}\u{d7ff}é😀", "'\\u0378\\ud7ffé😀'"),
            ("a\u{200b}\u{2003}日", "'a\\u200b\\u2003日'"),
        ];
        for (text, expected) in cases {
            assert_eq!(quoted(text), expected);
        }
    }

    #[test]
    fn containers_read_as_in_python() {
        let list = Value::from(vec![Value::from(1), Value::from("x"), Value::from(()), Value::from(true)]);
        assert_eq!(text(&list).expect("it has one"), "[1, 'x', None, True]");
        assert_eq!(text(&Value::from_pairs([("a", 1.0)])).expect("it has one"), "{'a': 1.0}");
        assert!(text(&Value::UNDEFINED).is_err());
    }
}
