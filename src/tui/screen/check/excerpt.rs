//! The lines of a text around a place in it, safe to show, with the place marked.

use unicode_width::UnicodeWidthStr as _;

use crate::model::{Span, show};

/// Lines of a text, the last with a place in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    /// Numbers and texts of the lines, the place in the last one.
    pub(super) lines: Vec<(usize, String)>,
    /// Columns before the place.
    pub(super) before: usize,
    /// Columns of the place, at least one.
    pub(super) wide: usize,
}

/// The line of a place and up to `more` before it; `None` if the text is not the one that the place was made from.
pub(super) fn excerpt(text: &str, span: Span, more: usize) -> Option<Excerpt> {
    let start = text.get(..span.start)?.rfind('\n').map_or(0, |at| at + 1);
    let end = text.get(span.start..)?.find('\n').map_or(text.len(), |at| span.start + at);
    let stop = span.end.clamp(span.start, end);
    let before = harmless(text.get(start..span.start)?);
    let marked = harmless(text.get(span.start..stop)?);
    let after = harmless(text.get(stop..end)?.trim_end());
    let above: Vec<&str> = text[..start].lines().rev().take(more).collect();
    let first = span.line.checked_sub(above.len())?;
    let above = above.into_iter().rev().map(|line| harmless(line.trim_end()));
    let lines = above.chain([format!("{before}{marked}{after}")]);
    Some(Excerpt {
        lines: (first..).zip(lines).collect(),
        before: before.width(),
        wide: marked.width().max(1),
    })
}

/// A tab is as good as harmless.
fn harmless(text: &str) -> String {
    show(&text.replace('\t', "    "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: &str = "input:\n  pfs:\n    repo: raw/t3\n    glob: /*\n";

    fn at(start: usize, end: usize, line: usize) -> Span {
        Span { start, end, line, column: 1 }
    }

    #[test]
    fn the_place_is_marked_in_its_line() {
        let found = excerpt(SPEC, at(24, 30, 3), 1).expect("it is there");
        assert_eq!(found.lines, [(2, "  pfs:".into()), (3, "    repo: raw/t3".to_owned())]);
        assert_eq!((found.before, found.wide), (10, 6));
        let first = excerpt(SPEC, at(0, 0, 1), 5).expect("it is there");
        assert_eq!((first.lines.len(), first.before, first.wide), (1, 0, 1));
    }

    #[test]
    fn another_text_and_hostile_text_do_no_harm() {
        for (start, end, line) in [(500, 600, 1), (4, 4, 1), (9, 3, 0)] {
            let _any = excerpt("a: ö\nb: \u{1b}[2J", at(start, end, line), 3);
        }
        assert_eq!(excerpt("a: ö", at(4, 5, 1), 0), None);
        let found = excerpt("a:\t\u{1b}[2J", at(3, 4, 1), 0).expect("it is there");
        assert_eq!(found.lines[0].1, "a:    \\u{1b}[2J");
        assert_eq!((found.before, found.wide), (6, 6));
    }
}
