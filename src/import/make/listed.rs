//! The files that a line of a makefile lists: references that nobody can work out stay whole, wildcards become the
//! files that are there.

use super::expand::{Scope, UNKNOWN, closing};

/// The files that a text lists.
pub(super) fn list(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let end = end_of_word(rest);
        found.push(rest[..end].trim_start_matches("./").to_owned());
        rest = rest[end..].trim_start();
    }
    found
}

/// Where a word ends: not within a reference whose value is not known.
fn end_of_word(text: &str) -> usize {
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if c.is_whitespace() {
            return at;
        }
        at += c.len_utf8();
        if c == UNKNOWN && text[at..].starts_with('$') {
            let inner = text.get(at + 1..).unwrap_or_default();
            at += 1 + closing(inner).map_or(0, |end| end + 1);
        }
    }
    text.len()
}

/// Whether a name in a list has a space in it, as `a\ b`.
pub(super) fn has_space(text: &str) -> bool {
    text.contains("\\ ")
}

/// Whether a list has wildcards of a shell, beside references that are not known.
pub(super) fn has_wildcard(text: &str) -> bool {
    list(text).iter().any(|word| is_wild(word))
}

fn is_wild(word: &str) -> bool {
    word.contains(['*', '?', '[']) && !word.contains(UNKNOWN)
}

impl Scope<'_> {
    /// The files that a text lists, wildcards worked out; one that takes nothing stays as it is.
    pub(super) fn listed(&mut self, text: &str) -> Vec<String> {
        let one = |word: String| {
            let pattern = is_wild(&word).then(|| format!("$(wildcard {word})"));
            let found = pattern.map(|pattern| list(&self.plain(&pattern))).unwrap_or_default();
            if found.is_empty() { vec![word] } else { found }
        };
        list(text).into_iter().flat_map(one).collect()
    }
}
