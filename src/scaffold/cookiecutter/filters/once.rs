//! Filters whose result Python goes through once: `map`, `select`, `batch`, `reverse`, `unique` and the like.

use std::borrow::Cow;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr, Rest, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, State, Value, filters};

use super::super::views::Once;
use super::by_name;
use super::sorting::part;

type Given = Rest<ValueOrKwargs>;
type Name<'a> = Option<Cow<'a, str>>;

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_filter("map", |state: &mut State<'_, '_>, value: Value, given: Given| {
        once(filters::map(state, value, of_the_filter(given)))
    });
    env.add_filter(NAMED, |state: &mut State<'_, '_>, value: Value, call: Value| named(state, value, &call));
    env.add_filter("select", |state: &mut State<'_, '_>, value: Value, test: Name<'_>, given: Given| {
        once(filters::select(state, value, test, given))
    });
    env.add_filter("reject", |state: &mut State<'_, '_>, value: Value, test: Name<'_>, given: Given| {
        once(filters::reject(state, value, test, given))
    });
    env.add_filter(
        "selectattr",
        |state: &mut State<'_, '_>, value: Value, attr: Cow<'_, str>, test: Name<'_>, given: Given| {
            let value = if test.is_none() { with_each(&value, &attr)? } else { value };
            once(filters::selectattr(state, value, attr, test, given))
        },
    );
    env.add_filter(
        "rejectattr",
        |state: &mut State<'_, '_>, value: Value, attr: Cow<'_, str>, test: Name<'_>, given: Given| {
            let value = if test.is_none() { with_each(&value, &attr)? } else { value };
            once(filters::rejectattr(state, value, attr, test, given))
        },
    );
    env.add_filter("batch", |state: &State<'_, '_>, value: Value, given: Given| {
        let (count, fill) = counted(given, "linecount")?;
        Once::wrap(&filters::batch(state, value, count, fill)?)
    });
    env.add_filter("slice", |state: &State<'_, '_>, value: Value, given: Given| {
        let (count, fill) = counted(given, "slices")?;
        Once::wrap(&filters::slice(state, value, count, fill)?)
    });
    env.add_filter("unique", |state: &State<'_, '_>, values: Value, given: Given| {
        let given = by_name(&given.into_values(), &["case_sensitive", "attribute"])?;
        Once::wrap(&filters::unique(state, values, given)?)
    });
    env.add_filter("reverse", reverse);
}

/// The filter that calls the one which `map` names, where this is given arguments by their names: the engine gives it
/// none. No template can say this name.
const NAMED: &str = "of `map`";

/// What `map` is given for each value: the name of a filter, and what that is given.
#[derive(Debug)]
struct Call(Vec<Value>);

impl Object for Call {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
}

/// What `map` is given, so that names go on to the filter that it names.
fn of_the_filter(given: Given) -> Given {
    let all = given.into_values();
    let is_named =
        all.first().is_some_and(|first| !first.is_kwargs()) && all.last().is_some_and(Value::is_kwargs);
    let all = if is_named { vec![Value::from(NAMED), Value::from_object(Call(all))] } else { all };
    Rest(all.into_iter().map(ValueOrKwargs::from).collect())
}

fn named(state: &mut State<'_, '_>, value: Value, call: &Value) -> Result<Value, Error> {
    let call = call.downcast_object_ref::<Call>().map_or(&[][..], |call| &call.0);
    let (Some(name), given) = (call.first().and_then(Value::as_str), call.get(1..).unwrap_or_default())
    else {
        return Err(Error::new(ErrorKind::InvalidOperation, "`map` needs the name of a filter"));
    };
    let all: Vec<Value> = std::iter::once(value).chain(given.iter().cloned()).collect();
    state.apply_filter(name, &all)
}

/// How many, and what fills up.
fn counted(given: Given, name: &'static str) -> Result<(usize, Option<Value>), Error> {
    let given = by_name(&given.into_values(), &[name, "fill_with"])?;
    let found = (given.get::<usize>(name)?, given.get::<Option<Value>>("fill_with")?);
    given.assert_all_used()?;
    Ok(found)
}

/// What a value holds, if each of it has an attribute: whether one that is not there is true, Python does not say.
fn with_each(value: &Value, attribute: &str) -> Result<Value, Error> {
    let items: Vec<Value> = value.try_iter()?.collect();
    let lacks = items.iter().any(|item| part(item, attribute).is_undefined());
    if lacks { Err(Error::from(ErrorKind::UndefinedError)) } else { Ok(Value::from(items)) }
}

fn once(items: Result<Vec<Value>, Error>) -> Result<Value, Error> {
    Once::wrap(&Value::from(items?))
}

/// A text, or what is gone through once, the other way round; of what was to be gone through once a list.
fn reverse(value: &Value) -> Result<Value, Error> {
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    let reversed = filters::reverse(value)?;
    if value.kind() == ValueKind::String || value.downcast_object_ref::<Once>().is_some() {
        return Ok(reversed);
    }
    Once::wrap(&reversed)
}
