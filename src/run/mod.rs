//! The engine room: opens a project, plans it, runs what is to run, settles and commits results.

mod accept;
mod clock;
mod commits;
mod engine;
mod error;
mod farm_list;
mod finish;
mod job;
mod keep;
mod memory;
mod observer;
mod place;
mod planner;
mod preflight;
mod project;
mod records;
mod recovery;
mod request;
mod settle;
mod settle_commit;
mod stop;
mod task;

pub use accept::{AcceptError, Accepted};
pub use clock::now_ms;
pub use engine::{Engine, Parts, Report};
pub use error::RunError;
pub use memory::{Known, RunMemory};
pub use observer::{Observer, Observers, Recorder};
pub use planner::{Planned, PlanningError, Plans};
pub use project::{OpenError, Project};
pub use records::count;
pub use recovery::unfinished;
pub use request::{Request, Selection, Target, TargetError, nearest};
pub use settle_commit::CommitReport;
pub use stop::Stop;
pub use task::Shared;
