//! The thread that has the project open: reads it when asked, answers queries, and never lets the UI wait.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};

use crate::app::{Session, Snapshot, find_datums, preview, times};
use crate::run::{Known, Plans, Request};

use super::effect::{Answer, PlanText, Query};
use super::message::Msg;
use super::plan_text::plan_text;

/// Starts it. It ends when nobody can ask any more.
pub(super) fn spawn(dir: PathBuf, queries: Receiver<Query>, inbox: Sender<Msg>) {
    std::thread::spawn(move || {
        // Without a reader of its messages there is nobody to work for.
        while serve(&dir, &queries, &inbox).is_some() {}
    });
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
                let found = find_datums(self.session, self.plans, self.known, &format!("{pipeline}:{key}"));
                let view = found.ok().and_then(|mut views| views.pop());
                Answer::Datum(pipeline, key, view.map(Box::new))
            }
            Query::Times(pipeline) => {
                let named = self.plans.by_name.iter().find(|(name, _)| name.as_str() == pipeline);
                let planned = named.and_then(|(_, planned)| planned.as_ref().ok())?;
                Answer::Times(pipeline, times(self.session, self.known, planned))
            }
            Query::Reload | Query::Log(_) | Query::Past => return None,
        })
    }

    fn preview(&self, request: &Request) -> Result<PlanText, String> {
        let found = preview(self.session, self.known, request).map_err(|error| error.message)?;
        Ok(plan_text(&found))
    }
}
