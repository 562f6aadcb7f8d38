//! Runs, now and before: what is in hand, how far each job is, and what failed, in groups.

mod draw;
mod explain;
pub(in crate::tui) mod groups;
mod order;
mod rows;
mod tail;
#[cfg(test)]
mod tests;
mod twin;

use std::collections::{BTreeMap, BTreeSet};

use std::sync::Arc;

use crate::app::RunProgress;
use crate::model::DatumState;
use crate::tui::action::{Action, Place};
use crate::tui::effect::{Answer, Effect, LogSource, Query, World};
use crate::tui::facts::Facts;
use crate::tui::list::List;
use crate::tui::pen::Pen;
use crate::tui::request::request;
use crate::tui::thought::{Found, QUICK, Thought};
use crate::tui::twin::Twin;

use super::{Hit, Screen, Seen};
use groups::{Group, groups, groups_of};
use order::{Asked, NOW, THEN, rows};
use rows::{Row, nearest};
use tail::Tail;

/// A question that got no answer is asked again after so long, in milliseconds.
const PATIENCE_MS: u64 = 5000;

/// Its own state.
#[derive(Clone, Debug, Default)]
pub(in crate::tui) struct Jobs {
    /// The cursor in the run that is shown.
    list: List,
    /// The cursor in the list of runs.
    runs: List,
    /// What is asked for of the run that is shown, and of the list of runs.
    asked_rows: Asked,
    asked_runs: Asked,
    /// Targets of rows that were selected.
    selected: BTreeSet<String>,
    /// The run that is shown; the newest if absent.
    chosen: Option<String>,
    /// Whether keys go to the list of runs.
    is_past: bool,
    /// Whether the pane with the keys has the whole screen.
    is_alone: bool,
    /// Runs of the past, newest first; absent before the answer.
    past: Option<Vec<RunProgress>>,
    /// What the newest run was when they were asked for, and when.
    asked: Option<(String, bool, u64)>,
    /// Failures of now.
    groups: Arc<[Group]>,
    /// Which failures these are, and which were asked for last.
    grouped: Option<u64>,
    asked_groups: Option<u64>,
    /// Failures of runs of the past, by run.
    then: BTreeMap<String, Vec<Group>>,
    /// The log of what is under the cursor.
    tail: Tail,
    /// Whether it was ever on the screen.
    is_used: bool,
}

impl Jobs {
    /// All runs, newest first.
    fn all<'a>(&'a self, facts: &'a Facts) -> Vec<&'a RunProgress> {
        let newest = (!facts.run.run.is_empty()).then_some(&*facts.run);
        let past = self.past.iter().flatten().filter(|run| run.run != facts.run.run);
        newest.into_iter().chain(past).collect()
    }

    /// The runs that are listed, in order.
    fn listed<'a>(&'a self, facts: &'a Facts) -> Vec<&'a RunProgress> {
        self.asked_runs.runs(self.all(facts), facts.now_ms)
    }

    /// The names of these.
    fn names(&self, facts: &Facts) -> Vec<String> {
        self.listed(facts).iter().map(|run| run.run.clone()).collect()
    }

    /// Puts the cursor of the list of runs on the one that is shown; where keys go there and a filter hides that, the
    /// first one is shown.
    fn keep_run(&mut self, facts: &Facts) {
        let shown = self.run(facts).map(|(run, _)| run.run.clone());
        let listed = self.names(facts);
        let at = listed.iter().position(|run| Some(run) == shown.as_ref());
        self.runs.cursor = at.unwrap_or(0);
        if at.is_none() && self.is_past {
            self.choose(facts, &listed);
        }
    }

