//! Projects that `DataLad`, git-annex and subdatasets have a part in.

mod absent_code;
mod absent_subdatasets;
mod conversion;
mod damaged;
mod data;
mod datalad;
#[path = "../support/dice.rs"]
mod dice;
mod fetch;
mod kept_text;
mod line_merged;
mod long_records;
mod merges;
mod pack;
mod partly_saved;
mod provenance;
mod recursive;
mod renamed_files;
mod saved_links;
#[path = "../support/study.rs"]
mod study;
mod subdataset_history;
mod subdataset_results;
mod subdatasets;
#[path = "../support/mod.rs"]
mod support;
mod taken_from_git;
#[path = "../support/wander.rs"]
mod wander;
mod wandering;
#[path = "../support/within.rs"]
mod within;
