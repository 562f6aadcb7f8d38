//! What a run leaves: what of its datums is not done, counted as a plan counts it, and what is told of it.

use crate::model::{DatumState, PipelineName};

use super::engine::Engine;
use super::job::Job;
use super::planner::Planned;

impl Engine<'_> {
    /// Counts what is not done of what was wanted, and tells the trouble of each job.
    pub(super) fn count_left(&mut self) {
        let begun: usize = self.jobs.iter().map(|job| self.left_of(job)).sum();
        self.report.summary.left = begun + self.left_unstarted();
        for job in &self.jobs {
            let is_wanted = self.selection.pipelines.get(job.name()).is_some_and(Option::is_none);
            let edited = self.edited_left(job).filter(|_| is_wanted);
            self.report.trouble.extend(edited);
            self.report.told.extend(job.trouble.iter().map(|trouble| format!("`{}`: {trouble}", job.name())));
        }
    }

    /// What a job leaves: what failed was tried, and is told by itself.
    fn left_of(&self, job: &Job) -> usize {
        use DatumState::{Done, Failed, Recovered};
        let is_left = |number: usize| {
            !matches!(job.states[number], Done | Failed | Recovered) || job.open.contains(&number)
        };
        self.count_undone(&job.planned, &is_left)
    }

    /// What is to be done of pipelines that a stopped run did not come to.
    fn left_unstarted(&mut self) -> usize {
        let (project, keeps_going) = (self.project, self.request.keep_going);
        let is_open = |name: &&PipelineName| {
            self.selection.pipelines.contains_key(*name) && !self.started.contains(*name)
        };
        let open: Vec<PipelineName> = project.graph.order().iter().filter(is_open).cloned().collect();
        let left = open.iter().map(|name| {
            project.plan_next(name, self.memory, &mut self.plans, keeps_going);
            let planned = self.plans.by_name.get(name).and_then(|planned| planned.as_ref().ok());
            planned.map_or(0, |planned| {
                self.count_undone(planned, &|number| planned.plan.datums[number].state != DatumState::Done)
            })
        });
        left.sum()
    }

    /// How many of the wanted datums of a pipeline are undone, and how many results are kept of datums that nobody can tell
    /// of while an upstream is incomplete.
    fn count_undone(&self, planned: &Planned, is_undone: &dyn Fn(usize) -> bool) -> usize {
        let name = &planned.pipeline.name;
        let Some(keys) = self.selection.pipelines.get(name) else { return 0 };
        let is_wanted = |key: &str| keys.as_ref().is_none_or(|keys| keys.contains(key));
        let datums = planned.plan.datums.iter().enumerate();
        let undone = datums.filter(|(number, datum)| is_wanted(&datum.key) && is_undone(*number));
        let lines = self.project.ledger(name).lines();
        let kept = planned.plan.left_keys().filter(|left| left.state == DatumState::Blocked);
        let kept = kept.filter(|left| is_wanted(&lines[left.line as usize].key));
        undone.count() + kept.count()
    }

    /// What stays of vanished datums since somebody changed it, in a sentence.
    fn edited_left(&self, job: &Job) -> Option<String> {
        let lines = self.project.ledger(job.name()).lines();
        let left = job.planned.plan.leftovers.iter().filter(|left| left.state == DatumState::Edited);
        let keys: Vec<&str> = left.map(|left| &*lines[left.line as usize].key).collect();
        let (first, kept) = (keys.first()?, super::records::count(keys.len(), "result"));
        let name = job.name();
        Some(format!(
            "`{name}`: {kept} of vanished datums, `{name}:{first}` first, changed by hand and left alone; remove what \
             you do not need"
        ))
    }
}
