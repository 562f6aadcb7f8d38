//! What a run would do with each pipeline, found out as the run does it, without doing it.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::{DatumState, PipelineName};
use crate::plan::Memory;

use super::job::{Job, Wanted};
use super::left::Left;
use super::planner::{Planned, PlanningError, Plans};
use super::preflight::read_only;
use super::project::Project;
use super::request::{Request, Selection};
use super::rooms::Rooms;

/// What a run would do with one pipeline, as far as that is known before it begins.
pub struct JobPreview {
    /// The pipeline and its plan on what stands now.
    pub planned: Arc<Planned>,
    /// Datums whose command would run, by number.
    pub run: Vec<usize>,
    /// Datums whose known results would be placed.
    pub place: Vec<usize>,
    /// Results of vanished datums that would be removed, by number of their ledger line.
    pub remove: Vec<u32>,
    /// Datums that are not done and would be left as they are; a sentence where a run would give one.
    pub keep: Vec<(usize, Option<String>)>,
    /// Why results of vanished datums would stay.
    pub keeps_orphans: Option<String>,
    /// Why nothing of it can run here.
    pub refused: Option<String>,
    /// Upstream pipelines whose results would change first, so that it is planned anew after them.
    pub follows: Vec<PipelineName>,
    /// Upstream pipelines that would not be complete, so that it waits.
    pub waits_for: Vec<PipelineName>,
    /// Whether it is run by force.
    pub is_forced: bool,
    /// Those of `run` that nobody named, which take the result of one that is.
    pub twins: BTreeSet<usize>,
}

/// Each selected pipeline, in the order of a run.
pub type Previews = Vec<(PipelineName, Result<JobPreview, Unplanned>)>;

/// A pipeline that cannot be planned.
#[derive(Clone, Debug)]
pub struct Unplanned {
    /// Why, with its name.
    pub sentence: String,
    /// As [`PlanningError::is_of_spec`].
    pub is_of_spec: bool,
    /// As [`Plans::waits_for_subdataset`].
    pub waits: bool,
}

/// What earlier pipelines of a run mean for later ones.
#[derive(Default)]
struct Course {
    /// Their results would change.
    changing: BTreeSet<PipelineName>,
    /// They would not be complete, even if all succeeds.
    stuck: BTreeSet<PipelineName>,
}

impl Project {
    /// What a run would do. Downstream of what would change, only what is certain is told.
    pub fn preview(&self, memory: &dyn Memory, request: &Request, selection: &Selection) -> Previews {
        let (mut plans, mut course) = (Plans::default(), Course::default());
        let mut found = Vec::new();
        for name in self.graph.order() {
            self.plan_next(name, memory, &mut plans, request.keep_going);
            let planned = plans.by_name[name].as_ref();
            if !selection.pipelines.contains_key(name) {
                if !plans.complete.contains(name) {
                    course.stuck.insert(name.clone());
                }
                continue;
            }
            let job = match planned {
                Ok(planned) => Ok(self.preview_job(planned, request, selection, &mut course)),
                Err(error) => {
                    course.stuck.insert(name.clone());
                    let waits = plans.waits_for_subdataset(name);
                    Err(Unplanned { waits, ..Unplanned::new(name, error) })
                }
            };
            found.push((name.clone(), job));
        }
        found
    }

    fn preview_job(
        &self,
        planned: &Arc<Planned>,
        request: &Request,
        selection: &Selection,
        course: &mut Course,
    ) -> JobPreview {
        let name = &planned.pipeline.name;
        let named = selection.named.contains(name);
        let is_forced = request.force && named;
        let mut job = Job::new(Arc::clone(planned), request.jobs);
        let wanted = Wanted {
            keys: selection.pipelines[name].as_ref(),
            force: is_forced,
            failed_only: request.failed_only && named,
            left: &Left::default(),
        };
        let place = job.queue(&wanted);
        let goes_on = request.keep_going || self.config().keep_going;
        let before = course.before(&self.graph.upstream(name).collect::<Vec<_>>(), goes_on);
        let preview = self.fill(job, place, is_forced, before);
        course.note(name, &preview);
        preview
    }

