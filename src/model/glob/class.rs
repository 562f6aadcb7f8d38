//! Character classes: `[abc]`, `[!a-z]`, `[[:alpha:]]`.

/// A character class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Class {
    /// Whether it takes the characters that are not listed.
    pub(super) is_negated: bool,
    /// Inclusive ranges, as written.
    pub(super) ranges: Vec<(char, char)>,
}

impl Class {
    /// Whether the class takes `c`.
    pub(super) fn has(&self, c: char) -> bool {
        self.ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != self.is_negated
    }
}

/// Reads a class from after its `[`; gives it with the number of characters read, its `]` included.
///
/// The first `!` or `^` negates wherever it stands, and an inner `[…]` keeps its `]` from closing.
///
/// # Errors
/// Says what is wrong: no end, no character, a range that is backwards.
pub(super) fn parse(text: impl Iterator<Item = char>) -> Result<(Class, usize), String> {
    let (mut is_negated, mut inner, mut members) = (false, None, Vec::new());
    let mut letters = text.zip(1..);
    while let Some((char, length)) = letters.next() {
        match char {
            '\\' => members.extend(letters.next().map(|(escaped, _)| Member::Escaped(escaped))),
            ']' if inner.is_none() => return Ok((finish(is_negated, &members)?, length)),
            '!' | '^' if !is_negated => is_negated = true,
            '[' => {
                inner = Some(members.len());
                members.push(Member::Plain('['));
            }
            ']' => {
                members.push(Member::Plain(']'));
                name_inner(&mut members, inner.take().unwrap_or_default());
            }
            _ => members.push(Member::Plain(char)),
        }
    }
    Err("has a `[` that is never closed; write `\\[` for the character".into())
}

fn finish(is_negated: bool, members: &[Member]) -> Result<Class, String> {
    if members.is_empty() {
        return Err("has a `[…]` without any character; write `\\[` for the character".into());
    }
    Ok(Class { is_negated, ranges: ranges(members)? })
}

/// One thing inside a class.
#[derive(Clone, Copy, Debug)]
enum Member {
    Plain(char),
    Escaped(char),
    Named(&'static [(char, char)]),
}

impl Member {
    fn char(self) -> Option<char> {
        match self {
            Self::Plain(char) | Self::Escaped(char) => Some(char),
            Self::Named(_) => None,
        }
    }
}

/// Replaces the members from `start` on by a named class, if they spell one.
fn name_inner(members: &mut Vec<Member>, start: usize) {
    let text: String = members[start..].iter().filter_map(|member| member.char()).collect();
    let name = text.strip_prefix("[:").and_then(|rest| rest.strip_suffix(":]"));
    if let Some(ranges) = name.and_then(named) {
        members.truncate(start);
        members.push(Member::Named(ranges));
    }
}

fn ranges(members: &[Member]) -> Result<Vec<(char, char)>, String> {
    let mut found = Vec::new();
    let mut rest = members;
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (*first, tail) {
            (Member::Named(ranges), _) => found.extend_from_slice(ranges),
            (Member::Plain(low) | Member::Escaped(low), [Member::Plain('-'), high, after @ ..])
                if high.char().is_some() =>
            {
                let high = high.char().unwrap_or(low);
                if low > high {
                    return Err(format!("has the range `{low}-{high}`, which is backwards"));
                }
                found.push((low, high));
                rest = after;
            }
            (Member::Plain(char) | Member::Escaped(char), _) => found.push((char, char)),
        }
    }
    Ok(found)
}

/// The POSIX classes, in ASCII.
fn named(name: &str) -> Option<&'static [(char, char)]> {
    Some(match name {
        "alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        "alpha" => &[('A', 'Z'), ('a', 'z')],
        "ascii" => &[('\0', '\x7f')],
        "blank" => &[('\t', '\t'), (' ', ' ')],
        "cntrl" => &[('\0', '\x1f'), ('\x7f', '\x7f')],
        "digit" => &[('0', '9')],
        "graph" => &[('!', '~')],
        "lower" => &[('a', 'z')],
        "print" => &[(' ', '~')],
        "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "space" => &[('\t', '\r'), (' ', ' ')],
        "upper" => &[('A', 'Z')],
        "word" => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        "xdigit" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
        _ => return None,
    })
}
