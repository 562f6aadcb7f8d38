//! What a run would do, datum by datum, before it is started: for `run --dry-run`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};

use crate::model::{DatumState, PipelineName};
use crate::plan::Reason;
use crate::run::{FetchCount, JobPreview, Known, Plans, Request, ToFetch, Unmatched, Unplanned};
use crate::spec::Unsound;

use super::error::{AppError, ExitCode};
use super::merge::{refuse_conflicts, unsettled};
use super::session::{Session, in_order};
use super::uncommitted::caught_up;

/// What a run would do.
#[derive(Default)]
pub struct Preview {
    /// The pipelines it would look after, in order.
    pub pipelines: Vec<PipelinePreview>,
    /// Pipelines that are meant too, but are not sound.
    pub left_out: BTreeMap<String, Unsound>,
    /// Subdatasets that would be installed first.
    pub installs: BTreeSet<String>,
    /// What a merge left to be done first, or by the run, in a sentence.
    pub unsettled: Option<String>,
    /// Whether a run would be refused for that.
    pub is_refused: bool,
}

/// What a run would do with one pipeline.
#[derive(Default)]
pub struct PipelinePreview {
    /// Its name.
    pub name: String,
    /// Datums whose command would run.
    pub run: Vec<DatumPreview>,
    /// Datums whose known results would only be placed.
    pub place: Vec<DatumPreview>,
    /// Results of vanished datums that would go.
    pub remove: Vec<DatumPreview>,
    /// What is not done, or left over, and would stay as it is.
    pub keep: Vec<DatumPreview>,
    /// Pipelines that would change first; then it is planned anew.
    pub follows: Vec<PipelineName>,
    /// How many datums it has then, at least.
    pub at_least: usize,
    /// Whether results that stand already would be committed, since no commit has them.
    pub commits: bool,
    /// Pipelines that would not be complete, for which it waits.
    pub waits_for: Vec<PipelineName>,
    /// Globs that match nothing.
    pub unmatched: Vec<Unmatched>,
    /// Repositories that are no subdatasets, where it reads: they are left out.
    pub nested: Vec<String>,
    /// That files of subdatasets that it reads do not count, in a sentence for each of these.
    pub uncounted: Vec<String>,
    /// How far this is known, where code is not here.
    pub half_known: Option<String>,
    /// What would be fetched from the annex for it, and not for one before it.
    pub fetch: ToFetch,
    /// Whether it is planned only once subdatasets are installed, which a run does first.
    pub waits: bool,
    /// Why it cannot be planned, or nothing of it run here.
    pub error: Option<String>,
    /// The exit code of why it cannot be planned.
    pub broken: Option<ExitCode>,
}

impl Preview {
    /// Whether a run would find all done.
    pub(super) fn is_at_rest(&self) -> bool {
        let is_done = self.left_out.is_empty() && self.installs.is_empty() && !self.is_refused;
        is_done && self.unsettled.is_none() && self.pipelines.iter().all(PipelinePreview::is_at_rest)
    }
}

impl PipelinePreview {
    fn is_at_rest(&self) -> bool {
        let is_waiting = self.waits || self.error.is_some() || !self.waits_for.is_empty();
        let datums = [&self.run, &self.place, &self.remove, &self.keep];
        !is_waiting && self.follows.is_empty() && datums.into_iter().all(Vec::is_empty)
    }
}

/// One datum or result of a preview.
pub struct DatumPreview {
    /// The place.
    pub key: String,
    /// The work, in hexadecimal.
    pub id: String,
    /// Where it stands now.
    pub state: DatumState,
    /// Why, in one sentence.
    pub reason: String,
    /// Why, in words that fit others too: `code changed`.
    pub kind: String,
}

/// What a run would do in the project that holds a folder, read anew.
///
/// # Errors
/// When there is no usable project, or a target means nothing.
pub fn preview_at(dir: &Path, request: &Request) -> Result<Preview, AppError> {
    let session = Session::open(dir)?;
    let known = session.known();
    preview(&session, &known, None, request)
}

