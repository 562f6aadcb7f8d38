//! Lists of prerequisites that became a pattern of the shell: what functions make of them, and how they stand
//! in quotes.

use super::super::words::{Quotes, Quoting, Renamed, wild_number};

/// Stands before a pattern that stands for several files.
const FILES: char = '\u{F001}';
/// Stands before a command whose output stands for several files.
const COMMAND: char = '\u{F002}';
/// Ends either.
const END: char = '\u{F003}';

/// A pattern as the one word that stands for all that it takes.
pub(super) fn word(pattern: &str) -> String {
    format!("{FILES}{pattern}{END}")
}

/// Whether something that stands for several files is in a text.
pub(super) fn is_in(text: &str) -> bool {
    text.contains([FILES, COMMAND])
}

/// A text for people and for looking things up.
pub(super) fn shown(text: &str) -> String {
    text.replace([FILES, COMMAND, END], "")
}

fn command(text: &str) -> String {
    format!("{COMMAND}{}{END}", shown(text))
}

/// What a function of make gives where a list has such a pattern in it; none where nobody can tell.
pub(super) fn function(name: &str, given: &[&str], moved: &[Renamed]) -> Option<String> {
    let all = given.join(",");
    if all.contains(COMMAND) {
        return None;
    }
    let words: Vec<&str> = all.split_whitespace().collect();
    match name {
        "strip" => Some(words.join(" ")),
        "sort" if words.len() == 1 => Some(all.trim().to_owned()),
        "words" => Some(command(&format!("ls -d {} | wc -l", words.join(" ")))),
        "notdir" => Some(words.iter().map(|word| name_of(word)).collect::<Vec<_>>().join(" ")),
        "filter" | "filter-out" => filter(name == "filter", given, moved),
        _ => None,
    }
}

/// Whether what a function gives depends on what a wildcard stands for, which differs from datum to datum.
pub(super) fn asks_stem(name: &str, given: &[&str], moved: &[Renamed]) -> bool {
    let list = given.last().copied().unwrap_or_default();
    let lacks = |part: &str| {
        list.split_whitespace().any(|word| word.contains(is_wild) && !old(word, moved).contains(part))
    };
    match (name, given) {
        ("findstring", [part, _]) | ("subst", [part, _, _]) => lacks(part),
        ("filter" | "filter-out", [_, _]) => {
            list.contains(is_wild) && filter(name == "filter", given, moved).is_none()
        }
        _ => false,
    }
}

fn is_wild(c: char) -> bool {
    wild_number(c).is_some()
}

fn name_of(word: &str) -> String {
    if is_in(word) {
        return command(&format!("basename -a {word} | xargs"));
    }
    super::super::paths::split(word).1.to_owned()
}

/// The words that fit one of the patterns, or none of them; a list whose files may differ in that is not known.
fn filter(is_kept: bool, given: &[&str], moved: &[Renamed]) -> Option<String> {
    let [patterns, list] = given else { return None };
    if is_in(patterns) {
        return None;
    }
    let mut kept = Vec::new();
    for word in list.split_whitespace() {
        if fits(patterns, old(word, moved))? == is_kept {
            kept.push(word);
        }
    }
    Some(kept.join(" "))
}

/// Whether a word, or all that a pattern of the shell takes, fits one of the patterns of make.
fn fits(patterns: &str, word: &str) -> Option<bool> {
    let mut is_sure = true;
    let plain = shown(word);
    let is_open = is_in(word) || word.contains(is_wild);
    let any = plain.replace(is_wild, "*");
    for pattern in patterns.split_whitespace() {
        if super::functions::stem(pattern, &plain).is_some() {
            return Some(true);
        }
        is_sure &= !is_open || is_other(pattern, &any);
    }
    is_sure.then_some(false)
}

/// Whether nothing that a pattern of the shell takes fits a pattern of make.
fn is_other(pattern: &str, word: &str) -> bool {
    if !word.contains('*') {
        return false;
    }
    let before = word.split(['*', '?', '[', '{']).next().unwrap_or_default();
    let after = word.rsplit(['*', '?', ']', '}']).next().unwrap_or_default();
    let Some((start, end)) = pattern.split_once('%') else {
        return !pattern.starts_with(before) || !pattern.ends_with(after);
    };
    let starts = before.starts_with(start) || start.starts_with(before);
    let ends = after.ends_with(end) || end.ends_with(after);
    !starts || !ends
}

