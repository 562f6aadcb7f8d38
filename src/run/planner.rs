//! Planner: plans pipelines in order, each on what the ones before it have done.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::git::GitError;
use crate::model::{DatumState, Kind, Leaf, Pipeline, PipelineName, Tree, is_at_or_below, literal};
use crate::plan::{
    Code, Memory, PipelinePlan, PlanError, PlanInput, follow_links, output_tree, owns_target, plan, target,
    work_fields, work_id,
};

use super::code_gap::CodeGap;
use super::project::Project;
use super::remembered::{executable, is_settled};
use super::threads::Threads;

/// Why a pipeline has no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanningError {
    /// Its datums or their places are not sound.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A subdataset cannot be read.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A file it reads has a name that is not UTF-8.
    #[error("the name of `{path}` is not UTF-8; rename the file")]
    OddName {
        /// The path, as well as it can be shown.
        path: String,
    },
    /// A folder that it reads may not be read.
    #[error(
        "`{path}` may not be read, so nobody knows what is in it; give yourself the right to, or have git ignore it"
    )]
    Closed {
        /// The folder or file.
        path: String,
    },
    /// A result would take the place of a subdataset, or of a folder that holds one.
    #[error(
        "`{place}` is or holds the subdataset `{subdataset}`, and a result replaces its whole folder: name a folder in the subdataset in `output`, such as `/$1/result`"
    )]
    OverSubdataset {
        /// Where the result would stand.
        place: String,
        /// The subdataset.
        subdataset: String,
    },
    /// A result would stand in a subdataset of a subdataset.
    #[error(
        "`{place}` belongs to the subdataset `{subdataset}` inside of another one, and results go one deep: name another place in `output`, or keep the pipeline and its data in that dataset, where `minipach run --recursive` runs it"
    )]
    DeepSubdataset {
        /// Where the result would stand.
        place: String,
        /// The subdataset.
        subdataset: String,
    },
    /// A subdataset that is read has changes that no commit of it holds.
    #[error(
        "subdataset `{path}` has changes that are not committed in it; `datalad save -d {}` commits them",
        literal(path)
    )]
    DirtySubdataset {
        /// Where it stands.
        path: String,
    },
    /// A subdataset that is read has a changed file which git was told to overlook.
    #[error(
        "`{path}` is not as its subdataset has it, and git was told to overlook that; `git -C {} update-index {option} {}` ends it",
        literal(subdataset),
        literal(path.get(subdataset.len() + 1..).unwrap_or(path))
    )]
    HiddenChange {
        /// Where the subdataset stands.
        subdataset: String,
        /// The file.
        path: String,
        /// What `git update-index` is to be told.
        option: &'static str,
    },
    /// Code of it is in the annex and not here.
    #[error(
        "its code `{path}` is not here, so nobody knows what its commands would do; {get} fetches it from where it is to be had"
    )]
    AbsentCode {
        /// The file.
        path: String,
        /// What is typed to have it.
        get: String,
    },
    /// An upstream pipeline has no plan.
    #[error("its input `{upstream}` cannot be planned")]
    Upstream {
        /// The upstream pipeline.
        upstream: PipelineName,
    },
}

/// That a subdataset is not installed.
pub fn not_installed(path: &str) -> PlanningError {
    GitError::NotInstalled { path: path.to_owned() }.into()
}

impl PlanningError {
    /// Whether the pipeline's own spec is at fault, rather than what stands in the project.
    pub const fn is_of_spec(&self) -> bool {
        matches!(self, Self::Plan(_))
    }

    /// The subdataset that is not there, if that is what is wrong.
    pub fn absent_subdataset(&self) -> Option<&str> {
        match self {
            Self::Git(GitError::NotInstalled { path } | GitError::Unavailable { path }) => Some(path),
            _ => None,
        }
    }
}

/// A pipeline's plan with what is needed to explain and run it.
pub struct Planned {
    /// The pipeline.
    pub pipeline: Arc<Pipeline>,
    /// Its plan.
    pub plan: PipelinePlan,
    /// Its code files.
    pub code: Code,
    /// What of that is not here.
    pub gap: Option<CodeGap>,
    /// The fields behind its work id.
    pub fields: Map<String, Value>,
    /// What the results would be made of that it lacks: files and folders outside of pipelines, specs, code.
    pub(super) lacks: BTreeSet<String>,
    /// Datums that a run refuses, each with the sentence that says why: git ignores their places.
    pub(super) refused: BTreeMap<usize, String>,
    /// A subdataset that is not installed and of whose files only the ledger tells; all is done then.
    pub absent: Option<String>,
}

impl Planned {
    /// Why a run refuses a datum, though its command could run.
    pub fn refusal(&self, datum: usize) -> Option<&str> {
        self.refused.get(&datum).map(String::as_str)
    }

