//! The lines of a makefile: continued ones joined, recipes told apart.

/// A line as make reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Its number, from 1.
    pub(super) number: usize,
    /// Its text; of a recipe line without the tab, continued lines still on lines of their own.
    pub(super) text: String,
    /// Whether it begins with a tab.
    pub(super) is_recipe: bool,
}

/// All lines of a text, without comments.
pub(super) fn lines(text: &str) -> Vec<Line> {
    let mut found = Vec::new();
    let mut open: Option<Line> = None;
    for (at, raw) in text.lines().enumerate() {
        let raw = raw.strip_suffix('\r').unwrap_or(raw);
        let line = match open.take() {
            Some(mut line) if line.is_recipe => {
                line.text.push('\n');
                line.text.push_str(raw.strip_prefix('\t').unwrap_or(raw));
                line
            }
            Some(mut line) => {
                line.text = format!("{} {}", line.text.trim_end_matches('\\').trim_end(), raw.trim_start());
                line
            }
            None => {
                let is_recipe = raw.starts_with('\t');
                Line { number: at + 1, text: raw.strip_prefix('\t').unwrap_or(raw).to_owned(), is_recipe }
            }
        };
        let slashes = line.text.len() - line.text.trim_end_matches('\\').len();
        if slashes % 2 == 1 { open = Some(line) } else { found.push(line) }
    }
    found.extend(open);
    found.into_iter().map(bare).collect()
}

fn bare(mut line: Line) -> Line {
    if !line.is_recipe {
        let mut before = ' ';
        let comment =
            line.text.char_indices().find(|(_, c)| std::mem::replace(&mut before, *c) != '\\' && *c == '#');
        if let Some((at, _)) = comment {
            line.text.truncate(at);
        }
        line.text = line.text.trim_end().to_owned();
    }
    line
}

/// The first place of a character outside of `$(…)` and `${…}`.
pub(super) fn find_outside(text: &str, wanted: char) -> Option<usize> {
    let mut depth = 0usize;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '(' | '{' if before == '$' || depth > 0 => depth += 1,
            ')' | '}' => depth = depth.saturating_sub(1),
            _ if c == wanted && depth == 0 => return Some(at),
            _ => {}
        }
        before = c;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_and_bare() {
        let found = lines("a = b \\\n   c # d\nx: y\n\tcat \\\n\t  b # c\n");
        let texts: Vec<&str> = found.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(texts, ["a = b c", "x: y", "cat \\\n  b # c"]);
        assert_eq!(found[2].number, 4);
        assert_eq!(find_outside("$(a:b=c) : d", ':'), Some(9));
    }
}