    /// What becomes of a job's datums and leftovers, if all that runs succeeds.
    fn fill(&self, mut job: Job, mut place: Vec<usize>, is_forced: bool, before: Before) -> JobPreview {
        let refused = self.refusal(&job, &mut place);
        let ignored = job.take_refused(&mut place);
        let queued = job.queue.iter().flat_map(|unit| &job.units[*unit].datums);
        let mut run: Vec<usize> = if refused.is_some() { Vec::new() } else { queued.copied().collect() };
        run.sort_unstable();
        run.iter().chain(&place).for_each(|datum| job.states[*datum] = DatumState::Done);
        let keeps_orphans = job.keeps_orphans(is_forced);
        let Before { follows, waits_for } = before;
        JobPreview {
            planned: Arc::clone(&job.planned),
            run,
            place,
            remove: if keeps_orphans.is_some() { Vec::new() } else { orphans(&job.planned, is_forced) },
            keep: kept(&job, ignored, !follows.is_empty()),
            keeps_orphans,
            refused,
            follows,
            waits_for,
            is_forced,
            twins: std::mem::take(&mut job.twins),
        }
    }

    /// Why a pipeline's commands cannot run here, or its results not be placed; then none are.
    fn refusal(&self, job: &Job, place: &mut Vec<usize>) -> Option<String> {
        if job.queue.is_empty() && place.is_empty() {
            return None;
        }
        let folder = self.repo.root().join(job.name().as_str());
        if let Some(sentence) = read_only(&folder, job.name()) {
            place.clear();
            return Some(sentence);
        }
        if job.queue.is_empty() { None } else { Rooms::new(self).refusal(&job.planned) }
    }
}

/// What must come before a pipeline.
struct Before {
    follows: Vec<PipelineName>,
    waits_for: Vec<PipelineName>,
}

impl Course {
    /// What a pipeline follows, or waits for in vain unless it `goes_on` with what there is.
    fn before(&self, upstream: &[&PipelineName], goes_on: bool) -> Before {
        let among = |names: &BTreeSet<PipelineName>| -> Vec<PipelineName> {
            upstream.iter().copied().filter(|name| names.contains(name)).cloned().collect()
        };
        let waits_for = if goes_on { Vec::new() } else { among(&self.stuck) };
        let follows = if waits_for.is_empty() { among(&self.changing) } else { Vec::new() };
        Before { follows, waits_for }
    }

    fn note(&mut self, name: &PipelineName, preview: &JobPreview) {
        if preview.changes() {
            self.changing.insert(name.clone());
        }
        let datums = &preview.planned.plan.datums;
        // Recovered ones hold nobody up.
        let mut kept = preview.keep.iter().map(|(datum, _)| datums[*datum].state);
        let is_left = |state| !matches!(state, DatumState::Orphaned | DatumState::Blocked);
        let mut leftovers = preview.planned.plan.leftovers.iter();
        let is_stuck = preview.refused.is_some()
            || preview.keeps_orphans.is_some()
            || kept.any(|state| state != DatumState::Recovered)
            || !preview.waits_for.is_empty()
            || leftovers.any(|left| is_left(left.state));
        if is_stuck {
            self.stuck.insert(name.clone());
        }
    }
}

impl JobPreview {
    /// Whether its results would change.
    pub fn changes(&self) -> bool {
        !(self.run.is_empty() && self.place.is_empty() && self.remove.is_empty() && self.follows.is_empty())
    }

    /// How many datums are planned anew at least, if it follows others.
    pub fn at_least(&self) -> usize {
        self.planned.plan.datums.len()
    }
}

impl Unplanned {
    fn new(name: &PipelineName, error: &PlanningError) -> Self {
        let sentence = format!("`{name}` cannot be planned: {error}");
        Self { sentence, is_of_spec: error.is_of_spec(), waits: false }
    }
}

fn orphans(planned: &Planned, is_forced: bool) -> Vec<u32> {
    let goes = |state| {
        state == DatumState::Orphaned
            || is_forced && planned.plan.is_emptied() && state == DatumState::Blocked
    };
    planned.plan.leftovers.iter().filter(|left| goes(left.state)).map(|left| left.line).collect()
}

/// Datums that a run leaves undone; those that wait for what changes first are not among them.
fn kept(job: &Job, ignored: Vec<(usize, String)>, waits: bool) -> Vec<(usize, Option<String>)> {
    let sentences: std::collections::BTreeMap<usize, String> = ignored.into_iter().collect();
    let is_kept = |state: DatumState| match state {
        DatumState::Done => false,
        DatumState::Blocked => !waits,
        _ => true,
    };
    let states = job.states.iter().enumerate().filter(|(_, state)| is_kept(**state));
    states.map(|(datum, _)| (datum, sentences.get(&datum).cloned())).collect()
}
