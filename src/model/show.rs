//! Makes text from outside safe to print: file names, log lines, messages.

use std::borrow::Cow;

/// The text with everything that steers a terminal or hides what is written made visible.
///
/// Control characters (also newline and tab) become `\n`, `\t`, `\u{1b}`; so do line and paragraph
/// separators, marks that change the direction of writing, characters without width (terminals disagree on what
/// they join), tag characters, and what has no agreed width: letters of flags, private use, what Unicode has not
/// given out, vowels that are written into the cell before them. All else stays.
pub fn show(text: &str) -> String {
    // Most texts are so, which is quick to see.
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len());
    text.chars().for_each(|char| push(&mut shown, char));
    shown
}

/// Like [`show`] for bytes that should be UTF-8; each byte that is not becomes `\xff`.
pub fn show_bytes(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        chunk.valid().chars().for_each(|char| push(&mut shown, char));
        shown.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    shown
}

/// Like [`show`], cut to at most `max_chars` characters, the last then a `…`.
pub fn show_short(text: &str, max_chars: usize) -> String {
    // One character of text gives at least one: more of it need not be looked at.
    let end = text.char_indices().nth(max_chars.saturating_add(1)).map_or(text.len(), |(at, _)| at);
    let mut shown = show(&text[..end]);
    if shown.chars().count() > max_chars {
        let cut = shown.char_indices().nth(max_chars.saturating_sub(1)).map_or(0, |(at, _)| at);
        shown.truncate(cut);
        shown.extend((max_chars > 0).then_some('…'));
    }
    shown
}

/// The first `most` names, each in backticks, and how many more there are: `a`, `b` and 3 more.
pub fn show_some(names: &[&str], most: usize) -> String {
    let named: Vec<String> = names.iter().take(most).map(|name| format!("`{}`", show(name))).collect();
    let (more, named) = (names.len() - named.len(), named.join(", "));
    if more > 0 { format!("{named} and {more} more") } else { named }
}

/// Whether a character must not reach a terminal as it is.
fn is_unsafe(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{2028}' | '\u{2029}'
            | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{061c}' | '\u{200b}'..='\u{200f}'
            | '\u{2060}'..='\u{2064}' | '\u{feff}'
            | '\u{1f1e6}'..='\u{1f1ff}' | '\u{e000}'..='\u{f8ff}' | '\u{40000}'..='\u{10ffff}'
            // These are written into the cell before them, or beside it.
            | '\u{e33}' | '\u{eb3}')
        || (!char.is_ascii() && !char.is_whitespace() && !is_printable(char))
}

/// Whether the standard library prints a character as it is behind another one: none that Unicode has not given out, or
/// that only steers how others are laid out.
fn is_printable(char: char) -> bool {
    let mut bytes = [b'a', 0, 0, 0, 0];
    let end = 1 + char.encode_utf8(&mut bytes[1..]).len();
    std::str::from_utf8(&bytes[..end]).is_ok_and(|text| text.escape_debug().nth(1) == Some(char))
}

fn push(shown: &mut String, char: char) {
    let escaped: Cow<'_, str> = match char {
        '\n' => "\\n".into(),
        '\t' => "\\t".into(),
        '\r' => "\\r".into(),
        _ if is_unsafe(char) => char.escape_unicode().to_string().into(),
        _ => return shown.push(char),
    };
    shown.push_str(&escaped);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_some_and_counts_the_rest() {
        let names = ["a", "b\n", "c", "d"];
        assert_eq!(show_some(&names, 2), "`a`, `b\\n` and 2 more");
        assert_eq!(show_some(&names[..2], 2), "`a`, `b\\n`");
        assert_eq!(show_some(&names, 1), "`a` and 3 more");
        assert_eq!(show_some(&[], 1), "");
    }

    #[test]
    fn escapes_what_steers() {
        for (text, expected) in [
            ("sub-01/T1 ä.nii", "sub-01/T1 ä.nii"),
            ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
            ("\u{1b}[31mred", "\\u{1b}[31mred"),
            ("\0\u{7f}\u{9b}1m", "\\u{0}\\u{7f}\\u{9b}1m"),
            ("txt\u{202e}gpj", "txt\\u{202e}gpj"),
            ("a\u{200d}b\u{feff}", "a\\u{200d}b\\u{feff}"),
            ("\u{679d3}\u{e001}\u{f0000}", "\\u{679d3}\\u{e001}\\u{f0000}"),
            ("\u{1f1e9}\u{1f1ea} é 脑", "\\u{1f1e9}\\u{1f1ea} é 脑"),
            ("\u{2028}\u{2069}\u{200f}\u{61c}\u{e0041}", "\\u{2028}\\u{2069}\\u{200f}\\u{61c}\\u{e0041}"),
            ("👩\u{200d}🔬\\n", "👩\\u{200d}🔬\\n"),
            ("\u{7b8}\u{378}\u{e33}\u{ad}", "\\u{7b8}\\u{378}\\u{e33}\\u{ad}"),
            ("e\u{301}\u{a0}\u{3000}ก\\'", "e\u{301}\u{a0}\u{3000}ก\\'"),
        ] {
            assert_eq!(show(text), expected, "{text:?}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_shown() {
        assert_eq!(show_bytes(b"a\xffb\n\xc3\xa4\xc3"), "a\\xffb\\nä\\xc3");
    }

    #[test]
    fn short_is_short() {
        for (text, max, expected) in [
            ("abc", 3, "abc"),
            ("abcd", 3, "ab…"),
            ("abcd", 1, "…"),
            ("abcd", 0, ""),
            ("", 0, ""),
            ("äöü", 2, "ä…"),
            ("\n\n", 3, "\\n…"),
        ] {
            assert_eq!(show_short(text, max), expected, "{text:?} {max}");
        }
    }

    proptest! {
        #[test]
        fn nothing_unsafe_comes_out(text in any::<String>(), bytes in any::<Vec<u8>>(), max in 0_usize..40) {
            prop_assert!(!show(&text).chars().any(is_unsafe));
            prop_assert!(!show_bytes(&bytes).chars().any(|char| char.is_control() || is_unsafe(char)));
            let short = show_short(&text, max);
            prop_assert!(short.chars().count() <= max && !short.chars().any(is_unsafe));
            if show(&text).chars().count() <= max {
                prop_assert_eq!(short, show(&text));
            }
        }
    }
}
