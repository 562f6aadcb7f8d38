//! Planning one pipeline: its datums, each with id and key, distinct, and decided where it stands.

use crate::model::{
    ContentId, Datum, Formed, Input, KnownResult, Leaf, Pipeline, PipelineName, StateCounts, Tree, WorkId,
};

use super::decide::{Decider, Leftover, Memory, Planned};
use super::form::{FormError, form};
use super::identity::datum_id;
use super::layout::{Mount, id_variables, mounts, variables};
use super::output::{OutputError, describe, output_path, path_key};
use super::standing::Near;

/// Why a pipeline cannot be planned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Its datums cannot be formed.
    #[error(transparent)]
    Form(#[from] FormError),
    /// A datum has no legal output path.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// Two datums have one output path, or one inside the other.
    #[error(
        "{one} and {other} of `{pipeline}` both have the output `{path}`; let `output:` tell them apart, \
             or gather them by a `group` input"
    )]
    Clash {
        /// The pipeline.
        pipeline: PipelineName,
        /// The shared path.
        path: String,
        /// The first datum, in words.
        one: String,
        /// The second.
        other: String,
    },
}

/// What planning a pipeline needs to see.
pub struct PlanInput<'a> {
    /// The pipeline.
    pub pipeline: &'a Pipeline,
    /// What it does, as an id.
    pub work: WorkId,
    /// One tree per leaf: the repo's files, or for a pipeline its outputs that are done now.
    pub trees: Vec<Tree>,
    /// The files in the pipeline's own folder.
    pub files: Tree,
    /// Its ledger lines, sorted by key.
    pub lines: &'a [KnownResult],
    /// What else is known.
    pub memory: &'a dyn Memory,
    /// Upstream pipelines that are not complete.
    pub incomplete: Vec<PipelineName>,
    /// Whether datums of incomplete inputs run all the same.
    pub keep_going: bool,
}

/// A pipeline, planned.
#[derive(Debug)]
pub struct PipelinePlan {
    /// Which pipeline.
    pub name: PipelineName,
    /// What it does.
    pub work: WorkId,
    /// Its datums as combinations of matches.
    pub formed: Formed,
    /// One tree per leaf.
    pub trees: Vec<Tree>,
    /// Content id of each used match.
    pub contents: Vec<Option<ContentId>>,
    /// The datums, in the order of `formed.datums`.
    pub datums: Vec<Planned>,
    /// What stands but is expected no more.
    pub leftovers: Vec<Leftover>,
    /// Upstream pipelines that are not complete; then `datums` is only what is known so far.
    pub incomplete: Vec<PipelineName>,
    in_group: Vec<bool>,
}

/// Plans one pipeline.
///
/// # Errors
/// When its datums cannot be formed or have no legal, distinct places.
pub fn plan(input: PlanInput<'_>) -> Result<PipelinePlan, PlanError> {
    let pipeline = input.pipeline;
    let formed = form(&pipeline.input, &input.trees)?;
    let in_group = leaves_in_groups(&pipeline.input);
    let contents = used_contents(pipeline, &input.trees, &formed);
    let mut plan = PipelinePlan {
        name: pipeline.name.clone(),
        work: input.work,
        formed,
        trees: input.trees,
        contents,
        datums: Vec::new(),
        leftovers: Vec::new(),
        incomplete: input.incomplete,
        in_group,
    };
    let keys = keys(&plan, pipeline)?;
    let decider = Decider {
        pipeline,
        files: &input.files,
        lines: input.lines,
        memory: input.memory,
        is_partial: !plan.incomplete.is_empty(),
        is_blocked: !plan.incomplete.is_empty() && !input.keep_going,
        near_line: Near::default(),
        near_files: Near::default(),
    };
    plan.datums = decide_all(&plan, pipeline, keys, &decider);
    plan.leftovers = decider.leftovers(&plan.datums);
    Ok(plan)
}

fn decide_all(
    plan: &PipelinePlan,
    pipeline: &Pipeline,
    keys: Vec<String>,
    decider: &Decider<'_>,
) -> Vec<Planned> {
    let leaves = plan.leaves(pipeline);
    let view = pipeline.view();
    let decide = |(datum, key): (&Datum, String)| {
        let id = datum_id(plan.work, view, &leaves, &plan.formed, &plan.contents, datum);
        let (state, line) = decider.decide(&key, id);
        Planned { key: key.into(), id, state, line }
    };
    plan.formed.datums.iter().zip(keys).map(decide).collect()
}

fn leaves_in_groups(input: &Input) -> Vec<bool> {
    fn walk(input: &Input, inside: bool, found: &mut Vec<bool>) {
        match input {
            Input::Pfs(_) => found.push(inside),
            Input::Cross(children) | Input::Union(children) | Input::Join(children) => {
                for child in children {
                    walk(child, inside, found);
                }
            }
            Input::Group(children) => children.iter().for_each(|child| walk(child, true, found)),
        }
    }
    let mut found = Vec::new();
    walk(input, false, &mut found);
    found
}

