//! Reads a glob's text into its parts.

use super::GlobError;
use super::class::{self, Class};
use super::clean::{Letter, clean};
use super::slip::Slip;

/// Longest pattern in bytes.
const MAX_BYTES: usize = 4096;
/// Deepest nesting of groups and braces.
const MAX_NESTING: usize = 32;

/// One part of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// A character that stands for itself.
    Char(char),
    /// `*`: any run without `/`.
    Run,
    /// `**`: any run without a newline.
    DeepRun,
    /// `?`: one character but `/`.
    One,
    /// `[…]`.
    Class(Class),
    /// `{a,b}`.
    Choice(Vec<Vec<Self>>),
    /// A capture group.
    Group(Group),
}

/// A capture group: `(…)`, `@(…)`, `*(…)`, `+(…)`, `?(…)`, `!(…)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// Its number, from 1, by opening parenthesis.
    pub(super) number: usize,
    /// How often an alternative is taken.
    pub(super) repeat: Repeat,
    /// What stands between the bars.
    pub(super) alternatives: Vec<Vec<Node>>,
}

/// How often a group's alternatives are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    /// `@(…)` and `(…)`.
    Once,
    /// `?(…)`.
    Maybe,
    /// `*(…)`.
    Any,
    /// `+(…)`.
    Many,
    /// `!(…)`: any run without `/` where no alternative stands.
    Not,
}

/// A whole pattern.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    /// Its parts; the first is the leading slash.
    pub(super) nodes: Vec<Node>,
    /// Number of capture groups.
    pub(super) groups: usize,
    /// Whether there is a `!(…)`.
    pub(super) has_negation: bool,
    /// What every `!(…)` tests: that no alternative *begins* here, instead of that none is all the rest.
    pub(super) refuses_prefixes: bool,
    /// Brackets without a partner, in order.
    pub(super) slips: Vec<Slip>,
}

/// Reads a pattern, as [`super::Glob::parse`] describes.
pub(super) fn parse(text: &str) -> Result<Pattern, GlobError> {
    if text.len() > MAX_BYTES {
        return Err(GlobError::new(format!("is longer than {MAX_BYTES} bytes"), MAX_BYTES));
    }
    let mut parser = Parser { letters: clean(text), ..Parser::default() };
    let nodes = parser.sequence(None)?;
    parser.slips.sort();
    Ok(Pattern {
        nodes,
        groups: parser.groups,
        has_negation: parser.has_closed_negation,
        refuses_prefixes: parser.refuses_prefixes,
        slips: parser.slips,
    })
}

#[derive(Debug, Default)]
struct Parser {
    letters: Vec<Letter>,
    next: usize,
    groups: usize,
    nesting: usize,
    has_closed_negation: bool,
    refuses_prefixes: bool,
    slips: Vec<Slip>,
}

