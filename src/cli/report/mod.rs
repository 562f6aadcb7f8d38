//! What people read: findings, tables, progress. The only files that print.

mod finding;
mod progress;
mod table;
mod words;

pub use finding::render as render_findings;
pub use progress::Progress;
pub use table::Table;
pub use words::{Style, paint, plural, state_style};
