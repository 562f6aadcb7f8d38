//! What Python's values have beside their entries: methods mostly, which `attr` finds, and `.` before an entry.

use minijinja::value::ValueKind;
use minijinja::{Environment, Error, ErrorKind, Value};

use super::args::wrong;
use super::cycles::Group;
use super::views::Once;

/// Of dictionaries.
pub(super) const OF_DICT: [&str; 12] = [
    "clear",
    "copy",
    "fromkeys",
    "get",
    "items",
    "keys",
    "move_to_end",
    "pop",
    "popitem",
    "setdefault",
    "update",
    "values",
];

/// Of lists, tuples and ranges.
#[rustfmt::skip]
const OF_LIST: [&str; 14] = [
    "append", "clear", "copy", "count", "extend", "index", "insert", "pop", "remove", "reverse", "sort", "start",
    "step", "stop",
];

/// Of texts.
#[rustfmt::skip]
const OF_TEXT: [&str; 48] = [
    "capitalize", "casefold", "center", "count", "encode", "endswith", "expandtabs", "find", "format", "format_map",
    "index", "isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier", "islower", "isnumeric",
    "isprintable", "isspace", "istitle", "isupper", "join", "ljust", "lower", "lstrip", "maketrans", "partition",
    "removeprefix", "removesuffix", "replace", "rfind", "rindex", "rjust", "rpartition", "rsplit", "rstrip", "split",
    "splitlines", "startswith", "strip", "striptags", "swapcase", "title", "translate", "unescape", "upper",
];

/// Values of the engine's own, whose entries are attributes.
const OWN: [&str; 4] = ["Loop", "Namespace", "Macro", "Module"];

/// Teaches the engine the filter `attr`, and what is a sequence or can be gone through.
pub(super) fn add(env: &mut Environment<'static>) {
    env.add_filter("attr", attr);
    env.add_test("sequence", is_sequence);
    env.add_test("iterable", |value: &Value| {
        if value.is_undefined() {
            return Err(Error::from(ErrorKind::UndefinedError));
        }
        Ok(value.kind() == ValueKind::String || (!value.is_none() && value.try_iter().is_ok()))
    });
}

/// Whether Python can tell its length and take its entries by number or name.
fn is_sequence(value: &Value) -> bool {
    match value.kind() {
        ValueKind::String | ValueKind::Seq => true,
        ValueKind::Map => !is_own(value),
        // Sums and slices of lists.
        ValueKind::Iterable => value.len().is_some() && !super::views::is_unprintable(value),
        _ => false,
    }
}

fn is_own(value: &Value) -> bool {
    let name = value.as_object().map_or("", |object| object.type_name());
    OWN.iter().any(|own| name.ends_with(own))
}

/// What a value has beside its entries.
fn attr(value: &Value, name: &str) -> Result<Value, Error> {
    let known: &[&str] = match value.kind() {
        ValueKind::Undefined => return Err(Error::from(ErrorKind::UndefinedError)),
        ValueKind::Map if !is_own(value) => &OF_DICT,
        ValueKind::Seq if value.downcast_object_ref::<Group>().is_none() => &OF_LIST,
        ValueKind::String => &OF_TEXT,
        ValueKind::None => &[],
        ValueKind::Iterable if value.downcast_object_ref::<Once>().is_some() => &[],
        ValueKind::Bool | ValueKind::Number | ValueKind::Iterable => &[name],
        _ => return value.get_item(&Value::from(name)),
    };
    if known.contains(&name) || name.starts_with("__") {
        let problem =
            format!("`attr('{name}')` gives what has no match here; use `.{name}` or an entry in `[…]`");
        return Err(wrong(problem));
    }
    Ok(Value::UNDEFINED)
}
