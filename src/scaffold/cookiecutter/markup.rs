//! Text that is safe for HTML, as `e`, `safe` and `tojson` give it: Python escapes whatever is added to it, which the
//! engine does not do. So sums of it are refused before anything is rendered.

use std::collections::BTreeSet;

use minijinja::Value;
use minijinja::machinery::{Token, tokenize};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;

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

/// The same of a list, where one of its texts is such.
pub(super) fn has_escaped_beside(value: &Value) -> bool {
    value.kind() == ValueKind::Seq
        && value.try_iter().is_ok_and(|mut items| items.any(|item| is_escaped_beside(&item)))
}

/// What stands between two brackets, as far as it is read.
#[derive(Default)]
struct Level {
    /// How it was opened.
    opened: Opened,
    /// Whether the part holds a sum.
    is_sum: bool,
    /// Whether the part is text, a truth value or a number whatever it is made of, by `~` or a comparison.
    is_plain: bool,
    /// Whether one of the summands before the last one is safe text.
    was_safe: bool,
    /// Whether the last one is.
    is_safe: bool,
    /// Whether one of the parts before is.
    has_safe: bool,
}

/// What a bracket does to what stands before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Opened {
    /// Nothing stands before it.
    #[default]
    Group,
    /// It is called or looked into; whether that is safe, as far as it goes without what is in the bracket.
    Of { was_safe: bool, is_ended: bool, is_map: bool },
}

impl Level {
    fn is_refused(&self) -> bool {
        self.is_sum && (self.was_safe || self.is_safe)
    }

    /// Ends a part that stands beside others; whether it is a sum with safe text.
    fn part(&mut self) -> bool {
        let is_refused = self.is_refused();
        let has_safe = self.has_safe || (!self.is_plain && (self.is_safe || self.was_safe));
        *self = Self { opened: self.opened, has_safe, ..Self::default() };
        is_refused
    }

    /// Whether the value that the bracket ends may be safe text, or hold it.
    const fn gives_safe(&self) -> bool {
        match self.opened {
            Opened::Group => self.has_safe,
            Opened::Of { is_ended: true, .. } => false,
            Opened::Of { was_safe, .. } => was_safe || self.has_safe,
        }
    }
}

/// Whether a token stands between parts that have nothing to do with one another's sums.
fn is_between(token: &Token<'_>) -> bool {
    matches!(token, Token::Comma | Token::Assign | Token::Colon)
        || matches!(token, Token::Ident("if" | "else" | "or" | "and" | "in"))
}

/// Whether a token makes something plain of what stands on both sides.
const fn makes_plain(token: &Token<'_>) -> bool {
    matches!(token, Token::Tilde | Token::Eq | Token::Ne | Token::Lt | Token::Lte | Token::Gt | Token::Gte)
}

/// Reads the tags of a text.
#[derive(Default)]
struct Reader {
    levels: Vec<Level>,
    /// Names that safe text was given.
    names: BTreeSet<String>,
    /// Names that the tag gives values to.
    targets: Vec<String>,
    /// Whether such names are still read.
    is_target: bool,
    /// The last filter, if a bracket may follow it.
    filter: Option<String>,
}

impl Reader {
    fn last(&mut self) -> &mut Level {
        if self.levels.is_empty() {
            self.levels.push(Level::default());
        }
        let at = self.levels.len() - 1;
        &mut self.levels[at]
    }

    /// Takes a token, with the one before it; whether a sum with safe text ends here.
    fn take(&mut self, token: &Token<'_>, before: Option<&Token<'_>>) -> bool {
        let filter = self.filter.take();
        match token {
            Token::VariableStart | Token::BlockStart => self.levels.clear(),
            Token::Ident("set" | "for" | "with") if matches!(before, Some(Token::BlockStart)) => {
                self.is_target = true;
            }
            Token::Assign if self.levels.len() <= 1 => return self.assigned(before),
            token if is_between(token) && !matches!(before, Some(Token::Dot | Token::Pipe)) => {
                self.is_target &= !matches!(token, Token::Ident("in"));
                return self.last().part();
            }
            token if makes_plain(token) => {
                let has_safe = self.last().has_safe;
                let is_refused = self.last().part();
                let level = self.last();
                (level.is_plain, level.has_safe) = (true, has_safe);
                return is_refused;
            }
            Token::Ident(name) => self.word(name, before),
            Token::Str(name) if MAKERS.contains(name) && self.is_mapped(before) => self.last().is_safe = true,
            Token::Plus => {
                let level = self.last();
                level.is_sum = true;
                level.was_safe |= level.is_safe;
                level.is_safe = false;
            }
            Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => self.opens(filter.as_deref(), before),
            Token::ParenClose | Token::BracketClose | Token::BraceClose => return self.closes(),
            Token::VariableEnd | Token::BlockEnd => return self.end(),
            _ => {}
        }
        false
    }