/// What a run would do if it were started now. Plans of the project, if there are any, need not be made again.
///
/// # Errors
/// When a target means nothing.
pub fn preview(
    session: &Session,
    known: &Known<'_>,
    plans: Option<&Plans>,
    request: &Request,
) -> Result<Preview, AppError> {
    let needs_plans = plans.is_none() && !request.targets.is_empty();
    let made = if needs_plans { session.project.plan_all(known) } else { Plans::default() };
    let selection = session.project.select(plans.unwrap_or(&made), request)?;
    let jobs = session.project.preview(known, request, &selection);
    let annexes = session.project.annexes();
    let mut fetches = FetchCount::new(&session.project, &annexes);
    let is_waiting =
        |job: &Result<JobPreview, Unplanned>| job.as_ref().is_err_and(|unplanned| unplanned.waits);
    let waiting = jobs.iter().filter(|(_, job)| is_waiting(job)).map(|(name, _)| name.clone()).collect();
    let installs = session.project.absent_subdatasets(&waiting);
    let caught_up = caught_up(session, request, &jobs);
    let pipelines = jobs.into_iter().map(|(name, job)| match job {
        Ok(job) => {
            let fetch = fetches.add(&job.planned, job.run.iter().copied());
            let commits = caught_up.contains(&name);
            PipelinePreview { commits, fetch, ..looked_at(session, known, &name, &job) }
        }
        Err(Unplanned { sentence, is_of_spec, waits }) => PipelinePreview {
            name: name.to_string(),
            waits,
            error: Some(sentence),
            broken: (!waits).then(|| ExitCode::of_plan(is_of_spec)),
            ..PipelinePreview::default()
        },
    });
    let unsettled = unsettled(&session.project, &|command| format!("`{command}`"));
    let is_refused = refuse_conflicts(&session.project).is_err();
    let pipelines = pipelines.collect();
    Ok(Preview { pipelines, left_out: selection.unsound, installs, unsettled, is_refused })
}

/// What a plain run would fetch for some pipelines, as things stand.
pub fn to_fetch(session: &Session, plans: &Plans, is_wanted: &dyn Fn(&PipelineName) -> bool) -> ToFetch {
    let annexes = session.project.annexes();
    let (mut fetches, mut sum) = (FetchCount::new(&session.project, &annexes), ToFetch::default());
    for (name, planned) in in_order(&session.project, plans) {
        if let Some(planned) = planned.as_ref().ok().filter(|_| is_wanted(name)) {
            let datums = planned.plan.datums.iter().enumerate();
            let runs = datums.filter(|(_, datum)| datum.state.is_open());
            sum += fetches.add(planned, runs.map(|(number, _)| number));
        }
    }
    sum
}

/// What is said of a datum that nobody named.
const TWIN: &str = "it takes the result of a datum with the same work, which `--force` runs again";

fn looked_at(session: &Session, known: &Known<'_>, name: &PipelineName, job: &JobPreview) -> PipelinePreview {
    let datum = |number: &usize| {
        let state = job.planned.plan.datums[*number].state;
        let is_again = job.is_forced && matches!(state, DatumState::Done | DatumState::Cached);
        let words = if job.twins.contains(number) { TWIN } else { "`--force` runs it again" };
        datum_preview(session, known, job, *number, is_again.then(|| words.to_owned()))
    };
    let kept = |(number, sentence): &(usize, Option<String>)| {
        let is_known = job.planned.plan.datums[*number].state == DatumState::Cached;
        let unasked =
            || is_known.then(|| "not asked for; its result is known, and can be put in place".to_owned());
        datum_preview(session, known, job, *number, sentence.clone().or_else(unasked))
    };
    let mut keep: Vec<DatumPreview> = job.keep.iter().map(kept).collect();
    keep.extend(leftovers(session, job));
    PipelinePreview {
        name: name.to_string(),
        run: job.run.iter().map(datum).collect(),
        place: job.place.iter().map(datum).collect(),
        remove: job.remove.iter().map(|line| result(session, job, *line, DatumState::Orphaned)).collect(),
        keep,
        follows: job.follows.clone(),
        commits: false,
        at_least: if job.follows.is_empty() { 0 } else { job.at_least() },
        waits_for: job.waits_for.clone(),
        unmatched: job.planned.unmatched_globs(),
        nested: job.planned.nested_inputs(&session.project.scan),
        uncounted: session.project.uncounted_inputs(&job.planned),
        half_known: session.project.half_known(&job.planned),
        waits: false,
        error: job.refused.clone(),
        fetch: ToFetch::default(),
        broken: None,
    }
}

