//! Texts with backslashes, as Python reads them: what the engine reads otherwise is refused.

/// What Python makes of a text as it stands between its quotes; none where it refuses it, or a letter cannot be written.
pub(super) fn python(inner: &str) -> Option<String> {
    let ascii = ascii(inner);
    let mut out = String::new();
    let mut rest = ascii.as_str();
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let mut after = rest[at + 1..].chars();
        let sign = after.next()?;
        rest = after.as_str();
        match sign {
            '\n' => {}
            '\\' | '\'' | '"' => out.push(sign),
            'a' => out.push('\u{7}'),
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'v' => out.push('\u{b}'),
            'x' => out.push(number(&mut rest, 2)?),
            'u' => out.push(number(&mut rest, 4)?),
            'U' => out.push(number(&mut rest, 8)?),
            'N' => return None,
            '0'..='7' => out.push(octal(sign, &mut rest)?),
            _ => out.extend(['\\', sign]),
        }
    }
    out.push_str(rest);
    Some(out)
}

/// A text with escapes for all letters beyond ASCII, also where a backslash stands before one.
fn ascii(text: &str) -> String {
    let escaped = |letter: char| match u32::from(letter) {
        0..=0x7f => letter.to_string(),
        code @ 0x80..=0xff => format!("\\x{code:02x}"),
        code @ 0x100..=0xffff => format!("\\u{code:04x}"),
        code => format!("\\U{code:08x}"),
    };
    text.chars().map(escaped).collect()
}

fn number(rest: &mut &str, digits: usize) -> Option<char> {
    let (hex, after) = rest.split_at_checked(digits)?;
    *rest = after;
    let is_hex = hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| u32::from_str_radix(hex, 16).ok().and_then(char::from_u32))?
}

fn octal(first: char, rest: &mut &str) -> Option<char> {
    let more = rest.bytes().take(2).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
    let (digits, after) = rest.split_at(more);
    *rest = after;
    u32::from_str_radix(&format!("{first}{digits}"), 8).ok().and_then(char::from_u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_python_decodes_them() {
        for (text, read) in [
            (r"a\nb\t\\\'\x41\101\7", Some("a\nb\t\\'AA\u{7}")),
            ("a \\\n -it", Some("a  -it")),
            (r"\/ \. \d \8 \a\v", Some("\\/ \\. \\d \\8 \u{7}\u{b}")),
            (r"\u00e9\U0001f600", Some("é😀")),
            ("é 私 😀", Some("é 私 😀")),
            ("\\é", Some("\\xe9")),
            (r"\ud83d\ude00", None),
            (r"\N{BULLET}", None),
            (r"\x4", None),
            (r"\u+123", None),
        ] {
            assert_eq!(python(text).as_deref(), read, "{text}");
        }
    }
}
