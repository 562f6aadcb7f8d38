//! Paths with wildcards: as a glob with captures, as a key, and as lines of shell that find their values.

use std::collections::BTreeSet;

use super::words::{quoted, wild, wild_number};

/// One leaf's path with wildcards, as a glob that captures each of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Captured {
    /// The glob, from the repo's root.
    pub(super) glob: String,
    /// Which wildcards the captures hold, in order.
    pub(super) wilds: Vec<usize>,
    /// Whether a wildcard stands in it more than once: the glob takes more than the pattern does.
    pub(super) is_loose: bool,
}

impl Captured {
    /// The key that all paths with the same values of these wildcards share: `$1`, `$2/$1`.
    pub(super) fn key(&self, of: &[usize]) -> String {
        let capture = |wild: &usize| self.wilds.iter().position(|other| other == wild);
        let parts = of.iter().filter_map(capture).map(|at| format!("${}", at + 1));
        parts.collect::<Vec<_>>().join("/")
    }
}

/// The glob of a path in a repo. `only` narrows the first wildcard to these values.
pub(super) fn captured(path: &str, only: Option<&[String]>) -> Captured {
    let mut found = Captured { glob: "/".into(), wilds: Vec::new(), is_loose: false };
    for c in path.chars() {
        match wild_number(c) {
            Some(number) if found.wilds.contains(&number) => {
                found.is_loose = true;
                found.glob.push('*');
            }
            Some(number) => {
                found.wilds.push(number);
                let values = only.filter(|_| number == 0);
                found.glob.push_str(&values.map_or_else(|| "(*)".to_owned(), narrowed));
            }
            None => push_literal(&mut found.glob, c),
        }
    }
    found
}

fn narrowed(values: &[String]) -> String {
    format!("({})", values.iter().map(|value| literal(value)).collect::<Vec<_>>().join("|"))
}

fn push_literal(glob: &mut String, c: char) {
    if "*?[]{}()|!@+\\,^".contains(c) && !(c == '+' || c == '@' || c == '!' || c == ',') {
        glob.push('\\');
    }
    glob.push(c);
}

/// A text as a glob that takes only it.
pub(super) fn literal(text: &str) -> String {
    let mut glob = String::new();
    for c in text.chars() {
        if c == ',' {
            glob.push('\\');
        }
        push_literal(&mut glob, c);
    }
    glob
}

/// A glob from the repo's root that takes exactly these files.
pub(super) fn listed(files: &[String]) -> String {
    match files {
        [one] => format!("/{}", literal(one)),
        many => format!("/{{{}}}", many.iter().map(|file| literal(file)).collect::<Vec<_>>().join(",")),
    }
}

/// The values that a path gives to the wildcards of a pattern, if it fits: the first takes as much as it can, none
/// takes a slash.
pub(super) fn values(pattern: &str, path: &str) -> Option<Vec<(usize, String)>> {
    let mut found: Vec<(usize, String)> = Vec::new();
    fits(pattern, path, &mut found).then_some(found)
}

fn fits(pattern: &str, path: &str, found: &mut Vec<(usize, String)>) -> bool {
    let Some(c) = pattern.chars().next() else { return path.is_empty() };
    let rest = &pattern[c.len_utf8()..];
    let Some(number) = wild_number(c) else {
        return path.strip_prefix(c).is_some_and(|path| fits(rest, path, found));
    };
    if let Some((_, value)) = found.iter().find(|(other, _)| *other == number).cloned() {
        return path.strip_prefix(value.as_str()).is_some_and(|path| fits(rest, path, found));
    }
    let end = path.find('/').unwrap_or(path.len());
    let ends: Vec<usize> = path[..end].char_indices().map(|(at, c)| at + c.len_utf8()).collect();
    for end in ends.into_iter().rev() {
        found.push((number, path[..end].to_owned()));
        if fits(rest, &path[end..], found) {
            return true;
        }
        found.pop();
    }
    false
}

/// A pattern with values put in place of its wildcards.
pub(super) fn filled(pattern: &str, values: &[(usize, String)]) -> String {
    let value =
        |number: usize| values.iter().find(|(other, _)| *other == number).map(|(_, value)| value.as_str());
    let mut out = String::new();
    for c in pattern.chars() {
        match wild_number(c).and_then(value) {
            Some(value) => out.push_str(value),
            None => out.push(c),
        }
    }
    out
}

/// A pattern with something put in place of each wildcard.
pub(super) fn with_each(pattern: &str, stand_in: &str) -> String {
    pattern.chars().map(|c| wild_number(c).map_or_else(|| c.to_string(), |_| stand_in.to_owned())).collect()
}