    /// The run that is shown, and whether it goes on now.
    fn run<'a>(&'a self, facts: &'a Facts) -> Option<(&'a RunProgress, bool)> {
        let all = self.all(facts);
        let chosen = all.iter().find(|run| Some(&run.run) == self.chosen.as_ref());
        let run = *chosen.or_else(|| all.first())?;
        Some((run, facts.is_live && run.run == facts.run.run))
    }

    /// The rows of the run that is shown.
    fn rows<'a>(&'a self, facts: &'a Facts) -> Vec<Row<'a>> {
        let Some((run, is_live)) = self.run(facts) else { return Vec::new() };
        if run.run == facts.run.run {
            return rows(run, NOW, &self.groups, is_live, &self.asked_rows);
        }
        let then = self.then.get(&run.run).map_or(&[][..], Vec::as_slice);
        rows(run, THEN, then, is_live, &self.asked_rows)
    }

    /// The row under the cursor, if keys go there.
    fn current<'a>(&'a self, facts: &'a Facts) -> Option<Row<'a>> {
        let rows = self.rows(facts);
        let row = rows.get(nearest(&rows, self.list.cursor, false)).copied();
        row.filter(|row| !self.is_past && row.is_something())
    }

    fn walk(&mut self, facts: &Facts, action: Action, seen: &Seen) -> bool {
        if self.is_past {
            let listed = self.names(facts);
            let has_moved = self.runs.act(action, listed.len(), seen.other_rows);
            if has_moved {
                self.choose(facts, &listed);
            }
            return has_moved;
        }
        let at = nearest(&self.rows(facts), self.list.cursor, false);
        let mut list = self.list;
        list.cursor = at;
        let (has_moved, len) = (list.act(action, self.rows(facts).len(), seen.rows), self.rows(facts).len());
        list.cursor = nearest(&self.rows(facts), list.cursor, is_up(action));
        list.keep(len, seen.rows);
        self.list = list;
        has_moved
    }

    /// Shows the run under the cursor of the list of runs; the newest by whatever run that is.
    fn choose(&mut self, facts: &Facts, listed: &[String]) {
        let newest = self.all(facts).first().map(|run| run.run.clone());
        self.chosen = listed.get(self.runs.cursor).filter(|run| Some(*run) != newest.as_ref()).cloned();
        self.list = List::default();
        self.selected.clear();
    }

    /// What is asked for of the list that keys go to.
    const fn asked_here(&mut self) -> &mut Asked {
        if self.is_past { &mut self.asked_runs } else { &mut self.asked_rows }
    }

    fn sort(&mut self, facts: &Facts, is_reverse: bool) {
        let has_names = !self.is_past;
        self.asked_here().turn(is_reverse, has_names);
        self.keep_run(facts);
        self.list = List::default();
    }

    /// Whether a row was selected.
    fn is_selected(&self, row: Row<'_>) -> bool {
        let targets = row.targets();
        !targets.is_empty() && targets.iter().all(|target| self.selected.contains(target))
    }

    /// Selects the row under the cursor, or lets it go.
    fn select(&mut self, facts: &Facts) {
        let Some(row) = self.current(facts) else { return };
        let (targets, is_selected) = (row.targets(), self.is_selected(row));
        if is_selected {
            self.selected.retain(|target| !targets.contains(target));
        } else {
            self.selected.extend(targets);
        }
    }

    /// What a run would be asked for: what is selected, else the row under the cursor.
    fn targets(&self, facts: &Facts) -> Vec<String> {
        if self.selected.is_empty() {
            return self.current(facts).map(|row| row.targets()).unwrap_or_default();
        }
        self.selected.iter().cloned().collect()
    }

    fn ask(&mut self, facts: &Facts) -> Vec<Effect> {
        let is_answered = self.past.is_some();
        let is_known = self.asked.as_ref().is_some_and(|(run, is_live, at_ms)| {
            let is_same = *run == facts.run.run && *is_live == facts.is_live;
            is_same && (is_answered || facts.now_ms.saturating_sub(*at_ms) < PATIENCE_MS)
        });
        if is_known || !self.is_used {
            return Vec::new();
        }
        self.asked = Some((facts.run.run.clone(), facts.is_live, facts.now_ms));
        vec![Effect::World(World::Query(Query::Past))]
    }

    /// Puts failures in groups, if there are others than before; many of them by another thread, one question at a
    /// time.
    fn group(&mut self, facts: &Facts) -> Vec<Effect> {
        let number = facts.failures();
        if self.grouped == Some(number) || self.asked_groups.is_some() || !self.is_used {
            return Vec::new();
        }
        if facts.totals().get(DatumState::Failed) > QUICK {
            self.asked_groups = Some(number);
            let thought = Thought::Groups { facts: Box::new(facts.frozen()), number };
            return vec![Effect::World(World::Query(Query::Think(thought)))];
        }
        (self.groups, self.grouped) = (groups(facts).into(), Some(number));
        Vec::new()
    }

    fn copied(&self, facts: &Facts) -> Option<String> {
        match self.current(facts) {
            Some(Row::Hand(pipeline, key, _) | Row::Cut(pipeline, key, _)) => {
                Some(format!("{pipeline}:{key}"))
            }
            Some(Row::Group(group)) => Some(group.targets().collect::<Vec<_>>().join(" ")),
            Some(Row::Note(note)) => Some(note.into()),
            Some(Row::Commit(_, commit)) => Some(commit.into()),
            _ => self.run(facts).map(|(run, _)| run.run.clone()),
        }
    }

    fn open(&mut self, facts: &Facts) -> Vec<Effect> {
        let effect = match self.current(facts) {
            Some(Row::Job(job)) => Effect::OpenPipeline(job.pipeline.clone()),
            Some(Row::Hand(pipeline, key, _) | Row::Cut(pipeline, key, _)) => {
                Effect::OpenDatum(pipeline.into(), key.into())
            }
            Some(Row::Commit(pipeline, _)) => Effect::OpenPipeline(pipeline.into()),
            Some(Row::Group(group)) => match group.datums.first() {
                Some((pipeline, key)) => Effect::OpenDatum(pipeline.clone(), key.clone()),
                None => return Vec::new(),
            },
            Some(Row::Note(_)) => return self.why(facts),
            _ => {
                self.is_past = false;
                return Vec::new();
            }
        };
        vec![effect]
    }

    fn why(&self, facts: &Facts) -> Vec<Effect> {
        let Some((run, is_live)) = self.run(facts) else {
            return vec![Effect::Say("nothing ran here yet".into())];
        };
        vec![explain::explain(facts, run, self.current(facts), is_live)]
    }
}

