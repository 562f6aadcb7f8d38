//! The thread that has the project open: reads it when asked, answers queries, and never lets the UI wait.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};

use crate::app::{
    AppError, DatumView, ExitCode, Session, Snapshot, one_datum, past_runs, preview, times, usual,
};
use crate::run::{Known, Plans, Request};

use super::effect::{Answer, LogSource, LogText, PlanText, Query};
use super::facts::Times;
use super::find;
use super::lane::{self, Lane};
use super::lent;
use super::log_text::{NONE, read_log};
use super::message::Msg;
use super::plan_text::plan_text;

/// How many runs of the past are read.
const PAST: usize = 100;

/// Starts it. It ends when nobody can ask any more. What does not need the project, whose folder is `dir` and whose
/// state folder is `state`, is answered by threads beside it: nobody wants to wait until the project is read.
pub(super) fn spawn(dir: PathBuf, state: PathBuf, queries: Receiver<Query>, inbox: Sender<Msg>) {
    let root = dir.clone();
    let runs = state.clone();
    let files = lane::spawn(inbox.clone(), move |query| from_file(&root, &state, query));
    // A hundred files of events take their time.
    let past = lane::spawn(inbox.clone(), move |query| matches!(query, Query::Past).then(|| past(&runs)));
    let thoughts = lane::spawn(inbox.clone(), |query| match query {
        Query::Think(thought) => Some(Answer::Found(thought.think())),
        Query::Find(snapshot, text) => {
            let found = find::datums(&snapshot, &text);
            Some(Answer::Datums(text, found))
        }
        _ => None,
    });
    let (pass, passed) = crossbeam_channel::unbounded();
    std::thread::spawn(move || {
        while let Ok(query) = queries.recv() {
            let lane = match query {
                Query::Log(LogSource { path: Some(_), .. }) | Query::Source(_) => &files,
                Query::Past => &past,
                Query::Think(_) | Query::Find(..) => &thoughts,
                _ => &pass,
            };
            // A lane ends only when nobody listens any more.
            drop(lane.send(query));
        }
    });
    std::thread::spawn(move || {
        let mut worker = Worker { dir, lane: Lane::new(passed), inbox, last: Arc::default() };
        // Without a reader of its messages there is nobody to work for.
        while worker.serve().is_some() {}
    });
}

/// What a file of the project, or a log, says.
fn from_file(root: &Path, state: &Path, query: Query) -> Option<Answer> {
    match query {
        Query::Source(path) => {
            let text = std::fs::read_to_string(root.join(&path)).ok();
            Some(Answer::Source(path, text))
        }
        Query::Log(LogSource { pipeline, key, path: Some(path) }) => {
            let found = read_log(&state.join(&path));
            Some(Answer::Log(LogSource { pipeline, key, path: Some(path) }, found))
        }
        _ => None,
    }
}

/// Runs whose events cannot be read are as good as none.
fn past(state: &Path) -> Answer {
    Answer::Past(past_runs(state, PAST).unwrap_or_default())
}

struct Worker {
    dir: PathBuf,
    lane: Lane,
    inbox: Sender<Msg>,
    /// The snapshot that was told last.
    last: Arc<Snapshot>,
}

impl Worker {
    /// Reads the project, then answers until it is to be read again; `None` at the end.
    fn serve(&mut self) -> Option<()> {
        // While an editor has the terminal nobody looks; many readings would only pile up.
        lent::wait();
        self.inbox.send(Msg::Loading).ok()?;
        let session = match open(&self.dir) {
            Ok(session) => session,
            Err(error) => {
                self.inbox.send(Msg::Unread(error.message)).ok()?;
                while !matches!(self.lane.next()?, Query::Reload) {}
                return Some(());
            }
        };
        let known = session.known();
        let plans = session.project.plan_all(&known);
        let desk = Desk { session: &session, plans: &plans, known: &known };
        let snapshot = desk.take();
        // One that says the same is the same, so that whoever keeps something for it can keep it.
        if snapshot != *self.last {
            self.last = Arc::new(snapshot);
        }
        self.inbox.send(Msg::Snapshot(Arc::clone(&self.last))).ok()?;
        loop {
            let query = self.lane.next()?;
            if matches!(query, Query::Reload) {
                return Some(());
            }
            if let Some(answer) = desk.answer(query) {
                self.inbox.send(Msg::Answer(answer)).ok()?;
            }
        }
    }
}