/// Content ids of the matches that datums use; a `reference` leaf's are not needed.
fn used_contents(pipeline: &Pipeline, trees: &[Tree], formed: &Formed) -> Vec<Option<ContentId>> {
    let leaves = pipeline.input.leaves();
    let mut contents: Vec<Option<ContentId>> = vec![None; formed.matches.len()];
    for &at in formed.datums.iter().flat_map(|datum| &datum.matches) {
        let slot = &mut contents[at as usize];
        let matched = &formed.matches[at as usize];
        let leaf = usize::from(matched.leaf);
        if slot.is_some() || leaves[leaf].reference {
            continue;
        }
        let tree = &trees[leaf];
        let range = matched.entries.start as usize..matched.entries.end as usize;
        *slot = Some(if matched.is_folder {
            let slash = usize::from(!matched.path.is_empty());
            tree.folder_id(range, tree.prefix().len() + matched.path.len() + slash)
        } else {
            tree.entries()[range.start].content.clone()
        });
    }
    contents
}

/// The key of each datum; distinct, and none inside another.
fn keys(plan: &PipelinePlan, pipeline: &Pipeline) -> Result<Vec<String>, PlanError> {
    let leaves = plan.leaves(pipeline);
    let Some(template) = &pipeline.output else {
        return Ok(plan.formed.datums.iter().map(|datum| path_key(&leaves, &plan.formed, datum)).collect());
    };
    let keys: Result<Vec<String>, OutputError> = plan
        .formed
        .datums
        .iter()
        .map(|datum| output_path(pipeline, template, &leaves, &plan.formed, datum))
        .collect();
    let keys = keys?;
    check_keys(plan, pipeline, &keys)?;
    Ok(keys)
}

fn check_keys(plan: &PipelinePlan, pipeline: &Pipeline, keys: &[String]) -> Result<(), PlanError> {
    let place = |key: &String| if key == "." { String::new() } else { format!("{key}/") };
    let mut places: Vec<(String, usize)> = keys.iter().map(place).zip(0..).collect();
    // A place inside another, or the same, follows it.
    places.sort();
    let mut outer: Option<&(String, usize)> = None;
    for next in &places {
        match outer {
            Some((folder, other)) if next.0.starts_with(folder.as_str()) => {
                return Err(clash(plan, pipeline, keys, *other, next.1));
            }
            _ => outer = Some(next),
        }
    }
    Ok(())
}

fn clash(plan: &PipelinePlan, pipeline: &Pipeline, keys: &[String], one: usize, other: usize) -> PlanError {
    let leaves = plan.leaves(pipeline);
    let words = |number: usize| describe(&leaves, &plan.formed, &plan.formed.datums[number]);
    PlanError::Clash {
        pipeline: pipeline.name.clone(),
        path: keys[one].clone(),
        one: words(one),
        other: words(other),
    }
}

impl PipelinePlan {
    /// Leaf, tree and whether it stands inside a `group`, for each leaf.
    pub fn leaves<'a>(&'a self, pipeline: &'a Pipeline) -> Vec<(&'a Leaf, &'a Tree, bool)> {
        let leaves = pipeline.input.leaves().into_iter();
        leaves
            .zip(&self.trees)
            .zip(&self.in_group)
            .map(|((leaf, tree), in_group)| (leaf, tree, *in_group))
            .collect()
    }

    /// Where the entries of datum `number` stand.
    pub fn mounts(&self, pipeline: &Pipeline, number: usize) -> Vec<Mount> {
        mounts(pipeline.view(), &self.leaves(pipeline), &self.formed, &self.formed.datums[number])
    }

    /// All variables of datum `number`: those that tell its id, then the others.
    pub fn variables(&self, pipeline: &Pipeline, number: usize) -> Vec<(String, String)> {
        let mut found = id_variables(self.datums[number].id);
        found.extend(self.input_variables(pipeline, number));
        found
    }

    /// The variables of datum `number` beside those that tell its id.
    pub fn input_variables(&self, pipeline: &Pipeline, number: usize) -> Vec<(String, String)> {
        let leaves = self.leaves(pipeline);
        let datum = &self.formed.datums[number];
        variables(pipeline, &leaves, &self.formed, &self.contents, datum)
    }

    /// How many datums and leftovers are in each state.
    pub fn counts(&self) -> StateCounts {
        let mut counts = StateCounts::default();
        self.datums.iter().for_each(|datum| counts.add(datum.state));
        self.leftovers.iter().for_each(|left| counts.add(left.state));
        counts
    }

    /// Whether everything is done and nothing is left over.
    pub fn is_complete(&self) -> bool {
        self.incomplete.is_empty() && self.counts().is_complete()
    }
}
