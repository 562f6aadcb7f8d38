//! Methods that look for one text in another.

use minijinja::value::ValueKind;
use minijinja::{Error, Value};

use super::super::args::{Args, wrong};

/// Calls a method of a text, if it is one of these.
pub(super) fn call(text: &str, method: &str, args: &mut Args<'_>) -> Option<Result<Value, Error>> {
    Some(match method {
        "startswith" | "endswith" => affix(text, method, args),
        "find" | "rfind" | "index" | "rindex" => find(text, method, args),
        "count" => count(text, args),
        _ => return None,
    })
}

/// A part of a text between two places in letters, as Python slices, and where it begins.
///
/// Nothing where the beginning lies behind the end, where not even an empty text is found.
fn slice(text: &str, start: Option<i64>, end: Option<i64>) -> Option<(String, usize)> {
    let letters: Vec<char> = text.chars().collect();
    let length = i64::try_from(letters.len()).unwrap_or(i64::MAX);
    let place = |at: i64| if at < 0 { (at + length).max(0) } else { at };
    let start = usize::try_from(place(start.unwrap_or(0))).ok()?;
    let end = usize::try_from(place(end.unwrap_or(length)).min(length)).ok()?;
    (start <= end).then(|| (letters[start..end].iter().collect(), start))
}

fn affix(text: &str, method: &str, args: &mut Args<'_>) -> Result<Value, Error> {
    let wanted = args.need("prefix")?;
    let part = slice(text, args.number("start")?, args.number("end")?);
    let wanted: Vec<Value> = if wanted.kind() == ValueKind::Seq && wanted.is_tuple() {
        wanted.try_iter()?.collect()
    } else {
        vec![wanted]
    };
    let mut fits = false;
    for one in wanted {
        let one =
            one.as_str().ok_or_else(|| wrong(format!("`{method}()` takes a text or a tuple of texts")))?;
        fits |= part.as_ref().is_some_and(|(part, _)| {
            if method == "startswith" { part.starts_with(one) } else { part.ends_with(one) }
        });
    }
    Ok(Value::from(fits))
}

fn find(text: &str, method: &str, args: &mut Args<'_>) -> Result<Value, Error> {
    let wanted = args.text("sub")?;
    let part = slice(text, args.number("start")?, args.number("end")?);
    let found = part.and_then(|(part, start)| {
        let at = if method.starts_with('r') { part.rfind(&*wanted) } else { part.find(&*wanted) }?;
        Some(part[..at].chars().count() + start)
    });
    match found {
        Some(at) => Ok(Value::from(at)),
        None if method.ends_with("index") => Err(wrong(format!("`{method}()` does not find it"))),
        None => Ok(Value::from(-1)),
    }
}

fn count(text: &str, args: &mut Args<'_>) -> Result<Value, Error> {
    let wanted = args.text("sub")?;
    let Some((part, _)) = slice(text, args.number("start")?, args.number("end")?) else {
        return Ok(Value::from(0));
    };
    let count = if wanted.is_empty() { part.chars().count() + 1 } else { part.matches(&*wanted).count() };
    Ok(Value::from(count))
}
