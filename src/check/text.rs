//! `Text`: a file that people wrote, and findings at places in it.

use std::ops::Range;

use regex_automata::meta::Regex;

use super::ground::is_code;
use crate::model::{Finding, Rule, Span};

/// A file that people wrote.
#[derive(Clone, Copy)]
pub struct Text<'a> {
    /// Its path from the root.
    pub path: &'a str,
    /// Its text.
    pub text: &'a str,
}

impl<'a> Text<'a> {
    /// Its name.
    pub fn name(&self) -> &'a str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }

    /// Whether it is code or a spec: something that is run.
    pub fn is_run(&self) -> bool {
        is_code(self.path) || self.name() == "spec.yml"
    }

    /// Whether it is YAML.
    pub fn is_yaml(&self) -> bool {
        [".yml", ".yaml"].iter().any(|end| self.name().to_ascii_lowercase().ends_with(end))
    }

    /// The lines with the byte at which each begins.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &'a str)> {
        let text = self.text;
        let start = move |line: &str| line.as_ptr() as usize - text.as_ptr() as usize;
        text.lines().map(move |line| (start(line), line))
    }

    /// Where a pattern is found, the first of each line.
    pub fn find(&self, pattern: &Regex) -> Vec<Range<usize>> {
        self.lines().filter_map(|line| found(pattern, line)).collect()
    }

    /// Where a pattern is found in lines that are no comments, the first of each line.
    pub fn find_run(&self, pattern: &Regex) -> Vec<Range<usize>> {
        let is_comment =
            |line: &str| ["#", "//", "--"].iter().any(|sign| line.trim_start().starts_with(sign));
        self.lines().filter(|(_, line)| !is_comment(line)).filter_map(|line| found(pattern, line)).collect()
    }

    /// What stands at a place.
    pub fn at(&self, range: &Range<usize>) -> &'a str {
        self.text.get(range.clone()).unwrap_or_default()
    }

    /// A finding of a rule at a place.
    pub fn finding(&self, rule: &Rule, range: &Range<usize>, message: impl Into<String>) -> Finding {
        let mut finding = rule.on(self.path, message);
        finding.span = Some(span(self.text, range));
        finding
    }
}

/// Where a pattern is found in a line that begins at a byte.
fn found(pattern: &Regex, (start, line): (usize, &str)) -> Option<Range<usize>> {
    let at = pattern.find(line)?.range();
    Some(start + at.start..start + at.end)
}

/// The span of bytes in a text.
pub(super) fn span(text: &str, range: &Range<usize>) -> Span {
    let before = text.get(..range.start).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    Span {
        start: range.start,
        end: range.end,
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
    }
}

/// A pattern that is known to be right.
///
/// # Panics
/// Never with the patterns of this program: a test compiles each.
pub fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the patterns of the rules are tried by their tests")
}
