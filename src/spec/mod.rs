//! Specs: from the text of `spec.yml` and `minipach.yml` to pipelines, or to findings.
//!
//! Pure: text comes in, values go out. The stages are `yaml` (text to nodes with places), `shape`
//! (nodes to checked values, by the tables in `fields`), the merge of the project's defaults, and
//! `pipeline` · `input` · `transform` · `output` (checked values to the model).

mod clash;
mod complaint;
mod cron;
mod fields;
mod graph;
mod input;
mod leaf;
mod load;
mod output;
mod pipeline;
mod project;
mod rules;
mod scalar;
mod schema;
mod script;
mod shape;
mod soundness;
mod spans;
mod spot;
mod transform;
mod typed;
mod unsettled;
mod words;
mod yaml;
mod zero;

#[cfg(test)]
mod tests;

pub use fields::field_name;
pub use graph::Graph;
pub use leaf::{CAPTURE, always_empty};
pub use load::{Loaded, LoadedPipeline, SourceFile, Sources, load};
pub use output::{OutputError, OutputPart, parse_output};
pub use project::{Checked, Ground, Unseen, check_project, glob_no_match};
pub use rules::*;
pub use schema::{project_schema, spec_schema};
pub use script::missing_code;
pub use soundness::Unsound;
pub use spans::SpecSpans;
pub use spot::Spot;
pub use unsettled::TODO_MARK;
pub use words::nearest;
pub use yaml::yaml_comments;
