//! Texts of questions without the signs that colour them in cookiecutter, which shows them by `rich`: `[bold]…[/bold]`.

/// The text as it is read: signs are left out, and `\\[` is a bracket.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('[') {
        let (before, after) = rest.split_at(at);
        let slashes = before.len() - before.trim_end_matches('\\').len();
        let Some(length) = sign(after) else {
            out.push_str(before);
            out.push('[');
            rest = &after[1..];
            continue;
        };
        // Of two backslashes one is shown; one that is left over makes the bracket a letter.
        out.push_str(&before[..before.len() - slashes]);
        out.push_str(&"\\".repeat(slashes / 2));
        if slashes % 2 == 1 {
            out.push_str(&after[..length]);
        }
        rest = &after[length..];
    }
    out + rest
}

/// How long the sign is that a text begins with, brackets included.
fn sign(text: &str) -> Option<usize> {
    let inner = text.get(1..)?;
    let end = inner.find(['[', ']']).filter(|end| inner[*end..].starts_with(']'))?;
    let is_sign = inner.starts_with(|c: char| c.is_ascii_lowercase() || "#/@".contains(c));
    is_sign.then_some(end + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_go_and_brackets_stay() {
        for (text, expected) in [
            ("[bold]name[/bold]", "name"),
            ("The [red]re[/]d [link=https://x.y]one[/link]", "The red one"),
            ("[1] of [A] [ [x", "[1] of [A] [ [x"),
            ("\\[bold] is kept", "[bold] is kept"),
            ("\\\\[bold]x", "\\x"),
            ("a [[bold]é] []", "a [é] []"),
            ("", ""),
        ] {
            assert_eq!(plain(text), expected, "{text}");
        }
    }
}
