//! `format()` of texts: fields by place or name, what `!s` and `!r` make of them, and forms with fields in them.

use minijinja::{Error, ErrorKind, Value};

use super::super::args::{Args, fits, wrong};
use super::super::repr;
use super::form;

/// Fields nest no deeper in the form of another one, as in Python.
const DEEPEST: usize = 1;

/// A text with its fields filled in.
pub(super) fn format(text: &str, args: &mut Args<'_>) -> Result<Value, Error> {
    let named = args.named()?;
    let mut fields = Fields { named, by_place: args.rest(), next: 0, is_numbered: None };
    fields.filled(text, 0).map(Value::from)
}

/// What fields are filled with.
struct Fields {
    by_place: Vec<Value>,
    named: Vec<(String, Value)>,
    /// The next one of those without a number.
    next: usize,
    /// Whether fields have numbers of their own; nothing before the first tells.
    is_numbered: Option<bool>,
}

impl Fields {
    fn filled(&mut self, text: &str, depth: usize) -> Result<String, Error> {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let sign = &rest[at..=at];
            out.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(sign) {
                out.push_str(sign);
                rest = after;
                continue;
            }
            let end = end_of(rest).filter(|_| sign == "{" && depth <= DEEPEST);
            let end = end.ok_or_else(|| wrong("a brace of `format()` has no partner".to_owned()))?;
            let filled = self.field(&rest[..end], depth)?;
            fits(out.len().saturating_add(filled.len()))?;
            out.push_str(&filled);
            rest = &rest[end + 1..];
        }
        Ok(out + rest)
    }

    /// What stands for `NAME!CONVERSION:FORM`.
    fn field(&mut self, field: &str, depth: usize) -> Result<String, Error> {
        let (field, form) = field.split_once(':').unwrap_or((field, ""));
        let (name, conversion) = field.split_once('!').map_or((field, None), |(name, how)| (name, Some(how)));
        let value = self.value(name)?;
        let value = match conversion {
            None => value,
            Some("s") => Value::from(repr::text(&value)?),
            Some("r") => Value::from(repr::repr(&value)?),
            Some(other) => return Err(wrong(format!("`!{other}` in `format()` has no match here"))),
        };
        let form = self.filled(form, depth + 1)?;
        form::formed(&value, &form)
    }

    /// The value of a field: by its name, its number or its place, and an entry of it.
    fn value(&mut self, name: &str) -> Result<Value, Error> {
        let end = name.find(['.', '[']).unwrap_or(name.len());
        let (name, entry) = name.split_at(end);
        if entry.contains('.') {
            let problem = format!(
                "`{name}{entry}` in `format()` asks for an attribute of Python, which has no match here"
            );
            return Err(wrong(problem));
        }
        let mut value = self.named_or_placed(name)?;
        let keys = entry.split('[').skip(1).map(|key| key.trim_end_matches(']'));
        for key in keys {
            let by_number = key.parse::<usize>().map(Value::from);
            value = value.get_item(&by_number.unwrap_or_else(|_| Value::from(key)))?;
        }
        if value.is_undefined() { Err(Error::from(ErrorKind::UndefinedError)) } else { Ok(value) }
    }

    fn named_or_placed(&mut self, name: &str) -> Result<Value, Error> {
        let number = if name.is_empty() { Some(self.next) } else { name.parse::<usize>().ok() };
        let Some(number) = number else {
            let found = self.named.iter().find(|(other, _)| other == name);
            return found
                .map(|(_, value)| value.clone())
                .ok_or_else(|| wrong(format!("`format()` is given no `{name}`")));
        };
        let is_numbered = !name.is_empty();
        if self.is_numbered.replace(is_numbered).is_some_and(|before| before != is_numbered) {
            return Err(wrong("`format()` takes fields with numbers or without, not both".to_owned()));
        }
        self.next += usize::from(!is_numbered);
        let missing = || wrong(format!("`format()` is given fewer values than its field {number} needs"));
        self.by_place.get(number).cloned().ok_or_else(missing)
    }
}

/// Where a field ends, with the fields in it.
fn end_of(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}
