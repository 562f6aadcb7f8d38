//! What the engine reads otherwise than Jinja, and would not say: refused before it is rendered.

use minijinja::machinery::{Token, tokenize};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Error, ErrorKind};

use super::{escapes, literals, markup, scopes::Scopes};

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
    if let Some(line) = line_comment(text, syntax) {
        let problem = "a comment to the end of its line (`line_comment_prefix`) leaves other line breaks in Jinja, which \
                       has no match here; write it as a block comment";
        return Err(wrong(line, problem));
    }
    let mut scopes = Scopes::default();
    for (at, (token, span)) in tokens.iter().enumerate() {
        let raw = text.get(span.start_offset as usize..span.end_offset as usize).unwrap_or_default();
        if let Some(problem) = of_token(token, raw).or_else(|| literals::beside(&words, at)) {
            return Err(wrong(usize::from(span.start_line), &problem));
        }
        if let Some(problem) = of_block(&words, at).or_else(|| scopes.take(&words, at)) {
            return Err(wrong(usize::from(span.start_line), problem));
        }
        if asks_for_method(&words[..=at]) {
            let problem = "whether a method is defined has no match here; it always is for such a value";
            return Err(wrong(usize::from(span.start_line), problem));
        }
    }
    Ok(())
}

/// The line of what may be a comment to the end of its line.
fn line_comment(text: &str, syntax: &SyntaxConfig) -> Option<usize> {
    let prefix = syntax.line_comment_prefix().filter(|prefix| !prefix.is_empty())?;
    text.split('\n').position(|line| line.contains(prefix)).map(|at| at + 1)
}

/// What is wrong with a word for itself.
fn of_token(token: &Token<'_>, raw: &str) -> Option<String> {
    match token {
        Token::Str(_) | Token::String(_) if raw.contains("\\N{") => {
            Some("a letter by its name (`\\N{…}`) has no match here; write the letter itself".to_owned())
        }
        Token::Str(_) | Token::String(_) if is_read_otherwise(token, raw) => Some(format!(
            "`\\` in {} means something else in Python; write the letters themselves, `\\n`, `\\t` or `\\\\`",
            raw.replace('\n', "\\n")
        )),
        Token::Int(_) | Token::Int128(_) | Token::Float(_) if !literals::is_number(raw) => Some(format!(
            "`{raw}` is no number in Jinja; write it without leading zeros, doubled `_` or a bare point"
        )),
        _ => None,
    }
}

/// Whether Python reads the escapes of a text otherwise.
fn is_read_otherwise(token: &Token<'_>, raw: &str) -> bool {
    let read = match token {
        Token::Str(text) => *text,
        Token::String(text) => text,
        _ => return false,
    };
    let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
    inner.contains('\\') && escapes::python(inner).as_deref() != Some(read)
}

