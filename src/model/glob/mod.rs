//! Globs in Pachyderm's sense, and the key templates over their captures.

mod class;
mod clean;
mod parse;
mod regex;
mod slip;
mod template;
mod walk;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod properties;

pub use slip::Slip;
pub use template::Template;

use std::fmt;
use std::sync::Arc;

use regex_automata::util::primitives::NonMaxUsize;
use regex_automata::{Anchored, meta};
use smallvec::{SmallVec, smallvec};

use super::Span32;
use parse::{Node, Pattern, Repeat};
use walk::Walker;

/// What each capture group took, as byte ranges of the path; `None` where a group took no part.
pub type Captures = SmallVec<[Option<Span32>; 2]>;

/// One parsed pattern. Cheap to clone.
///
/// The pattern is first cleaned like a path: one leading slash, no trailing one, no empty, `.` or `..`
/// component. It must match the whole path. Letters of either case differ; a leading dot is nothing special.
///
/// | syntax | matches | captures |
/// |---|---|---|
/// | `*` | any run of characters but `/` | |
/// | `**` | any run of characters but a newline | |
/// | `?` | one character but `/` | |
/// | `[ab]` `[a-z]` `[!a]` `[^a]` `[[:alpha:]]` | one character of the class | |
/// | `{a,b}` | one of the alternatives | |
/// | `(a\|b)` `@(a\|b)` | one of the alternatives | yes |
/// | `?(a\|b)` `*(a\|b)` `+(a\|b)` | none or one, any number, at least one | the whole run |
/// | `!(a\|b)` | any run without `/` that is none of them | yes |
/// | `\c` | the character `c` | |
///
/// Groups are numbered by their opening parenthesis. Repetition is greedy, and the first alternative
/// that leads to a match wins. `**(` is `*` and `*(`. An unclosed group or brace closes at the end.
///
/// What differs from shells, as in Pachyderm:
/// - `/**/x` needs a folder, `/**x` does not; `/**` takes every folder *and* every file.
/// - A negated class may take `/`. In a class the first `!` or `^` negates wherever it stands.
/// - As soon as text or a star follows a `!(…)`, all negations of the pattern test that no alternative
///   *begins* there: `!(a)*` does not match `ab`. Otherwise that none is the rest: `!(a)` matches `ab`.
/// - The root is matched by the glob `/` alone.
///
/// What differs from Pachyderm, whose reader gets it wrong: groups inside braces work, `,` and `}` count
/// only directly inside braces, `|` and `)` only directly inside a group, also after `@`, `!`, `+` and
/// `^` that open none; escaped characters are found, an escaped `-`, `!` or `^` in a class is itself;
/// `[[:alpha:]]` does not take `[` and `]`; the end of a path is its end,
/// not also the place before a last newline.
#[derive(Clone)]
pub struct Glob(Arc<Compiled>);

/// Why a pattern is not a glob.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct GlobError {
    /// What is wrong, a fragment that follows the quoted pattern.
    pub message: String,
    /// Where, as a byte of the pattern as written.
    pub at: usize,
}

struct Compiled {
    text: Box<str>,
    groups: usize,
    is_root: bool,
    depth: Option<usize>,
    prefix: Box<str>,
    slips: Box<[Slip]>,
    engine: Engine,
}

enum Engine {
    Regex(Box<meta::Regex>),
    Walker(Box<Walker>),
}

impl GlobError {
    fn new(message: impl Into<String>, at: usize) -> Self {
        Self { message: message.into(), at }
    }
}

impl Glob {
    /// Parses a pattern.
    ///
    /// # Errors
    /// A class that is empty, unclosed or has a range backwards; `^(`; more than 4096 bytes; more than
    /// 32 groups and braces inside one another.
    pub fn parse(text: &str) -> Result<Self, GlobError> {
        let pattern = parse::parse(text)?;
        Ok(Self(Arc::new(Compiled {
            text: text.into(),
            groups: pattern.groups,
            is_root: pattern.nodes == [Node::Char('/')],
            depth: depth(&pattern.nodes),
            prefix: prefix(&pattern.nodes).into(),
            engine: Engine::new(&pattern),
            slips: pattern.slips.into(),
        })))
    }

    /// The pattern as written.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Brackets without a partner, in order.
    pub fn slips(&self) -> &[Slip] {
        &self.0.slips
    }

    /// Number of capture groups.
    pub fn groups(&self) -> usize {
        self.0.groups
    }

    /// Whether this is `/`, which matches the root and nothing else.
    pub fn is_root(&self) -> bool {
        self.0.is_root
    }

    /// Number of components that every match has, if no part of the pattern can take more or fewer
    /// slashes; 0 for `/`.
    pub fn depth(&self) -> Option<usize> {
        if self.is_root() { Some(0) } else { self.0.depth }
    }

    /// What every matched path begins with, without the leading slash.
    pub fn literal_prefix(&self) -> &str {
        &self.0.prefix[1..]
    }

