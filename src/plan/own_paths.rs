//! Paths that a program makes of where it stands: what they have in common in shells, Python and R.

use std::collections::BTreeMap;

/// Stands before a path from the root of the project.
pub(super) const ROOT: char = '\u{1}';

/// Before `ROOT`: a folder that is a whole one of code only where nothing below it is named.
pub(super) const HELD: char = '\u{2}';

/// Before `ROOT`: a folder that is only asked for or made; its files are not meant.
pub(super) const MADE: char = '\u{3}';

/// What is not known of a value; no part of a path.
pub(super) const UNKNOWN: char = '$';

/// More values than these are not kept of one variable or word.
const MOST: usize = 12;

/// A longer value is given up: it is no path.
pub(super) const LONGEST_VALUE: usize = 512;

/// What variables may hold.
pub(super) type Values = BTreeMap<String, Vec<String>>;

/// Where a text stands and runs.
pub(super) struct Stand<'a> {
    /// The file that it is in, absent for the words of a command.
    pub own: Option<&'a str>,
    /// Files that the command starts, which `$0` may be.
    pub started: &'a [String],
    /// The folder that the command starts in.
    pub start: &'a str,
    /// What variables hold that the text does not set.
    pub known: &'a Values,
}

/// A path of the project, as a value.
pub(super) fn rooted(path: &str) -> String {
    format!("{ROOT}/{path}")
}

/// A value with `.` and `..` resolved, where it is a path from the root; `None` when that leaves the project.
pub(super) fn clean(value: &str) -> Option<String> {
    let Some((_, path)) = value.rsplit_once(ROOT) else { return Some(value.to_owned()) };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !matches!(*part, "" | ".")) {
        if part == ".." {
            parts.pop()?;
        } else {
            parts.push(part);
        }
    }
    Some(rooted(&parts.join("/")))
}

/// The folder around a path.
pub(super) fn parent(value: &str) -> Option<String> {
    if value.contains(ROOT) {
        return clean(&format!("{value}/.."));
    }
    Some(value.trim_end_matches('/').rsplit_once('/').map_or(".", |(folder, _)| folder).to_owned())
}

/// Those of the values around which there is a folder: these folders.
pub(super) fn parents(values: &[String]) -> Vec<String> {
    values.iter().filter_map(|value| parent(value)).collect()
}

/// A path as seen from folders.
pub(super) fn resolved(value: &str, folders: &[String]) -> Vec<String> {
    if value.contains(ROOT) || value.starts_with('/') {
        return clean(value).into_iter().collect();
    }
    folders.iter().filter_map(|folder| clean(&format!("{folder}/{value}"))).collect()
}

/// Each of the values followed by each of the others, without those that become too long.
pub(super) fn followed(values: &[String], others: &[String]) -> Vec<String> {
    let pairs = values.iter().flat_map(|value| others.iter().map(move |other| (value, other)));
    let short = pairs.filter(|(value, other)| value.len() + other.len() <= LONGEST_VALUE);
    short.map(|(value, other)| format!("{value}{other}")).take(MOST).collect()
}

/// Keeps what a variable may hold, next to what else it may.
pub(super) fn keep(values: &mut Values, name: &str, more: &[String]) {
    let held = values.entry(name.to_owned()).or_default();
    for value in more.iter().filter(|value| value.len() <= LONGEST_VALUE && !value.contains(UNKNOWN)) {
        if held.len() < MOST && !held.contains(value) {
            held.push(value.clone());
        }
    }
}

/// Parts of a path, one after the other.
pub(super) fn joined(parts: &[Vec<String>], between: &str) -> Vec<String> {
    let Some((first, rest)) = parts.split_first() else { return Vec::new() };
    rest.iter().fold(first.clone(), |values, part| {
        let part: Vec<String> = part.iter().map(|part| format!("{between}{part}")).collect();
        followed(&values, &part)
    })
}

/// The values with others in the places of their `%s`, one after the other.
pub(super) fn filled_in(values: &[String], parts: &[Vec<String>]) -> Vec<String> {
    let filled = values.iter().flat_map(|value| {
        let mut pieces = value.split("%s").map(str::to_owned);
        let first = vec![pieces.next().unwrap_or_default()];
        pieces.enumerate().fold(first, |values, (at, piece)| {
            let part = parts.get(at).cloned().unwrap_or_else(|| vec![UNKNOWN.to_string()]);
            followed(&followed(&values, &part), &[piece])
        })
    });
    filled.take(MOST).collect()
}

/// The values with others in the places of their braces: `{}` one after the other, `{0}` by its number.
pub(super) fn formatted(values: &[String], parts: &[Vec<String>]) -> Vec<String> {
    let unknown = || vec![UNKNOWN.to_string()];
    let filled = values.iter().flat_map(|value| {
        let mut pieces = value.split('{');
        let first = vec![pieces.next().unwrap_or_default().to_owned()];
        pieces.enumerate().fold(first, |values, (at, piece)| {
            let (name, behind) = piece.split_once('}').unwrap_or(("?", ""));
            let number = if name.is_empty() { Some(at) } else { name.parse().ok() };
            let part = number.and_then(|at| parts.get(at).cloned()).unwrap_or_else(unknown);
            followed(&followed(&values, &part), &[behind.to_owned()])
        })
    });
    filled.take(MOST).collect()
}

/// Patterns of files in a text, from the root, whose names begin with something: those of a whole folder are that folder.
pub(super) fn patterns(text: &str) -> impl Iterator<Item = String> {
    let is_edge = |c: char| c.is_whitespace() || "\"'`()<>|&;,".contains(c);
    let rooted = text.split(is_edge).filter(|word| word.contains(ROOT) && !word.contains([MADE, UNKNOWN]));
    rooted.filter_map(|word| {
        let path = clean(word)?.split_once(ROOT)?.1[1..].to_owned();
        let name = path.rsplit('/').next()?;
        let is_pattern = name.find(['*', '?', '[']).is_some_and(|at| at > 0);
        is_pattern.then_some(path)
    })
}

/// Patterns of files that a text has as they are, with a folder before the signs in them: `lib/*.sh`.
pub(super) fn plain_patterns(text: &str) -> impl Iterator<Item = &str> {
    let is_edge = |c: char| c.is_whitespace() || "\"'`()<>|&;,=:{}".contains(c);
    let words = text.split(is_edge).map(|word| word.trim_start_matches("./"));
    words.filter(|word| {
        let signs = word.find(['*', '?', '[']);
        let is_known = !word.starts_with('/') && !word.contains([ROOT, HELD, MADE, UNKNOWN, '\\']);
        is_known && signs.is_some_and(|at| word[..at].contains('/')) && word.len() <= LONGEST_VALUE
    })
}

/// Where a bracket that was opened before the text is closed, among so many bytes.
pub(super) fn closing(text: &str, (open, close): (char, char), longest: usize) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in text.char_indices().take_while(|(at, _)| *at <= longest) {
        if c == close && depth == 0 {
            return Some(at);
        }
        depth += i32::from(c == open) - i32::from(c == close);
    }
    None
}

/// A value with a mark before its paths; none where it stands for several files.
pub(super) fn marked(value: &str, mark: Option<char>) -> String {
    match mark {
        Some(HELD) if value.contains(['*', '?', '[', '{', UNKNOWN]) => value.to_owned(),
        Some(mark) => value.replace(ROOT, &format!("{mark}{ROOT}")),
        None => value.to_owned(),
    }
}
