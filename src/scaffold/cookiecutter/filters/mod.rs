//! Filters: the engine's own where they do as Jinja's, ours where it lacks one or differs, refusals for the rest.

mod indent;
mod json;
mod named;
mod once;
mod round;
mod slug;
mod sorting;
mod text;
mod whole;
mod wrap;

use minijinja::value::{Kwargs, Rest, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, State, Value};

/// Filters that the engine has and Jinja has not: a template that uses them is wrong in cookiecutter.
const FOREIGN: [&str; 5] = ["split", "lines", "bool", "chain", "zip"];
/// Tests that only the engine has.
const FOREIGN_TESTS: [&str; 4] = ["safe", "startingwith", "endingwith", "containing"];

/// Filters and functions whose result cookiecutter could not repeat either.
const RANDOM: &str = "gives another result each time, so nothing can be promised";
/// Filters that have no match here.
const MISSING: &str = "has no match here; use cookiecutter itself for this template";

/// Teaches the engine the filters that templates may use.
pub(super) fn add(env: &mut Environment<'static>) {
    for name in FOREIGN {
        env.remove_filter(name);
    }
    for name in FOREIGN_TESTS {
        env.remove_test(name);
    }
    env.remove_global("debug");
    text::add(env);
    whole::add(env);
    round::add(env);
    wrap::add(env);
    indent::add(env);
    once::add(env);
    sorting::add(env);
    json::add(env);
    named::add(env);
    env.add_filter("slugify", slug::slugify);
    for name in ["xmlattr", "urlize", "pprint", "striptags", "filesizeformat"] {
        env.add_filter(name, move |_: Rest<ValueOrKwargs>| refuse(name, MISSING));
    }
    env.add_filter("random", |_: Rest<ValueOrKwargs>| refuse("random", RANDOM));
    for name in ["uuid4", "random_ascii_string", "lipsum"] {
        env.add_function(name, move |_: Rest<ValueOrKwargs>| refuse(name, RANDOM));
    }
    add_named(env);
}

/// Filters and a function of which the engine takes arguments by name only.
fn add_named(env: &mut Environment<'static>) {
    env.add_filter("sum", |state: &State<'_, '_>, values: Value, given: Rest<ValueOrKwargs>| {
        let given = by_name(&given.into_values(), &["attribute", "start"])?;
        // Python sums no texts, whatever the list holds.
        if given.peek::<Option<Value>>("start")?.is_some_and(|start| start.kind() == ValueKind::String) {
            return refuse("sum", "adds up no texts; use `join`");
        }
        let attribute = given.get::<Option<String>>("attribute")?;
        let start = given.get::<Option<Value>>("start")?;
        minijinja::filters::sum(state, values, attribute.as_deref(), start, given)
    });
    env.add_filter("dictsort", |value: &Value, given: Rest<ValueOrKwargs>| {
        minijinja::filters::dictsort(
            value,
            by_name(&given.into_values(), &["case_sensitive", "by", "reverse"])?,
        )
    });
    env.add_function("dict", |given: Option<Value>, named: Kwargs| {
        let pair = |pair: Value| Ok((pair.get_item_by_index(0)?, pair.get_item_by_index(1)?));
        let pairs = |list: &Value| list.try_iter()?.map(pair).collect::<Result<Vec<_>, Error>>();
        let given = match given {
            Some(list) if list.kind() == ValueKind::Seq => Some(Value::from_pairs(pairs(&list)?)),
            given => given,
        };
        minijinja::functions::dict(given, named)
    });
}

/// Arguments by their names, where Jinja takes them by their places too.
fn by_name(given: &[Value], names: &[&'static str]) -> Result<Kwargs, Error> {
    let (by_place, named) = match given.split_last() {
        Some((last, before)) if last.is_kwargs() => (before, Some(Kwargs::try_from(last.clone())?)),
        _ => (given, None),
    };
    if by_place.len() > names.len() {
        return Err(Error::from(ErrorKind::TooManyArguments));
    }
    let mut all: Vec<(String, Value)> =
        names.iter().zip(by_place).map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    if let Some(named) = named {
        for name in named.args() {
            all.push((name.to_owned(), named.get::<Value>(name)?));
        }
    }
    Ok(all.into_iter().collect())
}

fn refuse(name: &str, why: &str) -> Result<Value, Error> {
    Err(Error::new(ErrorKind::InvalidOperation, format!("`{name}` {why}")))
}
