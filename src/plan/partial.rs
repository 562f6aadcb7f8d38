//! Which datums of an incomplete input may have been made from less than there will be: those that read folders where a result
//! is lacking, and groups and outer joins, which another match would make larger.

use crate::model::{Leaf, Match, Pipeline, PipelineName, is_at_or_below};

use super::pipeline::PipelinePlan;

/// Whether datum `number`, where the pipeline's inputs are incomplete, may lack something of what it reads.
pub fn is_partial(plan: &PipelinePlan, pipeline: &Pipeline, number: usize) -> bool {
    let leaves = plan.leaves(pipeline);
    let matches = plan.formed.datums[number].matches.iter().map(|at| &plan.formed.matches[*at as usize]);
    let (mut is_outer, mut is_incomplete) = (false, false);
    for matched in matches {
        let (leaf, _, in_group) = leaves[usize::from(matched.leaf)];
        let is_of = incomplete_of(plan, leaf).next().is_some();
        if is_of && (in_group || lacks(plan, leaf, matched)) {
            return true;
        }
        is_outer |= leaf.outer_join;
        is_incomplete |= is_of;
    }
    // Its partner may be what is lacking.
    is_outer && !is_incomplete
}

/// The incomplete pipelines that a leaf reads results of.
fn incomplete_of<'a>(plan: &'a PipelinePlan, leaf: &'a Leaf) -> impl Iterator<Item = &'a str> {
    let is_of =
        |name: &&str| is_at_or_below(name, leaf.repo.as_str()) || is_at_or_below(leaf.repo.as_str(), name);
    plan.incomplete.iter().map(PipelineName::as_str).filter(is_of)
}

/// Whether something may come to a matched folder; a file that is there is all of it.
fn lacks(plan: &PipelinePlan, leaf: &Leaf, matched: &Match) -> bool {
    let repo = leaf.repo.as_str();
    let path = if matched.path.is_empty() { repo.to_owned() } else { format!("{repo}/{}", matched.path) };
    let is_lacking_of = |name: &str| {
        let keys = plan.lacking.iter().filter_map(|target| target.strip_prefix(name)?.strip_prefix(':'));
        let mut keys = keys.peekable();
        // Nobody knows where the results belong of which no place is told.
        keys.peek().is_none() || keys.any(|key| is_at_or_below(&format!("{name}/{key}"), &path))
    };
    matched.is_folder && incomplete_of(plan, leaf).any(is_lacking_of)
}
