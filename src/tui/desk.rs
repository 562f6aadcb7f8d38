//! `Desk`: a project that was read, and the answers to what screens ask of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use crate::app::{
    AppError, DatumView, Detail, PipelinePreview, Preview, SaveRequest, Session, Snapshot, Usual,
    apply_fixes, commits, diff, effects, files, last_logs, look_at_draft, maker, one_datum, one_run,
    path_view, preview, provenance, run_views, save, since, times, told, touched_by, unsaved, use_of, usual,
    usual_of, would_undo, write_draft,
};
use crate::model::{DatumState, show};
use crate::run::{Known, Planned, Plans, Request};

use super::effect::{Answer, FileFacts, LogSource, LogText, NoLog, PlanText, Query, Traced};
use super::errand;
use super::facts::Times;
use super::find;
use super::log_text::{read_log, read_start};
use super::many_logs::{MOST, read_many};
use super::plan_text::{done_already, made_anew, not_run, plan_text};

/// How many runs of the past are read.
const PAST: usize = 100;

/// What is not there any more.
const GONE: &str = "there is no such datum any more";

/// How many commits are listed.
const COMMITS: usize = 5000;

/// A project that was read.
pub(super) struct Desk<'a> {
    pub(super) session: &'a Session,
    pub(super) plans: &'a Plans,
    pub(super) known: &'a Known<'a>,
}

/// The key of a target that names one datum of a pipeline.
fn key_of<'a>(target: &'a str, pipeline: &str) -> Option<&'a str> {
    target.strip_prefix(pipeline)?.strip_prefix(':')
}

/// What a file of the project, or a log, says.
pub(super) fn from_file(root: &Path, state: &Path, query: Query) -> Option<Answer> {
    match query {
        Query::Source(path) => {
            let text = std::fs::read_to_string(root.join(&path)).ok();
            Some(Answer::Source(path, text))
        }
        Query::Log(LogSource { file: Some(path), .. }) => {
            let found = read_start(&root.join(&path));
            Some(Answer::Log(LogSource::file(&path), found))
        }
        Query::Log(source @ LogSource { path: Some(_), .. }) => {
            let path = source.path.as_deref().unwrap_or_default();
            let found = read_log(&state.join(path));
            Some(Answer::Log(source, found))
        }
        _ => None,
    }
}

/// What is worked out of the question alone.
pub(super) fn from_itself(query: Query) -> Option<Answer> {
    match query {
        Query::Think(thought) => Some(Answer::Found(thought.think())),
        Query::Find(snapshot, text) => {
            let found = find::datums(&snapshot, &text);
            Some(Answer::Datums(text, found))
        }
        _ => None,
    }
}

/// The runs of the past. Those whose events cannot be read are as good as none.
pub(super) fn past_of(state: &Path) -> Answer {
    let runs = run_views(state, PAST).unwrap_or_default();
    Answer::Past(runs.into_iter().map(|run| run.progress).collect())
}

/// The commits of the project at a folder.
pub(super) fn commits_of(dir: &Path) -> Answer {
    let found = commits(dir, COMMITS);
    Answer::Commits(found.map(Arc::new).map_err(|error| error.message))
}

/// What taking the last results back would do in the project at a folder.
pub(super) fn undo_of(dir: &Path) -> Answer {
    Answer::UndoPlan(would_undo(dir, None).map(Box::new).map_err(|error| error.message))
}

/// Where something comes from, in the project at a folder.
pub(super) fn provenance_of(query: Query, dir: &Path) -> Option<Answer> {
    let Query::Provenance(target, at) = query else { return None };
    let found = provenance(dir, &target, &at).map_err(|error| error.message);
    let found = found.map(|found| {
        let lines = told(&found, Detail::All);
        Arc::new(Traced { found, lines })
    });
    Some(Answer::Provenance(target, at, found))
}

/// The answer to what somebody waits for, of a project that cannot be read; `None` where nobody waits.
pub(super) fn refused(query: Query, why: &str) -> Option<Answer> {
    let why = why.to_owned();
    Some(match query {
        Query::Preview(request) => Answer::Preview(request, Err(why)),
        Query::UndoPlan => Answer::UndoPlan(Err(why)),
        Query::SavePlan => Answer::SavePlan(Err(why)),
        Query::WriteDraft(_) | Query::Fix(_) => Answer::Undone(Err(why)),
        Query::Commits => Answer::Commits(Err(why)),
        Query::Touched(id) => Answer::Touched(id, vec![why]),
        Query::Log(source) | Query::Logs(source, _) => Answer::Log(source, Err(NoLog::Trouble(why))),
        Query::Since(_, key) => Answer::Told(format!("Since its result · {}", show(&key)), vec![why]),
        _ => return None,
    })
}

