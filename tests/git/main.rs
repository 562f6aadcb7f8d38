//! The `git` floor against the real programs, in temporary repositories.

mod annex;
mod scan;
mod world;
