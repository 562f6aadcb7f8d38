//! Checks: conventions of specs, layout, git, data and results, as findings with places and fixes.

mod baseline;
mod comments;
mod diff;
pub mod format;
mod ground;
mod mend;
mod page;
mod registry;
mod report;
mod row;
mod rules;
mod select;
mod text;

pub use baseline::{Baseline, BaselineError, fingerprint, fingerprints};
pub use diff::diff;
pub use ground::{Ground, Origin, Outcome, is_code, is_own_text};
pub use mend::{MendError, Mended, fix_of, mend, write, write_one};
pub use page::page;
pub use registry::all;
pub use report::{Report, Silenced, check};
pub use row::{Look, Row, names};
pub use rules::bids_validator::{BIDS, validator};
pub use select::{Selection, UnknownRule};
pub use text::{Text, pattern};
