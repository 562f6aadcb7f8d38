//! Key templates: `join_on`, `group_by`.

use std::sync::Arc;

use crate::model::Match;

/// A key template over a glob's captures: `$1`, `${1}x`, `$$`. Cheap to clone.
///
/// `$n` and `${n}` stand for what group `n` took, `$0` for the whole path with its leading slash, `$$`
/// for a dollar. Digits are taken greedily and have no leading zero. A group that does not exist or
/// took no part gives nothing; a `$` that starts none of these stands for itself. Text without `$` is
/// a constant key.
#[derive(Clone, Debug)]
pub struct Template {
    text: Arc<str>,
    parts: Arc<[Part]>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Group(usize),
}

impl Template {
    /// Parses a template; every text is one.
    pub fn parse(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            push_text(&mut parts, &rest[..at]);
            let tail = &rest[at + 1..];
            if let Some(after) = tail.strip_prefix('$') {
                push_text(&mut parts, "$");
                rest = after;
            } else if let Some((number, after)) = group(tail) {
                parts.push(Part::Group(number));
                rest = after;
            } else {
                push_text(&mut parts, "$");
                rest = tail;
            }
        }
        push_text(&mut parts, rest);
        Self { text: text.into(), parts: parts.into() }
    }

    /// The template as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The key of one match.
    pub fn expand(&self, found: &Match) -> String {
        let mut key = String::new();
        for part in &*self.parts {
            match part {
                Part::Text(text) => key.push_str(text),
                Part::Group(number) => found.push_capture(*number, &mut key),
            }
        }
        key
    }

    /// The highest group number it names; 0 if it names none (or only `$0`).
    pub fn highest_group(&self) -> usize {
        let number = |part: &Part| if let Part::Group(number) = part { *number } else { 0 };
        self.parts.iter().map(number).max().unwrap_or(0)
    }
}

fn push_text(parts: &mut Vec<Part>, text: &str) {
    match parts.last_mut() {
        _ if text.is_empty() => {}
        Some(Part::Text(last)) => last.push_str(text),
        _ => parts.push(Part::Text(text.to_owned())),
    }
}

/// Reads what follows a `$`: a group's number, and the rest.
fn group(tail: &str) -> Option<(usize, &str)> {
    let (is_braced, tail) = tail.strip_prefix('{').map_or((false, tail), |inside| (true, inside));
    let end = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
    let (digits, rest) = tail.split_at(end);
    if digits.is_empty() || (digits.len() > 1 && digits.starts_with('0')) {
        return None;
    }
    let rest = if is_braced { rest.strip_prefix('}')? } else { rest };
    // A number too large for a `usize` is a group that does not exist.
    Some((digits.parse().unwrap_or(usize::MAX), rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Span32;

    #[test]
    fn expands() {
        let captures = [Some(Span32 { start: 1, end: 3 }), None, Some(Span32 { start: 0, end: 4 })];
        let found = Match {
            leaf: 0,
            is_folder: false,
            path: "ab/é".into(),
            entries: 0..1,
            captures: captures.into_iter().collect(),
        };
        for (template, expected) in [
            ("", ""),
            ("key", "key"),
            ("$1", "ab"),
            ("${1}", "ab"),
            ("x$1y", "xaby"),
            ("${1}0", "ab0"),
            ("$10", ""),
            ("$2", ""),
            ("$3", "/ab/"),
            ("$0", "/ab/é"),
            ("$9", ""),
            ("$$1", "$1"),
            ("$$$1", "$ab"),
            ("$", "$"),
            ("a$", "a$"),
            ("$x", "$x"),
            ("${1", "${1"),
            ("${}", "${}"),
            ("${x}", "${x}"),
            ("$01", "$01"),
            ("${01}", "${01}"),
            ("$1$1", "abab"),
            ("$1-$3", "ab-/ab/"),
            ("${1}$$", "ab$"),
            ("$99999999999999999999999", ""),
            ("${1 }", "${1 }"),
            ("$-1", "$-1"),
            ("é$1é", "éabé"),
        ] {
            assert_eq!(Template::parse(template).expand(&found), expected, "{template}");
        }
    }

    #[test]
    fn knows_the_highest_group() {
        for (template, expected) in [("", 0), ("a", 0), ("$0", 0), ("$1x${12}", 12), ("$$3", 0), ("$01", 0)] {
            assert_eq!(Template::parse(template).highest_group(), expected, "{template}");
        }
    }
}
