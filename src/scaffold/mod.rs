//! Scaffolds: project layouts, built in or a person's own, rendered from answers and written in one step.

mod answers;
mod attributes;
mod built_in;
mod condition;
pub mod cookiecutter;
mod demo;
mod error;
mod folder;
mod lines;
mod load;
mod manifest;
mod migration;
mod paths;
mod question;
mod record;
mod render;
mod samples;
mod source;
mod subjects;
mod templates;
mod write;

pub use answers::{Answers, Surroundings};
pub use attributes::{OUTPUTS_BEGIN, OUTPUTS_END, outputs_block, with_one_block, with_outputs_block};
pub use built_in::{find, list};
pub use condition::Condition;
pub use demo::{DEMO_PLANTED_FAILURE, DEMO_SCAFFOLD, demo_answers};
pub use error::ScaffoldError;
pub use folder::{is_scaffold, open_folder};
pub use manifest::{Deed, Existing, Manifest};
pub use migration::{Migration, migrated, moved, moved_along};
pub use question::{Choice, Question, QuestionKind, Validate};
pub use record::{RECORD, Record, RecordError, blob_of};
pub use render::{Rendered, RenderedFile, render};
pub use source::{Named, Source, TemplatePlace, refuse_odd};
pub use write::{Landing, put_whole, survey, write};
