//! Methods of Python's texts, lists and dictionaries.

mod form;
mod format;
mod letters;
mod parts;
mod places;

use minijinja::value::{Tuple, ValueKind};
use minijinja::{Error, ErrorKind, State, Value};

use super::args::{Args, wrong};
use super::markup::{has_escaped_beside, is_escaped_beside};
use super::views::{Ordered, View, is_view};

/// Methods that change their value, which no value here can be.
const CHANGING: [&str; 10] =
    ["update", "append", "extend", "insert", "pop", "popitem", "remove", "clear", "setdefault", "sort"];

/// Calls a method that the engine does not know.
pub(super) fn call(
    _: &mut State<'_, '_>,
    value: &Value,
    method: &str,
    args: &[Value],
) -> Result<Value, Error> {
    let is_safe = value.is_safe();
    let is_escaped = |arg: &Value| is_escaped_beside(arg) || (method == "join" && has_escaped_beside(arg));
    if is_safe && args.iter().any(is_escaped) {
        let problem = format!(
            "`{method}()` of what is safe for HTML escapes what it is given, which has no match here"
        );
        return Err(wrong(problem));
    }
    let mut args = Args::new(method, args);
    let result = match value.kind() {
        ValueKind::String => text(value.as_str().unwrap_or_default(), method, &mut args),
        ValueKind::Map => dict(value, method, &mut args),
        ValueKind::Seq | ValueKind::Iterable if !is_view(value) => list(value, method, &mut args),
        _ => Err(Error::from(ErrorKind::UnknownMethod)),
    };
    match result {
        Err(error) if error.kind() == ErrorKind::UnknownMethod && CHANGING.contains(&method) => {
            Err(Error::new(
                ErrorKind::InvalidOperation,
                format!("`{method}()` changes a value, which has no match here"),
            ))
        }
        Ok(value) => args.finish().map(|()| if is_safe { as_safe(&value) } else { value }),
        other => other,
    }
}

/// Texts as safe as the one that they were made of.
fn as_safe(value: &Value) -> Value {
    if let Some(text) = value.as_str() {
        return Value::from_safe_string(text.to_owned());
    }
    let Some(items) = value.try_iter().ok().filter(|_| value.kind() == ValueKind::Seq) else {
        return value.clone();
    };
    let items: Vec<Value> = items.map(|item| as_safe(&item)).collect();
    if value.is_tuple() { Value::from(Tuple::from(items)) } else { Value::from(items) }
}

fn text(text: &str, method: &str, args: &mut Args<'_>) -> Result<Value, Error> {
    if method == "format" {
        return format::format(text, args);
    }
    if let Some(result) = letters::call(text, method, args) {
        return result;
    }
    if let Some(result) = parts::call(text, method, args) {
        return result;
    }
    places::call(text, method, args).unwrap_or_else(|| Err(Error::from(ErrorKind::UnknownMethod)))
}

fn dict(value: &Value, method: &str, args: &mut Args<'_>) -> Result<Value, Error> {
    let keys: Vec<Value> = value.try_iter()?.collect();
    match method {
        "copy" => Ok(value.clone()),
        "keys" => Ok(View::wrap(keys)),
        "values" => keys.iter().map(|key| value.get_item(key)).collect::<Result<Vec<_>, _>>().map(View::wrap),
        "items" => {
            let pair = |key: Value| Ok(Value::from(Tuple::from([key.clone(), value.get_item(&key)?])));
            keys.into_iter().map(pair).collect::<Result<Vec<_>, Error>>().map(View::wrap)
        }
        "get" => {
            let key = args.need("key")?;
            let default = args.take("default").unwrap_or(Value::from(()));
            let found = value.get_item(&key)?;
            Ok(if found.is_undefined() { default } else { found })
        }
        "update" => {
            let other = args.need("other")?;
            let done = value.downcast_object_ref::<Ordered>().and_then(|shared| shared.update(&other));
            done.map(Value::from).ok_or_else(|| Error::from(ErrorKind::UnknownMethod))
        }
        _ => Err(Error::from(ErrorKind::UnknownMethod)),
    }
}

fn list(value: &Value, method: &str, args: &mut Args<'_>) -> Result<Value, Error> {
    match method {
        "count" => {
            let wanted = args.need("value")?;
            Ok(Value::from(value.try_iter()?.filter(|item| *item == wanted).count()))
        }
        "index" => {
            let wanted = args.need("value")?;
            let at = value.try_iter()?.position(|item| item == wanted);
            at.map(Value::from).ok_or_else(|| wrong("it is not in the list".to_owned()))
        }
        "copy" => Ok(value.clone()),
        _ => Err(Error::from(ErrorKind::UnknownMethod)),
    }
}
