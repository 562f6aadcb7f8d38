//! Globs in Pachyderm's sense, and the key templates over their captures.

mod template;

pub use template::Template;

/// One parsed pattern. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Glob {
    text: Box<str>,
}

impl Glob {
    /// The pattern as written.
    pub fn text(&self) -> &str {
        &self.text
    }
}
