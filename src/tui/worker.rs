//! The thread that has the project open: reads it when asked, answers queries, and never lets the UI wait.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};

use crate::app::{DatumView, Session, Snapshot, one_datum, preview};
use crate::run::{Known, Plans, Request};

use super::effect::{Answer, LogSource, LogText, PlanText, Query};
use super::log_text::{NONE, read_log};
use super::message::Msg;
use super::plan_text::plan_text;

/// Starts it. It ends when nobody can ask any more. Logs in the folder `state` are read by a thread beside it,
/// since nobody who follows one wants to wait until the project is read.
pub(super) fn spawn(dir: PathBuf, state: PathBuf, queries: Receiver<Query>, inbox: Sender<Msg>) {
    let (pass, passed) = crossbeam_channel::unbounded();
    let beside = inbox.clone();
    std::thread::spawn(move || while sort(&state, &queries, &pass, &beside).is_some() {});
    std::thread::spawn(move || {
        // Without a reader of its messages there is nobody to work for.
        while serve(&dir, &passed, &inbox).is_some() {}
    });
}

/// Answers a query if it is for a log whose place is known, else passes it on; `None` at the end.
fn sort(state: &Path, queries: &Receiver<Query>, pass: &Sender<Query>, inbox: &Sender<Msg>) -> Option<()> {
    match queries.recv().ok()? {
        Query::Log(LogSource { pipeline, key, path: Some(path) }) => {
            let found = read_log(&state.join(&path));
            let answer = Answer::Log(LogSource { pipeline, key, path: Some(path) }, found);
            inbox.send(Msg::Answer(answer)).ok()
        }
        other => pass.send(other).ok(),
    }
}

/// Reads the project, then answers until it is to be read again; `None` at the end.
fn serve(dir: &Path, queries: &Receiver<Query>, inbox: &Sender<Msg>) -> Option<()> {
    inbox.send(Msg::Loading).ok()?;
    let session = match Session::open(dir) {
        Ok(session) => session,
        Err(error) => {
            inbox.send(Msg::Unread(error.message)).ok()?;
            return wait_for_reload(queries);
        }
    };
    let known = session.known();
    let plans = session.project.plan_all(&known);
    let snapshot = Snapshot::take(&session, &plans, &known);
    inbox.send(Msg::Snapshot(Arc::new(snapshot))).ok()?;
    let open = Open { session: &session, plans: &plans, known: &known };
    loop {
        let query = queries.recv().ok()?;
        if matches!(query, Query::Reload) {
            return Some(());
        }
        let answer = open.answer(query);
        if let Some(answer) = answer {
            inbox.send(Msg::Answer(answer)).ok()?;
        }
    }
}

fn wait_for_reload(queries: &Receiver<Query>) -> Option<()> {
    while !matches!(queries.recv().ok()?, Query::Reload) {}
    Some(())
}

/// A project that was read.
struct Open<'a> {
    session: &'a Session,
    plans: &'a Plans,
    known: &'a Known<'a>,
}

impl Open<'_> {
    fn answer(&self, query: Query) -> Option<Answer> {
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
            Query::Reload | Query::Times(_) | Query::Past => return None,
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
        let found = preview(self.session, self.known, request).map_err(|error| error.message)?;
        Ok(plan_text(&found))
    }
}
