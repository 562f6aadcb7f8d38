//! What the lines of a loop reach beside the file of its turn: paths that are worked out from it, one file that all turns
//! add to, and arguments of the script.

use super::super::paths::{join, split};
use super::super::source::Facts;
use super::super::words::{Quotes, Quoting, is_edge};
use super::looped::Loop;

/// Where a `$` begins a reference in a line, where its word begins, and where the reference ends.
struct Reference {
    start: usize,
    at: usize,
    end: usize,
}

/// What is to be settled of the body: line and words.
pub(super) fn told(found: &Loop, facts: &dyn Facts) -> Vec<(usize, String)> {
    let mut told = Vec::new();
    let mut own = vec![found.variable.clone()];
    for (number, line) in found.body.iter().filter(|(number, _)| !found.text.contains(number)) {
        for reference in references(line) {
            if let Some(path) = path(found, line, &reference, &own, facts) {
                told.push((*number, format!(
                    "input: `{path}` is read beside the file of the loop, and is no input; read its folder too, by a `join` of both, and write its path below /pfs"
                )));
            }
        }
        own.extend(sibling(line, &own));
        told.extend(added(line).map(|path| (*number, format!(
            "cmd: all turns add to `{path}`, and a datum makes files of its own only; let each write one, and another pipeline put them together"
        ))));
    }
    told.dedup();
    told
}

/// The arguments of the script that a line takes.
pub(super) fn arguments(line: &str) -> Vec<&str> {
    let is_argument = |text: &&str| {
        let name = text.trim_start_matches(['$', '{']).trim_start_matches('#');
        let is_number = name.starts_with(|c: char| c.is_ascii_digit() && c != '0');
        is_number || name.starts_with(['@', '*']) || *text == "$#"
    };
    let texts = references(line).into_iter().map(|reference| &line[reference.at..reference.end]);
    texts.filter(is_argument).collect()
}

/// All references of a line that a shell fills in.
fn references(line: &str) -> Vec<Reference> {
    let mut found = Vec::new();
    let mut quoting = Quoting::new();
    let mut start = 0;
    for (at, c) in line.char_indices() {
        let is_text = quoting.state() == Quotes::Single || quoting.is_escaped();
        quoting.take(c);
        if quoting.is_comment() {
            break;
        }
        if c == '$' && !is_text {
            found.push(Reference { start, at, end: at + length(&line[at..]) });
        } else if is_edge(c) {
            start = at + c.len_utf8();
        }
    }
    found
}

/// How long the reference at the start of a text is.
fn length(text: &str) -> usize {
    let after = &text[1..];
    let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
    match after.chars().next() {
        Some('(' | '{') => closing(after).map_or(text.len(), |end| end + 2),
        Some(c) if is_letter(c) => 1 + after.find(|c| !is_letter(c)).unwrap_or(after.len()),
        Some(c) => 1 + c.len_utf8(),
        None => 1,
    }
}

/// Where the bracket at the start of a text is closed.
fn closing(text: &str) -> Option<usize> {
    let open = text.chars().next()?;
    let close = if open == '(' { ')' } else { '}' };
    let mut depth = 0usize;
    text.char_indices().find_map(|(at, c)| {
        depth = (depth + usize::from(c == open)).saturating_sub(usize::from(c == close));
        (depth == 0).then_some(at)
    })
}

/// The path that a reference is part of, if it is read and neither the loop's file nor a result.
fn path(
    found: &Loop,
    line: &str,
    reference: &Reference,
    own: &[String],
    facts: &dyn Facts,
) -> Option<String> {
    let before = line[..reference.start].trim_end_matches(['"', '\'', ' ', '\t', '=']);
    let (head, text) = (&line[reference.start..reference.at], &line[reference.at..reference.end]);
    let rest = line[reference.end..].trim_start_matches('"');
    let tail = &rest[..rest.find(is_edge).unwrap_or(rest.len())];
    if head.contains('$')
        || before.ends_with('>')
        || ["-o", "-O", "--out", "--output"].iter().any(|option| before.ends_with(option))
    {
        return None;
    }
    let shown = || format!("{head}{text}{tail}");
    let folder = split(head).0.trim_start_matches("./");
    if folder.is_empty() {
        let is_longer = tail.starts_with(['.', '_', '-', '/'])
            && tail[1..].starts_with(|c: char| c.is_alphanumeric() || c == '$');
        let is_sibling = is_replaced(text, own) || is_longer && (is_of(text, own) || is_folder_of(text, own));
        return (head.is_empty() && is_sibling).then(shown);
    }
    let is_there = join(&found.base, folder).is_some_and(|path| facts.has_folder(&path));
    let is_out =
        found.out.as_deref().is_some_and(|out| folder == out || folder.starts_with(&format!("{out}/")));
    let ending = found.pattern.rsplit('*').next().unwrap_or_default();
    let is_own = folder == found.folder && (tail.is_empty() || tail == ending);
    (is_there && !is_out && !is_own).then(shown)
}