/// Lines of shell that find the values of the wildcards of `path` (in its repo) from the variable that holds the
/// whole path. `names` are the variables to set. None where wildcards touch, so that nobody knows where one ends.
pub(super) fn extraction(variable: &str, path: &str, names: &[String]) -> Option<Vec<String>> {
    let (literals, wilds) = parts(path);
    let mut lines = Vec::new();
    let mut from = variable.to_owned();
    let mut seen = BTreeSet::new();
    for at in (0..wilds.len()).rev() {
        let (before, after) = (&literals[at], &literals[at + 1]);
        if before.is_empty() && at > 0 {
            return None;
        }
        let name = names.get(wilds[at])?;
        let is_new = seen.insert(wilds[at]);
        let is_last = at == 0;
        let trimmed = if after.is_empty() || at + 1 < wilds.len() {
            from.clone()
        } else if is_last {
            lines.push(format!("{name}=${{{from}%{}}}", word(after)));
            name.clone()
        } else {
            lines.push(format!("rest=${{{from}%{}}}", word(after)));
            "rest".to_owned()
        };
        if is_new {
            take(&mut lines, name, &trimmed, before, is_last);
        }
        if !is_last {
            lines.push(format!("rest=${{{trimmed}%{}*}}", word(before)));
            "rest".clone_into(&mut from);
        }
    }
    Some(lines)
}

/// The value after the last literal before it.
fn take(lines: &mut Vec<String>, name: &str, from: &str, before: &str, is_first: bool) {
    let (is_in_folder, tail) = match before.rsplit_once('/') {
        Some((_, tail)) => (true, tail),
        None => (is_first, before),
    };
    if is_in_folder {
        lines.push(format!("{name}=${{{from}##*/}}"));
        if !tail.is_empty() {
            lines.push(format!("{name}=${{{name}#{}}}", word(tail)));
        }
    } else {
        lines.push(format!("{name}=${{{from}##*{}}}", word(before)));
    }
}

/// The literals around the wildcards, and the wildcards.
fn parts(path: &str) -> (Vec<String>, Vec<usize>) {
    let mut literals = vec![String::new()];
    let mut wilds = Vec::new();
    for c in path.chars() {
        if let Some(number) = wild_number(c) {
            wilds.push(number);
            literals.push(String::new());
        } else if let Some(last) = literals.last_mut() {
            last.push(c);
        }
    }
    (literals, wilds)
}

/// A literal in the pattern of a shell's `${x%…}`.
fn word(text: &str) -> String {
    quoted(text)
}

/// The pattern of a text in which `%` stands for the first wildcard; the text itself if there is none.
pub(super) fn percent(text: &str) -> String {
    text.replacen('%', &wild(0).to_string(), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two(text: &str) -> String {
        text.replace('A', &wild(0).to_string()).replace('B', &wild(1).to_string())
    }

    #[test]
    fn globs_and_keys() {
        let found = captured(&two("A/x{1}-B.txt"), None);
        assert_eq!((found.glob.as_str(), found.wilds.as_slice()), ("/(*)/x\\{1\\}-(*).txt", &[0, 1][..]));
        assert_eq!(captured(&two("A.txt"), Some(&["a".into(), "b".into()])).glob, "/(a|b).txt");
        assert!(captured(&two("A/A.txt"), None).is_loose);
        assert_eq!(listed(&["a.csv".into(), "b,c".into()]), "/{a.csv,b\\,c}");
    }

    #[test]
    fn values_are_found_and_filled_in() {
        assert_eq!(values(&two("A-B.x"), "a-b-c.x"), Some(vec![(0, "a-b".into()), (1, "c".into())]));
        assert_eq!(values(&two("A/A.x"), "a/b.x"), None);
        assert_eq!(values(&two("A.x"), "a/b.x"), None);
        assert_eq!(filled(&two("B/A"), &[(0, "x".into()), (1, "y".into())]), "y/x");
    }

    /// Runs the lines as a shell does; the tests of the project run them for real.
    #[test]
    fn lines_of_shell() {
        let names = ["s".to_owned(), "t".to_owned()];
        let lines = |path: &str| extraction("in", &two(path), &names).map(|lines| lines.join("; "));
        assert_eq!(lines("A.txt").as_deref(), Some("s=${in%.txt}; s=${s##*/}"));
        assert_eq!(lines("preA/x.txt").as_deref(), Some("s=${in%/x.txt}; s=${s##*/}; s=${s#pre}"));
        assert_eq!(
            lines("A-B.x").as_deref(),
            Some("rest=${in%.x}; t=${rest##*-}; rest=${rest%-*}; s=${rest##*/}")
        );
        assert_eq!(lines("AB.x"), None);
    }
}
