//! `Line`: a line of text being typed.

use ratatui::crossterm::event::KeyCode;
use unicode_segmentation::UnicodeSegmentation as _;

use super::keys::Key;

/// A line of text and a cursor in it, counted in graphemes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    text: String,
    cursor: usize,
}

impl Line {
    /// A line with a text in it, the cursor at its end.
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.into(), cursor: text.graphemes(true).count() }
    }

    /// The text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The text before and after the cursor.
    pub(super) fn halves(&self) -> (&str, &str) {
        self.text.split_at(self.offset(self.cursor))
    }

    /// Takes a key; whether it was one for a line.
    pub(super) fn key(&mut self, key: Key) -> bool {
        let len = self.text.graphemes(true).count();
        match (key.letter(), key.code(), key.is_ctrl()) {
            (Some(letter), ..) => self.insert(letter.encode_utf8(&mut [0; 4])),
            (_, KeyCode::Backspace, _) if self.cursor > 0 => self.remove(self.cursor - 1, self.cursor),
            (_, KeyCode::Delete, _) if self.cursor < len => self.remove(self.cursor, self.cursor + 1),
            (_, KeyCode::Left, _) => self.cursor = self.cursor.saturating_sub(1),
            (_, KeyCode::Right, _) => self.cursor = (self.cursor + 1).min(len),
            (_, KeyCode::Home, _) | (_, KeyCode::Char('a'), true) => self.cursor = 0,
            (_, KeyCode::End, _) | (_, KeyCode::Char('e'), true) => self.cursor = len,
            (_, KeyCode::Char('u'), true) => self.remove(0, self.cursor),
            (_, KeyCode::Char('w'), true) => self.remove(self.word(), self.cursor),
            (_, KeyCode::Backspace | KeyCode::Delete, _) => {}
            _ => return false,
        }
        true
    }

    /// Inserts a text at the cursor; line ends and control characters become spaces.
    pub(super) fn insert(&mut self, text: &str) {
        let clean: String =
            text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        let at = self.offset(self.cursor);
        let after = self.text[at..].graphemes(true).count();
        self.text.insert_str(at, &clean);
        // What is inserted may join what stands there to fewer graphemes.
        self.cursor = self.text.graphemes(true).count().saturating_sub(after);
    }

    fn offset(&self, cursor: usize) -> usize {
        self.text.grapheme_indices(true).nth(cursor).map_or(self.text.len(), |(at, _)| at)
    }

    fn remove(&mut self, from: usize, to: usize) {
        let (from_byte, to_byte) = (self.offset(from), self.offset(to));
        self.text.replace_range(from_byte..to_byte, "");
        self.cursor = from;
    }

    /// Where the word before the cursor begins.
    fn word(&self) -> usize {
        let before: Vec<&str> = self.halves().0.graphemes(true).collect();
        let end = before.iter().rposition(|part| !part.trim().is_empty()).map_or(0, |at| at + 1);
        before[..end].iter().rposition(|part| part.trim().is_empty()).map_or(0, |at| at + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(line: &mut Line, keys: &[&str]) {
        for key in keys {
            assert!(line.key(Key::parse(key).expect("a key")), "{key}");
        }
    }

    #[test]
    fn text_is_edited_by_grapheme() {
        let mut line = Line::new("ae\u{301}b cd");
        typed(&mut line, &["left", "left", "left", "left", "backspace", "x"]);
        assert_eq!(line.halves(), ("ax", "b cd"));
        typed(&mut line, &["end", "ctrl-w", "ctrl-w", "z"]);
        assert_eq!(line.text(), "z");
        line.insert("1\n2\u{1b}[0m");
        assert_eq!(line.text(), "z1 2 [0m");
        typed(&mut line, &["ctrl-u", "del", "backspace"]);
        assert_eq!(line.text(), "");
        assert!(!line.key(Key::parse("enter").expect("a key")));
    }
}
