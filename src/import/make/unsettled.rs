//! What only running make tells, in a script: a shell that comes to it stops, and nobody takes it for a command.

use super::super::pattern::with_each;
use super::expand::{UNKNOWN, closing};

/// The reference at the start of a text.
pub(super) fn reference(text: &str) -> String {
    with_each(&text[..end(text)], "%")
}

/// Where the reference at the start of a text ends.
fn end(text: &str) -> usize {
    let inner = text.get(1..).unwrap_or_default();
    match inner.chars().next() {
        Some('(' | '{') => closing(inner).map_or(text.len(), |end| end + 2),
        Some(letter) => 1 + letter.len_utf8(),
        None => text.len(),
    }
}

/// A text with `${TODO:?abspath x}` for `$(abspath x)`, which a shell would run as a command, and find to be empty.
pub(super) fn stopping(text: &str) -> String {
    let mut parts = text.split(UNKNOWN);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (open, rest) = part.split_at(if part.starts_with('$') { end(part) } else { 0 });
        if !open.is_empty() {
            out.extend(["${TODO:?", &words(open), "}"]);
        }
        out.push_str(rest);
    }
    out
}

/// A reference in words that a shell finds nothing to do in.
fn words(open: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || " ._-/,=:%@+?^|".contains(c);
    let inner = open.trim_start_matches('$');
    let bare =
        inner.strip_prefix(['(', '{']).map_or(inner, |rest| rest.strip_suffix([')', '}']).unwrap_or(rest));
    bare.chars().map(|c| if is_plain(c) { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_stops_a_shell() {
        let text = |open: &str| stopping(&open.replace('!', &UNKNOWN.to_string()));
        for (open, expected) in [
            ("rm -rf !$(abspath o/tmp)/*; cp a b", "rm -rf ${TODO:?abspath o/tmp}/*; cp a b"),
            ("echo \"!$(call f,$<)\" !$?x", "echo \"${TODO:?call f,__}\" ${TODO:??}x"),
            ("a !$(shell echo '}' $(pwd)) b", "a ${TODO:?shell echo ___ __pwd_} b"),
            ("a$(b)", "a$(b)"),
        ] {
            assert_eq!(text(open), expected);
        }
        let run = |script: &str| {
            let found = std::process::Command::new("sh").args(["-c", script]).output().expect("a shell");
            (found.status.success(), found.stdout)
        };
        let script = text("echo before; echo !$(abspath o/tmp)/* \"!$(shell echo '}')\"; echo after");
        assert_eq!(run(&script), (false, b"before\n".to_vec()), "{script}");
    }
}
