//! Planning one pipeline: its datums, each with id and key, distinct, and decided where it stands.

use std::sync::OnceLock;

use crate::model::{
    ContentId, Datum, DatumState, Formed, Input, KnownResult, Leaf, Match, Pipeline, PipelineName,
    StateCounts, Tree, WorkId, is_at_or_below,
};

use super::decide::{Decider, Kin, Leftover, Memory, Named, Planned};
use super::form::{FormError, form};
use super::identity::datum_id;
use super::layout::{Mount, id_variables, mounts, variables};
use super::output::{OutputError, describe, output_path, path_key};
use super::partial::Lacks;
use super::reason::Reason;
use super::spread::{Spread, spread_out};

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
        "{one} and {other} of `{pipeline}` {}; let `output:` tell them apart, or gather them by a `group` input",
        same_place(path, inner)
    )]
    Clash {
        /// The pipeline.
        pipeline: PipelineName,
        /// The path of the first.
        path: String,
        /// That of the second: the same, or inside it.
        inner: String,
        /// The first datum, in words.
        one: String,
        /// The second.
        other: String,
    },
}

/// That two datums have one output, or one inside the other.
fn same_place(path: &str, inner: &str) -> String {
    if path == inner {
        return format!("both have the output `{path}`");
    }
    format!("have the outputs `{path}` and `{inner}`, one inside the other")
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
    /// Shares out the work on many datums.
    pub spread: &'a dyn Spread,
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
    /// Results that these do not have, as `pipeline:key`, as far as each has a folder of its own.
    pub lacking: Vec<String>,
    /// Results of these that stand and do not count, as far as each has a folder of its own.
    pub withdrawn: Vec<Withdrawn>,
    /// The same leaf by leaf, once somebody asked.
    lacks: OnceLock<Lacks>,
    in_group: Vec<bool>,
}

/// A result of an incomplete pipeline that stands and does not count, as it is not what would be made now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawn {
    /// The pipeline.
    pub pipeline: PipelineName,
    /// The key of the result.
    pub key: Box<str>,
    /// Where its datum stands.
    pub state: DatumState,
}