    /// Whether all is done, and a run leaves it so, as long as what it reads stays as it is.
    pub(super) fn is_at_rest(&self) -> bool {
        let mut datums = self.plan.datums.iter();
        !self.pipeline.every_job
            && !self.gap.as_ref().is_some_and(CodeGap::is_open)
            && self.plan.leftovers.is_empty()
            && datums.all(|datum| datum.state == DatumState::Done)
    }
}

/// What a pipeline reads.
#[derive(Default)]
struct Inputs {
    /// One tree per leaf.
    trees: Vec<Tree>,
    /// A subdataset that is not installed, of whose files the ledger tells.
    absent: Option<String>,
    /// Upstream pipelines that are not complete.
    incomplete: BTreeSet<PipelineName>,
}

/// What a plan rests on besides its pipeline.
struct Around<'a> {
    /// The plans of all that it reads.
    plans: &'a Plans,
    /// Who knows of finished work.
    memory: &'a dyn Memory,
    /// Upstream pipelines that are not complete.
    incomplete: Vec<PipelineName>,
    /// Whether it goes on where an upstream datum failed.
    keep_going: bool,
}

/// Plans of a project's pipelines, in order.
#[derive(Default)]
pub struct Plans {
    /// Each pipeline's plan, or why it has none.
    pub by_name: BTreeMap<PipelineName, Result<Arc<Planned>, PlanningError>>,
    /// What each planned pipeline offers as a repo.
    pub outputs: BTreeMap<PipelineName, Tree>,
    /// Pipelines that are complete.
    pub complete: BTreeSet<PipelineName>,
}

impl Plans {
    /// Whether a pipeline has no plan only for want of subdatasets, its own or those of one that it reads: a run installs
    /// them first.
    pub fn waits_for_subdataset(&self, name: &PipelineName) -> bool {
        match self.by_name.get(name) {
            Some(Err(PlanningError::Upstream { upstream })) => self.waits_for_subdataset(upstream),
            Some(Err(PlanningError::Git(GitError::NotInstalled { .. }))) => true,
            _ => false,
        }
    }
}

impl Project {
    /// Plans all pipelines as things stand now.
    pub fn plan_all(&self, memory: &dyn Memory) -> Plans {
        let mut plans = Plans::default();
        for name in self.graph.order() {
            self.plan_next(name, memory, &mut plans, false);
        }
        plans
    }

    /// Adds the plan of one pipeline to those of all that it reads, and what it offers as things stand now.
    pub(super) fn plan_next(
        &self,
        name: &PipelineName,
        memory: &dyn Memory,
        plans: &mut Plans,
        keep_going: bool,
    ) {
        let planned = self.plan_one(name, memory, plans, keep_going).map(Arc::new);
        if let Ok(planned) = &planned {
            if planned.plan.is_complete() {
                plans.complete.insert(name.clone());
            }
            let files = self.results.below(name.as_str());
            let lines = self.ledger(name).lines();
            let adopted = self.adopted(planned, memory);
            let placed: Vec<_> = adopted.iter().map(|(at, files)| (*at, files.as_slice())).collect();
            let tree =
                output_tree(&planned.plan, &planned.pipeline, &files, lines, &placed, &|path, content| {
                    self.members(path, content)
                });
            let tree = follow_links(tree, &|path| self.link_text(path));
            plans.outputs.insert(name.clone(), tree);
        }
        plans.by_name.insert(name.clone(), planned);
    }

    /// Files of datums that are done without a ledger line (their bytes were recognised).
    pub fn adopted(
        &self,
        planned: &Planned,
        memory: &dyn Memory,
    ) -> Vec<(usize, Vec<crate::model::OutFile>)> {
        let datums = planned.plan.datums.iter().enumerate();
        let unlisted = datums.filter(|(_, datum)| datum.state == DatumState::Done && datum.line.is_none());
        unlisted.filter_map(|(at, datum)| Some((at, memory.files(datum.id)?))).collect()
    }

