//! From specs and trees to what has to be done: pure, no input or output.

mod cut;
mod form;

#[cfg(test)]
mod cases;

pub use cut::{Piece, explain, matches};
pub use form::{FormError, MAX_DATUMS, form};