/// Plans one pipeline.
///
/// # Errors
/// When its datums cannot be formed or have no legal, distinct places.
pub fn plan(input: PlanInput<'_>) -> Result<PipelinePlan, PlanError> {
    let pipeline = input.pipeline;
    let formed = form(&pipeline.input, &input.trees)?;
    let in_group = leaves_in_groups(&pipeline.input);
    let contents = used_contents(pipeline, &input.trees, &formed, input.spread);
    let mut plan = PipelinePlan {
        name: pipeline.name.clone(),
        work: input.work,
        formed,
        trees: input.trees,
        contents,
        datums: Vec::new(),
        leftovers: Vec::new(),
        incomplete: input.incomplete,
        lacking: Vec::new(),
        withdrawn: Vec::new(),
        lacks: OnceLock::new(),
        in_group,
    };
    let named = named(&plan, pipeline, input.spread)?;
    let decider = Decider {
        pipeline,
        files: &input.files,
        lines: input.lines,
        memory: input.memory,
        is_partial: !plan.incomplete.is_empty(),
        is_blocked: !plan.incomplete.is_empty() && !input.keep_going,
        kin: Kin::default(),
    };
    plan.datums = decider.decide_all(named, input.spread);
    plan.leftovers = decider.leftovers(&plan.datums);
    if plan.is_emptied() {
        plan.turn_leftovers(DatumState::Orphaned, DatumState::Blocked);
    }
    Ok(plan)
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
fn used_contents(
    pipeline: &Pipeline,
    trees: &[Tree],
    formed: &Formed,
    spread: &dyn Spread,
) -> Vec<Option<ContentId>> {
    let is_needed: Vec<bool> = pipeline.input.leaves().iter().map(|leaf| !leaf.reference).collect();
    let mut is_used = vec![false; formed.matches.len()];
    for &at in formed.datums.iter().flat_map(|datum| &datum.matches) {
        is_used[at as usize] = is_needed[usize::from(formed.matches[at as usize].leaf)];
    }
    let content = |at: usize| {
        let found = &formed.matches[at];
        is_used[at].then(|| content_of(&trees[usize::from(found.leaf)], found))
    };
    spread_out(spread, is_used.len(), |range| range.map(content).collect())
}

fn content_of(tree: &Tree, found: &Match) -> ContentId {
    let range = found.entries.start as usize..found.entries.end as usize;
    if !found.is_folder {
        return tree.entries()[range.start].content.clone();
    }
    let slash = usize::from(!found.path.is_empty());
    tree.folder_id(range, tree.prefix().len() + found.path.len() + slash)
}

/// Key and id of each datum; keys that are places are distinct, and none is inside another.
fn named(plan: &PipelinePlan, pipeline: &Pipeline, spread: &dyn Spread) -> Result<Vec<Named>, PlanError> {
    let leaves = plan.leaves(pipeline);
    let view = pipeline.view();
    let name = |datum: &Datum| -> Result<Named, OutputError> {
        let key = match &pipeline.output {
            Some(template) => output_path(pipeline, template, &leaves, &plan.formed, datum)?,
            None => path_key(&leaves, &plan.formed, datum),
        };
        let id = datum_id(plan.work, view, &leaves, &plan.formed, &plan.contents, datum);
        Ok(Named { key: key.into(), id })
    };
    let datums = &plan.formed.datums;
    let all = spread_out(spread, datums.len(), |range| datums[range].iter().map(name).collect());
    let all = all.into_iter().collect::<Result<Vec<_>, _>>()?;
    if pipeline.output.is_some() {
        check_keys(plan, pipeline, &all)?;
    }
    Ok(all)
}

fn check_keys(plan: &PipelinePlan, pipeline: &Pipeline, named: &[Named]) -> Result<(), PlanError> {
    // In order of path, part by part: a place inside another, or the same, follows it.
    let parts = |at: &u32| place(&named[*at as usize].key).split('/');
    let mut order: Vec<u32> = (0..).zip(named).map(|(at, _)| at).collect();
    order.sort_by(|a, b| parts(a).cmp(parts(b)));
    let mut outer: Option<u32> = None;
    for next in order {
        match outer {
            Some(other) if is_inside(&named[next as usize].key, &named[other as usize].key) => {
                return Err(clash(plan, pipeline, named, other, next));
            }
            _ => outer = Some(next),
        }
    }
    Ok(())
}

/// The path of a key that is a place: empty for the folder that holds all others.
fn place(key: &str) -> &str {
    if key == "." { "" } else { key }
}

/// Whether a place is another one or inside it.
fn is_inside(key: &str, folder: &str) -> bool {
    folder == "." || is_at_or_below(key, folder)
}

fn clash(plan: &PipelinePlan, pipeline: &Pipeline, named: &[Named], one: u32, other: u32) -> PlanError {
    let leaves = plan.leaves(pipeline);
    let words = |number: u32| describe(&leaves, &plan.formed, &plan.formed.datums[number as usize]);
    PlanError::Clash {
        pipeline: pipeline.name.clone(),
        path: named[one as usize].key.to_string(),
        inner: named[other as usize].key.to_string(),
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

    /// Whether datum `number`, where the pipeline's inputs are incomplete, may lack something of what it reads, as
    /// `lacking` tells by then.
    pub fn is_partial(&self, pipeline: &Pipeline, number: usize) -> bool {
        if self.incomplete.is_empty() {
            return false;
        }
        let lacks = self.lacks.get_or_init(|| {
            let leaves = self.leaves(pipeline).into_iter().map(|(leaf, _, in_group)| (leaf, in_group));
            Lacks::of(leaves, &self.incomplete, &self.lacking)
        });
        let matches = &self.formed.datums[number].matches;
        lacks.concerns(matches.iter().map(|at| &self.formed.matches[*at as usize]))
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

    /// Whether no datum is left though every input holds something, which is more likely a slip in the spec than
    /// meant: then results stay, as [`DatumState::Blocked`].
    pub fn is_emptied(&self) -> bool {
        let has_input = !self.trees.is_empty() && self.trees.iter().all(|tree| !tree.is_empty());
        self.datums.is_empty() && self.incomplete.is_empty() && has_input && !self.leftovers.is_empty()
    }

    /// Lets the results of an emptied pipeline go, as somebody says that it is meant.
    pub fn let_go(&mut self) {
        if self.is_emptied() {
            self.turn_leftovers(DatumState::Blocked, DatumState::Orphaned);
        }
    }

    fn turn_leftovers(&mut self, from: DatumState, to: DatumState) {
        for left in self.leftovers.iter_mut().filter(|left| left.state == from) {
            left.state = to;
        }
    }

    /// One leftover of each key.
    pub fn left_keys(&self) -> impl Iterator<Item = &Leftover> {
        self.leftovers.iter().filter(|left| !left.is_double)
    }

    /// Why a leftover is in its state.
    pub fn leftover_reason(&self, state: DatumState) -> Reason {
        match state {
            DatumState::Orphaned => Reason::Vanished,
            DatumState::Edited => Reason::Edited,
            _ if self.is_emptied() => Reason::Emptied { pipeline: self.name.to_string() },
            _ => Reason::Upstream { pipelines: self.incomplete.iter().map(ToString::to_string).collect() },
        }
    }

    /// How many datums and leftovers are in each state.
    pub fn counts(&self) -> StateCounts {
        let mut counts = StateCounts::default();
        self.datums.iter().for_each(|datum| counts.add(datum.state));
        self.left_keys().for_each(|left| counts.add(left.state));
        counts
    }

    /// Whether everything is done and nothing is left over.
    pub fn is_complete(&self) -> bool {
        self.incomplete.is_empty() && self.counts().is_complete()
    }
}
