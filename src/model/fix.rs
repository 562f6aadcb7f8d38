//! `Fix`: how a finding can be mended, as edits of files; data that is shown before it is done.

use serde::Serialize;

/// How sure it is that a fix is what was meant, as in ruff.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Applicability {
    /// It changes the meaning of nothing.
    Safe,
    /// It is probably meant, and may change what is computed.
    Unsafe,
}

/// One way to mend a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// How sure it is.
    pub applicability: Applicability,
    /// What it does, as an order: ``change to `raw/t2` ``.
    pub title: String,
    /// What changes, in this order.
    pub edits: Vec<Edit>,
}

/// One change of one file; paths are from the project's root.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "edit", rename_all = "snake_case")]
pub enum Edit {
    /// The text between two bytes becomes another one.
    Replace {
        /// The file.
        path: String,
        /// First byte.
        start: usize,
        /// One past the last byte.
        end: usize,
        /// What stands there; the fix is not made where something else does.
        old: String,
        /// What is to stand there.
        new: String,
    },
    /// Lines at the end of a file, each of those that it does not have yet; it is made if it is not there.
    Append {
        /// The file.
        path: String,
        /// The lines.
        lines: Vec<String>,
    },
    /// A file that is not there yet.
    Create {
        /// The file.
        path: String,
        /// Its text.
        text: String,
    },
    /// A link becomes the file that it leads to.
    Unlinked {
        /// The link.
        path: String,
    },
    /// Whoever may read the file may execute it too.
    Executable {
        /// The file.
        path: String,
    },
}

impl Edit {
    /// The file that changes.
    pub fn path(&self) -> &str {
        match self {
            Self::Replace { path, .. }
            | Self::Append { path, .. }
            | Self::Create { path, .. }
            | Self::Unlinked { path }
            | Self::Executable { path } => path,
        }
    }
}

impl Fix {
    /// A fix that changes the meaning of nothing.
    pub fn safe(title: impl Into<String>, edits: Vec<Edit>) -> Self {
        Self { applicability: Applicability::Safe, title: title.into(), edits }
    }

    /// A fix that is probably meant.
    pub fn doubtful(title: impl Into<String>, edits: Vec<Edit>) -> Self {
        Self { applicability: Applicability::Unsafe, title: title.into(), edits }
    }

    /// Whether it changes the meaning of nothing.
    pub fn is_safe(&self) -> bool {
        self.applicability == Applicability::Safe
    }
}
