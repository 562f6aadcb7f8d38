//! Lines of a makefile that set variables.

use std::collections::BTreeMap;

use super::expand::{Scope, UNKNOWN, Variable};
use super::lines::find_outside;

/// Sets a variable as a line says, whose name is worked out already.
pub(super) fn assign(scope: &mut Scope<'_>, name: &str, operator: &str, value: &str) {
    let is_from_files = is_open(&scope.variables, value, 0);
    let old = scope.variables.get(name).cloned();
    let is_open = is_from_files || (operator == "+=" && old.as_ref().is_some_and(|old| old.is_open));
    let (value, is_simple) = match operator {
        "?=" if old.is_some() => return,
        ":=" => (scope.plain(value), true),
        "!=" => (format!("{UNKNOWN}$(shell {value})"), true),
        "+=" => match old {
            Some(old) if old.is_simple => (format!("{} {}", old.value, scope.plain(value)), true),
            Some(old) => (format!("{} {value}", old.value), false),
            None => (value.to_owned(), false),
        },
        _ => (value.to_owned(), false),
    };
    let variable = Variable { value, is_simple, is_open };
    scope.variables.insert(name.to_owned(), variable);
}

/// Whether a text asks which files are there.
pub(super) fn is_open(variables: &BTreeMap<String, Variable>, text: &str, depth: usize) -> bool {
    if text.contains("$(wildcard ") || text.contains("${wildcard ") || text.contains("$(shell ") {
        return true;
    }
    if depth > 10 {
        return false;
    }
    let is_end = |c: char| !(c.is_alphanumeric() || "_-.".contains(c));
    let names = text.split(['(', '{', '$']).map(|part| part.split(is_end).next().unwrap_or_default());
    let mut values = names.filter_map(|name| variables.get(name));
    values.any(|variable| variable.is_open || is_open(variables, &variable.value, depth + 1))
}

/// A line without `override`, `export` and `private` before it, and whether `export` was there.
pub(super) fn prefixes(text: &str) -> (&str, bool) {
    let (mut text, mut is_exported) = (text, false);
    while let Some((prefix, rest)) = text.split_once([' ', '\t'])
        && ["override", "export", "private"].contains(&prefix)
        && !rest.trim_start().starts_with(['=', ':'])
    {
        is_exported |= prefix == "export";
        text = rest.trim_start();
    }
    (text, is_exported)
}

/// What follows a keyword.
pub(super) fn word<'a>(text: &'a str, keyword: &str) -> Option<&'a str> {
    text.strip_prefix(keyword)?.strip_prefix([' ', '\t']).map(str::trim)
}

/// Name, operator and value, if a line sets a variable.
pub(super) fn assignment(text: &str) -> Option<(String, &'static str, &str)> {
    let at = find_outside(text, '=')?;
    let before = &text[..at];
    let value = text[at + 1..].trim_start();
    let found = [("::", ":="), (":", ":="), ("?", "?="), ("+", "+="), ("!", "!=")];
    let operator = found.iter().find_map(|(sign, operator)| Some((before.strip_suffix(sign)?, *operator)));
    let (name, operator) = operator.unwrap_or((before, "="));
    let name = name.trim();
    let is_name =
        !name.is_empty() && !name.contains(char::is_whitespace) && find_outside(name, ':').is_none();
    is_name.then(|| (name.to_owned(), operator, value))
}
