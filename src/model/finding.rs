//! `Finding`: a problem with its place, as data; drawing it is `cli`'s business.

use serde::Serialize;

use super::Fix;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Probably not what was meant.
    Warning,
    /// Cannot be planned or run.
    Error,
}

impl Severity {
    /// `error`, `warning` or `info`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

/// A place in a file's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Line of the first byte, from 1.
    pub line: usize,
    /// Column of the first byte, from 1, in characters.
    pub column: usize,
}

/// One problem: which rule, where, what, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Rule id, `MP104`.
    pub code: &'static str,
    /// Rule name, `missing-repo`.
    pub name: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// File it is about, from the project's root; empty when it is about the project as a whole.
    pub path: String,
    /// Where in the file.
    pub span: Option<Span>,
    /// One sentence, lower case, no full stop, names in backticks.
    pub message: String,
    /// Words at the marked place: what is wrong or what it should be.
    pub label: Option<String>,
    /// More facts, one each.
    pub notes: Vec<String>,
    /// What to do next.
    pub help: Option<String>,
    /// How `check --fix` can mend it.
    pub fix: Option<Fix>,
}

impl Finding {
    /// A finding with no place yet.
    pub fn new(
        code: &'static str,
        name: &'static str,
        severity: Severity,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code,
            name,
            severity,
            path: String::new(),
            span: None,
            message: message.into(),
            label: None,
            notes: Vec::new(),
            help: None,
            fix: None,
        }
    }

    /// Says where it is.
    #[must_use]
    pub fn at(mut self, path: impl Into<String>, span: Option<Span>) -> Self {
        self.path = path.into();
        self.span = span;
        self
    }

    /// Puts words at the marked place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says how it can be mended.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }

    /// Whether it stops planning and running.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
