//! Filters whose arguments Jinja takes by name too: `default`, `replace`, `trim`, `join`; and `format`, which leaves none over.

use minijinja::value::{ArgType as _, Rest, StringInput, ValueOrKwargs};
use minijinja::{Environment, Error, State, Value, filters};

use super::super::args::{Args, fits, wrong};
use super::super::repr;
use super::super::spacing::is_space;
use super::by_name;

type Given = Rest<ValueOrKwargs>;

pub(super) fn add(env: &mut Environment<'static>) {
    for name in ["default", "d"] {
        env.add_filter(name, |value: &Value, given: Given| default(value, &given.into_values()));
    }
    env.add_filter("replace", |value: &Value, given: Given| replace(value, &given.into_values()));
    env.add_filter("trim", |value: &Value, given: Given| trim(value, &given.into_values()));
    env.add_filter("join", |state: &mut State<'_, '_>, value: &Value, given: Given| {
        let given = by_name(&given.into_values(), &["d", "attribute"])?;
        let joiner = given.get::<Option<Value>>("d")?;
        let joiner = joiner.as_ref().map(|joiner| StringInput::from_value(Some(joiner))).transpose()?;
        let attribute = given.get::<Option<String>>("attribute")?;
        filters::join(state, value, joiner, attribute.as_deref(), given)
    });
    env.add_filter("format", |state: &mut State<'_, '_>, value: &Value, given: Given| {
        let all = given.into_values();
        let by_place = all.iter().filter(|value| !value.is_kwargs()).count();
        if by_place > value.as_str().map_or(by_place, wanted) {
            return Err(wrong("`format` is given more than its text takes in".to_owned()));
        }
        filters::format(state, value, Rest(all.into_iter().map(ValueOrKwargs::from).collect()))
    });
}

fn default(value: &Value, given: &[Value]) -> Result<Value, Error> {
    let mut args = Args::new("default", given);
    let default = args.take("default_value").unwrap_or_else(|| Value::from(""));
    let is_lax = args.yes("boolean").unwrap_or(false);
    args.finish()?;
    Ok(if value.is_undefined() || (is_lax && !value.is_true()) { default } else { value.clone() })
}

fn replace(value: &Value, given: &[Value]) -> Result<Value, Error> {
    let text = repr::text(value)?;
    let mut args = Args::new("replace", given);
    let (old, new) = (repr::text(&args.need("old")?)?, repr::text(&args.need("new")?)?);
    let count = args.number("count")?.and_then(|count| usize::try_from(count).ok()).unwrap_or(usize::MAX);
    args.finish()?;
    let found = text.matches(&*old).count().min(count);
    fits(found.saturating_mul(new.len()).saturating_add(text.len()))?;
    Ok(Value::from(text.replacen(&*old, &new, count)))
}

fn trim(value: &Value, given: &[Value]) -> Result<Value, Error> {
    let text = repr::text(value)?;
    let mut args = Args::new("trim", given);
    let signs = args.text_or_none("chars")?;
    args.finish()?;
    let is_off =
        |letter: char| signs.as_ref().map_or_else(|| is_space(letter), |signs| signs.contains(letter));
    let text = text.trim_matches(is_off).to_owned();
    Ok(if value.is_safe() { Value::from_safe_string(text) } else { Value::from(text) })
}

/// How many values a text for `%` takes in.
fn wanted(text: &str) -> usize {
    let (mut count, mut rest) = (0, text);
    while let Some(at) = rest.find('%') {
        rest = &rest[at + 1..];
        let end = rest.find(|letter: char| !"#0- +*.0123456789".contains(letter)).unwrap_or(rest.len());
        count += rest[..end].matches('*').count() + usize::from(!rest[end..].starts_with('%'));
        rest = rest[end..].get(1..).unwrap_or_default();
    }
    count
}

#[cfg(test)]
#[test]
fn what_a_text_takes_in_is_counted() {
    for (text, count) in [("x", 0), ("100%% %s", 1), ("%s|%5s", 2), ("%*d%%", 2), ("%-5.*f", 2)] {
        assert_eq!(wanted(text), count, "{text}");
    }
}
