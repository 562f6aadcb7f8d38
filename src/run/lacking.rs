//! Lacking: results that incomplete pipelines do not offer to who is made from what there is of them.

use std::collections::BTreeSet;

use crate::model::{DatumState, PipelineName};
use crate::plan::{PipelinePlan, Withdrawn, entries_of, known_inputs, owns_target};

use super::planner::{Planned, Plans};
use super::project::Project;

impl Project {
    /// Results that incomplete pipelines do not offer, as `pipeline:key`, where each has a folder of its own; and what
    /// these would be made of, also by way of other pipelines, that is no result.
    pub(super) fn lacking(
        &self,
        plans: &Plans,
        incomplete: &[PipelineName],
    ) -> (Vec<String>, BTreeSet<String>) {
        let (mut lacking, mut lacks) = (Vec::new(), BTreeSet::new());
        for name in incomplete {
            let (Some(Ok(upstream)), Some(tree)) = (plans.by_name.get(name), plans.outputs.get(name)) else {
                continue;
            };
            // Of nothing nothing is made, so that nobody asks what lacks.
            if tree.entries().is_empty() {
                continue;
            }
            let own = (0..upstream.plan.datums.len())
                .map(|number| (number, &*upstream.plan.datums[number].key))
                .filter(|(_, key)| owns_target(&upstream.pipeline, key))
                // One that is done may have written nothing.
                .filter(|(number, _)| upstream.plan.datums[*number].state != DatumState::Done);
            let absent: Vec<(usize, &str)> =
                own.filter(|(_, key)| entries_of(tree, key).is_empty()).collect();
            lacking.extend(absent.iter().map(|(_, key)| format!("{name}:{key}")));
            lacks.extend(upstream.lacks.iter().cloned());
            if !absent.is_empty() {
                lacks.extend(self.made_of(upstream, absent.iter().map(|(number, _)| *number)));
            }
        }
        (lacking, lacks)
    }

    /// Results of incomplete pipelines that stand and are not offered, as they are not what would be made now; again where
    /// each has a folder of its own.
    pub(super) fn withdrawn(&self, plans: &Plans, plan: &PipelinePlan) -> Vec<Withdrawn> {
        let mut found = Vec::new();
        for name in &plan.incomplete {
            let Some(Ok(upstream)) = plans.by_name.get(name) else { continue };
            let ledger = self.ledger(name);
            let told = |key: &str, state| Withdrawn { pipeline: name.clone(), key: key.into(), state };
            let lacking: BTreeSet<&str> =
                plan.lacking.iter().filter_map(|target| key_of(target, name)).collect();
            let datums = upstream.plan.datums.iter().filter(|datum| datum.state != DatumState::Done);
            let open = datums
                .filter(|datum| lacking.contains(&*datum.key) && !ledger.lines_for(&datum.key).is_empty());
            found.extend(open.map(|datum| told(&datum.key, datum.state)));
            let left =
                upstream.plan.left_keys().map(|left| (&*ledger.lines()[left.line as usize].key, left.state));
            let left = left.filter(|(key, _)| owns_target(&upstream.pipeline, key));
            found.extend(left.map(|(key, state)| told(key, state)));
        }
        found
    }

    /// The spec, the code and the inputs of datums, but for results.
    fn made_of(&self, planned: &Planned, numbers: impl Iterator<Item = usize>) -> Vec<String> {
        let inputs = numbers.flat_map(|number| known_inputs(&planned.plan, &planned.pipeline, number));
        let inputs = inputs.map(|input| input.path.to_string()).filter(|path| !self.is_output(path));
        std::iter::once(planned.pipeline.spec_path()).chain(planned.code.used()).chain(inputs).collect()
    }
}

/// The key of a target that is a datum of a pipeline.
fn key_of<'a>(target: &'a str, name: &PipelineName) -> Option<&'a str> {
    target.strip_prefix(name.as_str())?.strip_prefix(':')
}
