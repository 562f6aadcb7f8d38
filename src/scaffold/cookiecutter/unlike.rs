//! What the engine reads otherwise than Jinja, and would not say: refused before it is rendered.

use minijinja::machinery::{Token, tokenize};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Error, ErrorKind};

use super::{literals, markup};

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
    // What cannot be read is told by the engine, when it reads the text.
    let tokens: Vec<_> = tokenize(text, false, syntax.clone()).map_while(Result::ok).collect();
    let words: Vec<&Token<'_>> = tokens.iter().map(|(token, _)| token).collect();
    for (at, (token, span)) in tokens.iter().enumerate() {
        let raw = text.get(span.start_offset as usize..span.end_offset as usize).unwrap_or_default();
        if let Some(problem) = of_token(token, raw).or_else(|| literals::beside(&words, at)) {
            return Err(wrong(usize::from(span.start_line), &problem));
        }
        if asks_for_method(&words[..=at]) {
            let problem = "whether a method is defined has no match here; it always is for such a value";
            return Err(wrong(usize::from(span.start_line), problem));
        }
    }
    Ok(())
}

/// What is wrong with a word for itself.
fn of_token(token: &Token<'_>, raw: &str) -> Option<String> {
    match token {
        Token::Str(_) | Token::String(_) if raw.contains("\\N{") => {
            Some("a letter by its name (`\\N{…}`) has no match here; write the letter itself".to_owned())
        }
        Token::Int(_) | Token::Int128(_) | Token::Float(_) if !literals::is_number(raw) => Some(format!(
            "`{raw}` is no number in Jinja; write it without leading zeros, doubled `_` or a bare point"
        )),
        _ => None,
    }
}

/// `.upper is defined`, the last of which may have `not` before it.
fn asks_for_method(words: &[&Token<'_>]) -> bool {
    let [.., Token::Dot, Token::Ident(method), Token::Ident("is"), Token::Ident(test)] = words else {
        return false;
    };
    METHODS.contains(method) && ["defined", "undefined", "not"].contains(test)
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
            ("{% if x.items is not defined %}{% endif %}", Some("without `()`")),
            ("\\N{BULLET} {{ x.y is defined }} {{ upper is defined }}", None),
            ("{{ 'x.upper is defined' }}", None),
        ] {
            let told = refuse(text, &SyntaxConfig::default()).err().map(|error| error.to_string());
            assert_eq!(told.is_some(), expected.is_some(), "{text}: {told:?}");
            assert!(told.unwrap_or_default().contains(expected.unwrap_or_default()), "{text}");
        }
    }
}
