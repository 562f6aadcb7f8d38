//! minipach: a miniature Pachyderm on plain git and `DataLad`.
//!
//! `ARCHITECTURE.md` is the map: floors, glossary, the road of one datum, and every format on disk.

pub mod git;
pub mod model;
pub mod plan;
