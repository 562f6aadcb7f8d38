//! What the engine reads otherwise than Jinja, and would not say: refused before it is rendered.

use minijinja::machinery::{Token, tokenize};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Error, ErrorKind};

use super::markup;

/// Methods of Python's texts, lists and dictionaries that a template may ask for.
const METHODS: [&str; 26] = [
    "upper",
    "lower",
    "title",
    "capitalize",
    "strip",
    "lstrip",
    "rstrip",
    "split",
    "rsplit",
    "join",
    "replace",
    "format",
    "startswith",
    "endswith",
    "find",
    "count",
    "index",
    "items",
    "keys",
    "values",
    "get",
    "copy",
    "update",
    "append",
    "pop",
    "isdigit",
];

/// Refuses a text with such a place.
pub(super) fn refuse(text: &str, syntax: &SyntaxConfig) -> Result<(), Error> {
    if let Some(line) = markup::sum(text, syntax) {
        return Err(wrong(
            line,
            "`+` with what `e`, `safe` or `tojson` gave has no match here; join them with `~`",
        ));
    }
    if !text.contains("\\N{") && !text.contains("defined") {
        return Ok(());
    }
    let mut last: [Option<Token<'_>>; 4] = [None, None, None, None];
    // What cannot be read is told by the engine, when it reads the text.
    for (token, span) in tokenize(text, false, syntax.clone()).map_while(Result::ok) {
        let line = usize::from(span.start_line);
        if matches!(token, Token::Str(_) | Token::String(_)) {
            let raw = text.get(span.start_offset as usize..span.end_offset as usize).unwrap_or_default();
            if raw.contains("\\N{") {
                return Err(wrong(
                    line,
                    "a letter by its name (`\\N{…}`) has no match here; write the letter itself",
                ));
            }
        }
        last.rotate_left(1);
        last[3] = Some(token);
        if asks_for_method(&last) {
            return Err(wrong(
                line,
                "whether a method is defined has no match here; it always is for such a value",
            ));
        }
    }
    Ok(())
}

/// `.upper is defined`, the last of which may have `not` before it.
fn asks_for_method(last: &[Option<Token<'_>>; 4]) -> bool {
    let is_word = |token: &Option<Token<'_>>, words: &[&str]| matches!(token, Some(Token::Ident(word)) if words.contains(word));
    matches!(last[0], Some(Token::Dot))
        && is_word(&last[1], &METHODS)
        && is_word(&last[2], &["is"])
        && is_word(&last[3], &["defined", "undefined", "not"])
}

/// The line and the rest of what [`refuse`] says of a text, whose errors have no line of their own.
pub(super) fn place(detail: &str) -> Option<(usize, &str)> {
    let (line, rest) = detail.strip_prefix("line ")?.split_once(": ")?;
    Some((line.parse().ok()?, rest))
}

fn wrong(line: usize, problem: &str) -> Error {
    Error::new(ErrorKind::InvalidOperation, format!("line {line}: {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_read_otherwise_is_refused() {
        for (text, expected) in [
            ("a\n{{ '\\N{BULLET}' }}", Some("line 2: a letter by its name")),
            ("{{ x.upper is defined }}", Some("line 1: whether a method is defined")),
            ("{% if x.items is not defined %}{% endif %}", Some("whether a method")),
            ("\\N{BULLET} {{ x.y is defined }} {{ upper is defined }}", None),
            ("{{ 'x.upper is defined' }}", None),
        ] {
            let told = refuse(text, &SyntaxConfig::default()).err().map(|error| error.to_string());
            assert_eq!(told.is_some(), expected.is_some(), "{text}: {told:?}");
            assert!(told.unwrap_or_default().contains(expected.unwrap_or_default()), "{text}");
        }
    }
}
