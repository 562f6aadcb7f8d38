//! Scaffolds: project layouts built into the program, rendered from answers and written in one step.

mod answers;
mod attributes;
pub mod cookiecutter;
mod demo;
mod error;
mod manifest;
mod render;
mod subjects;
mod write;

pub use answers::Answers;
pub use attributes::{OUTPUTS_BEGIN, OUTPUTS_END, outputs_block, with_outputs_block};
pub use demo::{DEMO_PLANTED_FAILURE, DEMO_SCAFFOLD, demo_answers};
pub use error::ScaffoldError;
pub use manifest::{Manifest, Question, QuestionKind, find, list};
pub use render::{RenderedFile, render};
pub use write::write;