fn datum_preview(
    session: &Session,
    known: &Known<'_>,
    job: &JobPreview,
    number: usize,
    sentence: Option<String>,
) -> DatumPreview {
    let datum = &job.planned.plan.datums[number];
    let (key, id, state) = (datum.key.to_string(), datum.id.to_string(), datum.state);
    if let Some(reason) = sentence {
        return DatumPreview { key, id, state, kind: reason.clone(), reason };
    }
    let reasons = match state {
        DatumState::Done => vec![Reason::EveryJob],
        _ => session.reasons(known, &job.planned, number),
    };
    let mut kinds: Vec<String> = reasons.iter().map(kind).collect();
    kinds.dedup();
    let reason = reasons.iter().map(Reason::sentence).collect::<Vec<_>>().join("; ");
    DatumPreview { key, id, state, reason, kind: kinds.join(" and ") }
}

/// A reason in words that fit other datums too.
fn kind(reason: &Reason) -> String {
    match reason {
        Reason::New => "new".into(),
        Reason::Failed { .. } => "failed".into(),
        Reason::FailedBefore { .. } => "failed before".into(),
        Reason::Input { .. } | Reason::Undone { .. } | Reason::Mode { .. } => "data changed".into(),
        Reason::Code { .. } => "code changed".into(),
        Reason::Field { .. } | Reason::Image { .. } => "spec changed".into(),
        other => other.sentence(),
    }
}

/// Results of vanished datums that stay.
fn leftovers<'a>(session: &'a Session, job: &'a JobPreview) -> impl Iterator<Item = DatumPreview> + 'a {
    let stays = |line: &u32| !job.remove.contains(line);
    let left = job.planned.plan.leftovers.iter();
    left.filter(move |left| stays(&left.line)).map(|left| result(session, job, left.line, left.state))
}

/// The result of a vanished datum.
fn result(session: &Session, job: &JobPreview, line: u32, state: DatumState) -> DatumPreview {
    let line = &session.project.ledger(&job.planned.pipeline.name).lines()[line as usize];
    let reason = match (state, &job.keeps_orphans) {
        (DatumState::Orphaned, Some(sentence)) => sentence.clone(),
        _ => job.planned.plan.leftover_reason(state).sentence(),
    };
    let kind = reason.clone();
    DatumPreview { key: line.key.to_string(), id: line.id.to_string(), state, reason, kind }
}

impl PipelinePreview {
    /// The documented JSON of a pipeline.
    pub fn json(&self) -> Value {
        let all = |datums: &[DatumPreview]| datums.iter().map(DatumPreview::json).collect::<Vec<_>>();
        json!({
            "name": self.name,
            "run": all(&self.run),
            "place": all(&self.place),
            "remove": all(&self.remove),
            "keep": all(&self.keep),
            "follows": self.follows,
            "at_least": self.at_least,
            "commits": self.commits,
            "waits_for": self.waits_for,
            "unmatched": self.unmatched,
            "nested": self.nested,
            "uncounted": self.uncounted,
            "half_known": self.half_known,
            "fetch": self.fetch,
            "error": self.error,
        })
    }
}

impl DatumPreview {
    fn json(&self) -> Value {
        json!({"key": self.key, "id": self.id, "state": self.state, "reason": self.reason})
    }
}
