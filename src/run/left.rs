//! `Left`: what one round of a run leaves to the next.

use std::collections::BTreeSet;

use crate::model::{DatumId, PipelineName};

/// What one round of a run leaves to the next.
#[derive(Clone, Debug, Default)]
pub struct Left {
    /// Pipeline and key of datums that are worth planning again.
    pub dropped: BTreeSet<(PipelineName, String)>,
    /// Those of the round before.
    pub(super) again: BTreeSet<(PipelineName, String)>,
    /// Work that failed or was recovered: one run does not try it again.
    pub(super) tried: BTreeSet<DatumId>,
    /// Pipelines with `every_job` that ran.
    pub(super) ran: BTreeSet<PipelineName>,
    /// Files that changed while a pipeline used them, in this round and in earlier ones.
    pub(super) changed: BTreeSet<(PipelineName, String)>,
    pub(super) changed_before: BTreeSet<(PipelineName, String)>,
    /// Whether an input is gone or damaged: what is left of it is not to be planned again before somebody looked.
    pub is_spoilt: bool,
    /// Whether links among the inputs lead to what this round put into place: their readers were planned without that.
    pub leads_to_new: bool,
    /// What was said of where commands run.
    pub(super) rooms: BTreeSet<String>,
    /// How many names for staging folders and logs were given.
    pub(super) names: u64,
}