impl Parser {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.letters.get(self.next + ahead).map(|letter| letter.char)
    }

    /// Reads up to the end or, inside `open`, to its separator or closing character, which stay.
    fn sequence(&mut self, open: Option<char>) -> Result<Vec<Node>, GlobError> {
        let mut nodes = Vec::new();
        while let Some(char) = self.peek(0) {
            let is_end = match open {
                Some('{') => matches!(char, ',' | '}'),
                Some(_) => matches!(char, '|' | ')'),
                None => false,
            };
            if is_end {
                break;
            }
            if let Some(node) = self.node(char)? {
                nodes.push(node);
            }
        }
        Ok(nodes)
    }

    /// Reads one part; a lone backslash at the end is none.
    fn node(&mut self, char: char) -> Result<Option<Node>, GlobError> {
        let at = self.letters[self.next].at;
        if let Some(repeat) = self.group_start(char)? {
            self.next += if char == '(' { 1 } else { 2 };
            return self.group(repeat, at).map(Some);
        }
        self.next += 1;
        let node = match char {
            '*' => return Ok(Some(self.run())),
            '?' => Node::One,
            '[' => Node::Class(self.class(at)?),
            '{' => Node::Choice(self.alternatives('{', at)?),
            '\\' => {
                let Some(escaped) = self.peek(0) else { return Ok(None) };
                self.next += 1;
                self.bound(Node::Char(escaped))
            }
            _ => {
                if matches!(char, ')' | '}' | ']') {
                    self.slips.push(Slip { at, bracket: char });
                }
                self.bound(Node::Char(char))
            }
        };
        Ok(Some(node))
    }

    /// Whether a group opens here, and which.
    fn group_start(&self, char: char) -> Result<Option<Repeat>, GlobError> {
        if char == '(' {
            return Ok(Some(Repeat::Once));
        }
        if self.peek(1) != Some('(') {
            return Ok(None);
        }
        Ok(match char {
            '@' => Some(Repeat::Once),
            '?' => Some(Repeat::Maybe),
            '*' => Some(Repeat::Any),
            '+' => Some(Repeat::Many),
            '!' => Some(Repeat::Not),
            '^' => {
                let at = self.letters[self.next].at;
                return Err(GlobError::new("has a `^(`; write `!(` for a negation, or `\\^(`", at));
            }
            _ => None,
        })
    }

    /// Reads the rest of `*` or `**`; a star directly before `*(` stands alone.
    fn run(&mut self) -> Node {
        let is_deep = self.peek(0) == Some('*') && self.peek(1) != Some('(');
        if !is_deep {
            return self.bound(Node::Run);
        }
        self.next += 1;
        self.bound(Node::DeepRun)
    }

    /// Notes that text or a star follows a negation, which makes all negations prefix tests.
    fn bound(&mut self, node: Node) -> Node {
        self.refuses_prefixes |= self.has_closed_negation;
        node
    }

    fn class(&mut self, at: usize) -> Result<Class, GlobError> {
        let rest = self.letters[self.next..].iter().map(|letter| letter.char);
        let (class, length) = class::parse(rest).map_err(|message| GlobError::new(message, at))?;
        self.next += length;
        Ok(class)
    }

    fn group(&mut self, repeat: Repeat, at: usize) -> Result<Node, GlobError> {
        self.groups += 1;
        let number = self.groups;
        let alternatives = self.alternatives('(', at)?;
        self.has_closed_negation |= repeat == Repeat::Not;
        Ok(Node::Group(Group { number, repeat, alternatives }))
    }

    /// Reads alternatives and the closing character; the end of the pattern closes everything.
    fn alternatives(&mut self, open: char, at: usize) -> Result<Vec<Vec<Node>>, GlobError> {
        if self.nesting == MAX_NESTING {
            return Err(GlobError::new(format!("nests more than {MAX_NESTING} groups or braces"), at));
        }
        self.nesting += 1;
        let bracket = self.letters[self.next - 1].at;
        let separator = if open == '{' { ',' } else { '|' };
        let mut alternatives = vec![self.sequence(Some(open))?];
        while self.peek(0) == Some(separator) {
            self.next += 1;
            alternatives.push(self.sequence(Some(open))?);
        }
        match self.peek(0) {
            Some(_) => self.next += 1,
            None => self.slips.push(Slip { at: bracket, bracket: open }),
        }
        self.nesting -= 1;
        Ok(alternatives)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_where() {
        for (text, at, words) in [
            ("/a[bc", 2, "never closed"),
            ("ab[]", 2, "without any"),
            ("[!]", 0, "without any"),
            ("//x//[z-a]", 5, "backwards"),
            ("/^(a)", 1, "`^(`"),
            ("[[]", 0, "never closed"),
            ("[a\\", 0, "never"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.message.contains(words), "{text}: {}", error.message);
            assert_eq!(error.at, at, "{text}");
        }
    }

    #[test]
    fn size_and_nesting_are_bounded() {
        assert!(parse(&"a".repeat(MAX_BYTES)).is_ok());
        assert!(parse(&"a".repeat(MAX_BYTES + 1)).is_err());
        assert!(parse(&"(".repeat(MAX_NESTING)).is_ok());
        assert!(parse(&"({".repeat(MAX_NESTING)).is_err());
        assert!(parse(&"{a,b}".repeat(500)).is_ok());
    }

    #[test]
    fn negations_look_as_far_as_what_follows_says() {
        for (text, expected) in [
            ("!(a)", false),
            ("!(a)b", true),
            ("!(a)*", true),
            ("!(a)?", false),
            ("!(a)[b]", false),
            ("!(a|!(b))", false),
            ("!(a|!(b)c)", true),
            ("x!(**)", false),
            ("!(a)/b", true),
            ("!(a){,b}", true),
        ] {
            assert_eq!(parse(text).expect(text).refuses_prefixes, expected, "{text}");
        }
    }
}
