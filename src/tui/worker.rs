//! The thread that has the project open: reads it when asked, answers queries, and never lets the UI wait.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};

use crate::app::{AppError, ExitCode, Session, Snapshot, effects};

use super::desk::{Desk, commits_of, from_file, from_itself, past_of, provenance_of, refused, undo_of};
use super::effect::{Answer, LogSource, Query};
use super::errand;
use super::facts::NOT_THERE;
use super::idle::{Busy, Question};
use super::lane::{self, Lane};
use super::lately::Lately;
use super::lent;
use super::message::Msg;
use super::past::Past;

/// How often a project that cannot be read is tried again where nobody asks.
const AGAIN: Duration = Duration::from_secs(2);

/// Starts it. It ends when nobody can ask any more. What does not need the project, whose folder is `dir` and whose
/// state folder is `state`, is answered by threads beside it: nobody wants to wait until the project is read.
pub(super) fn spawn(dir: PathBuf, state: PathBuf, queries: Receiver<Question>, inbox: Sender<Msg>) {
    let lanes = Lanes::new(&dir, state, &inbox);
    let (pass, passed) = crossbeam_channel::unbounded();
    let mut commits = Commits { dir: dir.clone(), inbox: inbox.clone(), past: Past::default() };
    std::thread::spawn(move || {
        while let Ok(question) = queries.recv() {
            let Some(question) = commits.take(question) else { continue };
            let lane = lanes.of(&question.query).unwrap_or(&pass);
            // A lane ends only when nobody listens any more.
            drop(lane.send(question));
        }
    });
    let reading = Busy::new();
    std::thread::spawn(move || {
        let mut worker =
            Worker { dir, lane: Lane::new(passed), inbox, last: Arc::default(), lately: Lately::default() };
        // Without a reader of its messages there is nobody to work for.
        let mut asked = Some(reading);
        while let Some(busy) = asked {
            asked = worker.serve(busy);
        }
    });
}

/// Threads beside the worker, each for what would keep others waiting.
struct Lanes {
    files: Sender<Question>,
    past: Sender<Question>,
    thoughts: Sender<Question>,
    undos: Sender<Question>,
    origins: Sender<Question>,
    errands: Sender<Question>,
}

impl Lanes {
    fn new(dir: &Path, state: PathBuf, inbox: &Sender<Msg>) -> Self {
        let (root, runs) = (dir.to_owned(), state.clone());
        let (past, undos, origins, errands) =
            (dir.to_owned(), dir.to_owned(), dir.to_owned(), dir.to_owned());
        Self {
            files: lane::spawn(inbox.clone(), move |query| from_file(&root, &state, query)),
            // A hundred files of events take their time, and so do the messages of many commits.
            past: lane::spawn(inbox.clone(), move |query| match query {
                Query::Past => Some(past_of(&runs)),
                Query::Commits => Some(commits_of(&past)),
                // What git cannot tell stays empty.
                Query::Effects(ids) => Some(Answer::Effects(effects(&past, &ids).unwrap_or_default())),
                _ => None,
            }),
            thoughts: lane::spawn(inbox.clone(), from_itself),
            // A commit is laid out and all is planned twice.
            undos: lane::spawn(inbox.clone(), move |query| {
                matches!(query, Query::UndoPlan).then(|| undo_of(&undos))
            }),
            // History is read for it, which may be long.
            origins: lane::spawn(inbox.clone(), move |query| provenance_of(query, &origins)),
            // Programs are started for some of them.
            errands: lane::spawn(inbox.clone(), move |query| errand::run(query, &errands)),
        }
    }

    /// The one that answers a query; none where the project itself must be asked.
    fn of(&self, query: &Query) -> Option<&Sender<Question>> {
        Some(match query {
            Query::Log(LogSource { path: Some(_), .. } | LogSource { file: Some(_), .. })
            | Query::Source(_) => &self.files,
            Query::Past | Query::Commits | Query::Effects(_) => &self.past,
            Query::UndoPlan => &self.undos,
            Query::CollectPlan
            | Query::BelowPlan
            | Query::ReplayPlan(_)
            | Query::WouldFix(..)
            | Query::Engines => &self.errands,
            Query::Provenance(..) => &self.origins,
            Query::Think(_) | Query::Find(..) => &self.thoughts,
            _ => return None,
        })
    }
}

/// Commits that are looked at.
struct Commits {
    dir: PathBuf,
    inbox: Sender<Msg>,
    past: Past,
}

impl Commits {
    /// Takes a query that is about a commit; gives back all others. A log whose place is known is of now.
    fn take(&mut self, question: Question) -> Option<Question> {
        match question.query {
            Query::Log(LogSource { path: Some(_), .. }) => Some(question),
            _ => self.past.take(question, &self.dir, &self.inbox),
        }
    }
}

