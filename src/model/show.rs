//! `show`: text from outside, made harmless for a terminal.

/// Replaces control characters by visible escapes; newlines too.
pub fn show(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}
