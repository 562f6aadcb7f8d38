//! Cleans a pattern like a path, each character's place kept.

/// One character of the cleaned pattern and where it stood in the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Letter {
    /// Where it stood, as a byte.
    pub(super) at: usize,
    /// The character.
    pub(super) char: char,
}

/// Cleans a pattern like a path: one leading slash, no empty, `.` and `..` components, no trailing slash.
pub(super) fn clean(text: &str) -> Vec<Letter> {
    let mut kept: Vec<(usize, &str)> = Vec::new();
    let mut at = 0;
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(kept.pop()),
            _ => kept.push((at, part)),
        }
        at += part.len() + 1;
    }
    let mut letters = Vec::with_capacity(text.len() + 1);
    for (start, part) in kept {
        letters.push(Letter { at: start.saturating_sub(1), char: '/' });
        letters.extend(part.char_indices().map(|(offset, char)| Letter { at: start + offset, char }));
    }
    if letters.is_empty() {
        letters.push(Letter { at: 0, char: '/' });
    }
    letters
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(text: &str) -> String {
        clean(text).iter().map(|letter| letter.char).collect()
    }

    #[test]
    fn cleans_like_a_path() {
        for (text, expected) in [
            ("", "/"),
            (".", "/"),
            ("/", "/"),
            ("//", "/"),
            ("*", "/*"),
            ("/*/", "/*"),
            ("a//b", "/a/b"),
            ("./a/./b/", "/a/b"),
            ("a/../b", "/b"),
            ("../a", "/a"),
            ("/a./.b", "/a./.b"),
            ("{a/,b}", "/{a/,b}"),
        ] {
            assert_eq!(cleaned(text), expected, "{text:?}");
        }
    }
}
