//! Starting jobs: a pipeline is planned once its upstream has settled, and told.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::ledger::PipelineLedger;
use crate::model::{DatumState, Event, PipelineName, literal};
use crate::plan::Reason;
use crate::spec::Unsound;

use super::clock::now_ms;
use super::engine::Engine;
use super::error::RunError;
use super::findings::nested_sentence;
use super::job::{Job, Wanted};
use super::planner::{Planned, PlanningError};
use super::preflight::refuse_left_out;
use super::work::farm_name;

/// A pipeline with so many datums at most gathers what it reads.
const FEW: usize = 4;

impl Engine<'_> {
    /// Starts every selected pipeline whose upstream has settled.
    pub(super) fn start_jobs(&mut self) -> Result<(), RunError> {
        let project = self.project;
        for name in project.graph.order() {
            if self.starts_nothing() || self.started.contains(name) {
                continue;
            }
            let waits = project.graph.upstream(name).any(|upstream| {
                self.selection.pipelines.contains_key(upstream) && !self.finished.contains(upstream)
            });
            if waits {
                continue;
            }
            self.started.insert(name.clone());
            self.start_job(name)?;
        }
        Ok(())
    }

    fn start_job(&mut self, name: &PipelineName) -> Result<(), RunError> {
        let Some(planned) = self.plan_to_run(name) else { return Ok(()) };
        let mut job = Job::new(planned, self.sets_in_all());
        self.note_what_stands(&mut job);
        let Some(keys) = self.selection.pipelines.get(name) else {
            self.jobs.push(job);
            return self.finish_job(self.jobs.len() - 1);
        };
        let named = self.selection.named.contains(name);
        let wanted = Wanted {
            keys: keys.as_ref(),
            force: self.request.force && named,
            failed_only: self.request.failed_only && named,
            left: &self.report.left,
        };
        let mut to_place = job.queue(&wanted);
        if !job.queue.is_empty() {
            job.notes.extend(self.project.unlisted_input_notes(&job.planned));
            self.look_ahead(name);
        }
        self.count_tried(&job);
        self.refuse_without_code(&mut job);
        self.preflight(&mut job);
        self.report.bad_data |= refuse_left_out(&self.project.scan, &mut job);
        self.refuse_read_only(&mut job, &mut to_place);
        let refused = job.take_refused(&mut to_place);
        note_lacking(&mut job);
        self.announce(&job, to_place.len());
        self.tell_left(&mut job, keys.as_ref());
        job.open = job.units.iter().flat_map(|unit| &unit.datums).chain(&to_place).copied().collect();
        self.prepare_owners(&mut job);
        self.adopt(&mut job);
        self.jobs.push(job);
        let at = self.jobs.len() - 1;
        self.end_refused(at, refused);
        self.keep_replaced(at)?;
        for datum in to_place {
            self.place_known(at, datum)?;
        }
        self.begin_fetch(at)?;
        self.begin_room(at);
        if self.project.pipelines[name].transform.is_none() {
            self.place_matches(at)?;
        }
        if self.jobs[at].is_over() {
            self.finish_job(at)?;
        }
        Ok(())
    }

    /// Notes what is worth a sentence whatever runs.
    fn note_what_stands(&self, job: &mut Job) {
        let name = job.name().clone();
        job.notes.extend(self.project.missing_script_notes(&name));
        let nested = job.planned.nested_inputs(&self.project.scan).into_iter();
        job.notes.extend(nested.map(|path| nested_sentence(name.as_str(), &path)));
        let uncounted = self.project.uncounted_inputs(&job.planned).into_iter();
        job.notes.extend(uncounted.map(|sentence| format!("{name}: {sentence}")));
        let half_known = self.project.half_known(&job.planned);
        job.notes.extend(half_known.map(|sentence| format!("{name}: {sentence}")));
    }

    /// Has the farms looked at that those need next who gather the results of a pipeline.
    fn look_ahead(&self, name: &PipelineName) {
        let work = self.shared.state.join("work");
        let readers = self.project.graph.downstream(name);
        for reader in readers.filter(|reader| self.selection.pipelines.contains_key(*reader)) {
            let lines = self.project.ledgers.get(reader).map_or(&[][..], PipelineLedger::lines);
            for line in lines.iter().filter(|_| lines.len() <= FEW) {
                self.shared.farms.look(&work, &farm_name(reader, &line.key));
            }
        }
    }

    /// Plans a pipeline now that what it reads stands; nothing if that cannot be, which is noted.
    fn plan_to_run(&mut self, name: &PipelineName) -> Option<Arc<Planned>> {
        let planned = self.project.plan_one(name, self.memory, &self.plans, self.request.keep_going);
        let is_forced = self.request.force && self.selection.named.contains(name);
        let planned = planned.and_then(|planned| self.with_its_input(planned, is_forced));
        let mut planned = planned.map_err(|error| self.note_unplanned(name, error)).ok()?;
        if is_forced {
            planned.plan.let_go();
        }
        let planned = Arc::new(planned);
        self.plans.by_name.insert(name.clone(), Ok(Arc::clone(&planned)));
        Some(planned)
    }

    /// What the ledger tells of a subdataset that is not here is enough to know that all is done, not to do it again.
    fn with_its_input(&self, planned: Planned, is_forced: bool) -> Result<Planned, PlanningError> {
        match &planned.absent {
            Some(path) if is_forced || planned.pipeline.every_job => {
                Err(self.project.why_absent(path).into())
            }
            _ => Ok(planned),
        }
    }

    /// Nothing is run without the code that it would be run by, nor by what stands in the place of that; what is known is
    /// placed all the same.
    fn refuse_without_code(&mut self, job: &mut Job) {
        if let Some(error) = self.project.lacks_code(&job.planned).filter(|_| !job.queue.is_empty()) {
            self.report.bad_data = true;
            job.refuse(error.to_string());
        }
    }

    /// A pipeline that cannot be planned is over before it began; of one that nobody asked for nothing is said.
    fn note_unplanned(&mut self, name: &PipelineName, error: PlanningError) {
        if self.selection.pipelines.contains_key(name) {
            let unsound = self.unplanned(&error);
            self.observer.event(&Event::LeftOut {
                pipeline: name.to_string(),
                state: unsound.word().into(),
                message: unsound.sentence(),
                at_ms: now_ms(),
            });
            self.report.unsound.insert(name.to_string(), unsound);
            self.tell_unplanned(name, &error);
        }
        self.plans.by_name.insert(name.clone(), Err(error));
        self.finished.insert(name.clone());
    }

    fn unplanned(&self, error: &PlanningError) -> Unsound {
        let PlanningError::Upstream { upstream } = error else {
            return Unsound::Unplanned(error.to_string());
        };
        match self.report.unsound.get(upstream.as_str()) {
            Some(Unsound::LeftOut(needed)) => Unsound::LeftOut(needed.clone()),
            _ => Unsound::LeftOut(BTreeSet::from([upstream.to_string()])),
        }
    }

    fn tell_unplanned(&mut self, name: &PipelineName, error: &PlanningError) {
        let is_spec = error.is_of_spec();
        let shows = || format!("; `minipach check {}` shows where", literal(name.as_str()));
        let place = if is_spec { shows() } else { String::new() };
        self.report.trouble.push(format!("`{name}` cannot be planned: {error}{place}"));
        self.report.bad_specs |= is_spec;
        self.report.bad_data |= !is_spec;
    }

    /// What earlier rounds tried in vain counts as tried by this run.
    fn count_tried(&mut self, job: &Job) {
        let recovered = job.tried.iter().filter(|datum| job.states[**datum] == DatumState::Recovered).count();
        self.report.summary.recovered += recovered;
        self.report.summary.failed += job.tried.len() - recovered;
    }

    /// Says which wanted datums are left alone, and why.
    fn tell_left(&mut self, job: &mut Job, keys: Option<&BTreeSet<String>>) {
        let plan = &job.planned.plan;
        let is_wanted = |key: &str| keys.is_none_or(|keys| keys.contains(key));
        for (number, datum) in plan.datums.iter().enumerate().filter(|(_, datum)| is_wanted(&datum.key)) {
            let message = match datum.state {
                DatumState::Edited => {
                    let stray = self.project.stray(self.memory, &job.planned, number);
                    stray.map_or_else(
                        || "its files are not the known result; `minipach why` says what can be done".into(),
                        |stray| stray.sentence(),
                    )
                }
                DatumState::InTheWay => self.project.in_the_way(self.memory, &job.planned, number).sentence(),
                _ => continue,
            };
            self.observer.event(&Event::DatumFinished {
                pipeline: job.name().to_string(),
                key: datum.key.to_string(),
                id: datum.id,
                outcome: datum.state,
                instead_of: None,
                message: Some(message),
                log: None,
                took_ms: 0,
                at_ms: now_ms(),
            });
        }
        if plan.datums.iter().any(|datum| datum.state == DatumState::Blocked) {
            let upstream: Vec<String> = plan.incomplete.iter().map(|name| format!("`{name}`")).collect();
            let message = format!("waits for {}", upstream.join(", "));
            job.note_trouble(message);
        }
    }

    fn announce(&mut self, job: &Job, to_restore: usize) {
        let plan = &job.planned.plan;
        let to_remove = plan.leftovers.iter().filter(|left| left.state == DatumState::Orphaned).count();
        let to_run: usize = job.queue.iter().map(|unit| job.units[*unit].datums.len()).sum();
        self.observer.event(&Event::JobStarted {
            pipeline: job.name().to_string(),
            at_ms: now_ms(),
            total: plan.datums.len(),
            to_run,
            to_restore,
            to_remove,
            only: only(job, to_run),
            place: (to_run > 0).then(|| job.begins_in()),
        });
        for message in job.notes.iter().cloned() {
            self.observer.event(&Event::Note { message, at_ms: now_ms() });
        }
    }
}

/// The keys of the `to_run` datums whose command runs, where others that could run are left as they are.
fn only(job: &Job, to_run: usize) -> Option<Vec<String>> {
    let datums = &job.planned.plan.datums;
    let open = datums.iter().filter(|datum| datum.state.is_open());
    let keys = job.queue.iter().flat_map(|unit| &job.units[*unit].datums);
    (open.count() > to_run).then(|| keys.map(|number| datums[*number].key.to_string()).collect())
}

/// Notes what commands that are to run are run without.
fn note_lacking(job: &mut Job) {
    let plan = &job.planned.plan;
    if plan.lacking.is_empty() || job.queue.is_empty() {
        return;
    }
    let pipelines = plan.incomplete.iter().map(ToString::to_string).collect();
    let made = Reason::partial(pipelines, &plan.lacking).sentence();
    let message = format!("`{}` is {made}", job.name());
    job.notes.push(message);
}