/// A path of the command as the makefile has it.
pub(super) fn old<'a>(word: &'a str, moved: &'a [Renamed]) -> &'a str {
    moved.iter().find(|pair| pair.new == word).map_or(word, |pair| pair.old.as_str())
}

/// A function on words as the makefile has them; what stays in its folder stays beside what the command names.
pub(super) fn by_old(list: &str, moved: &[Renamed], change: impl Fn(&str) -> String) -> String {
    let one = |word: &str| {
        let old = old(word, moved);
        let (changed, folder) = (change(old), super::super::paths::split(old).0);
        if old == word {
            return changed;
        }
        if changed == old {
            return word.to_owned();
        }
        match super::super::paths::split(&changed) {
            (same, name) if same == folder => format!("{}/{name}", super::super::paths::split(word).0),
            _ => changed,
        }
    };
    list.split_whitespace().map(one).collect::<Vec<_>>().join(" ")
}

/// Patterns as the shell takes them where they stand: alone as they are, within a word or in quotes by a command.
pub(super) fn settled(text: &str) -> String {
    let mut out = String::new();
    let mut quoting = Quoting::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let inner = rest.strip_prefix([FILES, COMMAND]).and_then(|inner| inner.split_once(END));
        let Some((inner, after)) = inner else {
            out.push(c);
            quoting.take(c);
            rest = &rest[c.len_utf8()..];
            continue;
        };
        let is_alone = c == FILES && is_end(out.chars().next_back()) && is_end(after.chars().next());
        let value = if c == FILES { format!("$(echo {inner})") } else { format!("$({inner})") };
        match quoting.state() {
            Quotes::Single => out.extend(["'\"", &value, "\"'"]),
            Quotes::None | Quotes::Inner if is_alone => out.push_str(inner),
            _ => out.push_str(&value),
        }
        rest = after;
    }
    out
}

/// Whether a word of the shell ends here.
fn is_end(c: Option<char>) -> bool {
    c.is_none_or(|c| c.is_whitespace() || "()|&;<>`".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_stands_for_its_files_wherever_it_is() {
        let all = word("/pfs/o/*.txt");
        for (text, expected) in [
            (format!("cat {all} > x"), "cat /pfs/o/*.txt > x"),
            (format!("cat <{all}"), "cat </pfs/o/*.txt"),
            (format!("echo \"{all}\""), "echo \"$(echo /pfs/o/*.txt)\""),
            (format!("echo 'a {all}'"), "echo 'a '\"$(echo /pfs/o/*.txt)\"''"),
            (format!("x --in={all}"), "x --in=$(echo /pfs/o/*.txt)"),
            (function("words", &[&all], &[]).unwrap_or_default(), "$(ls -d /pfs/o/*.txt | wc -l)"),
        ] {
            assert_eq!(settled(&text), expected);
        }
    }

    #[test]
    fn functions_see_the_paths_of_the_makefile() {
        let all = word("/pfs/o/*.txt");
        let moved = [Renamed::new(word("o/*.txt"), &all), Renamed::new("d/a.csv", "/pfs/d/a.csv")];
        let list = format!("{all} /pfs/d/a.csv");
        for (name, pattern, expected) in [
            ("filter", "o/%", Some(all.as_str())),
            ("filter", "d/%", Some("/pfs/d/a.csv")),
            ("filter-out", "%.csv", Some(all.as_str())),
            ("filter", "o/a%", None),
            ("subst", "a", None),
        ] {
            assert_eq!(function(name, &[pattern, &list], &moved).as_deref(), expected, "{name} {pattern}");
        }
        let two = word("o/*/x_*.txt");
        for (pattern, expected) in [
            ("o/a/%", None),
            ("%_1.txt", None),
            ("%.csv", Some("")),
            ("p/%", Some("")),
            ("o/%.txt", Some(two.as_str())),
            ("q%x", Some("")),
        ] {
            assert_eq!(function("filter", &[pattern, &two], &[]).as_deref(), expected, "{pattern}");
        }
        let change = |to: &'static str| move |old: &str| old.replace("d/a.csv", to);
        assert_eq!(by_old("/pfs/d/a.csv x", &moved, change("o/a.txt")), "o/a.txt x");
        assert_eq!(by_old("/pfs/d/a.csv x", &moved, change("d/a.txt")), "/pfs/d/a.txt x");
    }
}
