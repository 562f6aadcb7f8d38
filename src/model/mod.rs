//! The nouns of minipach: plain values, no input or output, no clock, no threads, no environment.

mod config;
mod content;
mod datum;
mod digest;
mod event;
mod finding;
pub mod glob;
mod input;
mod kind;
mod known;
mod name;
mod pfs;
mod pipeline;
mod show;
mod stat;
mod state;
mod tree;

pub use config::{Config, RecordUnit, SandboxMode};
pub use content::{ContentId, FolderHasher, Oid};
pub use datum::{Datum, DatumId, Formed, Match, MatchIndex, Span32, WorkId};
pub use digest::Digest;
pub use event::{Event, RunSummary};
pub use finding::{Finding, Severity, Span};
pub use input::{Input, Leaf};
pub use kind::Kind;
pub use known::{AnnexedFile, KnownInput, KnownOutput, KnownResult, OutFile, Place};
pub use name::{NameError, PipelineName, RepoPath, is_at_or_below};
pub use pfs::{PFS, pfs_positions};
pub use pipeline::{DatumSetSpec, OutputTemplate, Pipeline, Transform, View};
pub use show::{show, show_bytes, show_short, show_some};
pub use stat::{Stamp, Stat, stamps_folders};
pub use state::{DatumState, StateCounts};
pub use tree::{Entry, Tree};