    /// What each group took, if the pattern matches `path`: one leading slash, no trailing slash, `/`
    /// for the root. The spans are byte ranges of `path`.
    pub fn find(&self, path: &str) -> Option<Captures> {
        if self.is_root() || path == "/" {
            return (self.is_root() && path == "/").then(Captures::new);
        }
        if !path.starts_with(&*self.0.prefix) {
            return None;
        }
        match &self.0.engine {
            Engine::Regex(regex) => find_by_regex(regex, self.groups(), path),
            Engine::Walker(walker) => Some(walker.find(path)?.into_iter().map(|pair| span(pair?)).collect()),
        }
    }
}

impl fmt::Debug for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Glob").field(&self.text()).finish()
    }
}

impl Engine {
    fn new(pattern: &Pattern) -> Self {
        if pattern.has_negation {
            return Self::Walker(Box::new(Walker::new(pattern)));
        }
        // A pattern too large for the regex crate's limits is slower, but no less right, when walked.
        meta::Regex::new(&regex::regex(pattern)).map_or_else(
            |_| Self::Walker(Box::new(Walker::new(pattern))),
            |regex| Self::Regex(Box::new(regex)),
        )
    }
}

fn find_by_regex(regex: &meta::Regex, groups: usize, path: &str) -> Option<Captures> {
    let input = regex_automata::Input::new(path).anchored(Anchored::Yes);
    if groups == 0 {
        return regex.search_half(&input).map(|_| Captures::new());
    }
    let mut slots: SmallVec<[Option<NonMaxUsize>; 8]> = smallvec![None; 2 * (groups + 1)];
    regex.search_slots(&input, &mut slots)?;
    let pair = |pair: &[Option<NonMaxUsize>]| span((pair[0]?.get(), pair[1]?.get()));
    Some(slots[2..].chunks_exact(2).map(pair).collect())
}

/// A span, unless the path is longer than any file system allows.
fn span((start, end): (usize, usize)) -> Option<Span32> {
    Some(Span32 { start: u32::try_from(start).ok()?, end: u32::try_from(end).ok()? })
}

/// Number of slashes that the parts take, if it is always the same.
fn depth(nodes: &[Node]) -> Option<usize> {
    nodes.iter().try_fold(0, |sum, node| Some(sum + node_depth(node)?))
}

fn node_depth(node: &Node) -> Option<usize> {
    match node {
        Node::Char(char) => Some(usize::from(*char == '/')),
        Node::Run | Node::One => Some(0),
        Node::DeepRun => None,
        Node::Class(class) => (!class.has('/')).then_some(0),
        Node::Choice(alternatives) => common_depth(alternatives),
        Node::Group(group) => match group.repeat {
            Repeat::Once => common_depth(&group.alternatives),
            Repeat::Not => Some(0),
            Repeat::Maybe | Repeat::Any | Repeat::Many => {
                common_depth(&group.alternatives).filter(|depth| *depth == 0)
            }
        },
    }
}

fn common_depth(alternatives: &[Vec<Node>]) -> Option<usize> {
    let mut depths = alternatives.iter().map(|nodes| depth(nodes));
    let first = depths.next()??;
    depths.all(|depth| depth == Some(first)).then_some(first)
}

/// The characters before the first part that is not one.
fn prefix(nodes: &[Node]) -> String {
    let char = |node: &Node| if let Node::Char(char) = node { Some(*char) } else { None };
    nodes.iter().map_while(char).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_known_where_no_part_hides_a_slash() {
        for (text, expected) in [
            ("/", Some(0)),
            ("*", Some(1)),
            ("/*/*", Some(2)),
            ("/a/b/c/", Some(3)),
            ("/**", None),
            ("/a/[!x]", None),
            ("/a/[!/]", Some(2)),
            ("/[a/]", None),
            ("/{a/b,c/d}", Some(2)),
            ("/{a,c/d}", None),
            ("/?(a/b)", None),
            ("/+(a|b)/*", Some(2)),
            ("/!(a/b)", Some(1)),
            ("/a\\/b", Some(2)),
            ("/@(a/b|c)", None),
        ] {
            assert_eq!(Glob::parse(text).expect(text).depth(), expected, "{text}");
        }
    }

    #[test]
    fn prefix_ends_at_the_first_special_part() {
        for (text, expected) in
            [("/", ""), ("*", ""), ("a/b*", "a/b"), ("/a\\*b/(c)", "a*b/"), ("/x/y/", "x/y")]
        {
            assert_eq!(Glob::parse(text).expect(text).literal_prefix(), expected, "{text}");
        }
    }

    #[test]
    fn bombs_stay_small_and_fast() {
        let nested = format!("/{}a{}", "*(+(".repeat(16), "))".repeat(16));
        let stars = format!("/{}b", "*a".repeat(200));
        let braces = format!("/{}c", "{a,b,aa}".repeat(300));
        let refused = format!("/{}!(b)c", "!(*a*a*a)*a".repeat(40));
        let path = format!("/{}", "a".repeat(2000));
        for text in [nested, stars, braces, refused, "?".repeat(4096)] {
            let glob = Glob::parse(&text).expect("a glob");
            let _found = glob.find(&path);
        }
    }

    #[test]
    fn patterns_beyond_the_regex_limits_are_walked() {
        let text = "[[:alnum:]é-\u{ffff}]".repeat(180);
        let glob = Glob::parse(&text).expect("a glob");
        assert!(glob.find(&format!("/{}", "é".repeat(180))).is_some());
    }
}
