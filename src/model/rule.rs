//! `Rule`: what a finding refers to: its id, its name, how bad it is, and why it matters.

use super::{Finding, Severity};

/// A rule that findings refer to.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Id, `MP104`.
    pub code: &'static str,
    /// Name, `missing-repo`.
    pub name: &'static str,
    /// How bad a finding of it is.
    pub severity: Severity,
    /// Why it matters, one line.
    pub why: &'static str,
}

impl Rule {
    /// A finding of this rule about a whole file, or about the project if `path` is empty.
    pub fn on(&self, path: &str, message: impl Into<String>) -> Finding {
        Finding::new(self.code, self.name, self.severity, message).at(path, None)
    }
}
