//! `alike`: what messages have in common, whatever numbers are in them.

/// A message with every number, also in hex, as `#`.
pub fn alike(message: &str) -> String {
    let mut made = String::with_capacity(message.len());
    let mut word = String::new();
    for letter in message.chars().chain(['\n']) {
        if letter.is_ascii_alphanumeric() {
            word.push(letter);
            continue;
        }
        made.push_str(&collapsed(&word));
        made.push(letter);
        word.clear();
    }
    made.truncate(made.len() - 1);
    made
}

/// A word with its digits as one `#`; the whole word if it is a number in hex.
fn collapsed(word: &str) -> String {
    let hex = word.strip_prefix("0x").unwrap_or(word);
    let has_digit = word.bytes().any(|byte| byte.is_ascii_digit());
    if has_digit && !hex.is_empty() && hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return "#".into();
    }
    let mut made = String::new();
    for letter in word.chars() {
        match letter {
            '0'..='9' if made.ends_with('#') => {}
            '0'..='9' => made.push('#'),
            _ => made.push(letter),
        }
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_do_not_part_what_is_the_same() {
        let same = [
            ("sub-12 at 0x7ffe: no room", "sub-7 at 0x1: no room"),
            ("run3 died in 4a7f", "run14 died in 99"),
        ];
        for (one, other) in same {
            assert_eq!(alike(one), alike(other));
        }
        assert_ne!(alike("cut off"), alike("cut of"));
        assert_eq!(alike("dead beef 1"), "dead beef #");
        assert_eq!(alike(""), "");
    }
}