struct Worker {
    dir: PathBuf,
    lane: Lane,
    inbox: Sender<Msg>,
    /// The snapshot that was told last.
    last: Arc<Snapshot>,
    /// Those that were told lately.
    lately: Lately,
}

impl Worker {
    /// Reads the project, as was asked, then answers until it is to be read again, as is asked then; `None` at the end.
    fn serve(&mut self, asked: Busy) -> Option<Busy> {
        // While an editor has the terminal nobody looks; many readings would only pile up.
        lent::wait();
        self.inbox.send(Msg::Loading).ok()?;
        let session = match open(&self.dir) {
            Ok(session) => session,
            Err(error) => {
                self.stand_by_good()?;
                self.inbox.send(Msg::Unread(error.message.clone())).ok()?;
                drop(asked);
                return self.refuse(&error.message);
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
        self.lately.keep(&self.last, Instant::now());
        self.inbox.send(Msg::Snapshot(Arc::clone(&self.last))).ok()?;
        drop(asked);
        loop {
            let Question { query, busy } = self.lane.next()?;
            if matches!(query, Query::Reload) {
                return Some(busy);
            }
            if let Some(answer) = desk.answer(query) {
                self.inbox.send(Msg::Answer(answer)).ok()?;
            }
        }
    }
}

impl Worker {
    /// Of a project that is gone, tells its state before its removal may have begun; `None` at the end.
    fn stand_by_good(&mut self) -> Option<()> {
        if is_there(&self.dir) {
            return Some(());
        }
        let Some(good) = self.lately.good(Instant::now()) else { return Some(()) };
        self.last = Arc::clone(&good);
        self.inbox.send(Msg::Snapshot(good)).ok()
    }

    /// Refuses all until the project is to be read again; `None` at the end. Who watches a folder that is being
    /// removed may not hear the end of it, so another reason to refuse is a reason to look again.
    fn refuse(&mut self, why: &str) -> Option<Busy> {
        loop {
            if !self.lane.comes_within(AGAIN) {
                if open(&self.dir).err().is_none_or(|error| error.message != why) {
                    return Some(Busy::new());
                }
                continue;
            }
            let Question { query, busy } = self.lane.next()?;
            if matches!(query, Query::Reload) {
                return Some(busy);
            }
            if let Some(answer) = refused(query, &format!("the project cannot be read: {why}")) {
                self.inbox.send(Msg::Answer(answer)).ok()?;
            }
        }
    }
}

/// Said of a folder without git's own in it.
const NO_REPOSITORY: &str = "is no git repository any more";

/// Whether a folder is still there, with git's own in it.
fn is_there(dir: &Path) -> bool {
    dir.is_dir() && dir.join(".git").exists()
}

/// Opens the project, which must still be the one at this folder, not one around it.
fn open(dir: &Path) -> Result<Session, AppError> {
    let gone = |what| Err(AppError::new(ExitCode::Data, format!("`{}` {what}", dir.display())));
    if !dir.is_dir() {
        return gone(NOT_THERE);
    }
    if !is_there(dir) {
        return gone(NO_REPOSITORY);
    }
    let session = Session::open(dir)?;
    if session.project.repo.root() == dir { Ok(session) } else { gone(NO_REPOSITORY) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_removal_had_left_for_a_moment_is_not_shown_as_the_last_state() {
        let home = tempfile::tempdir().expect("a folder");
        let dir = home.path().canonicalize().expect("a path").join("study");
        std::fs::create_dir_all(dir.join(".git")).expect("a folder");
        let (inbox, told) = crossbeam_channel::unbounded();
        let (_ask, asked) = crossbeam_channel::unbounded();
        let (last, lately) = (Arc::default(), Lately::default());
        let mut worker = Worker { dir: dir.clone(), lane: Lane::new(asked), inbox, last, lately };
        let node = crate::app::Node::default();
        let whole = Arc::new(Snapshot { nodes: vec![node], ..Snapshot::default() });
        for snapshot in [Arc::clone(&whole), Arc::default()] {
            worker.lately.keep(&snapshot, Instant::now());
        }
        assert!(worker.stand_by_good().is_some() && told.is_empty(), "it is there");
        std::fs::remove_dir_all(dir.join(".git")).expect("a folder");
        assert!(worker.stand_by_good().is_some());
        assert!(matches!(told.try_recv(), Ok(Msg::Snapshot(good)) if Arc::ptr_eq(&good, &whole)));
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
        let alone = tempfile::tempdir().expect("a folder");
        assert!(said(alone.path()).contains("is no git repository any more"), "{}", said(alone.path()));
        assert_eq!(said(&outer), "");
    }
}
