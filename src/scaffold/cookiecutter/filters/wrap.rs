//! `wordwrap`: lines of at most so many letters, as Python's `textwrap` breaks them.

use minijinja::value::{Rest, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, Value};

use super::super::args::{Args, joined_fits, parts_fit};
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
        let wrapped = wrap(line, width, break_long, on_hyphens)?;
        // A line of spaces alone, or of nothing, stays a line.
        lines.extend(if wrapped.is_empty() { vec![String::new()] } else { wrapped });
    }
    joined_fits(lines.iter().map(String::as_str), joint.len())?;
    Ok(lines.join(&joint))
}

/// One line broken into several. Spaces at a break are dropped, at the beginning of the text they stay.
fn wrap(line: &str, width: usize, break_long: bool, on_hyphens: bool) -> Result<Vec<String>, Error> {
    let mut rest: Vec<&str> = chunks(line, on_hyphens)?.into_iter().rev().collect();
    let mut lines: Vec<String> = Vec::new();
    while !rest.is_empty() {
        parts_fit(lines.len())?;
        let mut current: Vec<&str> = Vec::new();
        let mut length = 0;
        if !lines.is_empty() && rest.last().is_some_and(|chunk| chunk.trim().is_empty()) {
            rest.pop();
        }
        while let Some(chunk) = rest.pop_if(|chunk| !is_longer(chunk, width - length)) {
            length += chunk.chars().count();
            current.push(chunk);
        }
        if let Some(long) = rest.pop_if(|chunk| is_longer(chunk, width)) {
            if break_long {
                let room = width - length;
                let (head, tail) = cut(long, room, on_hyphens);
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
fn cut(long: &str, room: usize, on_hyphens: bool) -> (&str, &str) {
    let end = long.char_indices().nth(room).map_or(long.len(), |(at, _)| at);
    let hyphen = long[..end].rfind('-').filter(|_| on_hyphens && end < long.len());
    let hyphen = hyphen.filter(|at| long[..*at].contains(|letter| letter != '-'));
    long.split_at(hyphen.map_or(end, |at| at + 1))
}

/// Whether a text has more letters than that.
fn is_longer(text: &str, letters: usize) -> bool {
    text.chars().nth(letters).is_some()
}

/// Runs of spaces and words; a hyphen between letters ends a chunk. Dashes are not told apart here.
fn chunks(line: &str, on_hyphens: bool) -> Result<Vec<&str>, Error> {
    if on_hyphens && line.contains("--") {
        return Err(wrong("`wordwrap` of a text with `--` has no match here"));
    }
    let mut chunks: Vec<&str> = Vec::new();
    let mut start = 0;
    let letters: Vec<char> = line.chars().collect();
    let is_gap = |letter: char| " \t\n\u{b}\u{c}\r".contains(letter);
    let mut begins = false;
    for (at, (byte, letter)) in line.char_indices().enumerate() {
        let before = at.checked_sub(1).map(|before| letters[before]);
        if begins || before.is_some_and(|before| is_gap(before) != is_gap(letter)) {
            chunks.push(&line[start..byte]);
            start = byte;
        }
        begins = on_hyphens && letter == '-' && is_break(&letters, at);
    }
    chunks.extend(Some(&line[start..]).filter(|last| !last.is_empty()));
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