/// What is wrong with a word where it stands: blocks that Jinja has not, and values that only Python makes.
fn of_block(words: &[&Token<'_>], at: usize) -> Option<&'static str> {
    match &words[at..] {
        [Token::BlockStart, Token::Ident("break" | "continue"), ..] => {
            Some("`break` and `continue` need an extension that cookiecutter does not load")
        }
        [Token::BlockStart, Token::Ident("autoescape"), on, ..]
            if !matches!(on, Token::Ident("false" | "False")) =>
        {
            Some("`autoescape` has no match here; escape what needs it by `|e`")
        }
        [Token::Ident("range"), Token::ParenOpen, rest @ ..] if is_sliced(rest) => Some(
            "a part of `range(…)` is a range in Python; give `range` where it begins and ends, or take the part of `range(…)|list`",
        ),
        [Token::Ident("self"), Token::Ident("is"), ..] if is_bare(words, at) => {
            Some("whether `self` is something has no match here; it always is defined")
        }
        [Token::Ident(name), next, ..]
            if GLOBALS.contains(name)
                && !matches!(next, Token::ParenOpen)
                && is_bare(words, at)
                && (matches!(next, Token::Pipe | Token::Tilde) || matches!(words[at - 1], Token::Tilde))
                && !is_given(words, name) =>
        {
            Some("Python has words of its own for a function; call it")
        }
        [Token::Dot, Token::Ident("arguments"), ..] if is_of_macro(words, at) => {
            Some("`arguments` of a macro has no match here; name its parameters")
        }
        [Token::Ident("varargs" | "kwargs"), ..] if is_in_macro(words) => {
            Some("`varargs` and `kwargs` of a macro have no match here; name its parameters")
        }
        [Token::Ident("macro"), Token::Ident(_), Token::ParenOpen, rest @ ..]
            if at > 0 && matches!(words[at - 1], Token::BlockStart) && names_another(rest) =>
        {
            Some(
                "a default that names another parameter of its macro has no match here; set it within the macro",
            )
        }
        _ => None,
    }
}

/// Functions that every template has.
const GLOBALS: [&str; 6] = ["range", "lipsum", "dict", "cycler", "joiner", "namespace"];

/// Whether a word is a name, and not what is asked of something.
fn is_bare(words: &[&Token<'_>], at: usize) -> bool {
    at > 0 && !matches!(words[at - 1], Token::Dot | Token::Pipe)
}

/// Whether a text has a value of its own of this name.
fn is_given(words: &[&Token<'_>], name: &str) -> bool {
    words.windows(3).any(|three| match three {
        [Token::Ident("set" | "for" | "import" | "as" | "macro"), Token::Ident(given), _]
        | [_, Token::Ident(given), Token::Assign]
        | [Token::ParenOpen | Token::Comma, Token::Ident(given), Token::ParenClose | Token::Comma] => {
            *given == name
        }
        _ => false,
    })
}

/// Whether what stands before a dot is a macro of this text, one that is taken from another, or `caller`.
fn is_of_macro(words: &[&Token<'_>], dot: usize) -> bool {
    let mut base = dot;
    while let Some(Token::Ident(_)) = base.checked_sub(1).map(|before| words[before]) {
        base -= 1;
        match base.checked_sub(1).map(|before| words[before]) {
            Some(Token::Dot) => base -= 1,
            _ => break,
        }
    }
    let Token::Ident(name) = words[base] else { return false };
    let imported = || {
        let mut tags = words.split(|word| matches!(word, Token::BlockStart));
        tags.any(|tag| {
            let tag: Vec<_> = tag.iter().take_while(|word| !matches!(word, Token::BlockEnd)).collect();
            matches!(tag.first(), Some(Token::Ident("import" | "from")))
                && tag[1..].iter().any(|word| matches!(word, Token::Ident(given) if given == name))
        })
    };
    let is_macro =
        |two: &[&Token<'_>]| matches!(two, [Token::Ident("macro"), Token::Ident(given)] if given == name);
    *name == "caller" || words.windows(2).any(is_macro) || imported()
}

fn is_in_macro(words: &[&Token<'_>]) -> bool {
    words.windows(2).any(|two| matches!(two, [Token::BlockStart, Token::Ident("macro")]))
}

/// Whether `…)[a:b]` follows.
fn is_sliced(words: &[&Token<'_>]) -> bool {
    let Some(close) = closing(words) else { return false };
    let [Token::ParenClose, Token::BracketOpen, inside @ ..] = &words[close..] else { return false };
    let end = closing(inside).unwrap_or(inside.len());
    inside[..end].iter().any(|word| matches!(word, Token::Colon))
}

/// The first bracket that closes what was opened before.
fn closing(words: &[&Token<'_>]) -> Option<usize> {
    let mut depth = 0_usize;
    words.iter().position(|word| match word {
        Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => {
            depth += 1;
            false
        }
        Token::ParenClose | Token::BracketClose | Token::BraceClose if depth == 0 => true,
        Token::ParenClose | Token::BracketClose | Token::BraceClose => {
            depth -= 1;
            false
        }
        _ => false,
    })
}

/// Whether a default among the parameters of a macro names a parameter before it.
fn names_another(words: &[&Token<'_>]) -> bool {
    let words = &words[..closing(words).unwrap_or(words.len())];
    let mut known: Vec<&str> = Vec::new();
    let mut is_default = false;
    for (at, word) in words.iter().enumerate() {
        match word {
            Token::Assign => is_default = true,
            Token::Ident(name) if is_default && known.contains(name) => {
                return !matches!(words.get(at.wrapping_sub(1)), Some(Token::Dot | Token::Pipe));
            }
            Token::Ident(name) if !is_default => known.push(name),
            Token::Comma => is_default = false,
            _ => {}
        }
    }
    false
}

/// `.upper is defined`, the last of which may have `not` before it.
fn asks_for_method(words: &[&Token<'_>]) -> bool {
    let [.., Token::Dot, Token::Ident(method), Token::Ident("is"), Token::Ident(test)] = words else {
        return false;
    };
    let is_of_loop = || matches!(words, [.., Token::Ident("loop"), Token::Dot, _, _, _]);
    let is_method = METHODS.contains(method) || (["cycle", "changed"].contains(method) && is_of_loop());
    is_method && ["defined", "undefined", "not"].contains(test)
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
            ("{% for i in x %}{{ loop.cycle is defined }}{% endfor %}", Some("whether a method is defined")),
            ("{{ x.cycle is defined }}{{ loop.cycle(1) }}", None),
            ("\n{% macro m(a) %}{% endmacro %}{{ m.arguments }}", Some("line 2: `arguments` of a macro")),
            ("{% import 'x' as y %}{{ y.m.arguments }}", Some("`arguments` of a macro")),
            ("{% from 'x' import m %}{{ m.arguments }}", Some("`arguments` of a macro")),
            ("{{ caller.arguments }}", Some("`arguments` of a macro")),
            ("{{ x.arguments }}{{ arguments }}{{ m() }}{% macro m(a) %}{% endmacro %}", None),
            ("{% for i in x %}{% break %}{% endfor %}", Some("that cookiecutter does not load")),
            ("{{ range(5)[1:3] }}", Some("is a range in Python")),
            ("{{ range(5)[1] }}{{ (range(5)|list)[1:] }}{{ range(x[1:2]|length) }}", None),
            ("a\n{% macro m(a, b=a) %}{% endmacro %}", Some("line 2: a default that names another")),
            ("{% macro m(a, b=1, c='a', d=x.a) %}{% endmacro %}", None),
            ("{% macro m() %}{{ varargs }}{% endmacro %}", Some("name its parameters")),
            ("{{ kwargs }}", None),
            ("\n{{ 'a \\\n b' }}", Some("line 2: `\\` in 'a \\\\n b' means something else")),
            ("{{ '\\/' }}", Some("means something else in Python")),
            ("{{ '\\n\\t\\\\ \\. é' }}", None),
            ("{% autoescape x %}{% endautoescape %}", Some("by `|e`")),
            ("{% autoescape false %}{% endautoescape %}", None),
        ] {
            let told = refuse(text, &SyntaxConfig::default()).err().map(|error| error.to_string());
            assert_eq!(told.is_some(), expected.is_some(), "{text}: {told:?}");
            assert!(told.unwrap_or_default().contains(expected.unwrap_or_default()), "{text}");
        }
    }
}
