//! Checks of a project's layout, beyond its specs.

mod layout;

pub use layout::{Layout, layout};
