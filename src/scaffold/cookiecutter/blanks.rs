//! Spaces that Python knows and the engine does not, such as the no-break space, where they stand inside of tags.

use minijinja::machinery::{Token, tokenize};
use minijinja::syntax::SyntaxConfig;

use super::spacing::is_space;

/// Puts plain spaces, as many as there are bytes, in place of all others inside of tags. Texts in quotes and what stands
/// outside of tags stay.
pub(super) fn plain(text: &str, syntax: &SyntaxConfig) -> String {
    let is_odd = |letter: char| is_space(letter) && !" \t\r\n".contains(letter);
    if !text.contains(is_odd) {
        return text.to_owned();
    }
    let space = |letter: char| {
        if is_odd(letter) { " ".repeat(letter.len_utf8()) } else { letter.to_string() }
    };
    let mut out: String = text.chars().map(space).collect();
    let spaced = out.clone();
    // What cannot be read is told by the engine, when it reads the text.
    for (token, span) in tokenize(&spaced, false, syntax.clone()).map_while(Result::ok) {
        if matches!(token, Token::TemplateData(_) | Token::Str(_) | Token::String(_)) {
            let range = span.start_offset as usize..span.end_offset as usize;
            if let Some(kept) = text.get(range.clone()) {
                out.replace_range(range, kept);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_spaces_of_tags_become_plain() {
        for (text, expected) in [
            ("{{\u{a0}x\u{2003}}}\u{a0}", "{{  x   }}\u{a0}"),
            (
                "é\u{a0}{% if\u{a0}x == '\u{a0}' %}\u{a0}y{% endif %}",
                "é\u{a0}{% if  x == '\u{a0}' %}\u{a0}y{% endif %}",
            ),
            ("{% raw %}{{\u{a0}x }}{% endraw %}", "{% raw %}{{\u{a0}x }}{% endraw %}"),
            ("{{\u{b}x\u{85}}}", "{{ x  }}"),
            ("no tag\u{a0}", "no tag\u{a0}"),
        ] {
            assert_eq!(plain(text, &SyntaxConfig::default()), expected);
        }
    }
}