/// Opens the project, which must still be the one at this folder, not one around it.
fn open(dir: &Path) -> Result<Session, AppError> {
    let gone = |what| Err(AppError::new(ExitCode::Data, format!("`{}` {what} any more", dir.display())));
    if !dir.is_dir() {
        return gone("is not there");
    }
    let session = Session::open(dir)?;
    if session.project.repo.root() == dir { Ok(session) } else { gone("is no git repository") }
}

/// A project that was read.
pub(super) struct Desk<'a> {
    session: &'a Session,
    plans: &'a Plans,
    known: &'a Known<'a>,
}

impl Desk<'_> {
    /// Reads the project that holds a folder once.
    ///
    /// # Errors
    /// When there is no usable project.
    pub(super) fn with<T>(dir: &Path, inside: impl FnOnce(&Desk<'_>) -> T) -> Result<T, AppError> {
        let session = Session::open(dir)?;
        let known = session.known();
        let plans = session.project.plan_all(&known);
        Ok(inside(&Desk { session: &session, plans: &plans, known: &known }))
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
            Query::Log(source) => {
                let found = self.log(&source);
                Answer::Log(source, found)
            }
            Query::Past => past(&self.state_dir()),
            Query::Source(_) => {
                return from_file(self.session.project.repo.root(), &self.state_dir(), query);
            }
            Query::Think(thought) => Answer::Found(thought.think()),
            Query::Usual => Answer::Usual(usual(self.session, self.plans, self.known)),
            Query::Times(pipeline) => {
                let named = self.plans.by_name.iter().find(|(name, _)| name.as_str() == pipeline);
                let planned = named.and_then(|(_, planned)| planned.as_ref().ok())?;
                Answer::Times(pipeline, Times::of(times(self.session, self.known, planned)))
            }
            Query::Find(snapshot, text) => {
                let found = find::datums(&snapshot, &text);
                Answer::Datums(text, found)
            }
            Query::Reload => return None,
        })
    }

    fn datum(&self, pipeline: &str, key: &str) -> Option<DatumView> {
        one_datum(self.session, self.plans, self.known, pipeline, key)
    }

    /// The log of the last attempt that has one.
    fn log(&self, source: &LogSource) -> Result<LogText, String> {
        let view = self.datum(&source.pipeline, &source.key).ok_or("there is no such datum any more")?;
        let last = view.attempts.iter().rev().find_map(|attempt| attempt["log"].as_str());
        let state = self.session.project.repo.state_dir();
        last.map_or_else(|| Err(NONE.into()), |last| read_log(&state.join(last)))
    }

    fn preview(&self, request: &Request) -> Result<PlanText, String> {
        let found =
            preview(self.session, self.known, Some(self.plans), request).map_err(|error| error.message)?;
        let running = found.pipelines.iter().filter(|pipeline| !pipeline.run.is_empty());
        let names: Vec<&str> = running.map(|pipeline| pipeline.name.as_str()).collect();
        let is_told = |name: &str| found.pipelines.iter().any(|pipeline| pipeline.name == name);
        let mut text = plan_text(&found);
        let later: Vec<String> = self.readers(&names).into_iter().filter(|name| !is_told(name)).collect();
        if text.to_run > 0 && !later.is_empty() {
            text.lines.push(format!("then stale   {} (not run now; `R` runs them too)", later.join(", ")));
        }
        Ok(text)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_that_is_gone_is_not_sought_in_the_folders_above() {
        let home = tempfile::tempdir().expect("a folder");
        let outer = home.path().canonicalize().expect("a path");
        let inner = outer.join("study");
        std::fs::create_dir_all(&inner).expect("a folder");
        let init = std::process::Command::new("git").arg("init").arg("-q").current_dir(&outer).status();
        assert!(init.is_ok_and(|status| status.success()));
        let said = |dir: &Path| open(dir).err().map(|error| error.message).unwrap_or_default();
        assert!(said(&inner).contains("is no git repository any more"), "{}", said(&inner));
        assert!(said(&inner.join("gone")).contains("is not there any more"));
        assert_eq!(said(&outer), "");
    }
}
