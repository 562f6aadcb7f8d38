//! git, as the project's store of files and history.

pub mod write;
