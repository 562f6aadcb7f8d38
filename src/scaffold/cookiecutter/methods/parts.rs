//! Methods that cut texts up, strip them, or put them together.

use minijinja::value::Tuple;
use minijinja::{Error, Value};

use super::super::args::{Args, fits, joined_fits, parts_fit, wrong};
use super::super::spacing::{is_space, lines};

/// Calls a method of a text, if it is one of these.
pub(super) fn call(text: &str, method: &str, args: &mut Args<'_>) -> Option<Result<Value, Error>> {
    Some(match method {
        "strip" | "lstrip" | "rstrip" => strip(text, method, args),
        "split" | "rsplit" => split(text, method, args),
        "splitlines" => splitlines(text, args),
        "partition" | "rpartition" => partition(text, method, args),
        "removeprefix" => {
            args.text("prefix").map(|prefix| Value::from(text.strip_prefix(&*prefix).unwrap_or(text)))
        }
        "removesuffix" => {
            args.text("suffix").map(|suffix| Value::from(text.strip_suffix(&*suffix).unwrap_or(text)))
        }
        "replace" => replace(text, args),
        "join" => join(text, args),
        "expandtabs" => expandtabs(text, args),
        _ => return None,
    })
}

fn strip(text: &str, method: &str, args: &mut Args<'_>) -> Result<Value, Error> {
    let signs = args.text_or_none("chars")?;
    let is_off =
        |letter: char| signs.as_ref().map_or_else(|| is_space(letter), |signs| signs.contains(letter));
    let left = if method == "rstrip" { text } else { text.trim_start_matches(is_off) };
    Ok(Value::from(if method == "lstrip" { left } else { left.trim_end_matches(is_off) }))
}

fn split(text: &str, method: &str, args: &mut Args<'_>) -> Result<Value, Error> {
    let separator = args.text_or_none("sep")?;
    let most = args.number("maxsplit")?.and_then(|most| usize::try_from(most).ok());
    let gaps = separator.as_ref().map_or_else(
        || text.chars().filter(|letter| is_space(*letter)).count(),
        |separator| text.matches(&**separator).count(),
    );
    parts_fit(most.map_or(gaps, |most| gaps.min(most)))?;
    let parts: Vec<String> = match (&separator, method) {
        (Some(separator), _) if separator.is_empty() => {
            return Err(wrong(format!("`{method}('')` has nothing to split at")));
        }
        (Some(separator), "split") => match most {
            Some(most) => text.splitn(most + 1, &**separator).map(str::to_owned).collect(),
            None => text.split(&**separator).map(str::to_owned).collect(),
        },
        (Some(separator), _) => {
            let most = most.unwrap_or(usize::MAX - 1);
            let mut parts: Vec<String> = text.rsplitn(most + 1, &**separator).map(str::to_owned).collect();
            parts.reverse();
            parts
        }
        (None, "split") => at_spaces(text, most.unwrap_or(usize::MAX)),
        (None, _) => at_last_spaces(text, most.unwrap_or(usize::MAX)),
    };
    Ok(Value::from(parts))
}

fn at_spaces(text: &str, most: usize) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = text.trim_start_matches(is_space);
    while !rest.is_empty() {
        if parts.len() == most {
            parts.push(rest.trim_end_matches(is_space).to_owned());
            break;
        }
        let end = rest.find(is_space).unwrap_or(rest.len());
        parts.push(rest[..end].to_owned());
        rest = rest[end..].trim_start_matches(is_space);
    }
    parts
}

fn at_last_spaces(text: &str, most: usize) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = text.trim_end_matches(is_space);
    while !rest.is_empty() {
        if parts.len() == most {
            parts.push(rest.trim_start_matches(is_space).to_owned());
            break;
        }
        let begin = rest
            .char_indices()
            .rev()
            .find(|(_, letter)| is_space(*letter))
            .map_or(0, |(at, letter)| at + letter.len_utf8());
        parts.push(rest[begin..].to_owned());
        rest = rest[..begin].trim_end_matches(is_space);
    }
    parts.reverse();
    parts
}

fn splitlines(text: &str, args: &mut Args<'_>) -> Result<Value, Error> {
    if args.take("keepends").is_some_and(|keep| keep.is_true()) {
        return Err(wrong("`splitlines(True)` has no match here".to_owned()));
    }
    parts_fit(text.matches(is_space).count())?;
    Ok(Value::from(lines(text).into_iter().map(str::to_owned).collect::<Vec<_>>()))
}

fn partition(text: &str, method: &str, args: &mut Args<'_>) -> Result<Value, Error> {
    let separator = args.text("sep")?;
    if separator.is_empty() {
        return Err(wrong(format!("`{method}('')` has nothing to split at")));
    }
    let found =
        if method == "partition" { text.split_once(&*separator) } else { text.rsplit_once(&*separator) };
    let parts = match found {
        Some((before, after)) => [before, &separator, after],
        None if method == "partition" => [text, "", ""],
        None => ["", "", text],
    };
    Ok(Value::from(Tuple::from(parts.map(Value::from))))
}

fn replace(text: &str, args: &mut Args<'_>) -> Result<Value, Error> {
    let (old, new) = (args.text("old")?, args.text("new")?);
    let count = args.number("count")?.and_then(|count| usize::try_from(count).ok());
    let found = text.matches(&*old).count().min(count.unwrap_or(usize::MAX));
    fits(found.saturating_mul(new.len()).saturating_add(text.len()))?;
    Ok(Value::from(match count {
        Some(count) => text.replacen(&*old, &new, count),
        None => text.replace(&*old, &new),
    }))
}

fn join(text: &str, args: &mut Args<'_>) -> Result<Value, Error> {
    let items: Vec<Value> = args.need("iterable")?.try_iter()?.collect();
    let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
    let parts = texts.ok_or_else(|| wrong("`join()` takes texts only".to_owned()))?;
    joined_fits(parts.iter().copied(), text.len())?;
    Ok(Value::from(parts.join(text)))
}

fn expandtabs(text: &str, args: &mut Args<'_>) -> Result<Value, Error> {
    let size = usize::try_from(args.width("tabsize")?.unwrap_or(8)).unwrap_or(0);
    fits(text.matches('\t').count().saturating_mul(size).saturating_add(text.len()))?;
    Ok(Value::from(expand(text, size)))
}

fn expand(text: &str, size: usize) -> String {
    let (mut out, mut column) = (String::new(), 0);
    for letter in text.chars() {
        match letter {
            '\t' if size == 0 => {}
            '\t' => {
                let missing = size - column % size;
                out.extend(std::iter::repeat_n(' ', missing));
                column += missing;
            }
            letter => {
                column = if matches!(letter, '\n' | '\r') { 0 } else { column + 1 };
                out.push(letter);
            }
        }
    }
    out
}
