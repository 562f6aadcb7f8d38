//! The `git` floor against the real programs, in temporary repositories.

mod annex;
mod history;
mod scan;
mod world;
