//! minipach: a miniature Pachyderm on plain git and `DataLad`.
//!
//! `ARCHITECTURE.md` is the map: floors, glossary, the road of one datum, and every format on disk.

pub mod app;
pub mod check;
pub mod cli;
pub mod exec;
pub mod git;
pub mod import;
pub mod ledger;
pub mod model;
pub mod plan;
pub mod run;
pub mod scaffold;
pub mod spec;
pub mod tui;
