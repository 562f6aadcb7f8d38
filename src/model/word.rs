//! Writing any text as one word of a POSIX shell.

/// `text` as one shell word that means exactly that text.
pub fn literal(text: &str) -> String {
    let mut word = String::new();
    push_literal(&mut word, text);
    if word.is_empty() { "''".to_owned() } else { word }
}

/// The same, in quotes also where it needs none: what is typed may be longer the next time.
pub fn in_quotes(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Adds `text`, in quotes where a shell would make something else of it.
pub fn push_literal(word: &mut String, text: &str) {
    if text.chars().all(is_plain) {
        word.push_str(text);
    } else {
        word.push('\'');
        word.push_str(&text.replace('\'', r"'\''"));
        word.push('\'');
    }
}

fn is_plain(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "_-./:=,@%+".contains(letter)
}
