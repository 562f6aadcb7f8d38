//! The library's `git` and `ledger` floors against real programs, without the program.

mod annex_branch;
mod datalad_record;
mod git;
mod git_write;
mod ledger;
