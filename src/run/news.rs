//! What committing a pipeline looks at, and the results that HEAD does not know yet.

use std::collections::BTreeMap;

use crate::git::Dirty;
use crate::ledger::PipelineLedger;
use crate::model::{KnownResult, Oid, OutFile, PipelineName, Place};
use crate::plan::PipelinePlan;

use super::planner::Planned;
use super::project::Project;

/// What committing one pipeline looks at.
pub(super) struct Committing<'a> {
    /// The project as it was read.
    pub project: &'a Project,
    /// The pipeline's plan.
    pub planned: &'a Planned,
    /// Its ledger as it is now.
    pub ledger: &'a PipelineLedger,
    /// Files that this run placed, by datum number, relative to the datum's `/pfs/out`.
    pub placed: &'a dyn Fn(usize) -> Option<Vec<OutFile>>,
    /// What differs from HEAD.
    pub dirty: &'a Dirty,
    /// Pipelines whose results are not committed.
    pub held: &'a BTreeMap<PipelineName, String>,
    /// The commit's time, in seconds since 1970.
    pub seconds: i64,
}

/// One file of a result: path from the root.
pub(super) struct ResultFile {
    pub(super) path: String,
    pub(super) oid: Option<Oid>,
}

/// One ledger line that HEAD does not know, with the datum it belongs to.
pub(super) struct NewLine<'a> {
    pub(super) line: &'a KnownResult,
    pub(super) datum: usize,
    pub(super) files: Vec<ResultFile>,
}

impl Committing<'_> {
    /// The plan behind the lines.
    pub(super) fn plan(&self) -> &PipelinePlan {
        &self.planned.plan
    }
}

/// Whether a line was accepted by hand, so that no command made it.
pub(super) fn is_accepted(line: &KnownResult) -> bool {
    line.place == Place::Accepted
}