const fn is_up(action: Action) -> bool {
    matches!(action, Action::Up | Action::PageUp | Action::Last)
}

impl Screen for Jobs {
    fn place(&self) -> Place {
        Place::Jobs
    }

    fn off(&self, facts: &Facts, action: Action) -> Option<String> {
        let row = self.current(facts);
        let can = match (action, row) {
            (Action::Rerun, _) => !self.targets(facts).is_empty(),
            (Action::Select, row) => row.is_some_and(|row| !row.targets().is_empty()),
            (Action::Log, _) => self.tailed(facts).is_some(),
            (Action::Edit | Action::AllLogs, row) => row.and_then(pipeline_of).is_some(),
            (Action::Open | Action::Why | Action::Copy, _) => self.run(facts).is_some(),
            _ => return None,
        };
        let reason = match action {
            Action::Rerun | Action::Select => "put the cursor on a job, on failures or on what was cut off",
            Action::Log => "put the cursor on what runs, or on what failed",
            Action::Edit | Action::AllLogs => "put the cursor on a job, a datum or failures",
            _ => "nothing ran here yet",
        };
        (!can).then(|| reason.into())
    }

    fn act(&mut self, facts: &Facts, action: Action, seen: &Seen) -> Vec<Effect> {
        if self.walk(facts, action, seen) {
            return Vec::new();
        }
        match (action, self.current(facts)) {
            (Action::Rerun, _) => {
                let targets = self.targets(facts);
                vec![Effect::AskRun(request(&targets.iter().map(String::as_str).collect::<Vec<_>>()))]
            }
            (Action::Select, _) => {
                self.select(facts);
                Vec::new()
            }
            (Action::Sort | Action::Reverse, _) => {
                self.sort(facts, action == Action::Reverse);
                Vec::new()
            }
            (Action::Log, _) => self.tailed(facts).map(Effect::OpenLog).into_iter().collect(),
            (Action::AllLogs, Some(row)) => {
                let (of, run) = (pipeline_of(row), self.run(facts));
                let logs = of.zip(run).map(|(pipeline, (run, _))| all_logs(run, row, pipeline));
                logs.map(Effect::OpenLog).into_iter().collect()
            }
            (Action::Edit, Some(row)) => pipeline_of(row).map_or_else(Vec::new, |of| super::edit(facts, of)),
            (Action::Open, _) => self.open(facts),
            (Action::Why, _) => self.why(facts),
            (Action::Copy, _) => {
                self.copied(facts).map(|text| Effect::World(World::Copy(text))).into_iter().collect()
            }
            (Action::NextPane | Action::PreviousPane, _) => {
                self.is_past = !self.is_past;
                Vec::new()
            }
            (Action::Zoom, _) => {
                self.is_alone = !self.is_alone;
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn back(&mut self, facts: &Facts, _seen: &Seen) -> bool {
        if self.is_alone {
            self.is_alone = false;
            return true;
        }
        if !self.selected.is_empty() {
            self.selected.clear();
            return true;
        }
        if self.asked_here().is_filtered() {
            self.asked_here().filter.clear();
            self.keep_run(facts);
            return true;
        }
        let had = self.is_past || self.chosen.is_some() || self.asked_rows.is_filtered();
        (self.is_past, self.chosen) = (false, None);
        self.asked_rows.filter.clear();
        self.keep_run(facts);
        had
    }

    fn started(&mut self) {
        self.selected.clear();
    }

    fn filter(&mut self) -> Option<&mut String> {
        Some(&mut self.asked_here().filter)
    }

    fn click(&mut self, row: usize) -> bool {
        self.is_past = false;
        self.list.click(row)
    }

    fn point(&mut self, hit: &Hit) -> bool {
        match hit {
            Hit::Row(_) => self.is_past = false,
            Hit::Other(_) => self.is_past = true,
            Hit::Act(_) | Hit::Item(_) => {}
        }
        true
    }

    fn click_other(&mut self, facts: &Facts, row: usize) {
        let listed = self.names(facts);
        self.is_past = true;
        self.runs.click(row);
        self.choose(facts, &listed);
    }

    fn came(&mut self, facts: &Facts) -> Vec<Effect> {
        self.is_used = true;
        let mut effects = self.group(facts);
        effects.extend(self.ask(facts));
        effects
    }

    fn want(&mut self, facts: &Facts) -> Option<Effect> {
        self.ask_tail(facts)
    }

    fn refresh(&mut self, facts: &Facts) -> Vec<Effect> {
        let mut effects = self.group(facts);
        self.keep_run(facts);
        effects.extend(self.ask(facts));
        effects
    }

    fn take(&mut self, facts: &Facts, answer: &Answer) -> Vec<Effect> {
        if let Answer::Past(runs) = answer {
            self.past = Some(runs.clone());
            self.then = runs.iter().map(|run| (run.run.clone(), groups_of(run))).collect();
            self.keep_run(facts);
        }
        if let Answer::Log(source, found) = answer {
            self.tail.take(source, found);
        }
        if let Answer::Found(Found::Groups(number, groups)) = answer {
            (self.groups, self.grouped, self.asked_groups) = (Arc::clone(groups), Some(*number), None);
            // Others may have failed meanwhile.
            return self.group(facts);
        }
        Vec::new()
    }

    fn words(&self, _facts: &Facts) -> Vec<String> {
        vec!["status".into()]
    }

    fn twin(&self, facts: &Facts, most: usize) -> Twin {
        twin::twin(self, facts, most)
    }

    fn draw(&self, facts: &Facts, pen: &mut Pen<'_>, seen: &mut Seen) {
        draw::draw(self, facts, pen, seen);
    }
}

/// The logs of all commands of a pipeline in a run; of failures that the run did not try, the last ones.
fn all_logs(run: &RunProgress, row: Row<'_>, pipeline: &str) -> LogSource {
    let is_tried = |(of, key): &(String, String)| {
        run.failures.iter().any(|failed| failed.pipeline == *of && failed.key == *key)
    };
    match row {
        Row::Group(group) if !group.datums.iter().any(is_tried) => LogSource::all(pipeline),
        _ => LogSource::of_run(pipeline, &run.run),
    }
}

/// The pipeline that a row is about.
fn pipeline_of(row: Row<'_>) -> Option<&str> {
    match row {
        Row::Job(job) => Some(&job.pipeline),
        Row::Hand(pipeline, ..) | Row::Cut(pipeline, ..) | Row::Commit(pipeline, _) => Some(pipeline),
        Row::Group(group) => group.pipelines.first().map(String::as_str),
        Row::Head(_) | Row::Nothing(_) | Row::Note(_) => None,
    }
}
