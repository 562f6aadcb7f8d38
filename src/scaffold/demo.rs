//! What `demo` lays out: the `freesurfer` scaffold with 24 subjects and all its surprises.

use super::Answers;

/// The scaffold that `demo` uses.
pub const DEMO_SCAFFOLD: &str = "freesurfer";

/// Pipeline and key of the one datum that is meant to fail: its made-up scan is cut off.
pub const DEMO_PLANTED_FAILURE: (&str, &str) = ("fs", "sub-13");

/// The answers that `demo` gives.
pub fn demo_answers() -> Answers {
    let answers = [("name", "minipach-demo"), ("subjects", "24"), ("surprises", "yes")];
    answers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
