//! One function per user intent; the only thing that the command line and the terminal UI call.

mod accept;
mod datums;
mod error;
mod graph;
mod live;
mod mend;
mod new;
mod overview;
mod run;
mod save;
mod session;

pub use accept::accept;
pub use datums::{DatumView, datum_view, datum_views, find_datums, log_path};
pub use error::{AppError, ExitCode};
pub use graph::{Edges, GraphForm, edges, graph};
pub use live::{Live, live};
pub use new::{Laid, demo, new};
pub use overview::{Cause, PipelineView, overview};
pub use run::{exit_code, run};
pub use save::{Saved, save};
pub use session::{Session, in_order};
