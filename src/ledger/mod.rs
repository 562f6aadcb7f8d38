//! What is remembered on disk: the tracked ledger, and the local attempt log, event files and lock.

mod attempt;
mod attempt_index;
mod attempt_line;
mod attempt_log;
mod attempt_writer;
mod attributes;
mod change;
mod compact;
mod error;
mod events;
mod file;
mod format;
mod layout;
mod lock;
mod pipeline;
mod scan;
mod store;
mod thin;
mod tidy;
mod works;

pub use attempt::{AttemptRecord, Exit, Outcome, Publish, ResultRecord, TriedRecord};
pub use attempt_log::{AttemptLog, Skipped};
pub use attempt_writer::{AttemptWriter, LogSync};
pub use attributes::{ATTRIBUTES_PATH, OUTPUTS_END, ensure_attributes, own_attributes, result_rules};
pub use change::LedgerChange;
pub use error::LedgerError;
pub use events::{EventWriter, Follower, event_path, prune_runs, runs, was_cut};
pub use file::{Durability, write_atomic};
pub use layout::{Form, path_for, pipeline_of, record_path, shard_folder, single_path};
pub use lock::{Holder, LockError, RunLock, holder};
pub use pipeline::PipelineLedger;
pub use store::{DamagedFile, damaged_files, names, parse_files, read_all, read_pipeline, render, write};
pub use thin::{Thinned, thin};
pub use works::{DamagedLine, LedgerDamage, WorkFields};
