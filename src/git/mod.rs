//! git and git-annex as minipach reads them: the repository, its objects, and the work tree's contents.

pub mod annex;
mod attributes;
mod digest;
mod dirty;
mod error;
mod frozen;
mod hash;
pub mod history;
mod ignored;
mod ignores;
mod index;
mod index_file;
mod links;
mod listing;
mod md5;
mod memory;
mod objects;
pub mod process;
mod queries;
mod repo;
mod resolve;
mod scan;
mod subdataset;
mod unsynced;
mod walk;
pub mod write;

pub use dirty::Dirty;
pub use error::GitError;
pub use hash::{blob_id, blob_id_of_file};
pub use ignored::Ignored;
pub use links::LinkFault;
pub use memory::StatMemory;
pub use repo::{Head, Repo};
pub use scan::Scan;
pub use unsynced::{Unsynced, sync_file_system};
