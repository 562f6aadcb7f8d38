//! What people read: findings, tables, progress. The only files that print.

mod alike;
mod finding;
mod findings;
mod progress;
mod table;
mod tree;
mod words;

pub(super) use finding::render as render_findings;
pub(super) use findings::render_report;
pub(super) use progress::Progress;
pub(super) use table::Table;
pub(crate) use tree::tree;
pub(super) use words::{Style, brief, paint, plural, show_with_tabs, state_style};
