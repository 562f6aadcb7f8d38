//! `Row`: a rule with where its findings come from; and how words name rules.

use super::ground::Ground;
use super::text::Text;
use crate::model::{Finding, Rule};

/// Where findings of a rule come from.
#[derive(Clone, Copy)]
pub enum Look {
    /// From the project as a whole.
    Project(fn(&Ground<'_>) -> Vec<Finding>),
    /// From each file that people wrote.
    Text(fn(&Text<'_>) -> Vec<Finding>),
    /// From reading and planning specs, or from `check`'s own settings.
    Elsewhere,
}

/// A rule of the table.
#[derive(Clone, Copy)]
pub struct Row {
    /// The rule.
    pub rule: &'static Rule,
    /// Where its findings come from.
    pub look: Look,
    /// Whether it is looked for only when it is selected: it is slow, or a matter of taste.
    pub is_on_request: bool,
}

impl Row {
    /// A rule about the project as a whole.
    pub const fn project(rule: &'static Rule, look: fn(&Ground<'_>) -> Vec<Finding>) -> Self {
        Self { rule, look: Look::Project(look), is_on_request: false }
    }

    /// A rule about single files that people wrote.
    pub const fn text(rule: &'static Rule, look: fn(&Text<'_>) -> Vec<Finding>) -> Self {
        Self { rule, look: Look::Text(look), is_on_request: false }
    }

    /// A rule whose findings others make.
    pub const fn elsewhere(rule: &'static Rule) -> Self {
        Self { rule, look: Look::Elsewhere, is_on_request: false }
    }

    /// Looked for only when it is selected.
    pub const fn on_request(self) -> Self {
        Self { is_on_request: true, ..self }
    }
}

/// Whether a word names a rule: its id, the beginning of it, its name, or `ALL`.
pub fn names(word: &str, rule: &Rule) -> bool {
    let is_start = word.len() >= 2 && rule.code.starts_with(&word.to_ascii_uppercase());
    is_start || word == rule.name || word == "ALL"
}
