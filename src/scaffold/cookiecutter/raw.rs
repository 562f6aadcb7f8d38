//! `{% raw %}` with `trim_blocks`: Jinja keeps the line break after it, which the engine takes away.

use minijinja::machinery::{Token, tokenize};
use minijinja::syntax::SyntaxConfig;

/// Tells the engine to keep those line breaks. Lines stay as they are.
pub(super) fn keep(text: &str, syntax: &SyntaxConfig) -> String {
    let mut out = text.to_owned();
    if !syntax.trim_blocks() || !text.contains("raw") {
        return out;
    }
    let end = syntax.block_delimiters().1;
    // What cannot be read is told by the engine, when it reads the text.
    let tokens: Vec<_> = tokenize(text, false, syntax.clone()).map_while(Result::ok).collect();
    let data = tokens.iter().rev().filter(|(token, _)| matches!(token, Token::TemplateData(_)));
    for start in data.map(|(_, span)| span.start_offset as usize) {
        let before = text.get(..start).and_then(|before| before.strip_suffix('\n'));
        if let Some(tag) =
            before.and_then(|before| before.strip_suffix(end)).filter(|tag| is_raw(tag, syntax))
        {
            out.insert(tag.len(), '+');
        }
    }
    out
}

/// Whether a text ends with the beginning of such a tag.
fn is_raw(text: &str, syntax: &SyntaxConfig) -> bool {
    let before = text.trim_end().strip_suffix("raw").map(str::trim_end);
    let begin = syntax.block_delimiters().0;
    before.is_some_and(|before| before.trim_end_matches(['-', '+']).ends_with(begin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_line_breaks_after_the_tag_are_kept() {
        let syntax = SyntaxConfig::builder().trim_blocks(true).build().expect("it is one");
        for (text, expected) in [
            ("a\n{% raw %}\nx\n{% endraw %}\n", "a\n{% raw +%}\nx\n{% endraw %}\n"),
            (
                "{%- raw %}\n{% endraw %}{%raw%}\n\n{% endraw %}",
                "{%- raw +%}\n{% endraw %}{%raw+%}\n\n{% endraw %}",
            ),
            ("{% raw -%}\nx{% endraw %}", "{% raw -%}\nx{% endraw %}"),
            ("{% raw %}{% raw %}\n{% endraw %}", "{% raw %}{% raw %}\n{% endraw %}"),
            ("{# {% raw %}\n #}\n{{ '{% raw %}\n' }}x", "{# {% raw %}\n #}\n{{ '{% raw %}\n' }}x"),
        ] {
            assert_eq!(keep(text, &syntax), expected);
        }
        assert_eq!(keep("{% raw %}\nx{% endraw %}", &SyntaxConfig::default()), "{% raw %}\nx{% endraw %}");
    }
}
