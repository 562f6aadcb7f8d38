//! Kill points of a run beside those of execution and of commits, and bugs that tests plant.

pub(super) use crate::exec::fault::{planted, point};

/// Every point of this floor, in the order a job passes them.
pub const POINTS: [&str; 6] =
    ["settle:logged", "settle:published", "finish:removed", "finish:synced", "finish:ledger", "commit:inner"];
