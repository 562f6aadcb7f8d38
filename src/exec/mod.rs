//! Running one command on one datum: the farm it sees, its process, its log, and its results.
//!
//! Knows folders, commands and files; no git, no ledger, no pipelines.

mod ahead;
mod aside;
mod cancel;
mod collect;
mod container;
mod error;
mod farm;
pub mod fault;
mod folder;
mod hash;
mod host;
mod intact;
mod kept;
mod leftover;
mod link;
mod localise;
mod log;
mod noted;
mod old;
mod pack;
mod place;
mod process;
mod program;
mod publish;
#[cfg(test)]
mod publish_test;
mod recover;
mod remove;
mod room;
mod run;
mod safe_path;
mod sandbox;
mod shelf;
mod shelf_list;
#[cfg(test)]
mod shelf_test;
mod slot;
mod stage;
mod tar;
mod usage;
mod visit;
mod walk;
mod watch;

pub use ahead::FarmsAhead;
pub use cancel::{Cancel, CancelLevel};
pub use collect::collect;
pub use container::{
    ContainerView, Found, ImageSources, digest as image_digest, for_charliecloud,
    is_stored as is_stored_image, obtain as obtain_image, stored_by_charliecloud, user_in_image,
    with_mounts_below,
};
pub use error::{CollectError, ExecError, PublishError};
pub use farm::{FarmFile, Source};
pub use intact::is_intact;
pub use leftover::{end_marked, left_over, mark, spare};
pub use noted::{Noted, forget_noted, noted_since};
pub use pack::{content_of, pack};
pub use place::rewrite;
pub use process::{Command, Ended, How};
pub use program::{Lack, lacks};
pub use publish::{Publication, publish};
pub use recover::recover;
pub use remove::{remove_tree, remove_with_folders};
pub use room::Room;
pub use run::run;
pub use sandbox::{SandboxView, serve};
pub use slot::Slot;
pub use stage::{attempt_of, stage, stage_own};
pub use tar::{Part, parts};
pub use usage::Usage;
pub use visit::{Visit, become_in_front, visit};
pub use walk::{Collector, InputLookup};
