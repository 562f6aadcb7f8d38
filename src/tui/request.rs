//! What the UI asks of a run where nothing else is said.

use crate::run::Request;

/// How many commands a run starts at a time.
pub(super) fn slots() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// A plain run of some targets; none means everything.
pub(super) fn request(targets: &[&str]) -> Request {
    Request::new(targets.iter().map(|target| (*target).to_owned()).collect(), slots())
}