impl Desk<'_> {
    /// Reads the project that holds a folder once.
    ///
    /// # Errors
    /// When there is no usable project.
    pub(super) fn with<T>(dir: &Path, inside: impl FnOnce(&Desk<'_>) -> T) -> Result<T, AppError> {
        Ok(Desk::of(&Session::open(dir)?, inside))
    }

    /// Plans what was read.
    pub(super) fn of<T>(session: &Session, inside: impl FnOnce(&Desk<'_>) -> T) -> T {
        let known = session.known();
        let plans = session.project.plan_all(&known);
        inside(&Desk { session, plans: &plans, known: &known })
    }

    /// The project as it was read.
    pub(super) fn take(&self) -> Snapshot {
        Snapshot::take(self.session, self.plans, self.known)
    }

    /// Where minipach keeps its local state.
    pub(super) fn state_dir(&self) -> PathBuf {
        self.session.project.repo.state_dir()
    }

    /// Answers a query; `None` to one that has no answer.
    pub(super) fn answer(&self, query: Query) -> Option<Answer> {
        Some(match query {
            Query::Preview(request) => {
                let plan = self.preview(&request);
                Answer::Preview(request, plan)
            }
            Query::Datum(pipeline, key) => {
                let view = self.datum(&pipeline, &key);
                Answer::Datum(pipeline, key, view.map(Box::new))
            }
            Query::Log(LogSource { file: Some(_), .. }) => {
                return from_file(self.root(), &self.state_dir(), query);
            }
            Query::Log(source) => {
                let found = self.log(&source);
                Answer::Log(source, found)
            }
            Query::Logs(source, began) => {
                let found = match &source.run {
                    Some(run) => {
                        read_many(&self.state_dir(), &self.of_run(run, &source.pipeline, began), &[])
                    }
                    None => self.logs(&source.pipeline, &began),
                };
                Answer::Log(source, found)
            }
            Query::Since(pipeline, key) => {
                let (title, lines) = match self.datum(&pipeline, &key) {
                    Some(view) => since(self.root(), &view),
                    None => (format!("Since its result · {}", show(&key)), vec![GONE.to_owned()]),
                };
                Answer::Told(title, lines)
            }
            Query::Past => past_of(&self.state_dir()),
            Query::Source(_) => return from_file(self.root(), &self.state_dir(), query),
            Query::Think(_) | Query::Find(..) => return from_itself(query),
            Query::Provenance(..) => return provenance_of(query, self.root()),
            Query::Usual => Answer::Usual(usual(self.session, self.plans, self.known)),
            Query::Times(pipeline) => {
                let named = self.plans.by_name.iter().find(|(name, _)| name.as_str() == pipeline);
                let planned = named.and_then(|(_, planned)| planned.as_ref().ok())?;
                Answer::Times(pipeline, Times::of_attempts(&times(self.session, self.known, planned)))
            }
            other => return self.act(other),
        })
    }

    /// Answers what is about acts, files and commits.
    fn act(&self, query: Query) -> Option<Answer> {
        Some(match query {
            Query::UndoPlan => undo_of(self.root()),
            Query::SavePlan => {
                let request = SaveRequest { dry_run: true, ..SaveRequest::default() };
                let saved = save(self.root(), &request);
                Answer::SavePlan(saved.map(Box::new).map_err(|error| error.with_hints()))
            }
            Query::Draft(draft) => {
                let view = look_at_draft(self.session, self.plans, self.known, &draft);
                Answer::Draft(draft, Box::new(view))
            }
            Query::WriteDraft(draft) => {
                Answer::Undone(write_draft(self.session, &draft).map_err(|error| error.message))
            }
            Query::CollectPlan
            | Query::BelowPlan
            | Query::ReplayPlan(_)
            | Query::WouldFix(..)
            | Query::Engines => {
                return errand::run(query, self.root());
            }
            Query::Fix(fixes) => {
                Answer::Undone(apply_fixes(self.root(), &fixes).map_err(|error| error.message))
            }
            Query::Files => Answer::Files(Arc::new(files(self.session, self.plans, &self.take()))),
            Query::Path(path) => {
                let view = path_view(self.session, self.plans, &path);
                let maker = maker(self.session, &path);
                let use_of = use_of(self.session, self.plans, &path);
                Answer::Path(path, Box::new(FileFacts { view, maker, use_of }))
            }
            Query::Diff(path) => {
                Answer::Told(format!("Since the last commit · {}", show(&path)), diff(self.root(), &path))
            }
            Query::Commits => commits_of(self.root()),
            Query::Effects(ids) => Answer::Effects(effects(self.root(), &ids).unwrap_or_default()),
            Query::Touched(id) => {
                let lines = touched_by(self.root(), &id).unwrap_or_else(|error| vec![error.message]);
                Answer::Touched(id, lines)
            }
            _ => return None,
        })
    }

    fn root(&self) -> &Path {
        self.session.project.repo.root()
    }

    fn datum(&self, pipeline: &str, key: &str) -> Option<DatumView> {
        one_datum(self.session, self.plans, self.known, pipeline, key)
    }

    /// The last logs of a pipeline's datums, and those that a run has begun since.
    fn logs(&self, pipeline: &str, began: &[(String, String)]) -> Result<LogText, NoLog> {
        let named = self.plans.by_name.iter().find(|(name, _)| name.as_str() == pipeline);
        let planned = named.and_then(|(_, planned)| planned.as_ref().ok());
        let known = planned.map(|planned| last_logs(self.known, planned, MOST)).unwrap_or_default();
        let is_newer = |key: &str, path: &str| began.iter().any(|(other, log)| other == key || log == path);
        let mut logs = known.spoken;
        logs.retain(|(key, path)| !is_newer(key, path));
        logs.extend_from_slice(began);
        let mut silent = known.silent;
        silent.retain(|key| !is_newer(key, ""));
        read_many(&self.state_dir(), &logs[logs.len().saturating_sub(MOST)..], &silent)
    }

    /// The logs of what a run began of a pipeline, where that is not known already; at most so many, the last ones.
    fn of_run(&self, run: &str, pipeline: &str, began: Vec<(String, String)>) -> Vec<(String, String)> {
        let read = || one_run(&self.state_dir(), run).map(|run| run.logs_of(pipeline)).unwrap_or_default();
        let mut logs = if began.is_empty() { read() } else { began };
        logs.split_off(logs.len().saturating_sub(MOST))
    }

    /// The log of the last attempt that has one.
    fn log(&self, source: &LogSource) -> Result<LogText, NoLog> {
        let gone = || NoLog::Trouble(GONE.to_owned());
        let view = self.datum(&source.pipeline, &source.key).ok_or_else(gone)?;
        // Of what failed, the attempt is meant that `w` quotes, not one that was cut off since.
        let is_meant = |attempt: &&Value| view.state != DatumState::Failed || attempt["outcome"] != "cut_off";
        let own = || view.attempts.iter().rev();
        let log = |attempt: &Value| attempt["log"].as_str().map(str::to_owned);
        let last = own().filter(is_meant).find_map(log).or_else(|| own().find_map(log));
        let state = self.session.project.repo.state_dir();
        last.map_or_else(|| Err(NoLog::Nothing), |last| read_log(&state.join(last)))
    }

    fn preview(&self, request: &Request) -> Result<PlanText, String> {
        let found =
            preview(self.session, self.known, Some(self.plans), request).map_err(|error| error.message)?;
        let is_told = |name: &str| found.pipelines.iter().any(|pipeline| pipeline.name == name);
        let mut text = plan_text(&found);
        let readers = self.readers(&made_anew(&found)).into_iter();
        let later: Vec<String> = readers.filter(|name| !is_told(name)).collect();
        text.lines.extend(self.not_run(&later));
        self.add_done(request, &found, &mut text);
        text.own = self.own(&found);
        text.to_save = unsaved(self.session, self.plans, &found);
        Ok(text)
    }

    /// A pipeline as it is planned.
    fn planned(&self, name: &str) -> Option<&Arc<Planned>> {
        let named = self.plans.by_name.iter().find(|(other, _)| other.as_str() == name);
        named.and_then(|(_, planned)| planned.as_ref().ok())
    }

    /// Tells which of the datums that are named are done already, beside others that are to run.
    fn add_done(&self, request: &Request, found: &Preview, text: &mut PlanText) {
        let is_narrower = request.force || request.failed_only;
        for pipeline in found.pipelines.iter().filter(|_| !is_narrower && text.to_run > 0) {
            let Some(planned) = self.planned(&pipeline.name) else { continue };
            let is_whole = request.targets.contains(&pipeline.name);
            let keys: BTreeSet<&str> =
                request.targets.iter().filter_map(|target| key_of(target, &pipeline.name)).collect();
            let done = planned.plan.datums.iter().filter(|datum| datum.state == DatumState::Done);
            let done = done.filter(|datum| is_whole || keys.contains(&*datum.key));
            let done: Vec<&str> = done.map(|datum| &*datum.key).collect();
            text.done += done.len();
            text.lines.extend(done_already(&pipeline.name, &done));
        }
    }

    /// How long the datums that would run took the last time, by pipeline.
    fn own(&self, found: &Preview) -> BTreeMap<String, Usual> {
        let of = |pipeline: &PipelinePreview| {
            let ids = pipeline.run.iter().filter_map(|datum| datum.id.parse().ok());
            (pipeline.name.clone(), usual_of(self.known, ids))
        };
        found.pipelines.iter().filter(|pipeline| !pipeline.run.is_empty()).map(of).collect()
    }

    /// What becomes of pipelines that are not run: those that are done are stale then, others have work to do already.
    fn not_run(&self, names: &[String]) -> Vec<String> {
        let is_done = |name: &&String| {
            self.planned(name).is_some_and(|planned| {
                // What never ran has nothing that could become stale.
                let datums = &planned.plan.datums;
                !datums.is_empty() && datums.iter().all(|datum| datum.state == DatumState::Done)
            })
        };
        let (done, open): (Vec<&String>, Vec<&String>) = names.iter().partition(is_done);
        not_run(&done, &open)
    }

    /// Pipelines that depend on some others, in order.
    fn readers(&self, names: &[&str]) -> Vec<String> {
        let graph = &self.session.project.graph;
        let mut below: Vec<String> = Vec::new();
        for name in graph.order() {
            let mut upstream = graph.upstream(name);
            if upstream.any(|read| {
                names.contains(&read.as_str()) || below.iter().any(|below| below == read.as_str())
            }) {
                below.push(name.to_string());
            }
        }
        below
    }
}
