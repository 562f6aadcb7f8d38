//! Overview: where every pipeline stands, for `status` and `plan`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::model::{DatumState, PipelineName, StateCounts};
use crate::plan::{Reason, alone};
use crate::run::{Known, Planned, Plans, Unmatched};

use super::causes::{Cause, Causes};
use super::overall::{Fault, Overall};
use super::progress::InHand;
use super::session::{Session, in_order};
use super::table::{DatumTable, Rows};

/// Where one pipeline stands.
#[derive(Clone, Debug)]
pub struct PipelineView {
    /// Its name.
    pub name: PipelineName,
    /// One word for the whole.
    pub state: &'static str,
    /// Datums by state.
    pub counts: StateCounts,
    /// Datums that are done or known, and that a run computes again all the same, as the spec says.
    pub again: usize,
    /// Datums among the failed ones that no run computes: it refuses them.
    pub refused: usize,
    /// Whether `counts` is only what is known so far, since an upstream is incomplete.
    pub is_lower_bound: bool,
    /// Why datums are not done, most frequent first.
    pub causes: Vec<Cause>,
    /// Why its commands cannot run on this machine, if some of them are to.
    pub cannot_run: Option<String>,
    /// Why it cannot be planned.
    pub error: Option<String>,
    /// Where that lies.
    pub fault: Fault,
    /// The subdataset that is not there, if that is why.
    pub absent: Option<String>,
    /// Inputs that found no partner; not counted while an upstream is incomplete.
    pub alone: usize,
    /// Globs that match nothing.
    pub unmatched: Vec<Unmatched>,
    /// Repositories that are no subdatasets, where it reads: they are left out.
    pub nested: Vec<String>,
    /// That files of subdatasets that it reads do not count, in a sentence for each of these.
    pub uncounted: Vec<String>,
    /// How far this is known, where code is not here.
    pub half_known: Option<String>,
    /// Upstream pipelines.
    pub reads: Vec<PipelineName>,
    /// Code files that count, by path.
    pub code: Vec<String>,
}

impl PipelineView {
    /// How many datums a run would compute.
    pub fn to_compute(&self) -> usize {
        let states = [DatumState::Pending, DatumState::Stale, DatumState::Failed, DatumState::Recovered];
        let all = self.again + states.into_iter().map(|state| self.counts.get(state)).sum::<usize>();
        all.saturating_sub(self.refused)
    }

    /// The documented JSON of a pipeline.
    pub fn json(&self) -> Value {
        let mut datums = Map::new();
        datums.insert("total".into(), self.counts.total().into());
        for state in DatumState::ALL {
            datums.insert(state.word().into(), self.counts.get(state).into());
        }
        serde_json::json!({
            "name": self.name,
            "state": self.state,
            "datums": datums,
            "again": self.again,
            "refused": self.refused,
            "at_least": self.is_lower_bound,
            "reasons": self.causes,
            "cannot_run": self.cannot_run,
            "error": self.error,
            "code": self.code,
            "alone": self.alone,
            "unmatched": self.unmatched,
            "nested": self.nested,
            "uncounted": self.uncounted,
            "half_known": self.half_known,
        })
    }
}

/// Where all pipelines stand: the sound ones in order, then the others by name. `running` tells which datums a run has in its hands.
pub fn overview(
    session: &Session,
    plans: &Plans,
    known: &Known<'_>,
    running: &BTreeMap<(String, String), InHand>,
) -> Vec<PipelineView> {
    views(session, plans, known, running, &mut |_, _, _| {})
}

/// The same while nothing runs, each with its datums, so that what is worked out for both is worked out once.
pub(super) fn with_tables(
    session: &Session,
    plans: &Plans,
    known: &Known<'_>,
) -> Vec<(PipelineView, DatumTable)> {
    let mut rows: BTreeMap<String, Rows> = BTreeMap::new();
    let mut keep = |planned: &Planned, number: usize, reasons: &[Reason]| {
        let name = planned.pipeline.name.as_str();
        if !rows.contains_key(name) {
            rows.insert(name.to_owned(), Rows::default());
        }
        if let Some(rows) = rows.get_mut(name) {
            rows.datum(session, planned, number, reasons);
        }
    };
    let views = views(session, plans, known, &BTreeMap::new(), &mut keep);
    let with_table = |view: PipelineView| {
        let mut rows = rows.remove(view.name.as_str()).unwrap_or_default();
        if let Some(Ok(planned)) = plans.by_name.get(&view.name) {
            rows.leftovers(session, planned);
        }
        (view, rows.finish())
    };
    views.into_iter().map(with_table).collect()
}

/// Who hears of every datum with the reasons for its state.
type Hear<'a> = dyn FnMut(&Planned, usize, &[Reason]) + 'a;

fn views(
    session: &Session,
    plans: &Plans,
    known: &Known<'_>,
    running: &BTreeMap<(String, String), InHand>,
    hear: &mut Hear<'_>,
) -> Vec<PipelineView> {
    let view =
        |(name, planned): (&PipelineName, &Result<std::sync::Arc<Planned>, crate::run::PlanningError>)| {
            let mut view = PipelineView {
                name: name.clone(),
                state: "broken",
                counts: StateCounts::default(),
                again: 0,
                refused: 0,
                is_lower_bound: false,
                causes: Vec::new(),
                cannot_run: None,
                error: None,
                fault: Fault::default(),
                absent: None,
                alone: 0,
                unmatched: Vec::new(),
                nested: Vec::new(),
                uncounted: Vec::new(),
                half_known: None,
                reads: session.project.graph.upstream(name).cloned().collect(),
                code: Vec::new(),
            };
            match planned {
                Ok(planned) => fill(&mut view, session, planned, known, running, hear),
                Err(error) => {
                    let absent = error.absent_subdataset().map(str::to_owned);
                    view.fault = if error.is_of_spec() { Fault::Spec } else { Fault::Project };
                    (view.error, view.absent) = (Some(session.why_not(error)), absent);
                }
            }
            view.state = Overall::of_plan(planned, &view.counts).word();
            view
        };
    in_order(&session.project, plans).map(view).chain(unsound(session)).collect()
}

