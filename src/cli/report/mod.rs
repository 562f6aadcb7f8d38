//! What the command line prints, as text.

pub mod finding;
