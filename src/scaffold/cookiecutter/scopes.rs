//! Blocks that are a scope of their own in Jinja and none in the engine, or the other way about: what would come out
//! otherwise is refused.

use minijinja::machinery::Token;

/// A block that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    /// No scope in either.
    If,
    /// A scope in both.
    Scope,
    /// A scope in both, which the blocks of `extends` do not look into.
    Closed,
    /// A scope in Jinja alone.
    Shared,
}

/// The blocks around the tag that is read.
#[derive(Default)]
pub(super) struct Scopes {
    open: Vec<Open>,
}

impl Scopes {
    /// Takes the word at `at`; what is wrong with the tag that begins with it.
    pub(super) fn take(&mut self, words: &[&Token<'_>], at: usize) -> Option<&'static str> {
        let [Token::BlockStart, Token::Ident(tag), rest @ ..] = &words[at..] else { return None };
        let problem = self.problem(tag, rest);
        match *tag {
            "if" => self.open.push(Open::If),
            "for" | "with" | "macro" | "call" => self.open.push(Open::Closed),
            "block" => self.open.push(Open::Scope),
            "filter" | "autoescape" => self.open.push(Open::Shared),
            "set" if !is_assigned(rest) => self.open.push(Open::Shared),
            "else" => self.otherwise(),
            tag if tag.starts_with("end") => _ = self.open.pop(),
            _ => {}
        }
        problem
    }

    /// The `else` of a loop is a scope in Jinja alone.
    fn otherwise(&mut self) {
        if let Some(last) = self.open.last_mut().filter(|last| **last == Open::Closed) {
            *last = Open::Shared;
        }
    }

    fn problem(&self, tag: &str, rest: &[&Token<'_>]) -> Option<&'static str> {
        let scope = self.open.iter().rev().find(|open| **open != Open::If);
        let is_name = !matches!(rest, [Token::Ident(_), Token::Dot, ..]);
        match tag {
            "set" | "macro" | "import" | "from" if is_name && scope == Some(&Open::Shared) => Some(
                "what is set in a `filter`, an `autoescape`, a `set` with an end or the `else` of a loop is gone after it in \
                 Jinja, which has no match here; set it before, or put `with` around what uses it",
            ),
            "block" if self.open.contains(&Open::Closed) => Some(
                "a `block` does not see the names of the `for`, `with`, `macro` or `call` around it in Jinja, which has no \
                 match here; take it out of there",
            ),
            _ => None,
        }
    }
}

/// Whether a `set` says its value in its tag.
fn is_assigned(rest: &[&Token<'_>]) -> bool {
    let tag = rest.iter().take_while(|word| !matches!(word, Token::BlockEnd));
    let mut names = tag.take_while(|word| !matches!(word, Token::Pipe));
    names.any(|word| matches!(word, Token::Assign))
}