/// Whether a reference is the loop's file, or that without its end.
fn is_of(text: &str, own: &[String]) -> bool {
    own.iter().any(|name| {
        let after = text.strip_prefix("${").and_then(|text| text.strip_prefix(name.as_str()));
        text == format!("${name}") || after.is_some_and(|after| after == "}" || after.starts_with('%'))
    })
}

/// Whether a reference is the loop's file with something else in it.
fn is_replaced(text: &str, own: &[String]) -> bool {
    let after = |name: &String| text.strip_prefix("${").and_then(|text| text.strip_prefix(name.as_str()));
    own.iter().filter_map(after).any(|after| after.starts_with('/'))
}

/// Whether a reference is the folder of the loop's file.
fn is_folder_of(text: &str, own: &[String]) -> bool {
    let Some(inner) = text.strip_prefix("$(dirname") else { return false };
    references(inner).iter().any(|reference| is_of(&inner[reference.at..reference.end], own))
}

/// A variable that a line makes of the loop's file without its end.
fn sibling(line: &str, own: &[String]) -> Option<String> {
    let (name, value) = line.trim().split_once('=')?;
    let value = value.split([';', '&']).next().unwrap_or_default().trim().trim_matches('"');
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    (is_name && (is_of(value, own) || is_folder_of(value, own)) && length(value) == value.len())
        .then(|| name.to_owned())
}

/// The one file that all turns add to.
fn added(line: &str) -> Option<String> {
    let mut quoting = Quoting::new();
    for (at, c) in line.char_indices() {
        let is_bare = matches!(quoting.state(), Quotes::None | Quotes::Inner) && !quoting.is_escaped();
        quoting.take(c);
        if quoting.is_comment() {
            return None;
        }
        if !is_bare || !line[at..].starts_with(">>") {
            continue;
        }
        let path = line[at + 2..].trim_start().trim_start_matches(['"', '\'']);
        let path = &path[..path.find(is_edge).unwrap_or(path.len())];
        if !path.is_empty() && !path.contains('$') && !path.starts_with("/dev/") {
            return Some(path.to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::super::source::Held;
    use super::*;

    #[test]
    fn what_is_worked_out_from_the_file_of_the_loop_is_seen() {
        let facts = Held::new(&[("raw/r/a.t", ""), ("raw/q/a.t", "")]);
        for (line, expected) in [
            ("cat $f raw/q/$b.t > out/$b.o", "raw/q/$b.t"),
            ("x=$(cat raw/q/$(basename $f .t).t)", "raw/q/$(basename $f .t).t"),
            ("x --mask=\"raw/q/${b}_m.t\" $f", "raw/q/${b}_m.t"),
            ("cat raw/r/$b.json", "raw/r/$b.json"),
            ("cat $f ${f%.t}.json > out/x", "${f%.t}.json"),
            ("cat $f.key", "$f.key"),
            ("cat ${f/.t/.key}", "${f/.t/.key}"),
            ("cat $(dirname \"$f\")/k.txt", "$(dirname \"$f\")/k.txt"),
            ("cat raw/r/$b.t raw/r/$(basename $f) $f", ""),
            ("sort $f > ${f%.t}.s; x -o raw/q/$b", ""),
            ("cat out/$b.t gone/$b.t '$f.key' \"$f: ok\"", ""),
        ] {
            let found = Loop {
                variable: "f".into(),
                folder: "raw/r".into(),
                pattern: "*.t".into(),
                body: vec![(1, line.to_owned())],
                out: Some("out".into()),
                ..Loop::default()
            };
            let told = told(&found, &facts);
            let names: Vec<&str> = told.iter().filter_map(|(_, text)| text.split('`').nth(1)).collect();
            assert_eq!(names.join(" "), expected, "{line}");
        }
        let two = [(1, "p=${f%.t}".to_owned()), (2, "cat $p.json >> out/all".to_owned())];
        let found = Loop { variable: "f".into(), body: two.to_vec(), ..Loop::default() };
        let told = told(&found, &facts);
        assert!(
            told[0].1.starts_with("input: `$p.json`") && told[1].1.contains("add to `out/all`"),
            "{told:?}"
        );
    }

    #[test]
    fn arguments_are_seen_where_a_shell_fills_them_in() {
        for (line, expected) in [
            ("head -n ${1:-3} $2 $f", "${1:-3} $2"),
            ("x \"$@\"", "$@"),
            ("[ $# -eq 1 ]", "$#"),
            ("awk '{print $1}' $f", ""),
            ("echo $0 ${#f} \\$1 # $1", ""),
        ] {
            assert_eq!(arguments(line).join(" "), expected, "{line}");
        }
    }
}
