//! The lines of a makefile: continued ones joined, recipes told apart.

/// A line as make reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Its number, from 1.
    pub(super) number: usize,
    /// Its text; of a recipe, without the tab or after `;`, continued lines still on lines of their own.
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
        let line = if let Some(mut line) = open.take() {
            line.text.push('\n');
            line.text.push_str(raw.strip_prefix('\t').unwrap_or(raw));
            line
        } else {
            let is_recipe = raw.starts_with('\t');
            Line { number: at + 1, text: raw.strip_prefix('\t').unwrap_or(raw).to_owned(), is_recipe }
        };
        let slashes = line.text.len() - line.text.trim_end_matches('\\').len();
        if slashes % 2 == 1 { open = Some(line) } else { found.push(line) }
    }
    found.extend(open);
    found.into_iter().map(bare).collect()
}

fn bare(mut line: Line) -> Line {
    if !line.is_recipe {
        let at = own_recipe(&line.text).unwrap_or(line.text.len());
        let (head, recipe) = line.text.split_at(at);
        line.text = without_comment(&joined(head)) + recipe;
        line.text.truncate(line.text.trim_end().len());
    }
    line
}

/// Where the recipe of a rule begins that stands on its line: it is the shell's, comments and all.
fn own_recipe(text: &str) -> Option<usize> {
    let at = find_outside(text, ';')?;
    let head = &text[..at];
    let is_rule = find_outside(head, ':').is_some() && find_outside(head, '=').is_none();
    (is_rule && comment(head).is_none()).then_some(at)
}

/// Continued lines as one.
fn joined(text: &str) -> String {
    let mut lines = text.split('\n');
    let mut out = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        out = format!("{} {}", out.trim_end_matches('\\').trim_end(), line.trim_start());
    }
    out
}

/// A text up to its comment; `\#` is a `#` in it.
fn without_comment(text: &str) -> String {
    let end = comment(text).unwrap_or(text.len());
    let mut out = text[..end].to_owned();
    let signs: Vec<usize> = signs(text).map(|(at, _)| at).take_while(|at| *at <= end).collect();
    for at in signs.into_iter().rev() {
        let slashes = slashes_before(&out, at);
        out.replace_range(at - slashes.div_ceil(2)..at, "");
    }
    out
}

/// Where a comment begins.
fn comment(text: &str) -> Option<usize> {
    signs(text).find(|(_, is_escaped)| !is_escaped).map(|(at, _)| at)
}

/// Each `#` outside of `$(…)`, and whether it begins no comment.
fn signs(text: &str) -> impl Iterator<Item = (usize, bool)> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let at = from + find_outside(&text[from..], '#')?;
        from = at + 1;
        Some((at, slashes_before(text, at) % 2 == 1))
    })
}

fn slashes_before(text: &str, at: usize) -> usize {
    text[..at].len() - text[..at].trim_end_matches('\\').len()
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
        let found = lines(
            "a = b\\#c \\\\#d\nx: y ; echo 'a  \\\n\t  b' # c\nb = $(shell grep '#' f);c # d\nc: D = e ; f # g\n",
        );
        let texts: Vec<&str> = found.iter().map(|line| line.text.as_str()).collect();
        let recipe = "x: y ; echo 'a  \\\n  b' # c";
        assert_eq!(texts, ["a = b#c \\", recipe, "b = $(shell grep '#' f);c", "c: D = e ; f"]);
        assert_eq!(find_outside("$(a:b=c) : d", ':'), Some(9));
    }
}
