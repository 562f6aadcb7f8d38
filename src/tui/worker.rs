//! The thread that has the project open: reads it when asked, answers queries, and never lets the UI wait.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};

use crate::app::{AppError, ExitCode, Session, Snapshot};

use super::desk::Desk;
use super::effect::{Answer, LogSource, Query};
use super::lent;
use super::log_text::read_log;
use super::message::Msg;
use super::past::Past;

/// Starts it. It ends when nobody can ask any more. Logs in the folder `state` are read by a thread beside it,
/// since nobody who follows one wants to wait until the project is read.
pub(super) fn spawn(dir: PathBuf, state: PathBuf, queries: Receiver<Query>, inbox: Sender<Msg>) {
    let (pass, passed) = crossbeam_channel::unbounded();
    let mut sorter = Sorter { dir: dir.clone(), state, pass, inbox: inbox.clone(), past: Past::default() };
    std::thread::spawn(move || while queries.recv().is_ok_and(|query| sorter.sort(query).is_some()) {});
    std::thread::spawn(move || {
        let mut worker =
            Worker { dir, queries: passed, inbox, waiting: VecDeque::new(), last: Arc::default() };
        // Without a reader of its messages there is nobody to work for.
        while worker.serve().is_some() {}
    });
}

/// Gives each query to whom it is for.
struct Sorter {
    dir: PathBuf,
    state: PathBuf,
    pass: Sender<Query>,
    inbox: Sender<Msg>,
    past: Past,
}

impl Sorter {
    /// Answers a query if it is for a log whose place is known, else passes it on; `None` at the end.
    fn sort(&mut self, query: Query) -> Option<()> {
        match query {
            Query::Log(LogSource { pipeline, key, path: Some(path) }) => {
                let found = read_log(&self.state.join(&path));
                let answer = Answer::Log(LogSource { pipeline, key, path: Some(path) }, found);
                self.inbox.send(Msg::Answer(answer)).ok()
            }
            other => match self.past.take(other, &self.dir, &self.inbox) {
                Some(other) => self.pass.send(other).ok(),
                None => Some(()),
            },
        }
    }
}

struct Worker {
    dir: PathBuf,
    queries: Receiver<Query>,
    inbox: Sender<Msg>,
    /// Queries that came and are not answered, in order, with at most one `Reload` among them.
    waiting: VecDeque<Query>,
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
                while !matches!(self.next()?, Query::Reload) {}
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
            let query = self.next()?;
            if matches!(query, Query::Reload) {
                return Some(());
            }
            if let Some(answer) = desk.answer(query) {
                self.inbox.send(Msg::Answer(answer)).ok()?;
            }
        }
    }

    /// The next query. They stay in order, but several `Reload`s are the first of them: what came before it
    /// is answered first, what came after it is answered from what is read then.
    fn next(&mut self) -> Option<Query> {
        if self.waiting.is_empty() {
            self.waiting.push_back(self.queries.recv().ok()?);
        }
        self.waiting.extend(self.queries.try_iter());
        let mut has_reload = false;
        self.waiting
            .retain(|query| !matches!(query, Query::Reload) || !std::mem::replace(&mut has_reload, true));
        self.waiting.pop_front()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crossbeam_channel::unbounded;

    fn datum(key: &str) -> Query {
        Query::Datum("fs".into(), key.into())
    }

    #[test]
    fn queries_stay_in_order_and_many_reloads_are_one() {
        let (ask, queries) = unbounded();
        let (inbox, _told) = unbounded();
        let (dir, last) = (PathBuf::from("/nowhere"), Arc::default());
        let mut worker = Worker { dir, queries, inbox, waiting: VecDeque::new(), last };
        for query in [datum("a"), Query::Reload, datum("b"), Query::Reload, Query::Reload] {
            ask.send(query).expect("somebody listens");
        }
        let seen: Vec<String> = (0..3).map(|_| format!("{:?}", worker.next())).collect();
        assert_eq!(seen, [datum("a"), Query::Reload, datum("b")].map(|query| format!("{:?}", Some(query))));
        assert!(worker.waiting.is_empty());
        drop(ask);
        assert!(worker.next().is_none());
    }

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
