//! Line endings: the engine works with `\n`, files get back the ending that was found first.

/// As much of a file's beginning decides on its line ending, in bytes; Python reads that much at once.
const LOOKED_AT: usize = 8192;

/// A text with `\n` for every line ending.
pub(super) fn normal(text: &str) -> String {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.to_owned() }
}

/// The line ending to write back. Of several in one file `\r` wins over `\n` and that over `\r\n`.
pub(super) fn found(text: &str) -> &'static str {
    let end = (0..=LOOKED_AT.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let mut rest = &text.as_bytes()[..end];
    let (mut lone_return, mut lone_feed, mut both) = (false, false, false);
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'\n' => lone_feed = true,
            b'\r' if rest.first() == Some(&b'\n') => {
                both = true;
                rest = &rest[1..];
            }
            b'\r' => lone_return = true,
            _ => {}
        }
    }
    match (lone_return, lone_feed, both) {
        (true, _, _) => "\r",
        (false, false, true) => "\r\n",
        _ => "\n",
    }
}

/// A rendered text with the line ending for its `\n`.
pub(super) fn written(text: String, ending: &str) -> String {
    if ending == "\n" { text } else { text.replace('\n', ending) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_kind_is_written_back() {
        let cases = [
            ("a", "\n"),
            ("a\nb\n", "\n"),
            ("a\r\nb\r\n", "\r\n"),
            ("a\r\nb\n", "\n"),
            ("a\rb\n", "\r"),
            ("", "\n"),
        ];
        for (text, ending) in cases {
            assert_eq!(found(text), ending, "{text:?}");
        }
        assert_eq!(written(normal("a\r\nb\r"), "\r\n"), "a\r\nb\r\n");
    }
}
