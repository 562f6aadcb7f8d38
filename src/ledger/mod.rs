//! What is remembered on disk: the tracked ledger, and the local attempt log, event files and lock.

mod attempt;
mod attempt_log;
mod attempt_writer;
mod compact;
mod error;
mod events;
mod file;
mod format;
mod lock;
mod pipeline;
mod scan;
mod store;

pub use attempt::{AttemptRecord, Exit, Outcome, Publish, ResultRecord};
pub use attempt_log::{AttemptLog, Skipped};
pub use attempt_writer::AttemptWriter;
pub use error::LedgerError;
pub use events::{EventWriter, Follower, event_path, prune_runs, runs};
pub use file::{Durability, write_atomic};
pub use lock::{Holder, LockError, RunLock, holder};
pub use pipeline::{LedgerDamage, PipelineLedger, WorkFields};
pub use store::{Form, ensure_attributes, names, parse_files, pipeline_of, read_pipeline, render, write};
