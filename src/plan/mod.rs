//! From specs and trees to what has to be done: pure, no input or output.

mod alone;
mod called_paths;
mod changes;
mod code;
mod container_call;
mod cut;
mod decide;
mod explain;
mod fold;
mod form;
mod identity;
mod image;
mod layout;
mod matched;
mod mentions;
mod output;
mod outputs;
mod over_links;
mod own_paths;
mod partial;
mod pipeline;
mod python;
mod reason;
mod recipe;
pub mod record;
mod shell_paths;
mod spread;
mod standing;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod code_test;

pub use alone::{Alone, Missing, alone};
pub use changes::{MadeOf, changes, known_inputs, since_failure};
pub use code::{MOST_OF_FOLDER, find as find_code};
pub use cut::{Piece, explain, matches};
pub use decide::{Failure, Leftover, Memory, Planned};
pub use explain::reasons;
pub use fold::{Clash, OwnedFile, fold, own_folder};
pub use form::{FormError, MAX_DATUMS, form};
pub use identity::{Code, datum_id, work_fields, work_id};
pub use image::{ImageLookup, Registered, find as find_image, is_told_by_name};
pub use layout::{Mount, extension, mounts, source_path, variables};
pub use matched::{match_files, match_mounts};
pub use output::{OutputError, describe, output_path, path_key};
pub use outputs::{Placed, claimed_tree, follow_links, link_target, output_tree, owns_target, target};
pub use over_links::over_links;
pub use pipeline::{PipelinePlan, PlanError, PlanInput, Withdrawn, plan};
pub use reason::{CUT_SINCE, FAILED, Reason, emptied};
pub use spread::Spread;
pub use standing::{
    Standing, base, entries_of, foreign_at, is_claimed, note_annexed, published, standing, standing_of,
};
