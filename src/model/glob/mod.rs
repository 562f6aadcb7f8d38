//! Globs in Pachyderm's sense, and the key templates over their captures.

mod template;

pub use template::Template;

/// One parsed pattern. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Glob {
    text: Box<str>,
    groups: usize,
}

/// Why a pattern was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct GlobError {
    /// What is wrong, a fragment.
    pub message: String,
    /// Byte offset in the pattern.
    pub at: usize,
}

impl Glob {
    /// Parses a pattern.
    ///
    /// # Errors
    /// Says what is wrong and where.
    pub fn parse(text: &str) -> Result<Self, GlobError> {
        let mut open = Vec::new();
        let mut groups = 0;
        for (at, byte) in text.bytes().enumerate() {
            match byte {
                b'(' => {
                    groups += 1;
                    open.push(at);
                }
                b')' if open.pop().is_none() => {
                    return Err(GlobError { message: "`)` without its `(`".into(), at });
                }
                _ => {}
            }
        }
        match open.pop() {
            Some(at) => Err(GlobError { message: "`(` without its `)`".into(), at }),
            None => Ok(Self { text: text.into(), groups }),
        }
    }

    /// The pattern as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Number of capture groups.
    pub fn groups(&self) -> usize {
        self.groups
    }
}
