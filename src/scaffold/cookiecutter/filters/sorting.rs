//! `sort`, `min` and `max`, refused where Python cannot compare what they are given.

use minijinja::value::{Kwargs, Rest, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, State, Value, filters};

use super::super::args::wrong;
use super::by_name;

type Given = Rest<ValueOrKwargs>;
const OF_ENDS: [&str; 2] = ["case_sensitive", "attribute"];

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_filter("sort", |state: &State<'_, '_>, value: Value, given: Given| {
        let given = by_name(&given.into_values(), &["reverse", "case_sensitive", "attribute"])?;
        filters::sort(state, ordered("sort", value, &given)?, given)
    });
    env.add_filter("min", |state: &State<'_, '_>, value: Value, given: Given| {
        let given = by_name(&given.into_values(), &OF_ENDS)?;
        filters::min(state, ordered("min", value, &given)?, given)
    });
    env.add_filter("max", |state: &State<'_, '_>, value: Value, given: Given| {
        let given = by_name(&given.into_values(), &OF_ENDS)?;
        filters::max(state, ordered("max", value, &given)?, given)
    });
}

/// What a value holds, if Python can order it.
///
/// Errors: it cannot.
fn ordered(filter: &str, value: Value, given: &Kwargs) -> Result<Value, Error> {
    if !matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable | ValueKind::Map) {
        return Ok(value);
    }
    let items: Vec<Value> = value.try_iter()?.collect();
    let attributes = given.peek::<Option<String>>("attribute")?;
    let attributes =
        attributes.as_deref().map_or_else(Vec::new, |all| all.split(',').map(str::trim).collect());
    for pair in items.windows(2) {
        let is_ordered = match attributes.as_slice() {
            [] => is_ordered(&pair[0], &pair[1], filter == "sort"),
            all => {
                all.iter().all(|one| is_ordered(&part(&pair[0], one), &part(&pair[1], one), filter == "sort"))
            }
        };
        if !is_ordered {
            let problem = "is given values that Python does not compare, such as a text and a number; make them alike with `map('string')` or `map('int')`";
            return Err(wrong(format!("`{filter}` {problem}")));
        }
    }
    Ok(Value::from(items))
}

/// What a path such as `a.0.b` leads to.
pub(super) fn part(value: &Value, path: &str) -> Value {
    path.split('.').fold(value.clone(), |value, name| {
        let key = name.parse::<usize>().map_or_else(|_| Value::from(name), Value::from);
        value.get_item(&key).unwrap_or_default()
    })
}

/// Whether Python compares two values by `<`. Of what is the same only the kind matters, or nothing.
fn is_ordered(one: &Value, other: &Value, may_be_same: bool) -> bool {
    let is_number = |value: &Value| matches!(value.kind(), ValueKind::Number | ValueKind::Bool);
    match (one.kind(), other.kind()) {
        (ValueKind::String, ValueKind::String) => true,
        (ValueKind::Seq, ValueKind::Seq) => {
            let pairs = one.try_iter().into_iter().flatten().zip(other.try_iter().into_iter().flatten());
            let different = pairs.into_iter().find(|(one, other)| one != other);
            different.is_none_or(|(one, other)| is_ordered(&one, &other, false))
        }
        _ => (is_number(one) && is_number(other)) || (may_be_same && one == other),
    }
}
