//! Key templates: `join_on`, `group_by`.

/// A key template over a glob's captures: `$1`, `${1}x`, `$$`.
#[derive(Clone, Debug)]
pub struct Template {
    text: Box<str>,
}

impl Template {
    /// Parses a template; a malformed `$…` stays as text.
    pub fn parse(text: &str) -> Self {
        Self { text: text.into() }
    }

    /// The template as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The highest capture number it uses; 0 if none.
    pub fn highest_group(&self) -> usize {
        let pieces = self.text.split('$').skip(1);
        pieces
            .filter_map(|piece| piece.trim_start_matches('{').chars().next()?.to_digit(10))
            .max()
            .unwrap_or(0) as usize
    }
}
