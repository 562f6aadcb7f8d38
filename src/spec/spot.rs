//! `Spot`: a span together with the file it is in.

use std::sync::Arc;

use crate::model::{Edit, Span};

/// A place in one of the files that were read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The file, from the project's root.
    pub path: Arc<str>,
    /// Where in it.
    pub span: Span,
}

impl Spot {
    /// The place of bytes `start..end` of a text that begins `before` bytes behind this place's beginning.
    pub(super) fn part(&self, before: usize, text: &str, start: usize, end: usize) -> Self {
        let (start, end) = (start.min(text.len()), end.min(text.len()));
        let skipped = text.get(..start).unwrap_or_default().chars().count();
        let span = Span {
            start: self.span.start + before + start,
            end: self.span.start + before + end.max(start),
            line: self.span.line,
            column: self.span.column + before + skipped,
        };
        Self { path: Arc::clone(&self.path), span }
    }

    /// The edit that puts another word in the place of the one that stands here.
    pub(super) fn replaced(&self, old: &str, new: &str) -> Edit {
        Edit::Replace {
            path: self.path.to_string(),
            start: self.span.start,
            end: self.span.end,
            old: old.to_owned(),
            new: new.to_owned(),
        }
    }
}
