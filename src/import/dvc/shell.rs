//! Which shell a command of DVC needs: `sh` runs what has no syntax of `bash` in it.

use super::super::words::{Quotes, Quoting};

/// Signs that only `bash` and its like know, outside of quotes.
const SIGNS: [&str; 12] =
    ["[[", "<(", ">(", "<<<", "&>", "|&", "$'", "=(", "+=", "((", "source ", "pipefail"];

/// Whether syntax of `bash` stands in a command that `sh` takes otherwise, or not at all.
pub(super) fn is_of_bash(text: &str) -> bool {
    let mut quoting = Quoting::new();
    for (at, c) in text.char_indices() {
        let state = quoting.state();
        let is_bare = matches!(state, Quotes::None | Quotes::Inner) && !quoting.is_escaped();
        let is_filled = state != Quotes::Single && !quoting.is_escaped();
        quoting.take(c);
        if quoting.is_comment() {
            continue;
        }
        let (rest, is_sum) = (&text[at..], text[..at].ends_with('$'));
        let is_sign = SIGNS.iter().any(|sign| rest.starts_with(sign)) && !(is_sum && c == '(');
        if is_bare && (is_sign || is_expanded(rest)) || is_filled && is_changed(rest) {
            return true;
        }
    }
    false
}

/// `{1..3}`, `{a,b}`.
fn is_expanded(text: &str) -> bool {
    let inner = text.strip_prefix('{').and_then(|text| text.split_once('}')).map(|(inner, _)| inner);
    inner.is_some_and(|inner| {
        !inner.contains(char::is_whitespace) && (inner.contains("..") || inner.contains(','))
    })
}

/// `${x/a/b}`, `${x^}`, `${x:0:1}`, `${x[0]}`, `${!x}`, `$RANDOM`.
fn is_changed(text: &str) -> bool {
    if ["$RANDOM", "${RANDOM", "$BASH", "${BASH", "${!"].iter().any(|start| text.starts_with(start)) {
        return true;
    }
    let Some(inner) = text.strip_prefix("${") else { return false };
    let inner = inner.trim_start_matches('#');
    let end = inner.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(inner.len());
    let after = &inner[end..];
    let is_part = after.strip_prefix(':').is_some_and(|after| !after.starts_with(['-', '=', '?', '+']));
    is_part || after.starts_with(['/', '^', ',', '['])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syntax_of_bash_is_seen() {
        for (text, expected) in [
            ("echo {1..3}", true),
            ("cp a.{txt,bak}", true),
            ("[[ -f a ]] && b", true),
            ("diff <(sort a) b", true),
            ("x=(1 2); echo \"${x[1]}\"", true),
            ("echo ${a/x/y} ${b:0:2}", true),
            ("set -o pipefail; a | b", true),
            ("echo \"${RANDOM}\"", true),
            ("echo '{1..3}' \"[[\"", false),
            ("awk '{print $1, $2}' a > b 2>&1", false),
            ("echo ${a:-b} ${#a} ${a%.t} $((1 + 2)) ${b}", false),
            ("{ a; b; } # [[", false),
        ] {
            assert_eq!(is_of_bash(text), expected, "{text}");
        }
    }
}
