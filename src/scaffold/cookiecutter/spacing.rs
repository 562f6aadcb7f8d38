//! What Python takes for space and for the end of a line, and how it centres.

/// What Python's `\s` and `str.isspace` take for space.
pub(super) fn is_space(letter: char) -> bool {
    letter.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&letter)
}

/// A text in the middle of `width` letters; one that is left over goes where Python puts it.
pub(super) fn center(text: &str, width: usize, fill: char) -> String {
    let length = text.chars().count();
    let missing = width.saturating_sub(length);
    let left = missing / 2 + (missing & width & 1);
    let mut out: String = std::iter::repeat_n(fill, left).collect();
    out.push_str(text);
    out.extend(std::iter::repeat_n(fill, missing - left));
    out
}

/// Lines as Python splits them: also at form feeds and the like.
pub(super) fn lines(text: &str) -> Vec<&str> {
    let ends = |letter: char| {
        matches!(
            letter,
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}'
        )
    };
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(ends).unwrap_or(rest.len());
        lines.push(&rest[..end]);
        let after = &rest[end..];
        rest = match after.strip_prefix("\r\n") {
            Some(after) => after,
            None => after.chars().next().map_or("", |letter| &after[letter.len_utf8()..]),
        };
    }
    lines
}
