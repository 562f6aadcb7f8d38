//! Text that is safe for HTML, as `e`, `safe` and `tojson` give it: Python escapes whatever is added to it, which the
//! engine does not do. So sums of it are refused before anything is rendered.

use std::collections::BTreeSet;

use minijinja::Value;
use minijinja::machinery::{Token, tokenize};
use minijinja::syntax::SyntaxConfig;

/// Filters that give such text.
const MAKERS: [&str; 5] = ["e", "escape", "forceescape", "safe", "tojson"];

/// Filters that give other text, or a number, of such text.
const ENDERS: [&str; 11] = [
    "length",
    "count",
    "int",
    "float",
    "replace",
    "title",
    "join",
    "wordcount",
    "jsonify",
    "slugify",
    "urlencode",
];

/// What Python escapes.
const SIGNS: [char; 5] = ['&', '<', '>', '\'', '"'];

/// Whether a value holds what Python would escape beside safe text.
pub(super) fn is_escaped_beside(value: &Value) -> bool {
    !value.is_safe() && value.as_str().is_some_and(|text| text.contains(SIGNS))
}

/// What stands between two brackets, as far as it is read.
#[derive(Default)]
struct Level {
    /// Whether something is added.
    is_sum: bool,
    /// Whether one of its parts before the last one is safe text.
    was_safe: bool,
    /// Whether its last part is.
    is_safe: bool,
}

impl Level {
    fn is_refused(&self) -> bool {
        self.is_sum && (self.was_safe || self.is_safe)
    }
}

/// Whether a token stands between parts that have nothing to do with one another's sums.
const fn is_between(token: &Token<'_>) -> bool {
    matches!(
        token,
        Token::Comma
            | Token::Assign
            | Token::Colon
            | Token::Tilde
            | Token::Eq
            | Token::Ne
            | Token::Lt
            | Token::Lte
            | Token::Gt
            | Token::Gte
    )
}

/// Reads the tags of a text.
#[derive(Default)]
struct Reader {
    levels: Vec<Level>,
    /// Names that safe text was given.
    names: BTreeSet<String>,
    /// The name that a `set` gives a value to.
    set: Option<String>,
}

impl Reader {
    fn last(&mut self) -> &mut Level {
        if self.levels.is_empty() {
            self.levels.push(Level::default());
        }
        let at = self.levels.len() - 1;
        &mut self.levels[at]
    }

    /// Ends a part that stands beside others; whether it is a sum with safe text.
    fn part(&mut self) -> bool {
        std::mem::take(self.last()).is_refused()
    }

    /// Takes a token, with the one before it; whether a sum with safe text ends here.
    fn take(&mut self, token: &Token<'_>, before: Option<&Token<'_>>) -> bool {
        match token {
            Token::VariableStart | Token::BlockStart => self.levels.clear(),
            Token::Ident("set") if matches!(before, Some(Token::BlockStart)) => {
                self.set = Some(String::new());
            }
            Token::Ident(name) => self.word(name, before),
            Token::Plus => {
                let level = self.last();
                level.is_sum = true;
                level.was_safe |= level.is_safe;
                level.is_safe = false;
            }
            Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => {
                self.last();
                self.levels.push(Level::default());
            }
            Token::ParenClose | Token::BracketClose | Token::BraceClose => {
                let inner = self.levels.pop().unwrap_or_default();
                self.last().is_safe = inner.is_safe;
                return inner.is_refused();
            }
            Token::VariableEnd | Token::BlockEnd => return self.end(),
            token if is_between(token) => return self.part(),
            _ => {}
        }
        false
    }

    fn word(&mut self, name: &str, before: Option<&Token<'_>>) {
        if self.set.as_deref() == Some("") {
            self.set = Some(name.to_owned());
        } else if matches!(before, Some(Token::Pipe)) {
            let is_safe = self.last().is_safe && !ENDERS.contains(&name);
            self.last().is_safe = is_safe || MAKERS.contains(&name);
        } else if !matches!(before, Some(Token::Dot)) {
            self.last().is_safe = self.names.contains(name);
        }
    }

    fn end(&mut self) -> bool {
        let is_safe = self.last().is_safe;
        if let Some(name) = self.set.take().filter(|_| is_safe) {
            self.names.insert(name);
        }
        self.part()
    }
}

/// The line of a sum in which one part is safe text.
pub(super) fn sum(text: &str, syntax: &SyntaxConfig) -> Option<usize> {
    if !text.contains('+') || !MAKERS.iter().any(|maker| text.contains(maker)) {
        return None;
    }
    let mut reader = Reader::default();
    let mut before = None;
    // What cannot be read is told by the engine, when it reads the text.
    for (token, span) in tokenize(text, false, syntax.clone()).map_while(Result::ok) {
        if reader.take(&token, before.as_ref()) {
            return Some(usize::from(span.start_line));
        }
        before = Some(token);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_with_safe_text_are_found() {
        for text in [
            "\n{{ ('<'|e) + x }}",
            "\n{{ x + y|tojson }}",
            "\n{{ x + (y|safe) }}",
            "\n{{ y|tojson|string + x }}",
            "{% set s = x|e %}\n{{ s + x }}",
            "\n{% if (a|e + b) == c %}{% endif %}",
        ] {
            assert_eq!(sum(text, &SyntaxConfig::default()), Some(2), "{text}");
        }
        for text in [
            "{{ (a + b)|tojson }}",
            "{{ x|e|length + 1 }}",
            "{{ x|tojson }} + {{ a + b }}",
            "{{ ('<'|e) ~ x }}",
            "{{ (x|e) == 'a' + b }}",
            "{% set s = x|e %}{{ s == 'a' }}",
        ] {
            assert_eq!(sum(text, &SyntaxConfig::default()), None, "{text}");
        }
    }
}
