//! Keys by name: `j`, `R`, `ctrl-r`, `pgdn`, `enter`; read from the action table and the configuration, shown in hints.

use std::fmt;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key with what is held beside it. Shift is part of the letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    code: KeyCode,
    is_ctrl: bool,
    is_alt: bool,
}

/// Names of keys that are no letters.
const NAMES: [(&str, KeyCode); 17] = [
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("shift-tab", KeyCode::BackTab),
    ("backspace", KeyCode::Backspace),
    ("space", KeyCode::Char(' ')),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pgup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
    ("del", KeyCode::Delete),
    ("ins", KeyCode::Insert),
    ("f1", KeyCode::F(1)),
];

impl Key {
    /// Reads the name of a key; `None` if it is none.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let (mut rest, mut is_ctrl, mut is_alt) = (name, false, false);
        loop {
            match rest.split_once('-').filter(|(_, after)| !after.is_empty()) {
                Some(("ctrl", after)) => (is_ctrl, rest) = (true, after),
                Some(("alt", after)) => (is_alt, rest) = (true, after),
                _ => break,
            }
        }
        let mut letters = rest.chars();
        let code = match (NAMES.iter().find(|(name, _)| *name == rest), letters.next(), letters.next()) {
            (Some((_, code)), ..) => *code,
            (None, Some(letter), None) => KeyCode::Char(letter),
            _ => return None,
        };
        Some(Self { code, is_ctrl, is_alt })
    }

    /// The letter that is typed, if it is one that may stand in a text.
    pub(super) const fn letter(self) -> Option<char> {
        match self.code {
            KeyCode::Char(letter) if !self.is_ctrl && !self.is_alt => Some(letter),
            _ => None,
        }
    }

    /// What crossterm calls it.
    pub(super) const fn code(self) -> KeyCode {
        self.code
    }

    /// Whether Ctrl is held.
    pub(super) const fn is_ctrl(self) -> bool {
        self.is_ctrl
    }
}

impl From<KeyEvent> for Key {
    fn from(event: KeyEvent) -> Self {
        let is_ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
        let is_alt = event.modifiers.contains(KeyModifiers::ALT);
        let code = match event.code {
            KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
            // Some terminals tell shift beside the small letter.
            KeyCode::Char(letter) if event.modifiers.contains(KeyModifiers::SHIFT) && !is_ctrl => {
                KeyCode::Char(letter.to_uppercase().next().unwrap_or(letter))
            }
            code => code,
        };
        Self { code, is_ctrl, is_alt }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_ctrl {
            f.write_str("Ctrl-")?;
        }
        if self.is_alt {
            f.write_str("Alt-")?;
        }
        let letter = |letter: char| if self.is_ctrl { letter.to_ascii_uppercase() } else { letter };
        match (NAMES.iter().find(|(_, code)| *code == self.code), self.code) {
            (Some((name, _)), _) => f.write_str(shown(name)),
            (None, KeyCode::Char(typed)) => write!(f, "{}", letter(typed)),
            (None, KeyCode::F(number)) => write!(f, "F{number}"),
            (None, _) => f.write_str("?"),
        }
    }
}

fn shown(name: &str) -> &str {
    match name {
        "enter" => "Enter",
        "esc" => "Esc",
        "tab" => "Tab",
        "shift-tab" => "Shift-Tab",
        "f1" => "F1",
        "pgup" => "PgUp",
        "pgdn" => "PgDn",
        "home" => "Home",
        "end" => "End",
        name => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_shown() {
        for (name, shown) in [
            ("j", "j"),
            ("R", "R"),
            ("ctrl-r", "Ctrl-R"),
            ("enter", "Enter"),
            ("-", "-"),
            ("ctrl--", "Ctrl--"),
            ("shift-tab", "Shift-Tab"),
            ("space", "space"),
            ("alt-x", "Alt-x"),
            ("é", "é"),
        ] {
            assert_eq!(Key::parse(name).map(|key| key.to_string()).as_deref(), Some(shown), "{name}");
        }
        for name in ["", "jj", "ctrl", "hyper-j", "f99x"] {
            assert_eq!(Key::parse(name), None, "{name}");
        }
    }

    #[test]
    fn shift_is_part_of_the_letter_however_it_is_told() {
        let told = |letter, modifiers| Key::from(KeyEvent::new(KeyCode::Char(letter), modifiers));
        assert_eq!(told('r', KeyModifiers::SHIFT), told('R', KeyModifiers::NONE));
        assert_eq!(Key::parse("R"), Some(told('R', KeyModifiers::SHIFT)));
        assert_eq!(Key::parse("ctrl-r"), Some(told('r', KeyModifiers::CONTROL)));
    }
}
