//! One function per user intent; the only thing that the command line and the terminal UI call.

mod accept;
mod choice;
mod datums;
mod error;
mod events;
mod graph;
mod live;
mod mend;
mod merge;
mod new;
mod overview;
mod path_view;
mod preview;
mod ready;
mod rounds;
mod run;
mod save;
mod session;

pub use accept::accept;
pub use choice::{FileChange, from_root};
pub use datums::{DatumView, Explained, datum_view, datum_views, explain, find_datums, log_path};
pub use error::{AppError, ExitCode};
pub use graph::{Edges, GraphForm, edges, graph};
pub use live::{InHand, Live, live};
pub use merge::{Conflicts, conflicts};
pub use new::{Laid, demo, new};
pub use overview::{Cause, PipelineView, overview};
pub use path_view::{PathView, Reader, Unmatched, key_view, path_view};
pub use preview::{DatumPreview, PipelinePreview, Preview, preview};
pub use run::{exit_code, run};
pub use save::{SaveRequest, Saved, save};
pub use session::{Session, in_order, is_in_repository};
