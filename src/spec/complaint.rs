//! The words of findings about unknown fields and wrong types.

use super::fields::{Field, Kind, home_of, old_field};
use super::rules::UNKNOWN_FIELD;
use super::scalar::{Plain, resolve};
use super::words::{clip, list, nearest};
use super::yaml::{Entry, Node, Value};
use crate::model::Finding;

/// The field that a key was meant to be, if one is near enough.
pub(super) fn near_field(entry: &Entry, fields: &'static [Field]) -> Option<&'static str> {
    nearest(&entry.key, fields.iter().map(|field| field.name))
}

/// A finding about a key that is no field of its map, `place`. `given` is the line that has the field that it is like.
pub(super) fn unknown(
    entry: &Entry,
    fields: &'static [Field],
    place: &str,
    given: Option<&usize>,
) -> Finding {
    let shown = clip(&entry.key);
    let at = if place.is_empty() { String::new() } else { format!(" in `{place}`") };
    let finding = UNKNOWN_FIELD.at(&entry.key_spot, format!("unknown field `{shown}`{at}"));
    if let Some(instead) = old_field(place, &entry.key) {
        return finding.label("a field of Pachyderm 1").help(instead);
    }
    match (near_field(entry, fields), given) {
        // No fix comes of it, as that would give the field twice.
        (Some(near), Some(line)) => {
            return finding
                .label(format!("did you mean `{near}`? line {line} has that"))
                .help("remove one of the two, or put into one what both say");
        }
        (Some(near), None) => return finding.label(format!("did you mean `{near}`?")),
        (None, _) => {}
    }
    match home_of(&entry.key) {
        Some(home) if home.contains(' ') => finding.help(format!("it belongs to {home}")),
        Some(home) => finding.help(format!("it belongs into `{home}`")),
        None if fields.len() > 16 => finding.help("`minipach schema` lists all fields"),
        None => finding.help(format!("known here: {}", list(fields.iter().map(|field| field.name)))),
    }
}

/// What a field must hold, in words.
pub(super) fn wanted(kind: Kind) -> String {
    match kind {
        Kind::Text => "text".into(),
        Kind::Bool => "`true` or `false`".into(),
        // Nobody needs to know how many bits a count has.
        Kind::Whole(low, high) if high >= i64::from(u32::MAX) => format!("a whole number from {low}"),
        Kind::Whole(low, high) => format!("a whole number from {low} to {high}"),
        Kind::Number => "a number from 0".into(),
        Kind::Duration => "a duration".into(),
        Kind::Amount => "an amount".into(),
        Kind::Choice(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" or "),
        Kind::Texts => "a list of texts".into(),
        Kind::Wholes => "a list of whole numbers".into(),
        Kind::TextMap => "a map of texts".into(),
        Kind::TextsMap => "a map of lists of texts".into(),
        Kind::ChoiceMap(_) | Kind::Map(_) | Kind::Free => "a map".into(),
        Kind::Maps(_) => "a list of maps".into(),
    }
}

/// What stands there instead, in words.
pub(super) fn given(node: &Node) -> String {
    match &node.value {
        Value::List(_) => "a list".into(),
        Value::Map(_) => "a map".into(),
        Value::Scalar { text, .. } if text.contains('\0') => "a text with a NUL character in it".into(),
        Value::Scalar { text, is_plain: true, .. } => match resolve(text) {
            Plain::Bool(value) => format!("the boolean `{value}`"),
            Plain::Whole(_) | Plain::Number(_) => format!("the number `{}`", clip(text)),
            _ => format!("`{}`", clip(text)),
        },
        Value::Scalar { text, .. } => format!("`\"{}\"`", clip(text)),
    }
}

/// What to write instead, if that can be told.
pub(super) fn advice(node: &Node, kind: Kind) -> Option<String> {
    let Value::Scalar { text, is_plain, .. } = &node.value else {
        return matches!((&node.value, kind), (Value::List(_), Kind::Map(_)))
            .then(|| "one folder is one pipeline: give each its own folder with its own `spec.yml`".into());
    };
    advice_on(text, *is_plain, kind)
}

fn advice_on(text: &str, is_plain: bool, kind: Kind) -> Option<String> {
    // Half of a text is no advice: a long one is not said again.
    let is_short = clip(text) == text;
    match kind {
        Kind::Text if is_plain && !is_short => Some("put it in quotes".into()),
        Kind::Texts if !is_short && needs_shell(text) => {
            Some("only a shell understands it: write it as a list, `[\"sh\", \"-c\", \"…\"]`".into())
        }
        Kind::Texts if !is_short => Some("write it as a list: one word, one entry".into()),
        Kind::Text if is_plain => Some(format!("put it in quotes: `\"{text}\"`")),
        Kind::Texts if needs_shell(text) => {
            let line = text.replace('\\', "\\\\").replace('"', "\\\"");
            Some(format!("only a shell understands it: `[\"sh\", \"-c\", \"{line}\"]`"))
        }
        Kind::Texts => Some(format!("write it as a list: `[{}]`", words_of(text))),
        Kind::Bool if ["yes", "on", "y", "true"].iter().any(|word| text.eq_ignore_ascii_case(word)) => {
            Some("write `true`".into())
        }
        Kind::Bool if ["no", "off", "n", "false"].iter().any(|word| text.eq_ignore_ascii_case(word)) => {
            Some("write `false`".into())
        }
        Kind::Duration => Some("write a number with a unit: `90s`, `0.5s`, `5m`, `1h30m`".into()),
        Kind::Choice(words) => nearest(text, words.iter().copied()).map(|near| format!("write `{near}`")),
        _ => None,
    }
}

/// Whether a line says something to a shell beside a program and its words.
fn needs_shell(text: &str) -> bool {
    let is_sign = |word: &str| word.contains(['|', '&', ';', '<', '>', '$', '`', '\'', '"']);
    text.contains(' ') && text.split_whitespace().any(is_sign)
}

fn words_of(text: &str) -> String {
    text.split_whitespace().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_advice_holds_half_of_a_text() {
        let long = "a".repeat(61);
        for (text, kind, expected) in [
            ("12", Kind::Text, "put it in quotes: `\"12\"`"),
            (&long, Kind::Text, "put it in quotes"),
            (
                &format!("x | {long}"),
                Kind::Texts,
                "only a shell understands it: write it as a list, `[\"sh\", \"-c\", \"…\"]`",
            ),
            ("a b", Kind::Texts, "write it as a list: `[\"a\", \"b\"]`"),
            (&long, Kind::Texts, "write it as a list: one word, one entry"),
        ] {
            assert_eq!(advice_on(text, true, kind).as_deref(), Some(expected));
        }
    }
}
