//! Key templates: `join_on`, `group_by`.

/// A key template over a glob's captures: `$1`, `${1}x`, `$$`.
#[derive(Clone, Debug)]
pub struct Template {
    text: Box<str>,
}

impl Template {
    /// The template as written.
    pub fn text(&self) -> &str {
        &self.text
    }
}
