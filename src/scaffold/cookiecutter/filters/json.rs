//! `tojson` and `jsonify`: JSON as Python's `json.dumps` writes it, keys sorted, ASCII only.

use std::fmt::Write as _;

use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Value};

use super::super::args::{Args, fits, joined_fits};
use super::super::number::{as_float, float_text};
use super::super::views::is_view;

/// `jsonify` indents by so many spaces unless told otherwise.
const JSONIFY_INDENT: usize = 4;

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_filter("tojson", |value: &Value, indent: Option<Value>, named: Kwargs| {
        let indent = indent.or(named.get("indent")?);
        named.assert_all_used()?;
        let text = dumps(value, indentation("tojson", indent.as_ref())?, 0)?;
        // What could end a script or an attribute is written by its number.
        Ok::<_, Error>(Value::from_safe_string(
            text.replace('<', "\\u003c")
                .replace('>', "\\u003e")
                .replace('&', "\\u0026")
                .replace('\'', "\\u0027"),
        ))
    });
    env.add_filter("jsonify", |value: &Value, indent: Option<Value>, named: Kwargs| {
        let indent = indent.or(named.get("indent")?);
        named.assert_all_used()?;
        let indent = match &indent {
            Some(indent) => indentation("jsonify", Some(indent))?,
            None => Some(JSONIFY_INDENT),
        };
        dumps(value, indent, 0)
    });
}

fn indentation(filter: &str, indent: Option<&Value>) -> Result<Option<usize>, Error> {
    let indent = indent.map(|indent| Args::of_width(filter, "indent", indent)).transpose()?.flatten();
    let as_number =
        |indent| usize::try_from(indent).map_err(|_| wrong("an indent is no less than 0".to_owned()));
    indent.map(as_number).transpose()
}

fn dumps(value: &Value, indent: Option<usize>, depth: usize) -> Result<String, Error> {
    if let Some(number) = as_float(value) {
        return match float_text(number).as_str() {
            "nan" => Ok("NaN".to_owned()),
            "inf" => Ok("Infinity".to_owned()),
            "-inf" => Ok("-Infinity".to_owned()),
            text => Ok(text.to_owned()),
        };
    }
    if is_view(value) {
        return Err(wrong("JSON has no form for this; make it a list with `list`".to_owned()));
    }
    match value.kind() {
        ValueKind::None => Ok("null".to_owned()),
        ValueKind::Bool => Ok(if value.is_true() { "true" } else { "false" }.to_owned()),
        ValueKind::Number => Ok(value.to_string()),
        ValueKind::String => quoted(value.as_str().unwrap_or_default()),
        ValueKind::Seq => list(value, indent, depth),
        // Sums and slices of lists come as iterators that know their length.
        ValueKind::Iterable if value.len().is_some() => list(value, indent, depth),
        ValueKind::Map => object(value, indent, depth),
        kind => Err(wrong(format!("a value of kind {kind} is no JSON"))),
    }
}

fn list(value: &Value, indent: Option<usize>, depth: usize) -> Result<String, Error> {
    let items: Result<Vec<_>, _> = value.try_iter()?.map(|item| dumps(&item, indent, depth + 1)).collect();
    enclosed(&items?, ['[', ']'], indent, depth)
}

fn object(value: &Value, indent: Option<usize>, depth: usize) -> Result<String, Error> {
    let mut keys: Vec<(String, Value)> = Vec::new();
    for key in value.try_iter()? {
        let text =
            key.as_str().ok_or_else(|| wrong("keys of JSON must be texts here".to_owned()))?.to_owned();
        keys.push((text, key));
    }
    keys.sort_by(|one, other| one.0.cmp(&other.0));
    let entry = |(text, key): &(String, Value)| {
        Ok(format!("{}: {}", quoted(text)?, dumps(&value.get_item(key)?, indent, depth + 1)?))
    };
    let entries: Result<Vec<_>, Error> = keys.iter().map(entry).collect();
    enclosed(&entries?, ['{', '}'], indent, depth)
}

fn enclosed(
    items: &[String],
    [open, close]: [char; 2],
    indent: Option<usize>,
    depth: usize,
) -> Result<String, Error> {
    let around = indent.unwrap_or(0).saturating_mul(depth + 1);
    joined_fits(items.iter().map(String::as_str), around + 2)?;
    let Some(indent) = indent.filter(|_| !items.is_empty()) else {
        return Ok(format!("{open}{}{close}", items.join(", ")));
    };
    let (inner, outer) = (" ".repeat(indent * (depth + 1)), " ".repeat(indent * depth));
    fits(inner.len().saturating_mul(items.len() + 2))?;
    Ok(format!("{open}\n{inner}{}\n{outer}{close}", items.join(&format!(",\n{inner}"))))
}

fn quoted(text: &str) -> Result<String, Error> {
    fits(text.len().saturating_mul(2))?;
    let mut out = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(letter),
            letter => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
    Ok(out)
}

fn wrong(problem: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, problem)
}