    /// Files of such datums, by path from the root: results, though no ledger says so yet.
    pub fn unlisted_results(&self, plans: &Plans, memory: &dyn Memory) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for planned in plans.by_name.values().flatten() {
            for (number, files) in self.adopted(planned, memory) {
                let place = target(&planned.pipeline, &planned.plan.datums[number].key);
                found.extend(files.iter().map(|file| format!("{place}/{}", file.path)));
            }
        }
        found
    }

    /// Plans one pipeline on the outputs in `plans`.
    ///
    /// # Errors
    /// When its datums cannot be formed or its inputs not read.
    pub fn plan_one(
        &self,
        name: &PipelineName,
        memory: &dyn Memory,
        plans: &Plans,
        keep_going: bool,
    ) -> Result<Planned, PlanningError> {
        self.plan_as(Arc::clone(&self.pipelines[name]), memory, plans, keep_going)
    }

    /// Plans a pipeline that is no part of the project yet, on the outputs in `plans`.
    ///
    /// # Errors
    /// As for [`Project::plan_one`].
    pub fn plan_draft(
        &self,
        pipeline: Arc<Pipeline>,
        memory: &dyn Memory,
        plans: &Plans,
    ) -> Result<Planned, PlanningError> {
        self.plan_as(pipeline, memory, plans, false)
    }

    fn plan_as(
        &self,
        pipeline: Arc<Pipeline>,
        memory: &dyn Memory,
        plans: &Plans,
        keep_going: bool,
    ) -> Result<Planned, PlanningError> {
        let Inputs { trees, absent, incomplete } = self.inputs(&pipeline, plans, &BTreeSet::new())?;
        let incomplete: Vec<PipelineName> = incomplete.into_iter().collect();
        let around = Around { plans, memory, incomplete, keep_going: keep_going || self.config().keep_going };
        let (code, gap) = self.code_of(&pipeline, plans);
        if let Some(error) = self.asks_for(&pipeline, self.absent_with_code(&code)) {
            return Err(error);
        }
        self.check_code_inside(&code)?;
        let plan = self.plan_now((&pipeline, &code), &trees, &around)?;
        let fields = work_fields(&pipeline, &code);
        let (lacks, refused) = (BTreeSet::new(), BTreeMap::new());
        let planned = Planned { pipeline, plan, code, gap, fields, lacks, refused, absent };
        let planned = match planned.absent {
            Some(_) => self.settle_absent(planned, &around),
            None => self.settle_present(planned, &trees, &around),
        }?;
        self.asked.borrow_mut().insert(planned.pipeline.name.clone(), BTreeSet::new());
        Ok(planned)
    }

    /// That a pipeline cannot be planned without subdatasets that are not installed; a run installs these.
    fn asks_for(&self, pipeline: &Pipeline, wanted: BTreeSet<String>) -> Option<PlanningError> {
        let error = self.why_absent(wanted.first()?).into();
        self.asked.borrow_mut().insert(pipeline.name.clone(), wanted);
        Some(error)
    }

    fn plan_now(
        &self,
        (pipeline, code): (&Pipeline, &Code),
        trees: &[Tree],
        around: &Around<'_>,
    ) -> Result<PipelinePlan, PlanError> {
        plan(PlanInput {
            pipeline,
            work: work_id(pipeline, code),
            trees: trees.to_vec(),
            files: self.results.below(pipeline.name.as_str()),
            lines: self.ledger(&pipeline.name).lines(),
            memory: around.memory,
            incomplete: around.incomplete.clone(),
            keep_going: around.keep_going,
            spread: &Threads,
        })
    }

    /// A plan by what the ledger tells of subdatasets that are not installed: it stands where what is not done needs none.
    fn settle_absent(&self, mut planned: Planned, around: &Around<'_>) -> Result<Planned, PlanningError> {
        let ledger = self.ledger(&planned.pipeline.name);
        let executable = executable(&planned.plan, (&planned.pipeline, &planned.fields), ledger);
        let trees = self.inputs(&planned.pipeline, around.plans, &executable)?.trees;
        if !executable.is_empty() {
            planned.plan = self.plan_now((&planned.pipeline, &planned.code), &trees, around)?;
        }
        if is_settled(&planned.plan, ledger) {
            return Ok(planned);
        }
        let is_open = |number: usize| planned.plan.datums[number].state != DatumState::Done;
        let wanted = self.absent_for(&planned.pipeline, &planned.plan, &is_open);
        match self.asks_for(&planned.pipeline, wanted) {
            Some(error) => Err(error),
            None => self.settle_present(planned, &trees, around),
        }
    }

    /// A plan by what is there, with what it lacks and refuses.
    fn settle_present(
        &self,
        mut planned: Planned,
        trees: &[Tree],
        around: &Around<'_>,
    ) -> Result<Planned, PlanningError> {
        if self.settle_twins(&planned) {
            planned.plan = self.plan_now((&planned.pipeline, &planned.code), trees, around)?;
        }
        (planned.plan.lacking, planned.lacks) = self.lacking(around.plans, &around.incomplete);
        planned.plan.withdrawn = self.withdrawn(around.plans, &planned.plan);
        self.check_places(&planned)?;
        self.mark_ignored(&mut planned);
        Ok(planned)
    }

    /// What a pipeline reads. Of files that only the ledger tells of, these are `executable`.
    fn inputs(
        &self,
        pipeline: &Pipeline,
        plans: &Plans,
        executable: &BTreeSet<String>,
    ) -> Result<Inputs, PlanningError> {
        let mut inputs = Inputs::default();
        for leaf in pipeline.input.leaves() {
            let tree = match self.leaf_tree(leaf, plans, &mut inputs.incomplete) {
                Err(error) => {
                    let (tree, path) = self.remembered_tree(pipeline, (leaf, executable), error)?;
                    inputs.absent = Some(path);
                    tree
                }
                Ok(tree) => tree,
            };
            inputs.trees.push(tree);
        }
        Ok(inputs)
    }

    /// What the ledger tells of a leaf whose subdataset is not installed, with that.
    fn remembered_tree(
        &self,
        pipeline: &Pipeline,
        (leaf, executable): (&Leaf, &BTreeSet<String>),
        error: PlanningError,
    ) -> Result<(Tree, String), PlanningError> {
        let Some(path) = error.absent_subdataset().map(str::to_owned) else {
            return Err(error);
        };
        let untold = self.untold(pipeline);
        if let Some(error) = self.asks_for(pipeline, untold) {
            return Err(error);
        }
        let raw = self.raw(leaf.repo.as_str())?;
        let Some(tree) = self.remembered(&pipeline.name, (leaf, executable), &raw) else {
            let all = raw.absent_for(leaf).map(str::to_owned).collect();
            return Err(self.asks_for(pipeline, all).unwrap_or(error));
        };
        raw.fault_for(leaf).map_or(Ok((tree, path)), Err)
    }

    fn leaf_tree(
        &self,
        leaf: &Leaf,
        plans: &Plans,
        incomplete: &mut BTreeSet<PipelineName>,
    ) -> Result<Tree, PlanningError> {
        let folder = leaf.repo.as_str();
        if let Some((name, upstream)) = plans.by_name.iter().find(|(name, _)| name.as_str() == folder) {
            if upstream.is_err() {
                return Err(PlanningError::Upstream { upstream: name.clone() });
            }
            if !plans.complete.contains(name) {
                incomplete.insert(name.clone());
            }
            return Ok(plans.outputs[name].clone());
        }
        if let Some(path) = self.odd_name_for(leaf) {
            return Err(PlanningError::OddName { path: path.to_owned() });
        }
        if let Some(path) = self.scan.closed_around(folder) {
            return Err(PlanningError::Closed { path: path.to_owned() });
        }
        let raw = self.raw(folder)?;
        if let Some(path) = raw.absent_for(leaf).next() {
            return Err(self.why_absent(path).into());
        }
        raw.fault_for(leaf).map_or(Ok(raw.tree), Err)
    }

    /// Refuses results in subdatasets that cannot take them, as far as keys and the ledger tell.
    fn check_places(&self, planned: &Planned) -> Result<(), PlanningError> {
        let name = &planned.pipeline.name;
        let files = self.results.below(name.as_str());
        let links = files.entries().iter().filter(|entry| entry.kind == Kind::Gitlink);
        let closed: Vec<&str> = links.map(|entry| &*entry.path).collect();
        let entered: Vec<&str> = self.inner_of(name).map(|inner| &*inner.path).collect();
        if closed.is_empty() && entered.is_empty() {
            return Ok(());
        }
        let keys = planned.plan.datums.iter().map(|datum| &*datum.key);
        for key in keys.filter(|key| owns_target(&planned.pipeline, key)) {
            let place = target(&planned.pipeline, key);
            if let Some(subdataset) = closed.iter().chain(&entered).find(|path| is_at_or_below(path, &place))
            {
                return Err(PlanningError::OverSubdataset { place, subdataset: (*subdataset).to_owned() });
            }
            self.check_closed(name, &closed, &place)?;
        }
        let mut outputs = self.ledger(name).lines().iter().flat_map(|line| &line.outputs);
        outputs.try_for_each(|output| self.check_closed(name, &closed, &format!("{name}/{}", output.path)))
    }

    /// Refuses a place in one of some subdatasets of which the scan does not hold the files.
    fn check_closed(&self, name: &PipelineName, closed: &[&str], place: &str) -> Result<(), PlanningError> {
        let Some(subdataset) = closed.iter().find(|path| is_at_or_below(place, path)) else { return Ok(()) };
        if let Some(error) = self.scan.why_closed(&self.repo, name.as_str(), subdataset) {
            return Err(error.into());
        }
        let (place, subdataset) = (place.to_owned(), (*subdataset).to_owned());
        Err(PlanningError::DeepSubdataset { place, subdataset })
    }

    /// Links in data that stand for no file, by path, with what is to be said of each: a datum that reads one fails.
    /// Links of results lead to folders of the same result, and are shown as they stand.
    pub(super) fn bad_links(&self) -> BTreeMap<Arc<str>, String> {
        let bad = self.scan.bad_links().iter().filter(|(path, _)| !self.is_output(path));
        bad.map(|(path, fault)| (Arc::clone(path), fault.sentence(path))).collect()
    }
}