    fn assigned(&mut self, before: Option<&Token<'_>>) -> bool {
        if let Some(Token::Ident(name)) = before {
            self.targets.push((*name).to_owned());
        }
        self.is_target = false;
        self.last().part()
    }

    /// Whether a text is the filter that a `map` has.
    fn is_mapped(&mut self, before: Option<&Token<'_>>) -> bool {
        matches!(before, Some(Token::ParenOpen))
            && matches!(self.last().opened, Opened::Of { is_map: true, .. })
    }

    fn opens(&mut self, filter: Option<&str>, before: Option<&Token<'_>>) {
        let is_of = matches!(
            before,
            Some(
                Token::Ident(_) | Token::ParenClose | Token::BracketClose | Token::BraceClose | Token::Str(_)
            )
        ) && !before.is_some_and(is_between);
        let was_safe = self.last().is_safe;
        let is = |names: &[&str]| filter.is_some_and(|filter| names.contains(&filter));
        let opened = if is_of {
            Opened::Of { was_safe, is_ended: is(&ENDERS), is_map: is(&["map"]) }
        } else {
            Opened::Group
        };
        self.levels.push(Level { opened, ..Level::default() });
    }

    fn closes(&mut self) -> bool {
        let mut inner = self.levels.pop().unwrap_or_default();
        let is_refused = inner.part();
        self.last().is_safe = inner.gives_safe();
        is_refused
    }

    fn word(&mut self, name: &str, before: Option<&Token<'_>>) {
        if self.is_target {
            self.targets.push(name.to_owned());
        } else if matches!(before, Some(Token::Pipe)) {
            let is_safe = self.last().is_safe && !ENDERS.contains(&name);
            self.last().is_safe = is_safe || MAKERS.contains(&name);
            self.filter = Some(name.to_owned());
        } else if !matches!(before, Some(Token::Dot)) {
            self.last().is_safe = self.names.contains(name);
        }
    }

    fn end(&mut self) -> bool {
        let is_refused = self.last().part();
        let has_safe = self.last().has_safe;
        self.names.extend(std::mem::take(&mut self.targets).into_iter().filter(|_| has_safe));
        self.is_target = false;
        is_refused
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
            "\n{{ x|e|truncate(3) + y }}",
            "\n{{ ([x|e, 'b']|first) + y }}",
            "\n{{ (x|e).upper() + y }}",
            "\n{{ (x|e)[0] + y }}",
            "\n{{ (x|e).split('l')[0] + y }}",
            "\n{{ x|map('e')|first + y }}",
            "\n{{ (x|e if z else y) + y }}",
            "{% set s = [x|e] %}\n{{ s[0] + y }}",
            "{% for i in [x|e] %}\n{{ i + y }}{% endfor %}",
            "{% with a = 1, q = x|e %}\n{{ q + y }}{% endwith %}",
            "{% set a, b = x|e, y %}\n{{ a + y }}",
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
            "{{ x|e|replace('a', y|e) + 'b' }}",
            "{{ [x|e]|join(y) + 'b' }}",
            "{{ (x|e ~ y) + 'b' }}",
            "{{ f(x + y, z|e) }}",
            "{% set s = x|e|length %}{{ s + 1 }}",
            "{% for i in a + b %}{{ i|e }}{% endfor %}",
        ] {
            assert_eq!(sum(text, &SyntaxConfig::default()), None, "{text}");
        }
    }
}
