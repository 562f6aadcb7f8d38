//! `wordwrap`: lines of at most so many letters, as Python's `textwrap` breaks them.

use minijinja::value::{Rest, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, Value};

use super::super::args::Args;
use super::super::{repr, spacing};

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_filter("wordwrap", wordwrap);
}

fn wordwrap(value: &Value, given: Rest<ValueOrKwargs>) -> Result<String, Error> {
    let text = repr::text(value)?;
    let given = given.into_values();
    let mut args = Args::new("wordwrap", &given);
    let width = args.number("width")?.map_or(79, |width| usize::try_from(width).unwrap_or(0));
    let break_long = args.yes("break_long_words").unwrap_or(true);
    let joint = args.text_or_none("wrapstring")?.unwrap_or_else(|| "\n".to_owned());
    let on_hyphens = args.yes("break_on_hyphens").unwrap_or(true);
    args.finish()?;
    if width == 0 {
        return Err(wrong("a width must be more than 0"));
    }
    let mut lines = Vec::new();
    for line in spacing::lines(&text) {
        lines.push(wrap(line, width, break_long, on_hyphens)?.join(&joint));
    }
    Ok(lines.join(&joint))
}

/// One line broken into several. Spaces at a break are dropped, at the beginning of the text they stay.
fn wrap(line: &str, width: usize, break_long: bool, on_hyphens: bool) -> Result<Vec<String>, Error> {
    let mut rest: Vec<String> = chunks(line, on_hyphens)?.into_iter().rev().collect();
    let mut lines: Vec<String> = Vec::new();
    while !rest.is_empty() {
        let mut current: Vec<String> = Vec::new();
        let mut length = 0;
        if !lines.is_empty() && rest.last().is_some_and(|chunk| chunk.trim().is_empty()) {
            rest.pop();
        }
        while let Some(chunk) = rest.pop_if(|chunk| length + chunk.chars().count() <= width) {
            length += chunk.chars().count();
            current.push(chunk);
        }
        if let Some(long) = rest.pop_if(|chunk| chunk.chars().count() > width) {
            if break_long {
                let room = width - length;
                let (head, tail) = cut(&long, room, on_hyphens);
                current.push(head);
                rest.push(tail);
            } else if current.is_empty() {
                current.push(long);
            } else {
                rest.push(long);
            }
        }
        if current.last().is_some_and(|chunk| chunk.trim().is_empty()) {
            current.pop();
        }
        if !current.is_empty() {
            lines.push(current.concat());
        }
    }
    Ok(lines)
}

/// A chunk that is too long, at the room that is left, or after a hyphen before that.
fn cut(long: &str, room: usize, on_hyphens: bool) -> (String, String) {
    let letters: Vec<char> = long.chars().collect();
    let mut end = room;
    if on_hyphens && letters.len() > room {
        let hyphen = letters[..room].iter().rposition(|letter| *letter == '-');
        if let Some(hyphen) =
            hyphen.filter(|at| *at > 0 && letters[..*at].iter().any(|letter| *letter != '-'))
        {
            end = hyphen + 1;
        }
    }
    (letters[..end].iter().collect(), letters[end..].iter().collect())
}

/// Runs of spaces and words; a hyphen between letters ends a chunk. Dashes are not told apart here.
fn chunks(line: &str, on_hyphens: bool) -> Result<Vec<String>, Error> {
    if on_hyphens && line.contains("--") {
        return Err(wrong("`wordwrap` of a text with `--` has no match here"));
    }
    let mut chunks: Vec<String> = Vec::new();
    let letters: Vec<char> = line.chars().collect();
    let is_gap = |letter: char| " \t\n\u{b}\u{c}\r".contains(letter);
    let mut begins = true;
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| letters[before]);
        if begins || before.is_some_and(|before| is_gap(before) != is_gap(*letter)) {
            chunks.push(String::new());
        }
        if let Some(chunk) = chunks.last_mut() {
            chunk.push(*letter);
        }
        begins = on_hyphens && *letter == '-' && is_break(&letters, at);
    }
    Ok(chunks)
}

/// Whether a hyphen stands after two letters, or letter and digit signs, and before a letter of a word.
fn is_break(letters: &[char], at: usize) -> bool {
    let is_letter =
        |at: usize| letters.get(at).is_some_and(|letter| letter.is_alphabetic() || *letter == '_');
    let before = at >= 2 && is_letter(at - 1) && is_letter(at - 2);
    let after_one = at >= 3 && is_letter(at - 1) && letters[at - 2] == '-' && is_letter(at - 3);
    (before || after_one)
        && is_letter(at + 1)
        && (is_letter(at + 2) || (letters.get(at + 2) == Some(&'-') && is_letter(at + 3)))
}

fn wrong(problem: &'static str) -> Error {
    Error::new(ErrorKind::InvalidOperation, problem)
}
