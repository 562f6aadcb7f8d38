//! Lines of text in rows of a screen: how many a wrapped line has, and which part of it stands in each.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// The rows of a line that is wrapped at so many columns, in bytes; at least one.
pub(super) fn wrapped(line: &str, columns: usize) -> Vec<Range<usize>> {
    let columns = columns.max(2);
    let (mut rows, mut start, mut used) = (Vec::new(), 0, 0);
    for (at, part) in line.grapheme_indices(true) {
        let width = part.width();
        if used + width > columns && at > start {
            rows.push(start..at);
            (start, used) = (at, 0);
        }
        used += width;
    }
    rows.push(start..line.len());
    rows
}

/// The last rows of lines that are wrapped at so many columns; at most so many rows.
pub(in crate::tui) fn last_rows(lines: &[String], columns: usize, most: usize) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    for line in lines.iter().rev().take(most) {
        let left = most - found.len();
        found.extend(wrapped(line, columns).into_iter().rev().take(left).map(|row| &line[row]));
    }
    found.reverse();
    found
}

/// How many rows a wrapped line has.
pub(super) fn height(line: &str, columns: usize) -> usize {
    if line.len() <= columns { 1 } else { wrapped(line, columns).len() }
}

/// What of a line is right of so many columns: where it begins in bytes, and how many columns stay empty
/// before it, where a wide letter is cut in two.
pub(super) fn right_of(line: &str, columns: usize) -> (usize, usize) {
    let mut used = 0;
    for (at, part) in line.grapheme_indices(true) {
        if used >= columns {
            return (at, used - columns);
        }
        used += part.width();
    }
    (line.len(), used.saturating_sub(columns))
}

/// Columns of the longest line.
pub(super) fn widest(lines: &[String]) -> usize {
    let width = |line: &String| if line.is_ascii() { line.len() } else { line.width() };
    lines.iter().map(width).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn wide_letters_are_not_cut_in_two() {
        assert_eq!(wrapped("日本語です", 5), [0..6, 6..12, 12..15]);
        assert_eq!(wrapped("abcdef", 3), [0..3, 3..6]);
        assert_eq!((wrapped("", 9).len(), height("", 9)), (1, 1));
        assert_eq!((right_of("日本", 1), right_of("日本", 2), right_of("日本", 9)), ((3, 1), (3, 0), (6, 0)));
        assert_eq!(widest(&["ab".into(), "日本".into()]), 4);
    }

    #[test]
    fn the_last_rows_are_those_of_the_last_lines() {
        let lines = ["one".to_owned(), "0123456789".into(), "end".into()];
        assert_eq!(last_rows(&lines, 4, 9), ["one", "0123", "4567", "89", "end"]);
        assert_eq!(last_rows(&lines, 4, 3), ["4567", "89", "end"]);
        assert_eq!((last_rows(&lines, 4, 0).len(), last_rows(&[], 4, 3).len()), (0, 0));
    }

    proptest! {
        #[test]
        fn rows_are_the_line(line in any::<String>(), columns in 0usize..20) {
            let rows = wrapped(&line, columns);
            let joined: String = rows.iter().map(|row| &line[row.clone()]).collect();
            prop_assert_eq!(joined, line.clone());
            prop_assert_eq!(height(&line, columns.max(2)), rows.len());
        }
    }
}
