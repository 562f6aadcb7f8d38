//! Searching a log: which lines hold a text, and where in a line it stands.

use std::ops::Range;

/// A text that is searched for, and the lines that hold it.
#[derive(Clone, Debug, Default)]
pub(super) struct Search {
    /// The text; empty for none.
    pub(super) text: String,
    /// The text that `rows` are for.
    looked_for: String,
    /// Lines that hold it, in order.
    pub(super) rows: Vec<usize>,
    /// Where the cursor was, and whether the end was followed, before it began.
    pub(super) before: Option<(usize, bool)>,
}

/// What is told of a search that found nothing.
pub(super) const NO_MATCH: &str = "no match";

impl Search {
    /// Whether the text is another than the one that was looked for last.
    pub(super) fn is_new(&self) -> bool {
        self.text != self.looked_for
    }

    /// Looks for the text in all lines.
    pub(super) fn look(&mut self, lines: &[String]) {
        self.looked_for.clone_from(&self.text);
        self.rows = (0..lines.len()).filter(|at| holds(&lines[*at], &self.text)).collect();
    }

    /// Looks for a text that was typed, in lines that are the same as before: where letters were added, only in those
    /// that held the others.
    pub(super) fn look_again(&mut self, lines: &[String]) {
        if self.looked_for.is_empty() || !self.text.starts_with(&self.looked_for) {
            return self.look(lines);
        }
        self.looked_for.clone_from(&self.text);
        self.rows.retain(|at| lines.get(*at).is_some_and(|line| holds(line, &self.text)));
    }

    /// The next line that holds it, after `row` or before it, round the end; with `is_here` also `row` itself.
    pub(super) fn next(&self, row: usize, is_down: bool, is_here: bool) -> Option<usize> {
        if is_down {
            let first = self.rows.partition_point(|at| *at < row || (*at == row && !is_here));
            self.rows.get(first).or_else(|| self.rows.first()).copied()
        } else {
            let end = self.rows.partition_point(|at| *at < row);
            self.rows[..end].last().or_else(|| self.rows.last()).copied()
        }
    }

    /// `match 3 of 17`, of lines; empty without a search.
    pub(super) fn count(&self, row: usize) -> String {
        match (self.text.is_empty(), self.rows.binary_search(&row)) {
            (true, _) => String::new(),
            (false, _) if self.rows.is_empty() => NO_MATCH.into(),
            (false, Ok(at)) => format!("match {} of {}", at + 1, self.rows.len()),
            (false, Err(_)) => format!("{} matching", crate::run::count(self.rows.len(), "line")),
        }
    }
}

/// Whether a text stands in a line, as `places` finds it.
fn holds(line: &str, text: &str) -> bool {
    if text.is_empty() {
        false
    } else if text.chars().any(char::is_uppercase) {
        line.contains(text)
    } else if line.is_ascii() {
        line.to_ascii_lowercase().contains(text)
    } else {
        line.chars().flat_map(char::to_lowercase).collect::<String>().contains(text)
    }
}

/// Where in a line a text stands, in bytes. Capitals count only where the text has some.
pub(super) fn places(line: &str, text: &str) -> Vec<Range<usize>> {
    if text.is_empty() {
        return Vec::new();
    }
    let is_exact = text.chars().any(char::is_uppercase);
    if is_exact {
        return line.match_indices(text).map(|(at, found)| at..at + found.len()).collect();
    }
    if line.is_ascii() {
        let small = line.to_ascii_lowercase();
        return small.match_indices(text).map(|(at, found)| at..at + found.len()).collect();
    }
    folded(line, text)
}

/// The same in a line whose letters may be longer or shorter when they are small.
fn folded(line: &str, text: &str) -> Vec<Range<usize>> {
    let (mut small, mut from) = (String::new(), Vec::new());
    for (at, letter) in line.char_indices() {
        small.extend(letter.to_lowercase());
        from.resize(small.len(), at..at + letter.len_utf8());
    }
    let place = |(at, found): (usize, &str)| from[at].start..from[at + found.len() - 1].end;
    small.match_indices(text).map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn capitals_count_only_where_they_are_typed() {
        assert_eq!(places("Error: error", "error"), [0..5, 7..12]);
        assert_eq!(places("Error: error Error", "Error"), [0..5, 13..18]);
        assert_eq!(places("GRÖSSE größe GRÖßE", "größe"), [8..15, 16..23]);
        assert_eq!(places("ÄÄ", "ä"), [0..2, 2..4]);
        assert_eq!((places("abc", "").len(), places("", "a").len()), (0, 0));
    }

    #[test]
    fn lines_are_found_round_the_end() {
        let lines = ["a", "B b", "c", "ab"].map(str::to_owned);
        let mut search = Search { text: "b".into(), ..Search::default() };
        assert!(search.is_new());
        search.look(&lines);
        assert!(!search.is_new());
        assert_eq!(search.rows, [1, 3]);
        assert_eq!(
            (search.next(1, true, true), search.next(1, true, false), search.next(3, true, false)),
            (Some(1), Some(3), Some(1))
        );
        assert_eq!((search.next(1, false, false), search.next(2, false, false)), (Some(3), Some(1)));
        assert_eq!((search.count(3), search.count(0)), ("match 2 of 2".into(), "2 lines matching".into()));
    }

    #[test]
    fn more_letters_are_looked_for_only_where_the_first_ones_stand() {
        let lines = ["number 1", "numb", "Numbers", "ä num"].map(str::to_owned);
        let mut search = Search { text: "num".into(), ..Search::default() };
        search.look_again(&lines);
        assert_eq!(search.rows, [0, 1, 2, 3]);
        search.rows.remove(0);
        search.text = "numbe".into();
        search.look_again(&lines);
        assert_eq!(search.rows, [2]);
        search.text = "numb".into();
        search.look_again(&lines);
        assert_eq!(search.rows, [0, 1, 2]);
    }

    proptest! {
        #[test]
        fn a_line_holds_a_text_where_it_has_places(line in "[aAİßäÄ日 ]{0,12}", text in "[aiäÄ日ß]{0,2}") {
            prop_assert_eq!(holds(&line, &text), !places(&line, &text).is_empty());
        }

        #[test]
        fn places_are_cut_at_letters(line in "[aAİßäÄ日 ]{0,12}", text in "[aiä日ß]{1,2}") {
            for place in places(&line, &text) {
                prop_assert!(line.get(place.clone()).is_some_and(|found| !found.is_empty()), "{place:?}");
            }
        }
    }
}
