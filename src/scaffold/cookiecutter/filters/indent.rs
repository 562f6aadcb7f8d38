//! The filter `indent`: Python's lines, each moved to the right.

use minijinja::value::{Rest, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, Value};

use super::super::args::{Args, fits, wrong};
use super::super::spacing::lines;

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_filter("indent", |value: &Value, given: Rest<ValueOrKwargs>| indent(value, &given.into_values()));
}

fn indent(value: &Value, given: &[Value]) -> Result<Value, Error> {
    let mut args = Args::new("indent", given);
    let width = args.take("width").unwrap_or_else(|| Value::from(4));
    let (first, blank) = (args.yes("first").unwrap_or(false), args.yes("blank").unwrap_or(false));
    args.finish()?;
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    let text = value
        .as_str()
        .ok_or_else(|| wrong("`indent` moves texts only; make one with `string`".to_owned()))?;
    // As Jinja does, so that an empty text has a line and a last line keeps its end.
    let text = format!("{text}\n");
    let lines = lines(&text);
    let space = space(&width, lines.len())?;
    fits(space.len().saturating_mul(lines.len()).saturating_add(text.len()))?;
    let moved = moved(&lines, &space, first, blank);
    Ok(if value.is_safe() { Value::from_safe_string(moved) } else { Value::from(moved) })
}

/// What so many lines are moved by: a text, or so many spaces.
fn space(width: &Value, lines: usize) -> Result<String, Error> {
    if let Some(text) = width.as_str() {
        return Ok(text.to_owned());
    }
    let given = [width.clone()];
    let width = Args::new("indent", &given).number("width")?;
    let width =
        width.ok_or_else(|| wrong("`width` of `indent()` must be a whole number or a text".to_owned()))?;
    let width = usize::try_from(width).unwrap_or(0);
    fits(width.saturating_mul(lines))?;
    Ok(" ".repeat(width))
}

fn moved(lines: &[&str], space: &str, first: bool, blank: bool) -> String {
    let mut out = String::new();
    for (at, line) in lines.iter().enumerate() {
        let is_moved = if at == 0 { first } else { blank || !line.is_empty() };
        if at > 0 {
            out.push('\n');
        }
        if is_moved {
            out.push_str(space);
        }
        out.push_str(line);
    }
    out
}
