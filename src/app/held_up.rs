//! What holds up a datum that waits: datums upstream that no run settles, by name.

use std::collections::BTreeSet;

use crate::model::{DatumState, PipelineName, show_some};
use crate::run::{Planned, Plans};

/// So many datums are named in a sentence.
const NAMED: usize = 3;

/// Datums of one pipeline in one state, for which others wait until somebody settles them.
pub struct HeldUp {
    /// Their pipeline.
    pub pipeline: PipelineName,
    /// Failed, edited, or with a file in the way.
    pub state: DatumState,
    /// Their keys, in order.
    pub keys: Vec<String>,
}

impl HeldUp {
    /// `` failed: `fs:sub-13`, `fs:sub-14` and 5 more ``
    pub fn sentence(&self) -> String {
        let targets: Vec<String> = self.keys.iter().map(|key| format!("{}:{key}", self.pipeline)).collect();
        let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
        let what = match self.state {
            DatumState::Edited => "edited by hand",
            DatumState::InTheWay => "with a file in the way",
            _ => "failed",
        };
        format!("{what}: {}", show_some(&targets, NAMED))
    }

    /// As JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::json!({ "pipeline": self.pipeline.as_str(), "state": self.state.word(), "keys": self.keys })
    }
}

/// What holds up the datums of a pipeline that wait, the nearest first, also where those that it reads wait in turn.
pub fn held_up(plans: &Plans, pipeline: &str) -> Vec<HeldUp> {
    let planned = |name: &PipelineName| plans.by_name.get(name)?.as_ref().ok();
    let start = plans.by_name.keys().find(|name| name.as_str() == pipeline);
    let mut to_see: Vec<&PipelineName> =
        start.and_then(planned).map(|found| found.plan.incomplete.iter().collect()).unwrap_or_default();
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    while !to_see.is_empty() {
        let level: Vec<_> = to_see.drain(..).filter(|name| seen.insert(*name)).filter_map(planned).collect();
        found.extend(level.iter().flat_map(|planned| unsettled(planned)));
        to_see = level.iter().flat_map(|planned| &planned.plan.incomplete).collect();
    }
    found
}

/// What no run settles of a pipeline.
fn unsettled(planned: &Planned) -> impl Iterator<Item = HeldUp> {
    [DatumState::Failed, DatumState::Edited, DatumState::InTheWay].into_iter().filter_map(|state| {
        let those = planned.plan.datums.iter().filter(|datum| datum.state == state);
        let keys: Vec<String> = those.map(|datum| datum.key.to_string()).collect();
        (!keys.is_empty()).then(|| HeldUp { pipeline: planned.pipeline.name.clone(), state, keys })
    })
}