/// Pipelines that are broken or left out. Nothing is counted: what stands there is not looked at.
fn unsound(session: &Session) -> impl Iterator<Item = PipelineView> + '_ {
    let reads = |name: &PipelineName| -> Vec<PipelineName> {
        let leaves =
            session.project.loaded.get(name).map(|loaded| loaded.pipeline.input.leaves()).unwrap_or_default();
        let is_pipeline = |repo: &&str| session.project.names().any(|other| other == *repo);
        let repos = leaves.iter().map(|leaf| leaf.repo.as_str()).filter(is_pipeline);
        repos.filter_map(|repo| PipelineName::parse(repo).ok()).collect()
    };
    session.project.unsound.iter().filter_map(move |(folder, unsound)| {
        let name = PipelineName::parse(folder).ok()?;
        Some(PipelineView {
            state: unsound.word(),
            counts: StateCounts::default(),
            again: 0,
            refused: 0,
            is_lower_bound: false,
            causes: Vec::new(),
            cannot_run: None,
            error: Some(unsound.sentence()),
            fault: Fault::of(unsound),
            absent: None,
            alone: 0,
            unmatched: Vec::new(),
            nested: Vec::new(),
            uncounted: Vec::new(),
            half_known: None,
            reads: reads(&name),
            code: Vec::new(),
            name,
        })
    })
}

fn fill(
    view: &mut PipelineView,
    session: &Session,
    planned: &Planned,
    known: &Known<'_>,
    running: &BTreeMap<(String, String), InHand>,
    hear: &mut Hear<'_>,
) {
    let (mut causes, mut partial) = (Causes::default(), 0);
    for (number, datum) in planned.plan.datums.iter().enumerate() {
        let is_live =
            !running.is_empty() && running.contains_key(&(view.name.to_string(), datum.key.to_string()));
        view.counts.add(if is_live { DatumState::Running } else { datum.state });
        let reasons = session.reasons(known, planned, number);
        hear(planned, number, &reasons);
        if datum.state == DatumState::Done {
            partial += usize::from(reasons.iter().any(|reason| matches!(reason, Reason::Partial { .. })));
        } else {
            causes.add(reasons);
        }
    }
    let waiting = waiting(planned);
    // Results whose inputs are to come again wait as the datums do.
    (0..waiting).for_each(|_| causes.add(vec![planned.plan.leftover_reason(DatumState::Blocked)]));
    if let Some((reason, datums)) = as_a_whole(planned, partial).filter(|_| waiting == 0) {
        causes.add_of_all(reason, datums);
    }
    if planned.pipeline.every_job {
        view.again = view.counts.get(DatumState::Done) + view.counts.get(DatumState::Cached);
    }
    if view.again > 0 {
        causes.add_of_all(Reason::EveryJob, view.again);
    }
    view.refused = (0..planned.plan.datums.len()).filter(|datum| planned.refusal(*datum).is_some()).count();
    planned.plan.left_keys().for_each(|left| view.counts.add(left.state));
    view.causes = causes.ranked();
    view.is_lower_bound = !planned.plan.incomplete.is_empty();
    if view.is_lower_bound || view.to_compute() > 0 {
        view.cannot_run = session.cannot_run(planned);
    }
    view.code = planned.code.files.keys().cloned().collect();
    view.unmatched = planned.unmatched_globs();
    view.nested = planned.nested_inputs(&session.project.scan);
    view.uncounted = session.project.uncounted_inputs(planned);
    view.half_known = session.project.half_known(planned);
    if !view.is_lower_bound {
        view.alone = alone(&planned.plan, &planned.pipeline).len();
    }
}

/// That a pipeline has no datum as no tick has come to one of its cron inputs.
fn without_ticks(planned: &Planned) -> Option<Reason> {
    let leaves = planned.pipeline.input.leaves();
    let mut crons =
        leaves.iter().zip(&planned.plan.trees).filter(|(leaf, tree)| leaf.is_cron && tree.is_empty());
    let (leaf, _) = crons.next().filter(|_| planned.plan.datums.is_empty())?;
    Some(Reason::NoTick { input: leaf.name.to_string(), folder: leaf.repo.to_string() })
}

/// How many results are kept whose datums are not there as an upstream is incomplete, or as nothing makes a datum any more.
fn waiting(planned: &Planned) -> usize {
    planned.plan.left_keys().filter(|left| left.state == DatumState::Blocked).count()
}

/// What an incomplete upstream means for a pipeline in which nothing waits for it, and for how many of its datums: what
/// is done was made from a part (`partial`), or there is nothing yet.
fn as_a_whole(planned: &Planned, partial: usize) -> Option<(Reason, usize)> {
    if let Some(reason) = without_ticks(planned) {
        return Some((reason, 0));
    }
    let pipelines: Vec<String> = planned.plan.incomplete.iter().map(ToString::to_string).collect();
    if pipelines.is_empty() || planned.plan.datums.iter().any(|datum| datum.state == DatumState::Blocked) {
        return None;
    }
    if planned.plan.datums.is_empty() {
        return Some((Reason::Upstream { pipelines }, 0));
    }
    (partial > 0).then(|| (Reason::partial(pipelines, &planned.plan.lacking), partial))
}
