//! What an import left open: comments in a spec that keep its pipeline from running until they are settled.

use std::sync::Arc;

use super::rules::IMPORT_TODO;
use super::spot::Spot;
use super::yaml::yaml_comments;
use crate::model::{Finding, Span};

/// How such a comment begins.
pub const TODO_MARK: &str = "TODO(import)";

/// A finding for each comment that an import left to be settled.
pub(super) fn unsettled(path: &str, bytes: &[u8]) -> Vec<Finding> {
    let Ok(text) = std::str::from_utf8(bytes) else { return Vec::new() };
    if !text.contains(TODO_MARK) {
        return Vec::new();
    }
    let path: Arc<str> = path.into();
    let comments = yaml_comments(text);
    let is_comment = |at: usize| comments.iter().any(|comment| comment.contains(&at));
    let mut findings = Vec::new();
    let mut start = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if let Some((at, what)) = comment(line, &|at| is_comment(start + at)) {
            let end = start + line.trim_end().len();
            let column = line[..at].chars().count() + 1;
            let span = Span { start: start + at, end, line: number + 1, column };
            let message = format!("the import left this to be settled: {}", shown(what));
            let help = "do what it says, and remove the comment";
            findings.push(IMPORT_TODO.at(&Spot { path: Arc::clone(&path), span }, message).help(help));
        }
        start += line.len();
    }
    findings
}

/// The start of a long text.
fn shown(what: &str) -> String {
    const MOST: usize = 240;
    let cut: String = what.chars().take(MOST).collect();
    if cut.len() < what.len() { format!("{cut}…") } else { cut }
}

/// Where such a comment begins in a line, and what it says.
fn comment<'a>(line: &'a str, is_comment: &dyn Fn(usize) -> bool) -> Option<(usize, &'a str)> {
    let begins = |at: &usize| (*at == 0 || line[..*at].ends_with([' ', '\t'])) && is_comment(*at);
    let mut places = line.match_indices('#').map(|(at, _)| at).filter(begins);
    places.find_map(|at| {
        let what = line[at + 1..].trim_start().strip_prefix(TODO_MARK)?;
        Some((at, what.trim_start_matches(':').trim()))
    })
}
